import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

registry.category("web_tour.tours").add("crm_playbook_activity_is_done_with_an_outcome", {
    steps: () => [
        see("Her call is an activity", ".o-mail-Activity:contains(Test call)"),
        click("Mark it as done", ".o-mail-Activity:contains(Test call) .o-mail-Activity-markDone"),
        click("Say how it ended", ".modal .o_outcome_buttons button:contains(Test interested)"),
        click("Record", ".modal footer button[name=action_record]"),
        see("The next one is an activity too", ".o-mail-Activity:contains(Test visit)"),
        see("The call is told of", ".o-mail-Message:contains(Test interested)"),
        see("And is to be done no more", ".o-mail-Chatter:not(:has(.o-mail-Activity:contains(Test call)))"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_task_is_deleted_in_the_calendar", {
    steps: () => [
        see("The visit is in Odoo's calendar", ".o_calendar_view .fc-event:contains(Test visit)"),
        click("Look at it", ".o_calendar_view .fc-event:contains(Test visit)"),
        click("Delete it", ".o_cw_popover .o_cw_popover_delete"),
        click("Really", ".modal footer button.btn-primary"),
        see("It is gone", ".o_calendar_view:not(:has(.fc-event:contains(Test visit)))"),
    ],
});
