import saleTour from "@sale/js/tours/tour_utils";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openPlaybook = () => stepUtils.goToAppSteps("crm_playbook.crm_playbook_menu_root", "Open the app");

function openMenu(section, entry) {
    return [
        {
            content: `Open the menu ${section}`,
            trigger: `button[data-menu-xmlid="crm_playbook.${section}"]`,
            run: "click",
        },
        {
            content: `Choose ${entry}`,
            trigger: `a[data-menu-xmlid="crm_playbook.${entry}"]`,
            run: "click",
        },
    ];
}

function see(content, trigger) {
    return { content, trigger };
}

function click(content, trigger) {
    return { content, trigger, run: "click" };
}

registry.category("web_tour.tours").add("crm_playbook_manager_launches_a_campaign", {
    url: "/odoo",
    steps: () => [
        ...openPlaybook(),
        ...openMenu("crm_campaign_menu_root", "crm_campaign_menu_template"),
        click(
            "Use the template",
            ".o_kanban_record:contains(Tour template) button[name=action_use_template]"
        ),
        {
            content: "Name the campaign",
            trigger: ".o_field_widget[name=name] input:value(Tour template)",
            run: "edit Tour campaign",
        },
        {
            content: "Choose whom it is for",
            trigger: ".o_field_widget[name=segment_id] input",
            run: "edit Tour segment",
        },
        click("Take the segment", ".o-autocomplete--dropdown-item:contains(Tour segment)"),
        see("Two would be taken up", ".o_field_widget[name=launch_count]:contains(2)"),
        click("Open the money", ".o_notebook .nav-link[name=money]"),
        click("Say what it costs", ".o_field_widget[name=cost_ids] a:contains(Add a cost)"),
        {
            content: "Which kind of cost",
            trigger: ".o_field_widget[name=cost_ids] .o_selected_row [name=kind_id] input",
            run: "edit Print",
        },
        click("Take the kind", ".o-autocomplete--dropdown-item:contains(Print)"),
        {
            content: "How much",
            trigger: ".o_field_widget[name=cost_ids] .o_selected_row [name=amount] input",
            run: "edit 97.50 && press Tab",
        },
        see("It is added up", ".o_field_widget[name=fixed_cost]:contains(97.50)"),
        click("Launch", ".o_statusbar_buttons button[name=action_launch]"),
        see("It runs", ".o_statusbar_status .o_arrow_button_current:contains(Running)"),
        see(
            "Both are in the first stage",
            ".o_stage_line .o_stage_node:first-child .o_stage_here:contains(2 here)"
        ),
        see("No cost yet but the fixed one", ".o_playbook_tile .o_field_widget[name=cost]:contains(97.50)"),
        click("Open the first stage", ".o_stage_line .o_stage_node:first-child button"),
        see("The opportunities are there", ".o_data_row:contains(Tour Anna)"),
        see("Both of them", ".o_data_row:contains(Tour Bruno)"),
        click("Back to the campaign", ".breadcrumb-item:contains(Tour campaign) a, .o_back_button"),
        click("See its tasks", ".oe_stat_button:contains(Done / Planned)"),
        see("A call is planned", ".o_data_row:contains(Tour Anna):contains(Test call):contains(Planned)"),
        see("And another", ".o_data_row:contains(Tour Bruno):contains(Test call):contains(Planned)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_salesperson_works_and_sells", {
    url: "/odoo",
    steps: () => [
        ...openPlaybook(),
        see("My day comes first", ".o_last_breadcrumb_item:contains(My Day)"),
        ...openMenu("crm_action_menu_root", "crm_action_menu_my"),
        click(
            "Record how the call ended",
            ".o_data_row:contains(Tour Anna):contains(Test call) button:contains(Outcome)"
        ),
        click("She is interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
        see("The outcome is chosen", ".modal .o_outcome_buttons button.active:contains(Test interested)"),
        {
            content: "Say something of it",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit She wants to see the figures",
        },
        click("Record", ".modal footer button[name=action_record]"),
        see("What followed is told", ".o_notification:contains(Test visit)"),
        see("The next task appears", "body:not(:has(.modal)) .o_data_row:contains(Tour Anna):contains(Test visit)"),
        click("Go to the opportunities", "a[data-menu-xmlid='crm_playbook.crm_lead_menu']"),
        click("Open hers", ".o_kanban_record:contains(Tour Anna)"),
        see("She is in the first stage", ".o_stage_line .o_stage_current:contains(First)"),
        click("Ask why", ".oe_stat_button[name=action_view_ledger]"),
        see(
            "The ledger names the rule",
            ".o_data_row:contains(When Test call ends with Test interested)"
        ),
        click("Back to the opportunity", ".o_back_button"),
        click("Make a quotation", ".o_statusbar_buttons button[name=action_sale_quotations_new]"),
        see("For her", ".o_field_widget[name=partner_id] input:value(Tour Anna)"),
        ...saleTour.addProduct("Tour product"),
        see("It has a price", ".o_field_widget[name=tax_totals]:contains(250.00)"),
        click("Confirm the order", ".o_statusbar_buttons button[name=action_confirm]"),
        see("It is an order", ".o_statusbar_status .o_arrow_button_current:contains(Sales Order)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_sees_the_return", {
    url: "/odoo",
    steps: () => [
        ...openPlaybook(),
        ...openMenu("crm_campaign_menu_root", "crm_campaign_menu"),
        click("Open the campaign", ".o_kanban_record:contains(Tour campaign)"),
        see("One is won", ".o_playbook_tile .o_field_widget[name=won_count]:contains(1)"),
        see("The order is counted", ".o_playbook_tile .o_field_widget[name=revenue]:contains(250.00)"),
        see("And the call", ".o_playbook_tile .o_field_widget[name=cost]:contains(100.00)"),
        see("So is the return", ".o_playbook_tile .o_field_widget[name=roi]:contains(150%)"),
        ...openMenu("crm_playbook_menu_report", "crm_campaign_menu_figures"),
        see("The figures are in the list", ".o_data_row:contains(Tour campaign):contains(250.00):contains(150%)"),
    ],
});
