from collections import Counter
from itertools import product

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_playbook.models import crm_campaign_dry_run, crm_campaign_history
from odoo.addons.crm_playbook.models import crm_campaign_generation as generation

from .common import MONDAY, MessageCase, PlaybookCase
from .money_set_up import Money

ASSIGNMENTS = (
    "entity_salesperson",
    "round_robin",
    "least_loaded",
    "responsible",
    "nobody",
)
ASSIGNEES = (
    "journey_salesperson",
    "entity_salesperson",
    "stage_user",
    "round_robin",
    "least_loaded",
    "team",
)


@tagged("post_install", "-at_install")
class TestCrmCampaignDryRun(PlaybookCase):
    """What is told before a launch is what the launch then does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(11))
        )
        cls.entities[4:7].user_id = cls.other_seller
        cls.entities[7].user_id = False
        cls.campaign = cls._create_campaign(
            cls.entities,
            fixed_cost=100.0,
            date_start="2026-01-01",
            member_ids=[(6, 0, (cls.seller | cls.other_seller | cls.manager).ids)],
            user_id=cls.manager.id,
        )

    def _small_batches(self):
        """Launching takes up two entities first, then three at a time."""
        for module in (generation, crm_campaign_dry_run):
            self.patch(module, "FIRST_BATCH", 2)
            self.patch(module, "BATCH", 3)

    def _dry_run(self):
        return self.campaign.with_user(self.manager).dry_run()

    def _launch(self):
        self.campaign.with_user(self.manager).action_launch()
        self.campaign.with_user(self.manager).generate()

    # === WHO === #

    def test_who_enters_and_who_is_left_out_is_told_as_the_launch_does_it(self):
        self.first.task_type_id = self._create_type(
            "Test e-mail", self.interested, channel="email"
        )
        blacklisted, foreign = self.entities[:2]
        blacklisted.email = "no@example.com"
        self.env["mail.blacklist"]._add("no@example.com")
        foreign.company_id = self.env["res.company"].create({"name": "Another"})
        self.campaign.control_share = 50
        told = self._dry_run()
        control = sum(
            bool(self.campaign._control_among(entity.ids))
            for entity in self.entities[2:]
        )
        self.assertTrue(control, "chance may want another number of entities")
        self.assertEqual(
            {left["reason"]: left["count"] for left in told["left_out"]},
            {"other_company": 1, "unwilling": 1, "control": control},
        )
        self.assertEqual(told["entering"], 9 - control)
        opened = {
            place: self._opened(place)
            for place in ("entering", "other_company", "unwilling", "control")
        }
        self._launch()
        self.assertEqual(self.campaign.opportunity_count, told["entering"])
        self.assertEqual(self.campaign.lead_ids.partner_id, opened["entering"])
        self.assertEqual(opened["unwilling"], blacklisted)
        self.assertEqual(self.campaign.control_member_ids.partner_id, opened["control"])

    def _opened(self, place):
        action = self.campaign.with_user(self.manager).action_view_launch(place)
        partners = self.env["res.partner"].with_user(self.manager)
        return partners.search(action["domain"]).sudo().with_user(self.env.user)

    def test_who_was_in_the_campaign_is_left_out(self):
        self._launch()
        self.assertEqual(self._dry_run()["entering"], 0)
        self.assertEqual(
            [(left["reason"], left["count"]) for left in self._dry_run()["left_out"]],
            [("taken", len(self.entities))],
        )

    def test_who_enters_but_cannot_be_reached_is_told(self):
        self.first.task_type_id = self._create_type(
            "Test e-mail", self.interested, channel="email"
        )
        self.entities.email = False
        self.entities[0].email = "yes@example.com"
        self.assertEqual(self._dry_run()["unreachable"], 10)

    # === TASKS === #

    def test_tasks_by_person_and_day_are_those_of_the_launch(self):
        """For each way to assign opportunities and tasks, and each way to plan."""
        self._small_batches()
        self.first.user_id = self.manager
        modes = ("free", "planned")
        for assignment, assignee, mode in product(ASSIGNMENTS, ASSIGNEES, modes):
            with self.subTest(assignment=assignment, assignee=assignee, mode=mode):
                with self.env.cr.savepoint() as savepoint, freeze_time(MONDAY):
                    self.campaign.assignment = assignment
                    self.first.write({"assignee": assignee, "task_mode": mode})
                    self._check_tasks()
                    savepoint.rollback()
                self.env.invalidate_all()

    def _check_tasks(self):
        # A colleague has something to do already.
        self._start(self._create_lead(self.partner))
        told = self._dry_run()["tasks"]
        self._launch()
        actions = self.env["crm.action"].search(
            [("crm_campaign_id", "=", self.campaign.id)]
        )
        done = Counter(
            (action.user_id.id, str(self.campaign._day_of(action.date_start)))
            for action in actions
        )
        self.assertEqual(told["count"], len(actions))
        self.assertEqual(
            {
                (person["id"], day): cell["count"]
                for person in told["people"]
                for day, cell in zip(told["days"], person["days"], strict=True)
                if cell["count"]
            },
            dict(done),
        )

    def test_opportunities_without_a_first_task_are_shared_as_the_launch_does(self):
        self._small_batches()
        self.campaign.assignment = "least_loaded"
        self.first.task_type_id = False
        self.assertEqual(self._dry_run()["tasks"]["people"], [])

    def test_work_is_told_beside_the_hours_that_there_are(self):
        with freeze_time(MONDAY):
            self.first.task_mode = "planned"
            tasks = self._dry_run()["tasks"]
        [seller] = [one for one in tasks["people"] if one["id"] == self.seller.id]
        first = seller["days"][0]
        self.assertEqual(first["hours"], first["count"] * self.call.duration)
        self.assertEqual(first["available_hours"], 8)
        self.assertEqual(seller["days"][5]["available_hours"], 0, "a Saturday")

    def test_messages_are_nobodys_work(self):
        self.first.task_type_id = self._create_type(
            "Test e-mail", self.interested, channel="email"
        )
        tasks = self._dry_run()["tasks"]
        self.assertTrue(tasks["automatic"])
        self.assertEqual((tasks["count"], tasks["people"]), (11, []))

    def test_first_tasks_cost_what_their_type_costs(self):
        self.assertEqual(
            self._dry_run()["cost"], {"fixed": 100.0, "first_tasks": 11 * 2.5}
        )

    # === RIGHTS AND TRACES === #

    def test_nothing_is_written(self):
        before = self._rows()
        self._dry_run()
        self.env.flush_all()
        self.assertEqual(self._rows(), before)

    def _rows(self):
        self.env.flush_all()
        return _count_rows(self.env)

    def test_campaign_without_segment_is_told_so(self):
        self.campaign.segment_id = False
        with self.assertRaisesRegex(UserError, "segment"):
            self._dry_run()

    def test_seller_does_not_look_into_it(self):
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.seller).dry_run()
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.seller).dry_run_messages()
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(self.seller).search(
                [("crm_launch", "=", f"{self.campaign.id}/entering")]
            )


@tagged("post_install", "-at_install")
class TestCrmCampaignHistory(Money, PlaybookCase):
    """What earlier campaigns of the same playbook promise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(10))
        )
        cls.campaign = cls._create_campaign(cls.entities, fixed_cost=100.0)

    def _past(self, won, lost, price, calls=1):
        """A campaign that came to an end."""
        past = self._create_campaign(self.entities)
        past.action_launch()
        leads = past.lead_ids
        for lead in leads[:won]:
            for _call in range(calls):
                self._do(lead, self.interested)
            self._confirm_order(lead, price)
            lead.action_set_won()
        leads[won : won + lost].action_set_lost()
        return past

    def test_no_history_is_said_plainly(self):
        self._create_campaign(self.entities).action_launch()
        told = self.campaign.with_user(self.manager).dry_run()
        self.assertEqual((told["history"], told["expected"]), ({}, {}))

    def test_history_is_that_of_all_campaigns_with_the_playbook(self):
        self._past(won=4, lost=4, price=50.0)
        self._past(won=1, lost=9, price=100.0)
        history = self.campaign.with_user(self.manager).dry_run()["history"]
        self.assertEqual((history["campaigns"], history["closed"]), (2, 18))
        self.assertAlmostEqual(history["conversion"]["likely"], 5 / 18)
        self.assertEqual((history["worst"], history["best"]), (0.1, 0.5))
        self.assertEqual(history["average_sale"], (4 * 50 + 100) / 5)
        self.assertEqual(history["actions"], 5 / 20)
        self.assertEqual(
            history["action_cost"], {"low": 0.25, "likely": 0.625, "high": 1.0}
        )

    def test_interval_is_wilsons(self):
        """Values of Newcombe (1998), Statistics in Medicine 17, table I."""
        wilson = crm_campaign_history.wilson
        for part, whole, low, high in (
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ):
            self.assertEqual(
                tuple(round(end, 4) for end in wilson(part, whole)), (low, high)
            )

    def test_expected_figures_follow_from_history(self):
        self._past(won=5, lost=5, price=60.0)
        told = self.campaign.with_user(self.manager).dry_run()
        expected = told["expected"]
        cost = 100.0 + 10 * 0.5 * 2.5
        self.assertAlmostEqual(expected["won"]["likely"], 5.0)
        self.assertAlmostEqual(expected["revenue"]["likely"], 300.0)
        self.assertAlmostEqual(expected["cost"]["likely"], cost)
        self.assertAlmostEqual(expected["roi"]["likely"], (300 - cost) / cost)
        self.assertLess(expected["roi"]["low"], expected["roi"]["likely"])
        self.assertGreater(expected["roi"]["high"], expected["roi"]["likely"])

    def test_other_playbooks_tell_nothing(self):
        other = self.env["crm.playbook"].create({"name": "Other"})
        self._create_stage("Only", other, task_type_id=self.call.id)
        past = self._create_campaign(self.entities, playbook_id=other.id)
        past.action_launch()
        past.lead_ids.action_set_won()
        self.assertFalse(self.campaign.with_user(self.manager).dry_run()["history"])


@tagged("post_install", "-at_install")
class TestCrmCampaignDryRunMessages(MessageCase):
    """Messages as real people would receive them, and nothing of it stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.second.task_type_id = cls.sms
        cls.entities = cls.env["res.partner"].union(
            *(
                cls._create_partner(
                    f"Reader {number}",
                    email=f"reader{number}@example.com",
                    phone="+34 612 34 56 78",
                )
                for number in range(8)
            )
        )
        cls.campaign = cls._create_campaign(cls.entities)

    def _messages(self, **values):
        return self.campaign.with_user(self.manager).dry_run_messages(**values)

    def test_five_people_are_told_their_messages(self):
        told = self._messages()
        self.assertEqual(len(told), 5)
        for person in told:
            email, sms = person["messages"]
            self.assertEqual(email["subject"], f"For {person['name']}")
            self.assertIn(f"Dear {person['name']}", email["body"])
            self.assertIn("@example.com", email["to"])
            self.assertEqual((email["stage"], email["problem"]), ("First", ""))
            self.assertEqual(sms["body"], f"Hi {person['name']}")
            self.assertEqual(sms["to"], "+34612345678")

    def test_the_next_five_are_others(self):
        first = {person["id"] for person in self._messages()}
        self.assertTrue({person["id"] for person in self._messages(turn=1)} - first)

    def test_nothing_stays_and_nothing_leaves(self):
        self.env.flush_all()
        before = _count_rows(self.env)
        self._messages()
        self.env.flush_all()
        self.assertEqual(_count_rows(self.env), before)
        self.assertEqual(self.campaign.opportunity_count, 0)
        self.assertEqual(self.campaign.state, "draft")

    def test_message_of_a_rule_is_told_too(self):
        self._create_rule(
            self.interested, task_type_id=self.email.id, task_mode="automatic"
        )
        messages = self._messages()[0]["messages"]
        self.assertEqual(
            [one["channel"] for one in messages], ["email", "sms", "email"]
        )
        self.assertFalse(any(one["problem"] for one in messages))

    def test_what_a_stage_requires_keeps_no_message_away(self):
        self.first.required_type_ids = self.visit
        messages = self._messages()[0]["messages"]
        self.assertEqual([one["channel"] for one in messages], ["email", "sms"])
        self.assertFalse(any(one["problem"] for one in messages))

    def test_what_keeps_a_message_away_is_told_in_its_place(self):
        self.entities.phone = False
        self.mail_template.body_html = '<p t-out="object.no_such_field"/>'
        email, sms = self._messages()[0]["messages"]
        self.assertIn("no_such_field", email["problem"])
        self.assertEqual(sms["problem"], "No phone number")

    def test_campaign_without_messages_has_none(self):
        self.first.task_type_id = self.second.task_type_id = self.call
        self.assertEqual(self._messages()[0]["messages"], [])


def _count_rows(env):
    """How many rows there are of what messages and opportunities leave behind."""
    models = (
        *("crm.lead", "crm.action", "crm.transition", "crm.campaign.figure.delta"),
        *("crm.campaign.control.member", "mail.mail", "mail.message", "sms.sms"),
        *("mailing.mailing", "mailing.trace", "link.tracker", "mail.activity"),
        *("calendar.event", "mail.followers", "utm.source", "survey.user_input"),
    )
    counts = {}
    for model in models:
        env.cr.execute(f"SELECT count(*) FROM {env[model]._table}")
        counts[model] = env.cr.fetchone()[0]
    return counts
