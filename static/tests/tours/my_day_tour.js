import { animationFrame, drag, queryFirst } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

function see(content, trigger) {
    return { content, trigger };
}

function click(content, trigger) {
    return { content, trigger, run: "click" };
}

const free = (name) => `.o_my_day_free .o_task_card:contains(${name})`;
const planned = (name) => `.o_agenda_task:contains(${name})`;

/** By mouse events, for what follows the pointer rather than the element below it. */
function dragTo(content, trigger, target) {
    return {
        content,
        trigger,
        async run({ anchor }) {
            const { drop, moveTo } = await drag(anchor);
            await animationFrame();
            await moveTo(queryFirst(target), { position: { x: 60, y: 4 }, relative: true });
            await animationFrame();
            await drop();
        },
    };
}

const recordOutcome = [
    click("They are interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
    see("The outcome is chosen", ".modal .o_outcome_buttons button.active"),
    click("Record", ".modal footer button[name=action_record]"),
];

registry.category("web_tour.tours").add("crm_playbook_salesperson_has_a_day", {
    url: "/odoo/my-day",
    steps: () => [
        see("What is overdue comes first", ".o_my_day_section:first-child h6:contains(Overdue)"),
        see("It is hers", ".o_my_day_late .o_task_card:contains(Tour Late)"),
        see("So many are left", ".o_day_left b:contains(3)"),
        {
            content: "Drag a free task onto an hour",
            trigger: free("Tour Anna"),
            run: "drag_and_drop .fc-timegrid-slot-lane[data-time='11:00:00']",
        },
        see("It is planned there", planned("Tour Anna")),
        see("And free no more", `.o_my_day_list:not(:has(.o_my_day_free :contains(Tour Anna)))`),
        see("Its hour is booked", ".o_day_hours:contains(1:00 of)"),
        // It is held in the middle, half an hour after it begins.
        dragTo(
            "Move it to another hour",
            planned("Tour Anna"),
            ".fc-timegrid-slot-lane[data-time='08:30:00']"
        ),
        see("It begins at eight", `${planned("Tour Anna")} .o_agenda_how:contains(8:)`),
        dragTo("Drag it back to the list", planned("Tour Anna"), ".o_my_day_list"),
        see("It is free again", free("Tour Anna")),
        click("Open the menu of another", `${free("Tour Bruno")} .o_task_menu`),
        click("Plan it without dragging", ".o_do_plan"),
        see("It asks for the hour", ".modal .o_field_widget[name=mode]"),
        click("Plan it", ".modal footer button[name=action_record]"),
        see("It has an hour", planned("Tour Bruno")),
        click("Take what nobody has", ".o_my_day_nobody .o_task_card:contains(Tour Nobody) .o_task_take"),
        see("Now it is hers", `${free("Tour Nobody")}, .o_my_day_late .o_task_card:contains(Tour Nobody)`),
        click("Record what is overdue", ".o_my_day_late .o_task_card:contains(Tour Late) .o_task_name"),
        ...recordOutcome,
        see("It is done", ".o_day_done b:contains(1)"),
        see("And not overdue any more", ".o_my_day_list:not(:contains(Tour Late))"),
        click("Look at the week", ".o_my_day_scale_week"),
        see("It has seven days", ".fc-col-header-cell:eq(6)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_field_seller_has_a_day", {
    url: "/odoo/my-day",
    steps: () => [
        see("What is overdue comes first", ".o_my_day_section:first-child h6:contains(Overdue)"),
        see("There is no calendar", "body:not(:has(.o_agenda_calendar))"),
        see("Call", ".o_task_card:contains(Tour Late) a.o_task_call[href='tel:+34612345678']"),
        see("Write", ".o_task_card:contains(Tour Late) a.o_task_sms[href='sms:+34612345678']"),
        see("Go there", ".o_task_card:contains(Tour Late) a.o_task_way[href*='Madrid']"),
        click("Record the outcome", ".o_task_card:contains(Tour Late) .o_task_record"),
        ...recordOutcome,
        see("It is done", ".o_day_done b:contains(1)"),
        click("Plan another", `${free("Tour Anna")} .o_task_menu`),
        click("At an hour", ".o_do_plan"),
        click("Plan it", ".modal footer button[name=action_record]"),
        see("It has an hour", ".o_my_day_planned .o_task_card:contains(Tour Anna), .o_my_day_late .o_task_card:contains(Tour Anna)"),
        click("Take what nobody has", ".o_my_day_nobody .o_task_card:contains(Tour Nobody) .o_task_take"),
        see("Nobody's no more", ".o_my_day_list:not(:has(.o_my_day_nobody))"),
        click("Tomorrow", ".o_my_day_next"),
        click("And back to today", ".o_my_day_today:enabled"),
        click("Something new", ".o_my_day_plus .o_my_day_new"),
        click("A new entity", ".o_new_partner"),
        see("It asks for its name", ".o_form_view .o_field_widget[name=name]"),
    ],
});
