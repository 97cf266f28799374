import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });
const choose = (field, name) => [
    {
        content: `Look for ${name}`,
        trigger: `.o_field_widget[name=${field}] input`,
        run: `edit ${name}`,
    },
    click(name, `.ui-menu-item a:text(${name})`),
];

const countAndReplace = [
    click("How many are there?", "button[name=action_preview]"),
    see("The action is found", ".o_field_widget[name=line_ids]:contains(Action: Outcome)"),
    click("Replace them", "button[name=replace]"),
    click("Yes", ".modal footer .btn-primary"),
    see("It is in the log", ".o_field_widget[name=replaced_count]:contains(3)"),
];

registry.category("web_tour.tours").add("crm_playbook_manager_replaces_an_outcome", {
    steps: () => [
        click("A new replacement", ".o_list_button_add"),
        ...choose("outcome_id", "Test interested"),
        ...choose("by_outcome_id", "Test yes"),
        ...countAndReplace,
        click("Which ones?", ".o_data_row:contains(Action: Outcome) button[name=action_view_changes]"),
        see("The call", ".o_data_row:contains(Test call)"),
        click("Back", ".o_back_button, .breadcrumb-item.o_back_button a"),
        click("As it was", "button[name=revert]"),
        click("Yes", ".modal footer .btn-primary"),
        see("All of it", ".o_field_widget[name=restored_count]:contains(3)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_replaces_on_a_phone", {
    steps: () => [
        click("The one that was begun", ".o_kanban_record:contains(Test yes)"),
        ...countAndReplace,
    ],
});
