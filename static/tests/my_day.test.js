import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryRect } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    preloadBundle,
} from "@web/../tests/web_test_helpers";
import { AgendaCalendar } from "@crm_playbook/agenda_calendar/agenda_calendar";
import { user } from "@web/core/user";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();
preloadBundle("web.fullcalendar_lib");

const task = (id, name, values) => ({
    id,
    type: "Call",
    channel: "call",
    icon: "fa-phone",
    partner: { id: 100 + id, name },
    city: "Madrid",
    phone: "+34 612 34 56 78",
    call: "+34612345678",
    email: "ada@test.example",
    directions: "https://maps.test.example/madrid",
    campaign: "Spring",
    lead: { id: 200 + id, name: "An opportunity" },
    stage: "First",
    user: { id: 7, name: "Ana" },
    is_mine: true,
    state: "planned",
    mode: "free",
    is_late: false,
    outcome: "",
    lacks_outcome: false,
    start: "2026-03-02 00:00:00",
    end: false,
    hours: 0.25,
    ...values,
});
const planned = (id, name, values) =>
    task(id, name, {
        mode: "planned",
        start: "2026-03-02 10:00:00",
        end: "2026-03-02 11:00:00",
        ...values,
    });
const list = (...tasks) => ({ tasks, count: tasks.length });

let agenda;

beforeEach(() => {
    mockDate("2026-03-02 09:00:00", 0);
    agenda = {
        planned: [planned(1, "Planned Paula")],
        done: [],
        late: list(task(2, "Late Luis", { is_late: true, start: "2026-02-20 00:00:00" })),
        lacking: list(),
        free: list(task(3, "Free Fatima"), task(4, "Free Felix")),
        nobody: list(task(5, "Nobody Nora", { user: false, is_mine: false })),
        figures: { done: 3, points: 25, left: 5, booked_hours: 2.5, available_hours: 8 },
        working: [["2026-03-02 09:00:00", "2026-03-02 17:00:00"]],
        meetings: [],
        choices: {
            users: [],
            teams: [],
            campaigns: [{ id: 31, name: "Spring" }],
            types: [{ id: 41, name: "Call" }],
            goals: [],
        },
        most_counted: 1000,
    };
    onRpc("crm.agenda", "get_agenda", ({ args }) => {
        expect.step(`load ${JSON.stringify(args)}`);
        return agenda;
    });
});

const TODAY = `"2026-03-02 00:00:00","2026-03-03 00:00:00"`;
const LOADED = `load [${TODAY},{},80]`;

async function open(params = {}) {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_playbook.my_day",
        params,
    });
    await animationFrame();
}

function mockDialogs() {
    mockService("action", {
        doAction(action, options) {
            if (action.tag) {
                return super.doAction(...arguments);
            }
            const { additionalContext: context, onClose } = options || {};
            expect.step(`${action.res_model || action} ${context?.active_id || action.res_id}`);
            return onClose?.();
        },
    });
}

const names = (section) => queryAllTexts(`.o_my_day_${section} .o_task_name`);

test("what was ticked off without an outcome waits for it", async () => {
    mockDialogs();
    agenda.lacking = list(task(6, "Ticked Tina", { state: "done", lacks_outcome: true }));
    await open();
    expect(names("lacking")).toEqual(["Ticked Tina"]);
    await contains(".o_my_day_lacking .o_task_name").click();
    expect.verifySteps([LOADED, "crm_playbook.crm_action_record_action 6", LOADED]);
});

test.tags("desktop");
test("tasks stand in lists, overdue ones first, and those with an hour in the calendar", async () => {
    await open();
    expect(queryAllTexts(".o_my_day_section h6")).toEqual(["Overdue 1", "Free 2", "To take 1"]);
    expect(names("late")).toEqual(["Late Luis"]);
    expect(names("free")).toEqual(["Free Fatima", "Free Felix"]);
    expect(names("nobody")).toEqual(["Nobody Nora"]);
    expect(".o_agenda_task").toHaveCount(1);
    expect(".o_agenda_task").toHaveText(/Planned Paula/);
    expect.verifySteps([LOADED]);
});

test.tags("desktop");
test("other meetings and hours of leisure stand behind the tasks", async () => {
    agenda.meetings = [
        { id: 61, name: "Dentist", start: "2026-03-02 12:00:00", end: "2026-03-02 13:00:00" },
    ];
    await open();
    expect(".o_agenda_meeting").toHaveText("Dentist");
    expect(".o_agenda_leisure").toHaveCount(2);
    expect.verifySteps([LOADED]);
});

test.tags("desktop");
test("figures say what was done, what is left and how full the hours are", async () => {
    await open();
    expect(queryAllTexts(".o_day_figure b")).toEqual(["3", "5", "25"]);
    expect(".o_day_hours").toHaveText("2:30 of 8:00 h booked");
    expect(".o_day_over").toHaveCount(0);
    expect.verifySteps([LOADED]);
});

test.tags("desktop");
test("more hours than there are stand out", async () => {
    agenda.figures.booked_hours = 9;
    await open();
    expect(".o_day_over").toHaveText("9:00 of 8:00 h booked");
    expect.verifySteps([LOADED]);
});

test.tags("desktop");
test("days and weeks are turned by buttons and by keys", async () => {
    await open();
    await contains(".o_my_day_next").click();
    await contains(".o_my_day_scale_week").click();
    await press("t");
    await animationFrame();
    await press("arrowleft");
    await animationFrame();
    expect.verifySteps([
        LOADED,
        `load ["2026-03-03 00:00:00","2026-03-04 00:00:00",{},80]`,
        `load ["2026-03-02 00:00:00","2026-03-09 00:00:00",{},80]`,
        `load ["2026-03-02 00:00:00","2026-03-09 00:00:00",{},80]`,
        `load ["2026-02-23 00:00:00","2026-03-02 00:00:00",{},80]`,
    ]);
});

test.tags("desktop");
test("weeks begin with the day that the company has set", async () => {
    patchWithCleanup(user.activeCompany, { crm_week_start: 7 });
    await open();
    await contains(".o_my_day_scale_week").click();
    expect.verifySteps([LOADED, `load ["2026-03-01 00:00:00","2026-03-08 00:00:00",{},80]`]);
});

test.tags("desktop");
test("filters narrow what is asked for", async () => {
    await open();
    expect(".o_agenda_filters select").toHaveCount(2);
    await contains("select[name=crm_campaign_id]").select("31");
    await contains("select[name=action_type_id]").select("41");
    expect.verifySteps([
        LOADED,
        `load [${TODAY},{"crm_campaign_id":31},80]`,
        `load [${TODAY},{"crm_campaign_id":31,"action_type_id":41},80]`,
    ]);
});

test.tags("desktop");
test("who may look at others chooses a person or a team", async () => {
    agenda.choices.users = [{ id: 7, name: "Ana" }];
    agenda.choices.teams = [{ id: 9, name: "North" }];
    await open();
    await contains("select[name=whose]").select("team_id/9");
    await contains("select[name=whose]").select("user_id/7");
    await contains("select[name=whose]").select("");
    expect.verifySteps([
        LOADED,
        `load [${TODAY},{"team_id":9},80]`,
        `load [${TODAY},{"user_id":7},80]`,
        LOADED,
    ]);
});

test.tags("desktop");
test("what the address says is shown", async () => {
    await open({ day: "2026-03-05", scale: "day", action_type_id: "41", crm_campaign_id: "x" });
    expect("select[name=action_type_id]").toHaveValue("41");
    expect.verifySteps([
        `load ["2026-03-05 00:00:00","2026-03-06 00:00:00",{"action_type_id":41},80]`,
    ]);
});

test.tags("desktop");
test("more is shown where there is more", async () => {
    agenda.free.count = 1000;
    await open();
    expect(".o_my_day_free h6").toHaveText("Free 1000+");
    await contains(".o_my_day_more").click();
    expect.verifySteps([LOADED, `load [${TODAY},{},160]`]);
});

test.tags("desktop");
test("a click opens the record dialog, and what came of it is shown", async () => {
    mockDialogs();
    await open();
    await contains(".o_my_day_late .o_task_name").click();
    await contains(".o_agenda_task").click();
    expect.verifySteps([
        LOADED,
        "crm_playbook.crm_action_record_action 2",
        LOADED,
        "crm_playbook.crm_action_record_action 1",
        LOADED,
    ]);
});

test.tags("desktop");
test("a key opens the next task", async () => {
    mockDialogs();
    await open();
    await press("n");
    await animationFrame();
    expect.verifySteps([LOADED, "crm_playbook.crm_action_record_action 2", LOADED]);
});

test.tags("desktop");
test("the menu of a card does what dragging does", async () => {
    mockDialogs();
    await open();
    for (const what of ["plan", "free", "reassign", "open", "open_partner", "open_lead"]) {
        await contains(".o_my_day_free .o_task_menu:eq(0)").click();
        await contains(`.o_do_${what}`).click();
    }
    expect.verifySteps([
        LOADED,
        "crm_playbook.crm_action_record_action 3",
        LOADED,
        "crm_playbook.crm_action_record_action 3",
        LOADED,
        "crm_playbook.crm_action_record_action 3",
        LOADED,
        "crm.action 3",
        "res.partner 103",
        "crm.lead 203",
    ]);
});

test.tags("desktop");
test("what nobody has is taken", async () => {
    onRpc("crm.action", "take", ({ args }) => {
        expect.step(`take ${JSON.stringify(args)}`);
        return true;
    });
    await open();
    expect(".o_task_take").toHaveCount(1);
    await contains(".o_my_day_nobody .o_task_take").click();
    expect.verifySteps([LOADED, "take [[5]]", LOADED]);
});

/** The calendar as FullCalendar would tell it of what was dragged. */
function watchCalendar() {
    const watched = {};
    patchWithCleanup(AgendaCalendar.prototype, {
        setup() {
            super.setup();
            watched.component = this;
        },
    });
    return {
        /** A task that is there is moved to another span. */
        async move(id, start, end) {
            const { calendar, options } = watched.component;
            const event = calendar.getEventById(id);
            event.setDates(start, end);
            const revert = () => expect.step("goes back");
            await options.eventDrop({ event, revert });
        },
        /** A card is let go at an hour. */
        async receive(task, start) {
            const { calendar, options } = watched.component;
            const event = calendar.addEvent({ start, extendedProps: { task } });
            await options.eventReceive({ event });
            return event;
        },
        letGoOver(task, selector) {
            const { x, y } = queryRect(selector);
            const jsEvent = { clientX: x + 3, clientY: y + 3 };
            watched.component.options.eventDragStop({ event: { extendedProps: { task } }, jsEvent });
        },
    };
}

function mockMoves(method, answer = () => true) {
    onRpc("crm.action", method, ({ args }) => {
        expect.step(`${method} ${JSON.stringify(args)}`);
        return answer();
    });
}

test.tags("desktop");
test("a free task that is let go at an hour is planned there", async () => {
    mockMoves("plan", () => {
        agenda.planned.push(planned(3, "Free Fatima"));
        agenda.free = list(task(4, "Free Felix"));
        return true;
    });
    const calendar = watchCalendar();
    await open();
    await calendar.receive(agenda.free.tasks[0], "2026-03-02T14:00:00Z");
    await animationFrame();
    expect.verifySteps([LOADED, `plan [[3],"2026-03-02 14:00:00",0.25]`, LOADED]);
    expect(".o_agenda_task").toHaveCount(2);
    expect(names("free")).toEqual(["Free Felix"]);
});

test.tags("desktop");
test("a task that is moved or made longer is planned anew", async () => {
    mockMoves("plan");
    const calendar = watchCalendar();
    await open();
    await calendar.move(1, "2026-03-02T12:00:00Z", "2026-03-02T14:15:00Z");
    expect.verifySteps([LOADED, `plan [[1],"2026-03-02 12:00:00",2.25]`, LOADED]);
});

test.tags("desktop");
test("a task goes back where the server does not want it elsewhere", async () => {
    mockMoves("plan", () => {
        throw makeServerError({ message: "This opportunity is closed." });
    });
    const calendar = watchCalendar();
    await open();
    const moved = calendar.move(1, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z");
    await expect(moved).rejects.toThrow(/This opportunity is closed\./);
    expect.verifySteps([LOADED, `plan [[1],"2026-03-02 12:00:00",1]`, LOADED, "goes back"]);
    const received = calendar.receive(agenda.free.tasks[0], "2026-03-02T14:00:00Z");
    await expect(received).rejects.toThrow(/This opportunity is closed\./);
    await animationFrame();
    expect.verifySteps([`plan [[3],"2026-03-02 14:00:00",0.25]`, LOADED]);
    expect(".o_agenda_task").toHaveCount(1);
    expect(names("free")).toEqual(["Free Fatima", "Free Felix"]);
});

test.tags("desktop");
test("a task that is let go over the list is free again", async () => {
    mockMoves("free");
    const calendar = watchCalendar();
    await open();
    calendar.letGoOver(agenda.planned[0], ".o_agenda_calendar");
    calendar.letGoOver(agenda.planned[0], ".o_my_day_list");
    await animationFrame();
    expect.verifySteps([LOADED, `free [[1],"2026-03-02 00:00:00"]`, LOADED]);
});

test.tags("desktop");
test("who has nothing to do is told what to do next", async () => {
    Object.assign(agenda, { planned: [], late: list(), free: list(), nobody: list() });
    await open();
    expect(".o_my_day_empty").toHaveText(/Nothing waits here/);
    await contains("select[name=crm_campaign_id]").select("31");
    expect(".o_my_day_empty").toHaveText(/Nothing of this campaign or type/);
    await contains(".o_my_day_empty button").click();
    expect.verifySteps([LOADED, `load [${TODAY},{"crm_campaign_id":31},80]`, LOADED]);
});

test.tags("mobile");
test("on a phone the day is one list with large buttons", async () => {
    await open();
    expect(".o_agenda_calendar").toHaveCount(0);
    expect(queryAllTexts(".o_my_day_section h6")).toEqual([
        "Overdue 1",
        "At an hour 1",
        "Free 2",
        "To take 1",
    ]);
    const card = ".o_my_day_planned .o_task_card";
    expect(`${card} .o_task_call`).toHaveAttribute("href", "tel:+34612345678");
    expect(`${card} .o_task_sms`).toHaveAttribute("href", "sms:+34612345678");
    expect(`${card} .o_task_email`).toHaveAttribute("href", "mailto:ada@test.example");
    expect(`${card} .o_task_way`).toHaveAttribute("href", "https://maps.test.example/madrid");
    for (const button of ["call", "sms", "email", "way", "record"]) {
        expect(queryRect(`${card} .o_task_${button}`).height).toBeGreaterThan(43);
    }
    expect.verifySteps([LOADED]);
});
