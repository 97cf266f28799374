import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

const day = (date, figures) => ({ date, email: 0, sms: 0, survey: 0, idle: 0, ...figures });

class Resume extends models.Model {
    _name = "resume";

    plan = fields.Json();

    _records = [
        {
            id: 1,
            plan: [
                day("2018-03-12 09:00:00", { email: 3, idle: 1 }),
                day("2018-03-13 09:00:00", { email: 2 }),
            ],
        },
        { id: 2, plan: [] },
    ];
}

defineMailModels();
defineModels([Resume]);

const mount = (resId) =>
    mountView({
        type: "form",
        resModel: "resume",
        resId,
        arch: `<form><field name="plan" widget="resume_plan"/></form>`,
    });

test("each day has its figures, in the columns that say something", async () => {
    await mount(1);
    expect(queryAllTexts(".o_resume_plan th")).toEqual(["When", "E-mails", "Idle"]);
    expect(queryAllTexts(".o_resume_plan td.text-end")).toEqual(["3", "1", "2", "0"]);
});

test("days are told at the hour of who looks", async () => {
    await mount(1);
    expect(".o_resume_plan tbody tr:first-child td:first-child").toHaveText(
        "Mar 12, 2018, 10:00 AM"
    );
});

test("there is no table where nothing is done", async () => {
    await mount(2);
    expect(".o_resume_plan").toHaveCount(0);
});
