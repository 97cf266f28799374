import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const record = [
    see("What follows is told before", ".modal .o_outcome_preview li:contains(Plans Test visit)"),
    see("So is the status", ".modal .o_outcome_preview li:contains(Status becomes Test planned)"),
    click("Record", ".modal footer button[name=action_record]"),
    see("What followed is told, with a link", ".o_notification:contains(Test visit) a"),
    see("The dialog is closed", "body:not(:has(.modal))"),
];

registry.category("web_tour.tours").add("crm_playbook_record_by_keyboard", {
    steps: () => [
        click("Open the dialog", ".o_data_row:contains(Tour Anna) button:contains(Outcome)"),
        see("The number is a link", ".modal a.o_contact_call[href='tel:+34612345678']"),
        {
            content: "The first outcome by its digit",
            trigger: ".modal .o_outcome_buttons button:contains(Test interested)",
            run: "press 1",
        },
        see("It is chosen", ".modal .o_outcome_buttons button.active:contains(Test interested)"),
        see("What follows", ".modal .o_outcome_preview li:contains(Plans Test visit)"),
        {
            content: "Write a note",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Call 1 of 3",
        },
        {
            content: "Record by the keyboard",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "press Control+Enter",
        },
        see("What followed is told", ".o_notification:contains(Test visit)"),
        see("The dialog is closed", "body:not(:has(.modal))"),
        click("Choose two", ".o_data_row:contains(Tour Bruno):contains(Test call) .o_list_record_selector input"),
        click("And the other", ".o_data_row:contains(Tour Carla):contains(Test call) .o_list_record_selector input"),
        click("Record both", ".o_control_panel button:contains(Outcome)"),
        see("It says how many", ".modal h3:contains(2 at once)"),
        click("They are interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
        see("For both", ".modal .o_outcome_preview li:contains(2 × Status becomes Test planned)"),
        click("Record", ".modal footer button[name=action_record]"),
        see("Both are told of", ".o_notification:contains(Recorded):contains(2)"),
        see("The dialog is closed again", "body:not(:has(.modal))"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_record_from_the_top_bar", {
    steps: () => [
        see("On the form of the entity", ".o_form_view .o_field_widget[name=name]"),
        click("Open the dialog from the top bar", ".o_record_systray button"),
        see("It is about the entity", ".modal .o_field_widget[name=partner_id] input:value(Tour Anna)"),
        see("Her task is chosen", ".modal .o_field_widget[name=task_id] button.active:contains(Test call)"),
        click("Re-plan instead", ".modal .o_record_instead button:contains(Give to)"),
        see("The button says so", ".modal footer button[name=action_record]:contains(Give)"),
        click("No, record", ".modal .o_record_instead button:contains(Give to)"),
        click("Interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
        ...record,
    ],
});

registry.category("web_tour.tours").add("crm_playbook_record_on_a_phone", {
    steps: () => [
        click("Open the dialog", ".o_kanban_record:contains(Tour Anna) button:contains(Outcome)"),
        see("A thumb calls", ".modal a.o_contact_call[href='tel:+34612345678']"),
        click("Interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
        ...record,
    ],
});
