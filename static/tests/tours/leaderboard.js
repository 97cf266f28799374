import { registry } from "@web/core/registry";

function see(content, trigger) {
    return { content, trigger };
}

function click(content, trigger) {
    return { content, trigger, run: "click" };
}

const row = (name) => `.o_leaderboard_row:contains(${name})`;

registry.category("web_tour.tours").add("crm_playbook_salesperson_looks_at_the_leaderboard", {
    url: "/odoo/leaderboard",
    steps: () => [
        see("She is the first", `.o_leaderboard_mine:contains(playbook_seller):contains(17)`),
        see("And stands on the podium", ".o_leaderboard_rank_1:contains(17 points)"),
        see("Her colleague has less", `${row("playbook_other")}:contains(5)`),
        see("And so much is missing", `${row("playbook_other")} .o_leaderboard_wide:contains(12)`),
        see("Her target is under way", ".o_leaderboard_goal:contains(17 of 100)"),
        see("Others' lines are closed", `${row("playbook_other")}:not(:has(button))`),
        click("Look at the month", ".o_leaderboard_month"),
        see("It is the month", ".o_leaderboard_month.active"),
        click("Look at the time before", ".o_leaderboard_previous"),
        see("Nobody had points", ".o_leaderboard_none"),
        click("Come back", ".o_leaderboard_today"),
        see("The points are there again", ".o_leaderboard_total:contains(22)"),
        click("Look at teams", ".o_leaderboard_teams"),
        see("Hers is there", `.o_leaderboard_mine:contains(Test team):contains(22)`),
        click("Look at people again", ".o_leaderboard_people"),
        click("Open the lines behind", ".o_leaderboard_mine .o_leaderboard_points button"),
        see("They say what for", ".o_data_row:contains(Test interested):contains(17)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_field_seller_looks_at_the_leaderboard", {
    url: "/odoo/leaderboard",
    steps: () => [
        see("She is the first", `.o_leaderboard_mine:contains(playbook_seller):contains(17)`),
        see("Her target is under way", ".o_leaderboard_goal:contains(17 of 100)"),
        {
            content: "Nothing sticks out",
            trigger: ".o_leaderboard_table",
            run({ anchor }) {
                if (anchor.getBoundingClientRect().right > window.innerWidth) {
                    console.error("The table is wider than the screen");
                }
            },
        },
        click("Look at the year", ".o_leaderboard_year"),
        see("It is the year", ".o_leaderboard_year.active"),
        click("Open the lines behind", ".o_leaderboard_mine .o_leaderboard_points button"),
        see("They say what for", ".o_kanban_record:contains(Test interested)"),
    ],
});
