import { expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    MockServer,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Campaign extends models.Model {
    _name = "campaign";

    name = fields.Char();
    generation = fields.Json();

    _records = [
        { id: 1, name: "Spring", generation: { done: 50, total: 200, seconds_left: 45 } },
        { id: 2, name: "Autumn", generation: {} },
    ];
}

defineMailModels();
defineModels([Campaign]);

const mount = (resId) =>
    mountView({
        type: "form",
        resModel: "campaign",
        resId,
        arch: `<form><field name="name"/><field name="generation" widget="generation_progress"/></form>`,
    });

test("tells how many are taken up, how many there are and how long it takes", async () => {
    await mount(1);
    expect(".o_generation_count").toHaveText("50 of 200 taken up");
    expect(".o_generation_remaining").toHaveText("about 45 seconds left");
    expect(".progress").toHaveAttribute("aria-valuenow", "25");
});

test("says nothing where nothing is being generated", async () => {
    await mount(2);
    expect(".o_generation_progress").toHaveCount(0);
});

test("looks again by itself until the campaign is generated", async () => {
    const answers = [{ done: 180, total: 200, seconds_left: 5 }, {}];
    onRpc("campaign", "read", () => [{ id: 1, generation: answers.shift() }]);
    await mount(1);
    await advanceTime(2000);
    await animationFrame();
    expect(".o_generation_count").toHaveText("180 of 200 taken up");
    MockServer.env["campaign"].write([1], { generation: {} });
    await advanceTime(2000);
    await animationFrame();
    expect(".o_generation_progress").toHaveCount(0);
});
