import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { animationFrame, Deferred, mockTimeZone } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

const item = (id, date, title, values) => ({
    id,
    date,
    title,
    kind: "call",
    icon: "fa-phone",
    tone: false,
    text: false,
    user: "Ana",
    model: false,
    record_id: 1,
    ...values,
});

const NEWEST = {
    items: [
        item("actions/3", "2026-03-03 10:00:00", "Visit", { model: "crm.action", record_id: 3 }),
        item("actions/2", "2026-03-03 09:00:00", "Second call"),
        item("actions/1", "2026-03-02 09:00:00", "First call", { text: "Nobody there" }),
    ],
    has_more: true,
    before: "where it ended",
};

class Story extends models.Model {
    _name = "story";

    name = fields.Char();

    _records = [
        { id: 1, name: "Eventful" },
        { id: 2, name: "Quiet" },
    ];
}

defineMailModels();
defineModels([Story]);

async function mount(resId, timeline = () => NEWEST) {
    mockTimeZone(0);
    onRpc("story", "timeline", timeline);
    onRpc("story", "timeline_kinds", () => [
        { id: "call", text: "Calls" },
        { id: "money", text: "Orders" },
    ]);
    await mountView({
        type: "form",
        resModel: "story",
        resId,
        arch: `<form><widget name="timeline"/><button name="done" type="object">Done</button></form>`,
    });
    await animationFrame();
}

test("what happened stands under its day, the newest first", async () => {
    await mount(1);
    expect(".o_timeline_day").toHaveCount(2);
    expect(queryAllTexts(".o_timeline_title")).toEqual(["Visit", "Second call", "First call"]);
    expect(queryAllTexts(".o_timeline section:first .o_timeline_title")).toEqual(["Visit", "Second call"]);
    expect(".o_timeline_text").toHaveText("Nobody there");
});

test("more is put behind what is there", async () => {
    await mount(1, ({ kwargs }) => {
        expect.step(kwargs.before);
        return kwargs.before
            ? { items: [item("actions/0", "2026-03-01 09:00:00", "Letter")], has_more: false }
            : NEWEST;
    });
    await click(".o_timeline_more");
    await animationFrame();
    expect.verifySteps([false, "where it ended"]);
    expect(queryAllTexts(".o_timeline_title").at(-1)).toBe("Letter");
    expect(".o_timeline_more").toHaveCount(0);
});

test("a filter asks for one kind, and all of it comes back", async () => {
    await mount(1, ({ kwargs }) => {
        expect.step(kwargs.kind);
        return kwargs.kind ? { items: [item("o/1", "2026-03-01 09:00:00", "Order")], has_more: false } : NEWEST;
    });
    await click("button[data-kind=money]");
    await animationFrame();
    expect(queryAllTexts(".o_timeline_title")).toEqual(["Order"]);
    await click(".o_timeline_kinds button:first");
    await animationFrame();
    expect(".o_timeline_title").toHaveCount(3);
    expect.verifySteps([false, "money", false]);
});

test("nothing goes on behind a list that is about to be another one", async () => {
    const answer = new Deferred();
    await mount(1, ({ kwargs }) => (kwargs.kind ? answer : NEWEST));
    expect(".o_timeline_more").toHaveCount(1);
    await click("button[data-kind=money]");
    await animationFrame();
    expect(".o_timeline_more").toHaveCount(0);
    answer.resolve(NEWEST);
    await animationFrame();
    expect(".o_timeline_more").toHaveCount(1);
});

test("what has a form of its own is opened", async () => {
    mockService("action", {
        doAction({ res_model, res_id }) {
            expect.step([res_model, res_id]);
        },
    });
    await mount(1);
    await click("a.o_timeline_title");
    expect.verifySteps([["crm.action", 3]]);
    expect("a.o_timeline_title").toHaveCount(1);
});

test("where nothing happened it says so", async () => {
    await mount(2, () => ({ items: [], has_more: false }));
    expect(".o_timeline_empty").toHaveText("Nothing yet.");
});

test("what has no hour shows none", async () => {
    await mount(1, () => ({
        items: [item("invoices/1", "2026-03-03 23:59:59", "Invoice", { is_day: true })],
        has_more: false,
    }));
    expect(".o_timeline_when > div:first").toHaveText("");
    expect(".o_timeline_day").toHaveCount(1);
});

test("it looks again when the form does", async () => {
    let count = 1;
    onRpc("story", "done", () => false);
    await mount(1, () => ({ items: NEWEST.items.slice(0, count++), has_more: false }));
    expect(".o_timeline_title").toHaveCount(1);
    await click("button[name=done]");
    await waitFor(".o_timeline_item:eq(1)");
    expect(".o_timeline_title").toHaveCount(2);
});
