import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

registry.category("web_tour.tours").add("crm_playbook_manager_looks_at_the_dashboard", {
    steps: () => [
        click("Of all time", ".o_dashboard_periods button:contains(All)"),
        see("The title says so", ".o_dashboard_header h2:contains(All time)"),
        see("What it brought", ".o_dashboard_tile[data-figure=revenue]:contains(100.00)"),
        see("How many there are", ".o_dashboard_tile[data-figure=opportunity_count]:contains(4)"),
        see("How far they came", ".o_dashboard_stage:contains(First):contains(4)"),
        see("The campaign", ".o_dashboard_body tr:contains(Test campaign):contains(25%)"),
        click("What is behind the revenue", ".o_dashboard_tile[data-figure=revenue]"),
        click("A number of the pivot", ".o_pivot tbody tr:contains(Test campaign) .o_pivot_cell_value:contains(100.00)"),
        click("The row behind it", ".o_list_view .o_data_row:contains(Orders) td[name=date]"),
        see("The order itself", ".o_list_view .o_data_row:contains(100.00) td[name=name]"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_looks_at_the_dashboard_on_a_phone", {
    steps: () => [
        click("Of all time", ".o_dashboard_periods button:contains(All)"),
        see("What it brought", ".o_dashboard_tile[data-figure=revenue]:contains(100.00)"),
        see("How far they came", ".o_dashboard_stage:contains(First):contains(4)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_makes_a_dry_run", {
    steps: () => [
        click("Before the launch", "button[name=action_dry_run]"),
        see("Who would enter", ".o_dry_run_entering:contains(4)"),
        see("Their tasks", ".o_dry_run_grid tr:contains(4)"),
        see("Nobody can tell what it brings", ".o_dry_run_body:contains(No history)"),
        see("Who would receive what", ".o_dry_run_tabs button:contains(Entity 0)"),
        see("Nothing", ".o_dry_run_body:contains(sends no messages)"),
        click("Who they are", ".o_dry_run_entering"),
        see("The four", ".o_control_panel:contains(4), .o_kanban_record:contains(Entity 3), .o_data_row:contains(Entity 3)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_saves_a_report", {
    steps: () => [
        see("The results", ".o_pivot table:contains(Test campaign)"),
        click("The search menu", ".o_searchview_dropdown_toggler"),
        click("Save it", ".o_add_favorite"),
        {
            content: "Its name",
            trigger: ".o_favorite_menu input[type=text], .o_add_favorite_menu input[type=text], .o_accordion_values input[type=text]",
            run: "edit My own report",
        },
        click("Done", ".o_save_favorite"),
        see("It is chosen", ".o_searchview_facet:contains(My own report)"),
    ],
});
