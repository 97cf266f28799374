import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    mockService,
    models,
    mountView,
} from "@web/../tests/web_test_helpers";

const stage = (id, name, values) => ({
    id,
    name,
    task: "Call",
    icon: "fa-phone",
    mode: "free",
    timing: "at once",
    figures: null,
    ...values,
});

class Journey extends models.Model {
    _name = "journey";

    stage_line = fields.Json();

    _records = [
        { id: 1, stage_line: [stage(11, "First"), stage(12, "Second", { current: true })] },
        {
            id: 2,
            stage_line: [
                stage(11, "First", { figures: { here: 3, planned: 2, done: 7, failed: 1 } }),
            ],
        },
        { id: 3, stage_line: [] },
    ];
}

defineMailModels();
defineModels([Journey]);

const mount = (resId, options = "{}") =>
    mountView({
        type: "form",
        resModel: "journey",
        resId,
        arch: `<form><field name="stage_line" widget="stage_line" options="${options}"/></form>`,
    });

test("the stages are in order and the current one stands out", async () => {
    await mount(1);
    expect(queryAllTexts(".o_stage_name")).toEqual(["First", "Second"]);
    expect(".o_stage_current").toHaveCount(1);
    expect(".o_stage_current .o_stage_name").toHaveText("Second");
    expect(".o_stage_past .o_stage_name").toHaveText("First");
});

test("a stage shows how many are in it and how its tasks stand", async () => {
    await mount(2);
    expect(".o_stage_here").toHaveText("3 here");
    expect(queryAllTexts(".o_stage_figures span")).toEqual(["2", "7", "1"]);
});

test("a playbook without stages says so", async () => {
    await mount(3);
    expect(".o_stage_line").toHaveCount(0);
    expect(".o_stage_line_empty").toHaveText("No stage yet.");
});

test("stages are no buttons unless they open something", async () => {
    await mount(2);
    expect(".o_stage_line button").toHaveCount(0);
});

test("a click on a stage opens the opportunities that are in it", async () => {
    mockService("action", {
        doAction(action, { additionalContext }) {
            expect.step(action);
            expect(additionalContext.search_default_crm_campaign_id).toBe(2);
            expect(additionalContext.search_default_playbook_stage_id).toBe(11);
        },
    });
    await mount(2, "{'journeys_by': 'crm_campaign_id'}");
    await click(".o_stage_line button");
    await animationFrame();
    expect.verifySteps(["crm_playbook.crm_lead_action"]);
});
