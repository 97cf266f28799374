import { registry } from "@web/core/registry";

function see(content, trigger) {
    return { content, trigger };
}

function click(content, trigger) {
    return { content, trigger, run: "click" };
}

function openPage(name) {
    return click(`Open the page ${name}`, `.o_notebook .nav-link[name=${name}]`);
}

registry.category("web_tour.tours").add("crm_playbook_manager_plans_a_campaign", {
    steps: () => [
        openPage("brief"),
        {
            content: "Say what it offers",
            trigger: ".o_field_widget[name=offer] .odoo-editor-editable",
            run: "editor A term deposit at three per cent",
        },
        openPage("money"),
        click("Add a cost", ".o_field_widget[name=cost_ids] a:contains(Add a cost)"),
        {
            content: "Which kind of cost",
            trigger: ".o_field_widget[name=cost_ids] .o_selected_row [name=kind_id] input",
            run: "edit Print",
        },
        click("Take the kind", ".o-autocomplete--dropdown-item:contains(Print)"),
        {
            content: "How much",
            trigger: ".o_field_widget[name=cost_ids] .o_selected_row [name=amount] input",
            run: "edit 40 && press Tab",
        },
        see("It is added up", ".o_field_widget[name=fixed_cost]:contains(40.00)"),
        openPage("expectation"),
        click("Have figures proposed", "button[name=action_propose_expectations]"),
        see("History is told plainly", ".o_notification:contains(Nothing was ever closed)"),
        see("Two are expected", ".o_field_widget[name=expected_opportunity_count] input:value(2)"),
        {
            content: "Say how many buy",
            trigger: ".o_field_widget[name=expected_conversion] input",
            run: "edit 50",
        },
        {
            content: "And for how much",
            trigger: ".o_field_widget[name=expected_average_sale] input",
            run: "edit 100 && press Tab",
        },
        see("What follows is told", ".o_field_widget[name=expected_revenue]:contains(100.00)"),
        see("And its return", ".o_field_widget[name=expected_roi]:contains(150)"),
        see("It cannot be launched yet", ".o_statusbar_buttons:not(:has(button[name=action_launch]))"),
        click("Submit it", ".o_statusbar_buttons button[name=action_submit]"),
        see("It waits", ".o_form_view .alert:contains(Waits for Direction)"),
        see("For somebody else", ".o_form_view:not(:has(button[name=action_approve]))"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_director_approves_a_campaign", {
    steps: () => [
        see("It waits for me", ".o_form_view .alert:contains(Waits for Direction)"),
        openPage("brief"),
        see("What it offers", ".o_field_widget[name=offer]:contains(A term deposit)"),
        click("Approve it", ".o_statusbar_buttons button[name=action_approve]"),
        see("It is approved", ".o_statusbar_status .o_arrow_button_current:contains(Approved)"),
        openPage("approval"),
        see("The decision stands there", ".o_field_widget[name=approval_ids]:contains(Direction)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_launches_what_was_approved", {
    steps: () => [
        click("Launch", ".o_statusbar_buttons button[name=action_launch]"),
        see("It runs", ".o_statusbar_status .o_arrow_button_current:contains(Running)"),
        openPage("expectation"),
        see(
            "As many as expected",
            ".o_campaign_goals tr[data-goal=opportunity_count] .o_goal_attainment:contains(100%)"
        ),
        see("No sale yet", ".o_campaign_goals tr[data-goal=revenue] .o_goal_attainment:contains(0%)"),
    ],
});
