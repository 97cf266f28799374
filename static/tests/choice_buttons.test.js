import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

const CHOICES = [
    { id: "one", text: "One" },
    { id: "two", text: "Two" },
    { id: "three", text: "Three" },
];

class Choice extends models.Model {
    _name = "choice";

    choices = fields.Json();
    chosen = fields.Selection({ selection: CHOICES.map(({ id, text }) => [id, text]) });

    _records = [{ id: 1, choices: CHOICES, chosen: "three" }];
}

defineMailModels();
defineModels([Choice]);

const mount = (options) =>
    mountView({
        type: "form",
        resModel: "choice",
        resId: 1,
        arch: `<form>
            <field name="choices" invisible="1"/>
            <field name="chosen" widget="choice_buttons" options="${options}"/>
        </form>`,
    });

test("a second click takes the choice back", async () => {
    await mount("{'choices': 'choices'}");
    await click("button[data-choice=one]");
    await animationFrame();
    expect("button.active").toHaveText("One");
    await click("button[data-choice=one]");
    await animationFrame();
    expect("button[data-choice].active").toHaveCount(0);
});

test("a button of its own stands for none of them", async () => {
    await mount("{'choices': 'choices', 'other': 'Something else'}");
    expect(".o_choice_other").not.toHaveClass("active");
    await click(".o_choice_other");
    await animationFrame();
    expect(".o_choice_other").toHaveClass("active");
});

test("the first ones and the chosen one are shown until more are asked for", async () => {
    await mount("{'choices': 'choices', 'first': 1}");
    expect(queryAllTexts("button[data-choice]")).toEqual(["One", "Three"]);
    await click(".o_choice_more");
    await animationFrame();
    expect(queryAllTexts("button[data-choice]")).toEqual(["One", "Two", "Three"]);
    expect(".o_choice_more").toHaveCount(0);
});
