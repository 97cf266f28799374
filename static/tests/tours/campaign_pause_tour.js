import { registry } from "@web/core/registry";

const wizard = ".modal .o_form_view";

registry.category("web_tour.tours").add("crm_playbook_manager_resumes_a_campaign", {
    steps: () => [
        {
            content: "Pause it",
            trigger: ".o_statusbar_buttons button[name=action_pause]",
            run: "click",
        },
        {
            content: "It says so",
            trigger: ".alert:contains(nothing is generated or sent)",
        },
        {
            content: "Resume it",
            trigger: ".o_statusbar_buttons button[name=action_review_resume]",
            run: "click",
        },
        {
            content: "Four messages have fallen due",
            trigger: `${wizard} .o_field_widget[name=email_count]:contains(4)`,
        },
        {
            content: "They would be spread over five days, one a day but one",
            trigger: `${wizard} .o_resume_plan tbody:not(:has(tr:nth-child(5))) tr:nth-child(4)`,
        },
        {
            content: "Not so long",
            trigger: `${wizard} .o_field_widget[name=spread_days] input`,
            run: "edit 2 && press Tab",
        },
        {
            content: "Then it is two a day",
            trigger: `${wizard} .o_resume_plan tbody:not(:has(tr:nth-child(3))) tr:nth-child(2):contains(2)`,
        },
        {
            content: "Or skip them",
            trigger: `${wizard} .o_radio_input[data-value=skip]`,
            run: "click",
        },
        {
            content: "It says what that means",
            trigger: `${wizard}:not(:has(.o_resume_plan)) p:contains(None of the 4 messages is sent)`,
        },
        {
            content: "So be it",
            trigger: ".modal footer button[name=action_resume]",
            run: "click",
        },
        {
            content: "It runs again",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains(Running)",
        },
        {
            content: "And all have gone on",
            trigger: ".o_stage_line .o_stage_node:nth-child(2) .o_stage_here:contains(4 here)",
        },
    ],
});
