import { registry } from "@web/core/registry";

const stages = ".o_field_widget[name=stage_ids]";
const notice = ".alert .o_field_widget[name=change_notice]";

registry.category("web_tour.tours").add("crm_playbook_manager_changes_a_playbook", {
    steps: () => [
        {
            content: "Nothing is said where nothing changes",
            trigger: `body:not(:has(${notice})) ${stages} .o_data_row:contains(Third)`,
        },
        {
            content: "Add a stage",
            trigger: `${stages} .o_field_x2many_list_row_add a`,
            run: "click",
        },
        {
            content: "Name it",
            trigger: `${stages} .o_selected_row .o_field_widget[name=name] input`,
            run: "edit Letter",
        },
        {
            content: "Let it catch up",
            trigger: `${stages} .o_selected_row .o_field_widget[name=catch_up] input`,
            run: "click",
        },
        {
            content: "It says for whom it is still to come",
            trigger: `${notice}:contains(Letter is new, and still to come for 2 opportunities.)`,
        },
        {
            content: "And who goes to it at once",
            trigger: `${notice}:contains(for 1 opportunity in Third: on to Letter at once when you save.)`,
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "All is said and done",
            trigger: `.o_form_saved:not(:has(${notice})) .o_stage_line .o_stage_node:contains(Letter)`,
        },
        {
            content: "Retire the second stage",
            trigger: `${stages} .o_data_row:contains(Second) .fa-archive`,
            run: "click",
        },
        {
            content: "Somebody is in it",
            trigger: ".modal .o_field_widget[name=open_count]:contains(1)",
        },
        {
            content: "The next stage is proposed",
            trigger: ".modal .o_field_widget[name=to_stage_id] input:value(Third)",
        },
        {
            content: "A rule goes to it",
            trigger: ".modal .o_field_widget[name=rule_ids] .o_data_row:contains(go to stage Second)",
        },
        {
            content: "Retire",
            trigger: ".modal footer button[name=action_retire]",
            run: "click",
        },
        {
            content: "It is gone",
            trigger: `body:not(:has(.modal)) ${stages}:not(:has(.o_data_row:contains(Second))) .o_data_row:contains(Letter)`,
        },
    ],
});
