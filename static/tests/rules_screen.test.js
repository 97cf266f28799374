import { expect, test } from "@odoo/hoot";
import { click, edit, queryAllAttributes, queryAllTexts, queryOne, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { RulesDiagram } from "@crm_playbook/rules_screen/rules_diagram";

defineMailModels();

const rule = (id, chips, values = {}) => ({
    id,
    trigger: "outcome",
    attempts: false,
    sentence: `Rule ${id}`,
    scope: false,
    chips,
    ...values,
});

const MATRIX = {
    scope: { playbook_id: false, playbook: false, stage_id: false, stage: false },
    playbooks: [{ id: 5, name: "Win Back", stages: [{ id: 51, name: "First" }] }],
    types: [
        { id: 1, name: "Call", icon: "fa-phone", outcome_ids: [11, 12] },
        { id: 2, name: "Visit", icon: "fa-map-marker", outcome_ids: [11] },
    ],
    outcomes: [
        { id: 11, name: "Interested", tone: "positive" },
        { id: 12, name: "No answer", tone: "neutral" },
        { id: 13, name: "Declined", tone: "negative" },
    ],
    statuses: [],
    cells: [
        {
            type_id: 1,
            outcome_id: 11,
            rules: [rule(1, [{ kind: "status", text: "Planned" }]), rule(2, [{ kind: "points", text: "5 points" }])],
            answer: false,
            elsewhere: 0,
        },
        { type_id: 1, outcome_id: 12, rules: [], answer: rule(3, [{ kind: "won", text: "close as won" }]), elsewhere: 1 },
        { type_id: 2, outcome_id: 11, rules: [], answer: false, elsewhere: 0 },
    ],
    others: [rule(4, [], { sentence: "When an order is confirmed" })],
};

const arrow = (source, target, values = {}) => ({
    source,
    target,
    label: "Interested",
    tone: "positive",
    rule_ids: [1],
    traffic: 0,
    loop: false,
    ...values,
});

const DIAGRAM = {
    scope: MATRIX.scope,
    nodes: [
        { id: "type/0/1", kind: "type", name: "Call", icon: "fa-phone", stage: false },
        { id: "type/0/2", kind: "type", name: "Visit", icon: "fa-map-marker", stage: false },
        { id: "status/0/7", kind: "status", name: "Planned" },
    ],
    arrows: [
        arrow("type/0/1", "type/0/2", { traffic: 100, loop: "person" }),
        arrow("type/0/2", "type/0/1", { traffic: 25, loop: "person", label: "No answer", tone: "neutral" }),
        arrow("type/0/1", "type/0/1", { loop: "itself", label: "Sent", rule_ids: [9] }),
        arrow("type/0/2", "status/0/7"),
    ],
    findings: [
        { level: "warning", kind: "loop", text: "Goes round by itself: Call", rule_id: 9 },
        { level: "notice", kind: "unanswered", text: "Nothing follows", type_id: 2, outcome_id: 11 },
    ],
};

async function mountScreen() {
    onRpc("crm.rules", "get_matrix", ({ args }) => {
        expect.step(`matrix ${args}`);
        return MATRIX;
    });
    onRpc("crm.rules", "get_diagram", ({ args }) => {
        expect.step(`diagram ${args}`);
        return DIAGRAM;
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "crm_playbook.rules_screen" });
    await animationFrame();
}

async function mountDiagram(values = {}) {
    const props = {
        diagram: DIAGRAM,
        days: 30,
        onDays: (days) => expect.step(days),
        onFinding: ({ kind }) => expect.step(kind),
        onRule: (id) => expect.step(id),
        ...values,
    };
    await mountWithCleanup(RulesDiagram, { props });
    await animationFrame();
}

test.tags("desktop");
test("cells say what follows, what answers instead, and where nothing does", async () => {
    await mountScreen();
    expect.verifySteps(["matrix false,false"]);
    const cell = (type, outcome) => `.o_rules_cell[data-type="${type}"][data-outcome="${outcome}"]`;
    expect(cell("Call", "Interested")).toHaveClass("o_rules_own");
    expect(`${cell("Call", "Interested")} .o_rules_chip`).toHaveText("Planned");
    expect(`${cell("Call", "Interested")} .o_rules_more`).toHaveText("+1");
    expect(cell("Call", "No answer")).toHaveClass("o_rules_inherited");
    expect(cell("Visit", "Interested")).toHaveClass("o_rules_unanswered");
    expect(cell("Visit", "Declined")).toHaveClass("o_rules_forbidden");
    expect(".o_rules_other").toHaveText("When an order is confirmed");
});

test.tags("desktop");
test("a cell with several rules is opened beside", async () => {
    await mountScreen();
    await contains('.o_rules_cell[data-type="Call"][data-outcome="Interested"]').click();
    expect(queryAllTexts(".o_rule_card > div:first-child")).toEqual(["Rule 1", "Rule 2"]);
    await contains(".o_rule_cell .btn-close").click();
    expect(".o_rule_cell").toHaveCount(0);
    expect.verifySteps(["matrix false,false"]);
});

test.tags("desktop");
test("a rule is copied to another cell", async () => {
    await mountScreen();
    onRpc("crm.rules", "copy_rule", ({ args }) => {
        expect.step(args);
        return 8;
    });
    await contains('.o_rules_cell[data-type="Call"][data-outcome="Interested"]').click();
    await contains(".o_rule_copy:first").click();
    expect(".o_rules_copying").toHaveText(/Rule 1/);
    await contains('.o_rules_cell[data-type="Visit"][data-outcome="Declined"]').click();
    expect(".o_rules_copying").toHaveCount(0);
    expect.verifySteps([
        "matrix false,false",
        [1, { playbook_id: false, stage_id: false, action_type_id: 2, outcome_id: 13 }],
        "matrix false,false",
    ]);
});

test.tags("desktop");
test("types are found by their names, and outcomes that none has are left out", async () => {
    await mountScreen();
    await click(".o_rules_filter input[type=search]");
    await edit("vis");
    await animationFrame();
    expect(queryAllTexts("tbody .o_rules_type")).toEqual(["Visit"]);
    expect("thead th").toHaveCount(5);
    await contains(".o_rules_filter .form-check-input").click();
    expect(queryAllTexts("thead th").slice(1)).toEqual(["Interested"]);
    expect.verifySteps(["matrix false,false"]);
});

test.tags("mobile");
test("where the screen is narrow, each type has a list of its outcomes", async () => {
    await mountScreen();
    expect("table").toHaveCount(0);
    expect(queryAllTexts('section[data-type="Call"] .o_rules_outcome')).toEqual(["Interested", "No answer"]);
    expect(queryAllTexts('section[data-type="Call"] .o_rules_add option').slice(1)).toEqual(["Declined"]);
    expect.verifySteps(["matrix false,false"]);
});

test("a playbook is looked at as a diagram", async () => {
    await mountScreen();
    await contains("select[name=playbook_id]").select("5");
    await contains(".o_rules_as_diagram").click();
    await waitFor(".o_rules_node");
    expect.verifySteps(["matrix false,false", "matrix 5,false", "matrix 5,false", "diagram 5,false,30"]);
    expect(".o_rules_node").toHaveCount(3);
});

test("arrows are as thick as their traffic, and loops are marked", async () => {
    await mountDiagram();
    expect(queryAllTexts(".o_rules_arrow > text")).toEqual(["↻ Interested (100)", "↻ No answer (25)", "Interested"]);
    const widths = queryAllAttributes(".o_rules_line_drawn", "stroke-width").map(Number);
    expect(widths[0]).toBe(7);
    expect(widths[1]).toBeCloseTo(4.1);
    expect(widths[2]).toBe(1.2);
    expect(".o_rules_again.o_rules_itself").toHaveText(/↻ Sent$/);
});

test("a click on a box shows what is around it alone", async () => {
    await mountDiagram();
    await contains('.o_rules_node[data-node="Planned"]').click();
    expect(".o_rules_node").toHaveCount(2);
    expect(".o_rules_arrow").toHaveCount(1);
    await contains('.o_rules_node[data-node="Planned"]').click();
    expect(".o_rules_node").toHaveCount(3);
});

test("statuses can be left out", async () => {
    await mountDiagram();
    await contains(".o_rules_filter .form-check-input").click();
    expect(".o_rules_status").toHaveCount(0);
    expect(".o_rules_node").toHaveCount(2);
});

test("arrows and findings lead to what they are about", async () => {
    await mountDiagram();
    await contains(".o_rules_again").click();
    await contains(".o_rules_finding[data-kind=loop]").click();
    await contains("select[name=days]").select("90");
    expect.verifySteps([9, "loop", 90]);
});

test("what is larger than the screen stays readable", async () => {
    const arrows = [...Array(30).keys()].map((n) => arrow(`type/0/${n}`, `type/0/${n + 1}`));
    const nodes = [...Array(31).keys()].map((n) => ({ id: `type/0/${n}`, kind: "type", name: `Type ${n}` }));
    await mountDiagram({ diagram: { ...DIAGRAM, nodes, arrows } });
    const svg = queryOne(".o_rules_picture svg");
    const drawn = Number(svg.getAttribute("viewBox").split(" ")[2]);
    expect(Number(svg.getAttribute("width")) / drawn).toBeCloseTo(0.75);
    await contains(".o_rules_fit").click();
    expect(Number(svg.getAttribute("width"))).toBeLessThan(queryOne(".o_rules_picture").clientWidth + 1);
});
