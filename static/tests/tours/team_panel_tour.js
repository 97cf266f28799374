import { registry } from "@web/core/registry";

function see(content, trigger) {
    return { content, trigger };
}

function click(content, trigger) {
    return { content, trigger, run: "click" };
}

const row = (name) => `.o_team_grid tr:contains(${name})`;
const today = (name) => `${row(name)} td.o_team_is_today .o_team_cell`;
const card = (name) => `.o_team_task:contains(${name})`;

registry.category("web_tour.tours").add("crm_playbook_leader_shares_the_work", {
    url: "/odoo/my-day",
    steps: () => [
        click("Open the menu", "button[data-menu-xmlid='crm_playbook.crm_action_menu_root']"),
        click("Look at the team", "a[data-menu-xmlid='crm_playbook.crm_agenda_menu_team']"),
        see("Nobody comes first", ".o_team_grid tbody tr:first-child:contains(Nobody)"),
        see("Two wait today", `${today("playbook_seller")} b:contains(2)`),
        click("Which ones?", today("playbook_seller")),
        {
            content: "Drag one to a colleague",
            trigger: card("Tour Anna"),
            run: `drag_and_drop ${today("playbook_other")}`,
        },
        see("She has it", `${today("playbook_other")} b:contains(1)`),
        see("The other one is left", `.o_team_tasks:not(:contains(Tour Anna)) ${card("Tour Bruno")}`),
        click("Tick the other one", `${card("Tour Bruno")} input`),
        {
            content: "Give it to nobody",
            trigger: "select[name=to_user]",
            run: "selectByLabel Nobody",
        },
        click("Give", ".o_team_give:enabled"),
        see("Nobody has it", `${today("Nobody")} b:contains(1)`),
        see("Nothing is left", ".o_team_none"),
        click("What is overdue?", `${row("playbook_seller")} .o_team_late`),
        see("This", card("Tour Late")),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_leader_shares_the_work_on_a_phone", {
    url: "/odoo/team-panel",
    steps: () => [
        see("Two wait today", `${today("playbook_seller")} b:contains(2)`),
        click("Which ones?", today("playbook_seller")),
        click("Tick one", `${card("Tour Anna")} input`),
        {
            content: "Choose a colleague",
            trigger: "select[name=to_user]",
            run: "selectByLabel playbook_other",
        },
        click("Give it to her", ".o_team_give:enabled"),
        see("The other one is left", `.o_team_tasks:not(:contains(Tour Anna)) ${card("Tour Bruno")}`),
        see("She has it", `${today("playbook_other")} b:contains(1)`),
    ],
});
