import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const openTheCycle = () => [
    see("Who would come", ".alert .o_field_widget[name=to_carry_count]:contains(2)"),
    click("Open it", "button[name=action_open]"),
    see("It is open", ".o_field_widget[name=carry_over], button[name=action_close]"),
    see("Two are asked to buy again", "[data-kind=repurchase] .o_cycle_count:contains(2)"),
    see("None has so far", ".o_cycle_retention:contains(0 of 2)"),
];

registry.category("web_tour.tours").add("crm_playbook_manager_opens_a_cycle", {
    steps: () => [
        ...openTheCycle(),
        click("Their opportunities", "button[name=action_view_leads]"),
        click("Anna's", ".o_kanban_record:contains(Tour Anna)"),
        click("What she had", ".o_notebook .nav-link[name=last_time]"),
        see("A membership", ".o_field_widget[name=last_time_ids] .o_data_row:contains(Membership)"),
        click("The same again", "button[name=action_quote_last_time]"),
        see("A quotation of it", ".o_field_widget[name=order_line] .o_data_row:contains(Membership)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_opens_a_cycle_on_a_phone", {
    steps: () => openTheCycle(),
});

registry.category("web_tour.tours").add("crm_playbook_seller_is_told_what_is_missing", {
    steps: () => [
        see("What is still to be done", ".alert .o_field_widget[name=missing_type_ids]:contains(Test visit)"),
        click("Try to win it", "button[name=action_set_won_rainbowman]"),
        see("Told clearly", ".modal:contains(has to be done: Test visit)"),
        click("Close it", ".modal footer .btn-primary"),
        see("It is as it was", ".o_field_widget[name=missing_type_ids]:contains(Test visit)"),
    ],
});
