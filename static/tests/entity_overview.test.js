import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, mockTimeZone } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { EntityChart } from "@crm_playbook/entity_chart/entity_chart";

const LINKS = { phone: "+34 612 34 56 78", dialled: "+34612345678", email: false, address: false };

const person = (id, name) => ({ id, name, function: false, status: false, links: LINKS });
const product = (id, amount) => ({
    id,
    name: `Product ${id}`,
    amount,
    last: "2026-03-02 09:00:00",
});

const OVERVIEW = {
    entity: {
        id: 7,
        name: "The Company",
        is_company: true,
        kind: "School",
        missing: false,
        links: LINKS,
        status: "Customer",
        status_date: "2026-03-02 09:00:00",
        tags: [],
        free_fields: [{ label: "Pupils", text: "300" }],
        roles: [{ name: "Instructor", user: "Iris Instructor" }],
        seen_from: { id: 8, name: "Ada" },
    },
    currency_id: 1,
    figures: [
        { name: "ordered", label: "Ordered ever", type: "money", value: 1250, can_open: true },
        { name: "contacts", label: "Points of contact", type: "count", value: 3, can_open: false },
        { name: "satisfaction", label: "Satisfaction", type: "percent", value: 79.6, can_open: true },
    ],
    people: [person(8, "Ada"), person(9, "Ben")],
};
const SALES = {
    months: Array.from({ length: 24 }, (_, number) => ({
        month: `202${4 + Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, "0")}-01`,
        amount: number < 12 ? 10 : 20,
    })),
    products: [1, 2, 3, 4, 5, 6, 7].map((id) => product(id, 100 / id)),
    missing_products: [{ id: 20, name: "Lamp", customers: 3, share: 60 }],
    tasks: [
        {
            id: 5,
            name: "Call",
            icon: "fa-phone",
            date: "2026-03-02 09:00:00",
            mode: "free",
            is_late: true,
            user: "Ana",
            partner: false,
            lead: "Desks",
        },
    ],
    opportunities: [],
    competitors: [],
    contact_points: [],
    statuses: [
        {
            id: 1,
            date: "2026-03-02 09:00:00",
            status: "Customer",
            before: "Prospect",
            why: "When it is ordered",
            user: "Ana",
            partner: false,
            lead: false,
        },
    ],
};

defineMailModels();

async function mount(overview = { ...OVERVIEW, ...SALES }) {
    mockTimeZone(0);
    onRpc("res.partner", "get_overview", ({ args }) => {
        expect.step(`overview of ${args[0]}`);
        return overview;
    });
    onRpc("res.partner", "get_segments", () => [{ id: 1, name: "Schools of the North" }]);
    onRpc("res.partner", "timeline_kinds", () => []);
    onRpc("res.partner", "timeline", ({ args }) => {
        expect.step(`timeline of ${args[0]}`);
        return { items: [], has_more: false, before: false };
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_playbook.entity_overview",
        context: { active_id: 8 },
    });
    await animationFrame();
}

test("who it is, and its figures as people write them", async () => {
    await mount();
    expect(".o_entity_who h1").toHaveText("The Company");
    expect(".o_entity_segment").toHaveText("Schools of the North");
    expect(queryAllTexts(".o_entity_figure b")).toEqual(["$ 1,250.00", "3", "80 %"]);
    expect(".o_entity_figure[data-figure=contacts]").not.toBeEnabled();
    expect(".o_entity_free dd").toHaveText("300");
    expect.verifySteps(["overview of 8", "timeline of 7"]);
});

test("of long lists the first are shown, and all when asked", async () => {
    await mount();
    expect(".o_entity_bought .o_entity_bar_row").toHaveCount(5);
    await click(".o_entity_bought .btn-link");
    await animationFrame();
    expect(".o_entity_bought .o_entity_bar_row").toHaveCount(7);
    expect(".o_entity_bought .btn-link").toHaveCount(0);
    expect(".o_entity_bar:first > div").toHaveStyle({ width: /./ });
    expect.verifySteps(["overview of 8", "timeline of 7"]);
});

test("one contact's timeline, and the whole one again", async () => {
    await mount();
    await click(".o_entity_person:last .o_entity_only");
    await animationFrame();
    await click(".o_entity_timeline h2 button");
    await animationFrame();
    expect.verifySteps(["overview of 8", "timeline of 7", "timeline of 9", "timeline of 7"]);
});

test("after recording, all is asked again", async () => {
    await mount();
    patchWithCleanup(getService("action"), {
        doAction(action, { additionalContext, onClose }) {
            expect.step([action, additionalContext.active_model, additionalContext.active_id]);
            return onClose();
        },
    });
    await click(".o_entity_do");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([
        "overview of 8",
        "timeline of 7",
        ["crm_playbook.crm_action_record_action", "crm.action", 5],
        "overview of 8",
        "timeline of 7",
    ]);
});

test("a figure opens what is behind it", async () => {
    onRpc("res.partner", "open_figure", ({ args }) => {
        expect.step(args);
        return { type: "ir.actions.act_window", res_model: "sale.order" };
    });
    await mount();
    patchWithCleanup(getService("action"), {
        doAction({ res_model }) {
            expect.step(res_model);
        },
    });
    await click("[data-figure=ordered]");
    await animationFrame();
    expect.verifySteps(["overview of 8", "timeline of 7", [7, "ordered"], "sale.order"]);
});

test("who does not sell sees who it is and what happened", async () => {
    await mount({ ...OVERVIEW, figures: [] });
    expect(".o_entity_person").toHaveCount(2);
    expect(".o_entity_tasks, .o_entity_sales, .o_entity_record").toHaveCount(0);
    expect(".o_entity_form").toHaveCount(1);
    expect.verifySteps(["overview of 8", "timeline of 7"]);
});

test("the chart says what it shows to who hears it", async () => {
    await mountWithCleanup(EntityChart, { props: { months: SALES.months, currencyId: 1 } });
    expect(".o_entity_chart").toHaveAttribute(
        "aria-label",
        "$\u00a0240.00 in the latest twelve months, $\u00a0120.00 in the twelve before"
    );
});

test("where nothing was ordered it says so", async () => {
    const months = SALES.months.map(({ month }) => ({ month, amount: 0 }));
    await mountWithCleanup(EntityChart, { props: { months, currencyId: 1 } });
    expect("canvas").toHaveCount(0);
});
