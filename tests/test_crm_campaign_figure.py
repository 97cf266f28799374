import json
from pathlib import Path
from uuid import uuid4

import pytz
from hypothesis import given
from hypothesis import strategies as st

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, Form, tagged

from .common import PlaybookCase
from .server import Database
from .test_engine_properties import stories

FOLDER = Path(__file__).parent
KEYS = (
    "kind",
    "crm_campaign_id",
    "user_id",
    "team_id",
    "playbook_stage_id",
    "source_id",
    "lost_reason_id",
    "action_type_id",
    "date",
    "date_opened",
)
FIGURES = (
    "opportunity_count",
    "open_count",
    "won_count",
    "lost_count",
    "days_to_win",
    "planned_action_count",
    "done_action_count",
    "failed_action_count",
    "appointment_count",
    "action_cost",
    "points",
)
CLOSINGS = {"won": "won_count", "lost": "lost_count"}
ACTION_COUNTS = {
    "planned": "planned_action_count",
    "done": "done_action_count",
    "failed": "failed_action_count",
}


class FigureCase(PlaybookCase):
    """A campaign whose figures are compared with what is really there."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(4))
        )
        cls.campaign = cls._create_campaign(cls.entities)
        cls.deltas = cls.env["crm.campaign.figure.delta"]
        cls.zone = pytz.timezone(
            cls.env.company.partner_id.tz or cls.env.company.resource_calendar_id.tz
        )

    def _check_figures(self):
        """The figures are those that a look at each record gives."""
        self.assertEqual(self._told(), self._counted())
        self.assertEqual(self.deltas._differences(), [])

    def _told(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return {
            tuple(figure[name] for name in KEYS): {
                name: round(figure[name], 3)
                for name in FIGURES
                if round(figure[name], 3)
            }
            for figure in self.env["crm.campaign.figure"].search(
                [("kind", "in", ("opportunity", "closing", "action"))]
            )
        }

    def _counted(self):
        figures = {}
        leads = self.env["crm.lead"].with_context(active_test=False)
        for lead in leads.search([("crm_campaign_id", "!=", False)]):
            self._count_opportunity(figures, lead)
        actions = self.env["crm.action"].search([("crm_campaign_id", "!=", False)])
        for action in actions.filtered(lambda action: not action.corrected_by_id):
            self._count_action(figures, action)
        return figures

    def _count_opportunity(self, figures, lead):
        own = {
            "source_id": lead.source_id,
            "date_opened": self._day(lead.create_date).replace(day=1),
        }
        is_open = int(lead.won_status == "pending")
        made = own | {"kind": "opportunity", "date": self._day(lead.create_date)}
        self._count(figures, lead, made, opportunity_count=1, open_count=is_open)
        if is_open:
            return
        won = lead.won_status == "won"
        closed_at = lead.date_closed or lead.create_date
        closed = own | {"kind": "closing", "date": self._day(closed_at)}
        if not won:
            closed["lost_reason_id"] = lead.lost_reason_id
        seconds = round((closed_at - lead.create_date).total_seconds()) if won else 0
        self._count(
            figures,
            lead,
            closed,
            days_to_win=round(seconds / 86400, 3),
            **{CLOSINGS[lead.won_status]: 1},
        )

    def _count_action(self, figures, action):
        is_done = action.state == "done"
        key = {
            "kind": "action",
            "action_type_id": action.action_type_id,
            "date": self._day(action.done_at if is_done else action.date_start),
        }
        counts = {"points": action.points}
        if action.state in ACTION_COUNTS:
            counts[ACTION_COUNTS[action.state]] = 1
        if is_done:
            counts["action_cost"] = action.cost
            counts["appointment_count"] = int(action.channel in ("visit", "meeting"))
        self._count(figures, action, key, **counts)

    def _count(self, figures, record, key, **counts):
        place = {
            name: record[name]
            for name in ("crm_campaign_id", "user_id", "team_id", "playbook_stage_id")
        }
        nothing = {
            "source_id": self.env["utm.source"],
            "lost_reason_id": self.env["crm.lost.reason"],
            "action_type_id": self.env["crm.action.type"],
            "date_opened": False,
        }
        key = nothing | place | key
        counts = {name: number for name, number in counts.items() if number}
        if counts:
            own = figures.setdefault(tuple(key[name] for name in KEYS), {})
            for name, number in counts.items():
                own[name] = round(own.get(name, 0) + number, 3)

    def _day(self, moment):
        return pytz.utc.localize(moment).astimezone(self.zone).date()

    def _lines(self):
        return self.deltas.search_count([("crm_campaign_id", "=", self.campaign.id)])


@tagged("post_install", "-at_install")
class TestCrmCampaignFigure(FigureCase):
    """What came of a campaign is exact at any moment, whoever wrote what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.action_launch()
        cls.lead, cls.second_lead = cls.campaign.lead_ids[:2]

    # === EXACT === #

    def test_figures_tell_what_came_of_a_campaign(self):
        self._create_rule(self.interested, move="next", points=7)
        self._do(self.lead, self.interested)
        self.lead.action_set_won()
        self.second_lead.action_set_lost()
        names = (
            *("opportunity_count", "open_count", "won_count", "lost_count"),
            *("planned_action_count", "done_action_count", "action_cost", "points"),
        )
        self.assertEqual(
            self.env["crm.campaign.figure"]._read_group(
                [],
                ["user_id", "playbook_stage_id"],
                [f"{name}:sum" for name in names],
            ),
            [
                (self.seller, self.first, 3, 2, 0, 1, 2, 1, 2.5, 7),
                (self.seller, self.second, 1, 0, 1, 0, 0, 0, 0.0, 0),
            ],
        )
        self.assertEqual(self.campaign.opportunity_count, 4)
        self.assertEqual(self.campaign.conversion, 0.25)
        self.assertEqual(self.campaign.action_cost, 2.5)

    def test_failed_and_cancelled_actions_are_told_apart(self):
        self._planned(self.lead)._fail("error", "No line")
        self._planned(self.second_lead).cancel()
        self.assertEqual(self.campaign.failed_action_count, 1)
        self.assertEqual(self.campaign.planned_action_count, 2)
        self._check_figures()

    def test_correcting_action_counts_instead_of_the_corrected_one(self):
        action = self._planned(self.lead)
        action.done(self.interested.id)
        action.correct(self.declined.id)
        self.assertEqual(self.campaign.done_action_count, 1)
        self.assertEqual(self.campaign.action_cost, 2.5)
        self._check_figures()

    def test_bulk_sql_is_counted(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'won' WHERE crm_campaign_id = %s",
            [self.campaign.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.campaign.won_count, 4)
        self._check_figures()

    def test_deleting_opportunities_takes_their_actions_out(self):
        self.lead.unlink()
        self.assertEqual(self.campaign.opportunity_count, 3)
        self.assertEqual(self.campaign.planned_action_count, 3)
        self._check_figures()

    def test_what_a_deleted_user_had_is_nobodys(self):
        colleague = self._create_user("leaving", "sales_team.group_sale_salesman")
        self.lead.user_id = colleague
        self._planned(self.lead).reassign(colleague.id)
        self.env.flush_all()
        colleague.unlink()
        self.assertIn(colleague.browse(), [key[2] for key in self._told()])
        self._check_figures()

    def test_merged_opportunities_are_counted_once(self):
        self._do(self.lead, self.interested)
        (self.lead | self.second_lead).merge_opportunity()
        self.assertEqual(self.campaign.opportunity_count, 3)
        self._check_figures()

    def test_opportunity_that_leaves_its_campaign_is_not_counted(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET crm_campaign_id = NULL WHERE id = %s", [self.lead.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.campaign.opportunity_count, 3)
        self._check_figures()

    def test_what_changes_no_figure_leaves_no_line(self):
        self.env.flush_all()
        lines = self._lines()
        self.lead.description = "Wants to be called in the morning"
        self._planned(self.lead).note = "Ask for the director"
        self.env.flush_all()
        self.assertEqual(self._lines(), lines)

    def test_one_statement_leaves_one_line_for_each_key(self):
        self.env.flush_all()
        lines = self._lines()
        self.env.cr.execute(
            "UPDATE crm_action SET state = 'cancelled' WHERE crm_campaign_id = %s",
            [self.campaign.id],
        )
        self.assertEqual(self._lines(), lines + 1)
        self._check_figures()

    # === FOLDING AND COUNTING ANEW === #

    def test_folding_leaves_one_line_for_each_key_and_the_same_figures(self):
        self._do(self.lead, self.interested)
        before, ids = self._told(), self.env["crm.campaign.figure"].search([]).ids
        self.assertGreater(self._lines(), len(ids))
        self._run_cron("ir_cron_fold_campaign_figures")
        self.assertEqual(self._lines(), len(ids))
        self.assertEqual(self._told(), before)
        self.assertEqual(self.env["crm.campaign.figure"].search([]).ids, ids)
        self.assertFalse(self.deltas._campaign_ids_to_fold())

    def test_changes_never_run_out_of_numbers(self):
        self.env.cr.execute(
            "SELECT pg_typeof(id)::text, data_type::text "
            "FROM crm_campaign_figure_delta, pg_sequences "
            "WHERE sequencename = 'crm_campaign_figure_delta_id_seq' LIMIT 1"
        )
        self.assertEqual(self.env.cr.fetchone(), ("bigint", "bigint"))

    def test_counting_anew_puts_right_what_was_written_without_triggers(self):
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_campaign_figure_delta")
        self.assertTrue(self.deltas._differences())
        self.deltas._rebuild()
        self._check_figures()
        self.assertEqual(self.campaign.opportunity_count, 4)

    def test_add_on_that_goes_leaves_no_trigger_and_counts_all_when_it_is_back(self):
        self.deltas._stop_counting()
        self.lead.action_set_won()
        self.env.flush_all()
        self.assertTrue(self.deltas._differences())
        self.deltas._begin_to_count()
        self._check_figures()
        self.second_lead.action_set_won()
        self._check_figures()

    # === SCREENS === #

    def test_conversion_of_several_is_won_of_all(self):
        self.lead.user_id = self.other_seller
        self.lead.action_set_won()
        [(conversion,)] = self.env["crm.campaign.figure"]._read_group(
            [("crm_campaign_id", "=", self.campaign.id)], [], ["conversion:avg"]
        )
        self.assertEqual(conversion, 0.25)

    def test_records_behind_each_figure_are_opened(self):
        self._create_rule(self.interested, move="won")
        self._do(self.lead, self.interested)
        self.second_lead.user_id = self.other_seller
        self.second_lead.action_set_lost(lost_reason_id=self._reason().id)
        self.campaign.lead_ids[2].action_set_lost()
        counted = {
            "opportunity": ("opportunity_count",),
            "closing": ("won_count", "lost_count"),
            "action": ("planned_action_count", "done_action_count"),
        }
        rows = self.env["crm.campaign.figure"].search([])
        self.assertEqual(set(rows.mapped("kind")), set(counted))
        for row in rows.with_user(self.manager):
            found = self._opened(row)
            self.assertEqual(
                len(found), sum(row[name] for name in counted[row.kind]), row.kind
            )
            self.assertEqual(found.user_id, row.user_id)

    def _opened(self, row):
        action = row.action_view_records()
        model = self.env[action["res_model"]].with_user(self.manager)
        return model.with_context(**action["context"]).search(action["domain"])

    def _reason(self):
        return self.env["crm.lost.reason"].create({"name": "Too dear"})

    def test_figures_of_many_campaigns_take_no_more_queries_than_those_of_one(self):
        more = [self._create_campaign(self.entities) for _campaign in range(5)]
        for campaign in more:
            campaign.action_launch()
        names = ["opportunity_count", "done_action_count", "action_cost", "stage_line"]
        queries = []
        for campaigns in (self.campaign, self.campaign.union(*more)):
            self.env.flush_all()
            self.env.invalidate_all()
            campaigns.with_user(self.manager).read(names)  # rights are known by now
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            campaigns.with_user(self.manager).read(names)
            queries.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*queries)

    def test_new_campaign_shows_zeros(self):
        with Form(self.env["crm.campaign"]) as form:
            form.name = "New"
            form.playbook_id = self.playbook
            self.assertEqual(form.opportunity_count, 0)
            self.assertEqual(
                form.stage_line[0]["figures"],
                {"here": 0, "planned": 0, "done": 0, "failed": 0},
            )


@tagged("post_install", "-at_install")
class TestCrmCampaignFigureAccess(FigureCase):
    """Each test fails when the rule it is about is removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entities[0].user_id = cls.other_seller
        cls.campaign.team_id = False
        cls.campaign.action_launch()

    def _users_seen_by(self, user):
        figures = self.env["crm.campaign.figure"].with_user(user)
        return figures.search([("crm_campaign_id", "=", self.campaign.id)]).user_id

    def test_seller_sees_own_results(self):
        self.assertEqual(self._users_seen_by(self.seller), self.seller)

    def test_leader_sees_the_results_of_the_teams_people(self):
        leader = self._create_user("leader", "sales_team.group_sale_salesman")
        self.assertFalse(self._users_seen_by(leader))
        self.team.user_id = leader
        self.assertEqual(self._users_seen_by(leader), self.seller | self.other_seller)

    def test_leader_sees_all_results_of_the_teams_campaigns(self):
        leader = self._create_user("leader", "sales_team.group_sale_salesman")
        self.campaign.lead_ids[0].user_id = self.manager
        own_team = self.env["crm.team"].create({"name": "Own", "user_id": leader.id})
        self.assertFalse(self._users_seen_by(leader))
        self.campaign.team_id = own_team
        self.assertEqual(
            self._users_seen_by(leader), self.manager | self.seller | self.other_seller
        )

    def test_all_documents_sees_all_results(self):
        user = self._create_user("all", "sales_team.group_sale_salesman_all_leads")
        self.assertEqual(self._users_seen_by(user), self.seller | self.other_seller)

    def test_results_of_another_company_are_hidden_even_from_managers(self):
        self.assertTrue(self._users_seen_by(self.manager))
        another = self.env["res.company"].create({"name": "Another"})
        self.env.cr.execute(
            "UPDATE crm_campaign SET company_id = %s WHERE id = %s",
            [another.id, self.campaign.id],
        )
        self.env.invalidate_all()
        self.assertFalse(self._users_seen_by(self.manager))

    def test_seller_sees_no_cost(self):
        figures = self.env["crm.campaign.figure"].with_user(self.seller)
        self.assertNotIn("action_cost", figures.fields_get())
        with self.assertRaises(AccessError):
            figures.search([]).read(["action_cost"])
        with self.assertRaises(AccessError):
            figures._read_group([], [], ["action_cost:sum"])

    def test_employee_without_sales_rights_sees_no_results(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._users_seen_by(employee)

    def test_nobody_writes_the_changes(self):
        for user in (self.seller, self.manager):
            with self.assertRaises(AccessError):
                self.deltas.with_user(user).search([])
        administrator = self._create_user("administrator", "base.group_system")
        line = self.deltas.with_user(administrator).search([], limit=1)
        for operation in ("create", "write", "unlink"):
            with self.assertRaises(AccessError):
                line.check_access(operation)


steps = st.tuples(
    st.sampled_from(
        [
            *("generate", "done", "done", "fail", "cancel", "correct", "register"),
            *("reassign", "hand_over", "take", "merge", "delete", "archive", "win"),
            *("lose", "reopen", "go", "reschedule", "fold"),
        ]
    ),
    st.integers(0, 3),
)


@tagged("post_install", "-at_install")
class TestCrmCampaignFigureProperties(FigureCase):
    """Whatever is done with a campaign, in whatever order, its figures are right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule(cls.interested, move="next", points=3)
        cls._create_rule(cls.declined, move="lost")
        cls.outcomes = [cls.interested, cls.declined, cls.no_answer]
        cls.stages = [cls.first, cls.second, cls.third]

    @stories(25)
    @given(story=st.lists(steps, min_size=6, max_size=16))
    def test_figures_stay_exact(self, story):
        with self.env.cr.savepoint() as savepoint:
            self.campaign.action_launch()
            for step, number in story:
                leads = self.campaign.with_context(active_test=False).lead_ids
                if leads:
                    lead = leads[number % len(leads)]
                    getattr(self, f"_step_{step}")(lead, number)
                self._check_figures()
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def _step_generate(self, _lead, number):
        newcomer = self._create_partner(f"Newcomer {number}")
        self.campaign.start_for(newcomer.ids)

    def _step_done(self, lead, number):
        for action in self._planned(lead)[:1]:
            action.done(self.outcomes[number % 3].id)

    def _step_register(self, lead, number):
        self.env["crm.action"].register(
            {
                "lead_id": lead.id,
                "action_type_id": self.call.id,
                "outcome_id": self.outcomes[number % 3].id,
            }
        )

    def _step_fail(self, lead, _number):
        for action in self._planned(lead):
            action._fail("error")

    def _step_cancel(self, lead, _number):
        self._planned(lead).cancel()

    def _step_reschedule(self, lead, _number):
        if lead._is_open():
            lead.action_ids.filtered(
                lambda action: (
                    action.state == "failed" and action.stage_visit == lead.stage_visit
                )
            ).reschedule("2030-01-01 10:00:00")

    def _step_correct(self, lead, number):
        done = lead.action_ids.filtered(
            lambda action: action.state == "done" and not action.corrected_by_id
        )
        for action in done[:1]:
            action.correct(self.outcomes[(number + 1) % 3].id)

    def _step_reassign(self, lead, _number):
        self._planned(lead).reassign(self.other_seller.id)

    def _step_take(self, lead, _number):
        self._planned(lead).filtered(lambda action: not action.user_id).take()

    def _step_hand_over(self, lead, number):
        lead.user_id = [self.seller, self.other_seller, False][number % 3]

    def _step_merge(self, lead, _number):
        others = self.campaign.lead_ids - lead
        if lead.active and others:
            (lead | others[0]).merge_opportunity()

    def _step_delete(self, lead, _number):
        if "done" not in lead.action_ids.mapped("state"):
            lead.unlink()

    def _step_archive(self, lead, _number):
        lead.action_archive()

    def _step_win(self, lead, _number):
        lead.action_set_won()

    def _step_lose(self, lead, _number):
        lead.action_set_lost()

    def _step_reopen(self, lead, _number):
        if lead.won_status == "lost":
            lead.action_restore()

    def _step_go(self, lead, number):
        if lead._is_open():
            lead.go_to_stage(self.stages[number % 3].id)

    def _step_fold(self, _lead, _number):
        self.env.flush_all()
        self.deltas._fold(self.campaign.id)


@tagged("post_install", "-at_install")
class TestCrmCampaignFigureAtOnce(BaseCase):
    """Several people, and the folding, at work in one campaign at the same moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"figures_{uuid4().hex[:8]}")
        cls.database.make()
        cls.addClassCleanup(cls.database.drop)

    def test_nobody_waits_and_nothing_is_lost(self):
        told = json.loads(self.database.run(FOLDER / "figures_at_once.py"))
        self.assertEqual(
            told,
            {
                "two people": [2, []],
                "folding besides": [3, []],
                "two folding": [3, []],
                "folding with an older view": [3, []],
                "folding broken off": [3, []],
                "counting anew besides": [4, []],
                "lines left": 2,
            },
        )

    def test_uninstalling_leaves_neither_triggers_nor_tasks_in_agendas(self):
        self.database.run(FOLDER / "plan_a_visit.py")
        of_the_visit = """SELECT id FROM mail_activity WHERE res_name = 'Test visited'
                           UNION ALL
                          SELECT id FROM calendar_event WHERE name ~ 'Test visited'"""
        self.assertEqual(len(self.database.rows(of_the_visit)), 2)
        self.database.run(FOLDER / "uninstall.py")
        self.assertEqual(self.database.rows(of_the_visit), [])
        triggers = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'crm_campaign%'"
        self.assertEqual(self.database.rows(triggers), [])
        functions = "SELECT proname FROM pg_proc WHERE proname LIKE 'crm_campaign%'"
        self.assertEqual(self.database.rows(functions), [])
        self.database.rows(
            "INSERT INTO crm_lead (name, type) VALUES ('Afterwards', 'opportunity')"
        )
