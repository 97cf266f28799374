import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_playbook_manager_sees_whether_it_worked", {
    steps: () => [
        {
            content: "Open the control group",
            trigger: ".o_notebook .nav-link[name=control]",
            run: "click",
        },
        {
            content: "It worked",
            trigger: ".o_control_verdict.alert-success:contains(The campaign works)",
        },
        {
            content: "The interval is drawn",
            trigger: ".o_control_interval svg[data-low] .o_control_difference",
        },
        {
            content: "Who was left out, how many",
            trigger: "tr[data-arm=control] .o_control_heads:contains(40)",
        },
        {
            content: "Open what they ordered",
            trigger: "tr[data-arm=control] .o_control_orders:contains(10)",
            run: "click",
        },
        {
            content: "Ten orders",
            trigger: ".o_pager_limit:contains(10), .o_kanban_view .o_kanban_record:eq(9)",
            timeout: 30000,
        },
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_finds_a_difference", {
    steps: () => [
        {
            content: "What agrees is green",
            trigger: "[data-check=ledger][data-status=green] .fa-check-circle",
        },
        {
            content: "It says that something differs",
            trigger: ".o_self_check_summary.alert-danger:contains(1 checks found differences)",
        },
        {
            content: "What differs is red: open it",
            trigger: "[data-check=points][data-status=red] .o_self_check_open:contains(1)",
            run: "click",
        },
        {
            content: "The action",
            trigger:
                ".o_list_view .o_data_row:contains(Ada Bianchi), .o_kanban_record:contains(Ada Bianchi)",
        },
    ],
});
