import { expect, test } from "@odoo/hoot";
import { click, press, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, runAllTimers } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Outcome extends models.Model {
    _name = "crm.outcome";

    name = fields.Char();
    tone = fields.Char();

    _records = [
        { id: 1, name: "Interested", tone: "positive" },
        { id: 2, name: "No answer", tone: "neutral" },
    ];
}

class Action extends models.Model {
    _name = "crm.action";

    name = fields.Char();

    _records = [{ id: 7, name: "Call" }];
}

class Anybody extends models.Model {
    _name = "anybody";

    name = fields.Char();

    _records = [
        { id: 3, name: "Anna" },
        { id: 4, name: "Bruno" },
    ];
}

class Dialog extends models.Model {
    _name = "dialog";

    outcome_id = fields.Many2one({ relation: "crm.outcome" });
    action_ids = fields.Many2many({ relation: "crm.action" });
    lead_ids = fields.Many2many({ relation: "anybody" });
    partner_ids = fields.Many2many({ relation: "anybody" });
    note = fields.Text();

    _records = [
        { id: 1, action_ids: [7] },
        { id: 2, partner_ids: [3, 4] },
    ];
}

defineMailModels();
defineModels([Outcome, Action, Anybody, Dialog]);

const mount = (resId) =>
    mountView({
        type: "form",
        resModel: "dialog",
        resId,
        arch: `<form disable_autofocus="1">
            <field name="outcome_id" widget="outcome_buttons"/>
            <widget name="outcome_preview"/>
            <field name="note"/>
        </form>`,
    });

const item = (kind, text, count = 1) => ({ kind, text, count, icon: "fa-tag" });

async function settle() {
    await animationFrame();
    await runAllTimers();
    await animationFrame();
}

test("what follows is asked of the server once an outcome is chosen", async () => {
    onRpc("crm.action", "preview", ({ args }) => {
        expect.step(args);
        return [item("status", "Status becomes Planned"), item("task", "Plans Visit", 3)];
    });
    await mount(1);
    expect(".o_outcome_preview").not.toBeVisible();
    await click(".o_outcome_buttons button:first");
    await settle();
    expect.verifySteps([[[7], 1]]);
    expect(queryAllTexts(".o_outcome_preview li")).toEqual([
        "Status becomes Planned",
        "3 × Plans Visit",
    ]);
});

test("digits choose an outcome, but not while somebody writes", async () => {
    onRpc("crm.action", "preview", ({ args }) => {
        expect.step(args[1]);
        return [];
    });
    await mount(1);
    await press("2");
    await settle();
    expect(".o_outcome_buttons button.active:contains(No answer)").toHaveCount(1);
    await contains("textarea").click();
    await press("1");
    await settle();
    expect(".o_outcome_buttons button.active:contains(No answer)").toHaveCount(1);
    expect.verifySteps([2]);
});

test("a digit without an outcome does nothing", async () => {
    await mount(1);
    await press("3");
    await settle();
    expect(".o_outcome_buttons button.active").toHaveCount(0);
});

test("of two choices in a row only the latter is asked for", async () => {
    onRpc("crm.action", "preview", ({ args }) => {
        expect.step(args[1]);
        return [item("status", `Answer to ${args[1]}`)];
    });
    await mount(1);
    await click(".o_outcome_buttons button:first");
    await animationFrame();
    await click(".o_outcome_buttons button:last");
    await settle();
    expect.verifySteps([2]);
    expect(queryAllTexts(".o_outcome_preview li")).toEqual(["Answer to 2"]);
});

test("what was not planned is asked for each of those it is about", async () => {
    onRpc("crm.action", "preview_register", ({ args }) => {
        expect.step(args[0].map(({ partner_id, outcome_id }) => [partner_id, outcome_id]));
        return [item("nothing", "Nothing follows", 2)];
    });
    await mount(2);
    await click(".o_outcome_buttons button:first");
    await settle();
    expect.verifySteps([
        [
            [3, 1],
            [4, 1],
        ],
    ]);
});

test("an error is told in the place of what follows", async () => {
    onRpc("crm.action", "preview", () => {
        throw makeServerError({ message: "It is not yours" });
    });
    await mount(1);
    await click(".o_outcome_buttons button:first");
    await settle();
    expect(".o_preview_error").toHaveText("It is not yours");
});
