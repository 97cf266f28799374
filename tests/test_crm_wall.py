import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_playbook.models.engine import as_engine

from .common import TeamCase

REFRESHES = """
const texts = () => document.querySelector("#wall").textContent;
const call = (method, values) =>
    fetch("/web/dataset/call_kw/crm.action/" + method, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
            jsonrpc: "2.0",
            params: { model: "crm.action", method, args: [values], kwargs: {} },
        }),
    });
async function until(condition, what) {
    for (let tries = 0; tries < 100; tries++) {
        if (condition()) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(what + ": " + texts());
}
(async () => {
    await until(() => texts().includes("playbook_seller"), "She is in the table");
    if (texts().includes("+17")) {
        throw new Error("There are no such points yet");
    }
    await call("register", VALUES);
    // As when somebody looks at the screen again; else it is asked each half minute.
    document.dispatchEvent(new Event("visibilitychange"));
    await until(() => texts().includes("+17"), "The new points are shown");
    await until(() => texts().includes("Test call · Test interested"), "And what for");
    const fetched = window.fetch;
    window.fetch = () => Promise.reject(new Error("no connection"));
    document.dispatchEvent(new Event("visibilitychange"));
    await until(() => !document.querySelector(".lost").hidden, "The loss is told");
    window.fetch = fetched;
    window.dispatchEvent(new Event("online"));
    await until(() => document.querySelector(".lost").hidden, "It recovers");
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestCrmWall(HttpCase, TeamCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls._create_rule(cls.interested, playbook_id=False, points=17)
        cls.wall = cls.env["crm.wall"].create({"name": "Hall", "team_id": cls.team.id})
        cls.path = f"/playbook/wall/{cls.wall.token}"

    def test_people_of_another_company_are_not_shown(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.team.company_id = self.env.company
        self.foreign_team.company_id = company
        with self.assertRaises(UserError):
            self.wall.team_id = self.foreign_team

    # === BY TOKEN === #

    def test_token_shows_names_and_points_only(self):
        self._line(3, self.seller, self.team)
        self._line(5, self.manager, self.foreign_team)
        page = self.url_open(self.path)
        self.assertEqual(page.status_code, 200)
        self.assertIn("noindex", page.headers["X-Robots-Tag"])
        told = self.url_open(f"{self.path}/figures")
        week = told.json()["tables"][0]
        self.assertEqual(week["total"], 3)
        self.assertEqual(
            week["rows"][0],
            {"rank": 1, "name": self.seller.name, "points": 3, "change": 3},
        )
        self.assertNotIn(self.partner.name, told.text)
        self.assertNotIn(self.manager.name, told.text)

    def test_wrong_and_revoked_tokens_are_not_found(self):
        for path in ("/playbook/wall/nonsense", f"{self.path}x"):
            for page in (path, f"{path}/figures"):
                self.assertEqual(self.url_open(page).status_code, 404)
        self.wall.active = False
        self.assertEqual(self.url_open(self.path).status_code, 404)
        self.assertEqual(self.url_open(f"{self.path}/figures").status_code, 404)

    def test_new_address_ends_the_old_one(self):
        self.wall.with_user(self.manager).action_renew()
        self.assertEqual(self.url_open(f"{self.path}/figures").status_code, 404)
        renewed = f"/playbook/wall/{self.wall.token}/figures"
        self.assertEqual(self.url_open(renewed).status_code, 200)

    def test_points_of_another_company_are_not_shown(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self._line(5, self.seller, self.team, company_id=company.id)
        told = self.url_open(f"{self.path}/figures").json()
        self.assertEqual(told["tables"][0]["total"], 0)

    def test_nobody_chooses_a_token(self):
        walls = self.env["crm.wall"].with_user(self.manager)
        with self.assertRaises(UserError):
            walls.create({"name": "Door", "token": "door"})
        with self.assertRaises(UserError):
            self.wall.with_user(self.manager).write({"token": "door"})
        wall = walls.with_context(default_token="door").create({"name": "Door"})
        self.assertGreater(len(wall.token), 40)
        self.assertNotEqual(wall.copy().token, wall.token)

    def test_only_managers_make_walls_of_their_companies(self):
        with self.assertRaises(AccessError):
            self.wall.with_user(self.seller).read(["token"])
        company = self.env["res.company"].create({"name": "Another company"})
        foreign = self.wall.copy({"company_id": company.id})
        seen = foreign.with_user(self.manager).search([("id", "=", foreign.id)])
        self.assertFalse(seen)

    # === LOGGED IN === #

    def test_who_sells_sees_what_they_may_see(self):
        self._line(5, self.manager, self.foreign_team)
        for user, total in ((self.seller, 0), (self.all_documents, 5)):
            self.authenticate(user.login, user.login)
            told = self.url_open("/playbook/wall/figures").json()
            self.assertEqual(told["tables"][0]["total"], total)

    def test_others_do_not(self):
        employee = self._create_user("employee", "base.group_user")
        self.authenticate(employee.login, employee.login)
        self.assertEqual(self.url_open("/playbook/wall/figures").status_code, 404)

    def test_wall_refreshes_by_itself(self):
        values = {
            "partner_id": self.partner.id,
            "action_type_id": self.call.id,
            "outcome_id": self.interested.id,
        }
        self.browser_js(
            "/playbook/wall",
            REFRESHES.replace("VALUES", json.dumps(values)),
            ready="Boolean(document.querySelector('.row'))",
            login=self.seller.login,
        )

    def _line(self, points, user, team, **values):
        return as_engine(self.env["crm.transition"]).create(
            {
                "trigger": "outcome",
                "points": points,
                "date": self.env.cr.now(),
                "user_id": user.id,
                "team_id": team.id,
                "company_id": self.env.company.id,
                "partner_id": self.partner.id,
                **values,
            }
        )
