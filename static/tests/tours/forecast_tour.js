import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });
const cell = (name) => `.o_forecast_grid tr:contains(${name}) td.o_forecast_chosen`;

registry.category("web_tour.tours").add("crm_playbook_leader_makes_the_forecast", {
    steps: () => [
        see("What is committed", ".o_forecast_card[data-figure=commit]:contains(1,000)"),
        see("What is open", ".o_forecast_card[data-figure=pipeline]:contains(500)"),
        see("The team's row", `${cell("Test team")}:contains(1,000):contains(2 open)`),
        click("The quota of a person", `${cell("playbook_seller")} .o_forecast_quota`),
        { content: "Type it", trigger: ".o_forecast_quota_input", run: "edit 4000 && press Enter" },
        see("It rolls up", `${cell("Test team")}:contains(4,000)`),
        see("What is missing", ".o_forecast_card[data-figure=forecast]:contains(3,000 short)"),
        click("The manager knows more", `${cell("playbook_seller")} .o_forecast_adjust`),
        { content: "How much", trigger: ".o_forecast_adjustment input[name=amount]", run: "edit 250" },
        click("Not without a reason", ".modal button[name=save]"),
        see("So it is said", ".modal .text-danger:contains(why)"),
        { content: "Why", trigger: ".o_forecast_adjustment input[name=note]", run: "edit Renewal agreed by telephone" },
        click("Adjust", ".modal button[name=save]"),
        see("It is marked", `${cell("playbook_seller")} .o_forecast_adjusted:contains(+)`),
        see("It counts", ".o_forecast_card[data-figure=forecast]:contains(1,250)"),
        see("What moved", ".o_forecast_steps tr[data-step=new]:contains(1,500)"),
        see("The stages", ".o_forecast_stage"),
        click("What is the category made of", "button[name=details]"),
        click("The committed ones", `${cell("playbook_seller")} .o_forecast_details tr:contains(Commit) button`),
        see("One of them", ".o_list_view .o_data_row:contains(Renewal)"),
        { content: "None that is not committed", trigger: ".o_list_view:not(:contains(Expansion))" },
        click("Back", ".o_back_button, .breadcrumb-item a"),
        click("How good it was", "button[name=accuracy]"),
        see("It says what is known", ".o_forecast_section:contains(Are the probabilities right)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_leader_looks_at_the_forecast_on_a_phone", {
    steps: () => [
        see("What is committed", ".o_forecast_card[data-figure=commit]:contains(1,000)"),
        see("One period at a time", ".o_forecast_grid thead th:nth-child(2):last-child"),
        click("Fold the team", ".o_forecast_fold:contains(Test team)"),
        { content: "Its people are hidden", trigger: ".o_forecast_grid:not(:contains(playbook_seller))" },
        click("Unfold it", ".o_forecast_fold:contains(Test team)"),
        { content: "Another period", trigger: "select[name=chosen]", run: "selectByIndex 1" },
        see("Nothing is due then", ".o_forecast_card[data-figure=commit]:contains(0)"),
    ],
});
