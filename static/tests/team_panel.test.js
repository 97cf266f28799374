import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    makeServerError,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const day = (count, booked_hours, available_hours) => ({ count, booked_hours, available_hours });
const free = () => day(0, 0, 8);
const week = (...days) => [...days, ...Array(7 - days.length).fill(free())];

const task = (id, name) => ({
    id,
    type: "Call",
    channel: "call",
    icon: "fa-phone",
    partner: { id: 100 + id, name },
    city: "",
    phone: "",
    call: "",
    email: "",
    directions: "",
    campaign: "",
    lead: false,
    stage: "",
    user: { id: 7, name: "Ana" },
    is_mine: false,
    state: "planned",
    mode: "free",
    is_late: false,
    outcome: "",
    lacks_outcome: false,
    start: "2026-03-02 00:00:00",
    end: false,
    hours: 0.25,
});

const LOADED = `load ["2026-03-01",7,false]`;
const DAYS = [1, 2, 3, 4, 5, 6, 7].map((number) => `2026-03-0${number}`);

beforeEach(() => {
    mockDate("2026-03-02 09:00:00", 0);
    onRpc("crm.agenda", "get_team_load", ({ args }) => {
        expect.step(`load ${JSON.stringify(args)}`);
        return {
            days: DAYS,
            people: [
                { id: false, name: "Nobody", late: 0, days: week(day(0, 0, 0), day(3, 0, 0)) },
                { id: 7, name: "Ana", late: 2, days: week(day(0, 0, 0), day(5, 9, 8)) },
                { id: 8, name: "Ben", late: 0, days: week(day(0, 0, 0), day(1, 2, 8)) },
            ],
            teams: [{ id: 9, name: "North" }],
        };
    });
    onRpc("crm.agenda", "get_team_tasks", ({ args }) => {
        expect.step(`tasks ${JSON.stringify(args)}`);
        return { tasks: [task(1, "Paula"), task(2, "Pedro")], count: 2 };
    });
    onRpc("crm.action", "hand_over", ({ args }) => {
        expect.step(`hand over ${JSON.stringify(args)}`);
        return true;
    });
});

async function open(params = {}) {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_playbook.team_panel",
        params,
    });
    await animationFrame();
}

const cell = (person, date) => `.o_team_cell[data-person="${person}"][data-day="${date}"]`;
const MONDAY_OF_ANA = `tasks [7,"2026-03-02",false,80]`;

test.tags("desktop");
test("people stand beside their days, nobody first", async () => {
    await open();
    expect(queryAllTexts("tbody .o_team_who")).toEqual(["Nobody", "Ana", "Ben"]);
    expect(queryAllTexts(".o_team_late")).toEqual(["2"]);
    expect(`${cell(7, "2026-03-02")} b`).toHaveText("5");
    expect(`${cell(7, "2026-03-02")} .o_team_hours`).toHaveText("9:00 of 8:00 h");
    expect(`${cell(8, "2026-03-02")} b`).toHaveText("1");
    expect.verifySteps([LOADED]);
});

test.tags("desktop");
test("a day with more hours booked than there are stands out", async () => {
    await open();
    expect(cell(7, "2026-03-02")).toHaveClass("o_team_full");
    expect(cell(8, "2026-03-02")).not.toHaveClass("o_team_full");
    expect(".o_team_full").toHaveCount(1);
    expect.verifySteps([LOADED]);
});

test.tags("desktop");
test("a number shows the tasks behind it, and hides them again", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    expect(queryAllTexts(".o_team_tasks .o_task_name")).toEqual(["Paula", "Pedro"]);
    await contains(cell(7, "2026-03-02")).click();
    expect(".o_team_tasks").toHaveCount(0);
    await contains(".o_team_late").click();
    expect(".o_team_tasks h6").toHaveText("Ana · overdue");
    expect.verifySteps([LOADED, MONDAY_OF_ANA, "tasks [7,false,false,80]"]);
});

test.tags("desktop");
test("chosen tasks are given to somebody on another day", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_all").click();
    expect(".o_team_give").not.toBeEnabled();
    expect("select[name=to_user]").toHaveValue("same");
    expect("select[name=to_day]").toHaveValue("same");
    await contains("select[name=to_user]").select("8");
    await contains("select[name=to_day]").select("2026-03-04");
    await contains(".o_team_give").click();
    expect.verifySteps([
        LOADED,
        MONDAY_OF_ANA,
        `hand over [[1,2],8,"2026-03-04"]`,
        LOADED,
        MONDAY_OF_ANA,
    ]);
});

test.tags("desktop");
test("to whom and when is asked anew for other tasks", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_all").click();
    await contains("select[name=to_user]").select("8");
    await contains("select[name=to_day]").select("2026-03-04");
    await contains(".o_team_next").click();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_all").click();
    expect("select[name=to_user]").toHaveValue("same");
    expect(".o_team_give").not.toBeEnabled();
    await contains("select[name=to_user]").select("8");
    await contains(".o_team_give").click();
    expect.verifySteps([
        LOADED,
        MONDAY_OF_ANA,
        `load ["2026-03-08",7,false]`,
        MONDAY_OF_ANA,
        "hand over [[1,2],8,false]",
        `load ["2026-03-08",7,false]`,
        MONDAY_OF_ANA,
    ]);
});

test.tags("desktop");
test("on the same day a task changes its person alone", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_task:first").dragAndDrop(cell(8, "2026-03-02"));
    await animationFrame();
    expect.verifySteps([
        LOADED,
        MONDAY_OF_ANA,
        "hand over [[1],8,false]",
        LOADED,
        MONDAY_OF_ANA,
    ]);
});

test.tags("desktop");
test("a chosen task is given back to nobody", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_task:eq(1) input").click();
    await contains("select[name=to_user]").select("0");
    await contains(".o_team_give").click();
    expect.verifySteps([
        LOADED,
        MONDAY_OF_ANA,
        "hand over [[2],false,false]",
        LOADED,
        MONDAY_OF_ANA,
    ]);
});

test.tags("desktop");
test("a task is dragged to another person's day", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_task:first").dragAndDrop(cell(8, "2026-03-04"));
    await animationFrame();
    expect.verifySteps([
        LOADED,
        MONDAY_OF_ANA,
        `hand over [[1],8,"2026-03-04"]`,
        LOADED,
        MONDAY_OF_ANA,
    ]);
});

test.tags("desktop");
test("with a dragged task go the others that are chosen", async () => {
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_all").click();
    await contains(".o_team_task:first").dragAndDrop("tr:contains(Ben) .o_team_who");
    await animationFrame();
    expect.verifySteps([
        LOADED,
        MONDAY_OF_ANA,
        "hand over [[1,2],8,false]",
        LOADED,
        MONDAY_OF_ANA,
    ]);
});

test.tags("desktop");
test("what the server refuses is said, and the panel shows how things stand", async () => {
    expect.errors(1);
    onRpc("crm.action", "hand_over", () => {
        throw makeServerError({ message: "It is not planned any more." });
    });
    await open();
    await contains(cell(7, "2026-03-02")).click();
    await contains(".o_team_all").click();
    await contains("select[name=to_user]").select("8");
    await contains(".o_team_give").click();
    await animationFrame();
    expect.verifyErrors(["It is not planned any more."]);
    expect(".o_dialog").toHaveText(/It is not planned any more\./);
    expect.verifySteps([LOADED, MONDAY_OF_ANA, LOADED, MONDAY_OF_ANA]);
});

test.tags("desktop");
test("weeks are turned, and a team is chosen", async () => {
    await open();
    await contains(".o_team_next").click();
    await contains(".o_team_weeks").click();
    await contains(".o_team_today").click();
    await contains("select[name=team_id]").select("9");
    expect.verifySteps([
        LOADED,
        `load ["2026-03-08",7,false]`,
        `load ["2026-03-08",14,false]`,
        `load ["2026-03-01",14,false]`,
        `load ["2026-03-01",14,9]`,
    ]);
});
