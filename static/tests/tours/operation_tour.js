import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });
const edit = (content, trigger, text) => ({ content, trigger, run: `edit ${text}` });

const choose = (content, name, text) => [
    edit(content, `.o_field_widget[name=${name}] input`, text),
    click(text, `.o-autocomplete--dropdown-item:contains(${text})`),
];

const previewAndRun = () => [
    click("What would it do?", ".o_operation_preview button"),
    see("Three would be found", ".o_operation_found:contains(3)"),
    see("Two of them worked on", ".o_operation_done:contains(2)"),
    see("One left out, and why", ".o_operation_told li:contains(Has the status already)"),
    see("What follows for one", ".o_operation_example:contains(Status: Test planned)"),
    click("Run it", "button[name=action_run]"),
    click("Yes, for all of them", ".modal footer .btn-primary"),
    see("The run tells how many", ".o_operation_counts .o_field_widget[name=done_count]:contains(2)"),
    see("And why not the others", ".o_field_widget[name=left_out_text]:contains(has the status already: 1)"),
];

registry.category("web_tour.tours").add("crm_playbook_manager_makes_an_operation", {
    steps: () => [
        click("A new operation", ".o_list_button_add"),
        edit("Its name", ".o_field_widget[name=name] input", "Tour operation"),
        ...choose("Whom", "segment_id", "Tour segment"),
        ...choose("What", "commercial_status_id", "Test planned"),
        ...previewAndRun(),
        click("Who was found", "button[name=action_view_targets]"),
        see(
            "With what became of each",
            ".o_data_row:contains(Tour Anna):contains(Left Out):contains(Has the status already)"
        ),
        see("And what followed", ".o_data_row:contains(Tour Bruno):contains(Status: Test planned)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_runs_an_operation_on_a_phone", {
    steps: () => [
        click("The operation", ".o_kanban_record:contains(Tour operation)"),
        ...previewAndRun(),
    ],
});
