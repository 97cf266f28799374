import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryOne, waitFor } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const CATEGORIES = ["pipeline", "best_case", "commit", "closed", "omitted"];
const each = (values) => Object.fromEntries(CATEGORIES.map((name) => [name, values[name] || 0]));

const cell = (values = {}, more = {}) => {
    const amounts = each(values);
    const open = amounts.pipeline + amounts.best_case + amounts.commit;
    return {
        amounts,
        counts: each(Object.fromEntries(Object.keys(values).map((name) => [name, 1]))),
        count: Object.keys(values).filter((name) => name !== "closed").length,
        amount: open,
        weighted: open / 2,
        forecast: amounts.closed + amounts.commit,
        adjustment: 0,
        own_adjustment: false,
        quota: 0,
        attainment: false,
        coverage: false,
        gap: 0,
        slipped: { count: 0, amount: 0 },
        ...more,
    };
};

const row = (key, parent, depth, kind, cells, more = {}) => ({
    key,
    parent,
    depth,
    kind,
    name: key,
    team_id: kind === "company" ? false : 4,
    user_id: kind === "person" ? 7 : false,
    may_adjust: kind !== "company",
    may_set_quota: kind === "person",
    cells,
    total: cell(),
    ...more,
});

const period = (number, more = {}) => ({
    key: `2026-0${number}-01`,
    first: `2026-0${number}-01`,
    last: `2026-0${number}-28`,
    name: `Month ${number}`,
    is_current: number === 2,
    is_past: number < 2,
    ...more,
});

let ana;

const forecast = () => ({
    currency_id: 1,
    today: "2026-02-10",
    as_of: false,
    period: "month",
    periods: [period(1), period(2)],
    rows: [
        row("Company", false, 0, "company", [cell(), cell({ commit: 300, closed: 100 }, { quota: 500, gap: 100, attainment: 0.2 })]),
        row("North", "Company", 1, "team", [cell(), cell({ commit: 300, closed: 100 })]),
        row("Ana", "North", 2, "person", [cell(), ana]),
    ],
    overdue: { count: 0, amount: 0 },
    without_date: { count: 2, amount: 70 },
    may_choose_team: true,
});

beforeEach(() => {
    mockDate("2026-02-10 09:00:00", 0);
    ana = cell({ commit: 300, closed: 100 }, { quota: 500 });
    onRpc("crm.forecast", "get_forecast", ({ kwargs }) => {
        expect.step(`forecast ${JSON.stringify([kwargs.period, kwargs.first, kwargs.as_of, kwargs.team_id])}`);
        return forecast();
    });
    onRpc("crm.forecast", "get_waterfall", ({ kwargs: { start, end } }) => ({
        start,
        end,
        steps: [
            { name: "opening", label: "Opening", count: 1, amount: 200, kind: "total" },
            { name: "increased", label: "Increased", count: 1, amount: 100, kind: "up" },
            { name: "lost", label: "Lost", count: 0, amount: 0, kind: "down" },
            { name: "closing", label: "Closing", count: 1, amount: 300, kind: "total" },
        ],
    }));
    onRpc("crm.forecast", "get_funnel", () => [{ stage_id: 3, name: "Offer", count: 1, amount: 300, weighted: 150 }]);
    onRpc("crm.forecast", "get_range", () => ({
        low: 100,
        likely: 250,
        high: 400,
        draws: 10,
        seed: 1,
        made_of: { history: 1, opportunity: 0 },
    }));
    onRpc("crm.forecast.quota", "get_family_attainment", () => []);
    onRpc("crm.forecast", "open_cell", ({ kwargs }) => {
        expect.step(`open ${JSON.stringify([kwargs.first, kwargs.team_id, kwargs.user_id, kwargs.category])}`);
        return { type: "ir.actions.client", tag: "display_notification", params: { message: "Opened" } };
    });
});

async function mount() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ tag: "crm_playbook.forecast", type: "ir.actions.client" });
    await waitFor(".o_forecast_steps");
    expect.verifySteps([LOADED]);
}

const LOADED = `forecast ["month",null,null,false]`;
const NOW = "td[data-period='2026-02-01']";

test.tags("desktop");
test("the figures are those of the current period, and of another one that is chosen", async () => {
    await mount();
    expect(".o_forecast_card[data-figure=quota] b").toHaveText(/500/);
    expect(".o_forecast_card[data-figure=forecast]").toHaveText(/100 short/);
    expect(".o_forecast_card[data-figure=range] b").toHaveText(/100.*400/);
    await contains("thead th:eq(1) button").click();
    expect(".o_forecast_card[data-figure=quota] b").toHaveText("–");
});

test("teams are folded with all that is below", async () => {
    await mount();
    expect(queryAllTexts("tbody th[scope=row]")).toEqual(["Company", "North", "Ana"]);
    await contains("tr[data-row=Company] .o_forecast_fold").click();
    expect(queryAllTexts("tbody th[scope=row]")).toEqual(["Company"]);
    await contains("tr[data-row=Company] .o_forecast_fold").click();
    await contains("tr[data-row=North] .o_forecast_fold").click();
    expect(queryAllTexts("tbody th[scope=row]")).toEqual(["Company", "North"]);
});

test("a quota is typed in its cell", async () => {
    onRpc("crm.forecast.quota", "set_quota", ({ args }) => {
        expect.step(`quota ${JSON.stringify(args)}`);
        ana = cell({ commit: 300, closed: 100 }, { quota: args[4] });
        return [1];
    });
    await mount();
    await contains(`tr[data-row=Ana] ${NOW} .o_forecast_quota`).click();
    await contains(".o_forecast_quota_input").edit("1,200", { confirm: "enter" });
    await animationFrame();
    expect.verifySteps([`quota [4,7,"2026-02-01","2026-02-28",1200]`, LOADED]);
    expect(`tr[data-row=Ana] ${NOW} .o_forecast_quota`).toHaveText(/1,200/);
});

test("what is no amount, or left by escape, sets no quota", async () => {
    onRpc("crm.forecast.quota", "set_quota", () => expect.step("quota"));
    await mount();
    await contains(`tr[data-row=Ana] ${NOW} .o_forecast_quota`).click();
    await contains(".o_forecast_quota_input").edit("much", { confirm: "enter" });
    expect(".o_notification").toHaveText(/much is no amount/);
    await press("escape");
    await animationFrame();
    expect(".o_forecast_quota_input").toHaveCount(0);
    expect.verifySteps([]);
});

test("an adjustment needs a note, and shows the one that holds", async () => {
    onRpc("crm.forecast.adjustment", "adjust", ({ args, kwargs }) => {
        expect.step(`adjust ${JSON.stringify([...args, kwargs.team_id, kwargs.user_id])}`);
        return 1;
    });
    const line = { month: "2026-02-01", amount: 50, note: "A hunch", author: "Eva", date: "2026-02-03" };
    ana = cell({ commit: 300 }, { adjustment: 50, own_adjustment: { ...line, lines: [line] } });
    await mount();
    await contains(`tr[data-row=Ana] ${NOW} .o_forecast_adjust`).click();
    expect(".o_forecast_adjustment input[name=amount]").toHaveValue("50");
    expect(".o_forecast_adjustment").toHaveText(/By Eva/);
    await contains(".o_forecast_adjustment input[name=note]").edit(" ");
    await contains(".modal button[name=save]").click();
    expect(".modal .text-danger").toHaveCount(1);
    expect.verifySteps([]);
    await contains(".o_forecast_adjustment input[name=amount]").edit("-75");
    await contains(".o_forecast_adjustment input[name=note]").edit("They wait");
    await contains(".modal button[name=save]").click();
    await animationFrame();
    expect.verifySteps([`adjust ["2026-02-01",-75,"They wait",4,7]`, LOADED]);
    expect(".modal").toHaveCount(0);
});

test("numbers open what is behind them", async () => {
    await mount();
    await contains(`tr[data-row=Ana] ${NOW} .o_forecast_amount`).click();
    await contains(".o_forecast_card[data-figure=commit]").click();
    expect.verifySteps([`open ["2026-02-01",4,7,null]`, `open ["2026-02-01",false,false,"commit"]`]);
});

test("a past day is looked at, not changed", async () => {
    await mount();
    const input = queryOne("input[name=as_of]");
    input.value = "2026-02-03";
    input.dispatchEvent(new Event("change"));
    await waitFor(".alert-warning");
    expect.verifySteps([`forecast ["month",null,"2026-02-03",false]`]);
    expect(".o_forecast_quota").toHaveCount(0);
    expect(".o_forecast_adjust").toHaveCount(0);
    expect(".alert-warning").toHaveText(/2026-02-03/);
});

test("steps that did not happen are left out of the waterfall", async () => {
    await mount();
    expect(queryAllTexts(".o_forecast_steps td:first-child")).toEqual(["Opening", "Increased", "Closing"]);
    expect(".o_forecast_steps tr[data-step=increased]").toHaveText(/\+/);
});
