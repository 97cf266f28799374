from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_playbook.models import crm_playbook_stage_move

from ..models.engine import as_engine
from .common import MONDAY, PlaybookCase
from .server import Database
from .storm.kills import wait_until_alone
from .storm.workers import Workers

FOLDER = Path(__file__).parent
MOVES = "odoo.addons.crm_playbook.models.crm_playbook_stage_move"


class ChangeCase(PlaybookCase):
    """Three calls; five opportunities in the first, three in the second, one in the
    third. Two of the first, and one of the second, have nothing planned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"].concat(
            *(cls._create_partner(f"Member {number}") for number in range(9))
        )
        cls.campaign = cls._create_campaign(partners)
        cls.campaign.action_launch()
        cls.leads = cls.campaign.lead_ids.sorted("id")
        cls.leads[5:8].go_to_stage(cls.second.id)
        cls.leads[8:].go_to_stage(cls.third.id)
        cls.waiting = cls.leads[3:5]
        (cls.waiting | cls.leads[7])._planned_actions().cancel()
        cls.won = cls._create_stage("Won", sequence=9, task_type_id=False)
        cls.won.closes_as = "won"
        cls.playbook = cls.playbook.with_user(cls.manager)

    def _edit(self, record=None):
        return Form(record or self.playbook)

    def _notice(self, form):
        return (form.change_notice or "").splitlines()

    def _add(self, form, name, sequence, **values):
        """A row of the list of stages, as it is typed."""
        with form.stage_ids.new() as stage:
            stage.name = name
            stage.sequence = sequence
            for field, value in values.items():
                stage[field] = value

    def _change(self, form, position, **values):
        with form.stage_ids.edit(position) as stage:
            for field, value in values.items():
                stage[field] = value

    def _stage(self, name):
        return self.playbook.stage_ids.filtered(lambda stage: stage.name == name)


@tagged("post_install", "-at_install")
class TestChangeNotice(ChangeCase):
    """Before a change of the stages is saved, it says what it means."""

    def test_nothing_is_said_where_nothing_changes(self):
        form = self._edit()
        self.assertEqual(self._notice(form), [])
        form.name = "Renamed"
        self._change(form, 0, name="Renamed")
        self.assertEqual(self._notice(form), [])

    def test_nothing_is_said_where_nobody_is_under_way(self):
        form = self._edit(self.env["crm.playbook"].create({"name": "Empty"}))
        self._add(form, "New", 1)
        self.assertEqual(self._notice(form), [])
        playbook = form.save()
        form = self._edit(playbook)
        form.stage_ids.remove(0)
        self.assertEqual(self._notice(form), [])

    def test_new_stage_is_to_come_for_some_and_too_late_for_others(self):
        form = self._edit()
        self._change(form, 2, sequence=5)
        self._add(form, "Letter", 3)
        self.assertEqual(
            self._notice(form),
            [
                "Letter is new, and still to come for 8 opportunities.",
                "Letter is new, and comes too late for 1 opportunity.",
                (
                    "Nothing is left to do for 1 opportunity in Second: no move to "
                    "Letter unless it is told to catch up."
                ),
                "3 opportunities in Second: next comes Letter instead of Third.",
            ],
        )

    def test_new_stage_among_equals_comes_last(self):
        self.playbook.stage_ids.sequence = 10
        form = self._edit()
        self._add(form, "Letter", 10)
        self.assertEqual(
            self._notice(form),
            [
                "Letter is new, and still to come for 9 opportunities.",
                "1 opportunity in Third: next comes Letter instead of nothing.",
            ],
        )

    def test_dragged_stage_says_who_misses_it_and_who_comes_to_it_again(self):
        form = self._edit()
        self._change(form, 2, sequence=-1)
        self.assertEqual(
            self._notice(form),
            [
                "5 opportunities in First: no longer to come: Third.",
                "3 opportunities in Second: next comes nothing instead of Third.",
                "3 opportunities in Second: no longer to come: Third.",
                "1 opportunity in Third: next comes First instead of nothing.",
                "1 opportunity in Third: to come again: First, Second.",
            ],
        )

    def test_dragging_back_says_nothing_any_more(self):
        form = self._edit()
        self._change(form, 2, sequence=-1)
        self._change(form, 2, sequence=2)
        self.assertEqual(self._notice(form), [])

    def test_deleted_stage_says_that_it_is_refused_and_what_to_do(self):
        form = self._edit()
        form.stage_ids.remove(1)
        self.assertEqual(
            self._notice(form),
            [
                (
                    "Second is taken out with 3 opportunities in it: that is refused. "
                    "Discard, and retire it instead, which moves who is in it."
                ),
                "5 opportunities in First: next comes Third instead of Second.",
            ],
        )
        with self.assertRaises(RedirectWarning):
            form.save()

    def test_deleted_stage_with_nobody_in_it_says_what_comes_next_instead(self):
        self.leads[8].go_to_stage(self.second.id)
        form = self._edit()
        form.stage_ids.remove(2)
        self.assertEqual(
            self._notice(form),
            ["4 opportunities in Second: next comes nothing instead of Third."],
        )

    def test_other_task_says_that_the_former_stays_planned(self):
        for change in (
            {"task_type_id": self.visit},
            {"task_delay_days": 4},
            {"task_delay_hours": 1.5},
            {"task_mode": "planned"},
        ):
            with self.subTest(change=change):
                form = self._edit()
                self._change(form, 0, **change)
                self.assertEqual(
                    self._notice(form),
                    [
                        (
                            "3 opportunities in First: the former task stays as it is "
                            "planned. Whoever enters from now on gets the new one."
                        )
                    ],
                )

    def test_stage_that_closes_from_now_on_leaves_open_who_is_in_it(self):
        form = self._edit()
        self._change(form, 2, task_type_id=self.env["crm.action.type"])
        self._change(form, 2, closes_as="lost")
        self.assertIn(
            "1 opportunity in Third: still open. Only who enters it from now on is "
            "closed.",
            self._notice(form),
        )

    def test_stage_says_on_its_own_form_what_its_task_means(self):
        form = self._edit(self.first.with_user(self.manager))
        self.assertEqual(self._notice(form), [])
        form.task_delay_days = 3
        self.assertEqual(len(self._notice(form)), 1)
        self.assertIn("3 opportunities in First", form.change_notice)

    def test_new_stage_says_on_its_own_form_for_whom_it_is(self):
        stages = self.env["crm.playbook.stage"].with_user(self.manager)
        form = Form(stages.with_context(default_playbook_id=self.playbook.id))
        form.name = "Letter"
        form.task_type_id = self.call
        self.assertEqual(
            self._notice(form)[0],
            "Letter is new, and still to come for 9 opportunities.",
        )

    def test_what_is_said_is_what_happens(self):
        """Each opportunity goes the new way from where it stands."""
        self._create_rule(self.interested, move="next")
        form = self._edit()
        self._change(form, 2, sequence=-1)
        self._add(form, "Letter", 5, task_type_id=self.call)
        said = self._notice(form)
        self.assertIn("Letter is new, and still to come for 9 opportunities.", said)
        form.save()
        come = dict.fromkeys(("First", "Second", "Third", "Letter"), 0)
        for lead in self.leads:
            if not self._planned(lead):
                lead.go_to_stage(lead.playbook_stage_id.id)
            passed = []
            while self._planned(lead):
                self._do(lead, self.interested)
                passed.append(lead.playbook_stage_id.name)
            for name in set(passed[:-1]):
                come[name] += 1
        self.assertEqual(come["Letter"], 9)
        self.assertEqual(come["Third"], 0, "nobody comes to it any more")
        self.assertEqual(come["First"], 1, "who was in the third comes to it again")

    def test_counts_are_a_few_queries_however_many_stages_there_are(self):
        queries = []
        for _turn in range(3):
            form = self._edit()
            before = self.env.cr.sql_log_count
            self._change(form, 0, task_delay_days=7)
            queries.append(self.env.cr.sql_log_count - before)
            for number in range(5):
                stage = self._create_stage(f"More {number}", sequence=20 + number)
                lead = self._start()
                lead.go_to_stage(stage.id)
        self.assertEqual(queries[2], queries[1])


@tagged("post_install", "-at_install")
class TestCatchUp(ChangeCase):
    """A new stage brings in those who wait before it."""

    def _add_letter(self, **values):
        form = self._edit()
        for position in (1, 2):
            self._change(form, position, sequence=10 + position)
        self._add(form, "Letter", 5, task_type_id=self.call, **values)
        return form

    def test_new_stage_leaves_alone_who_waits_unless_it_is_told(self):
        self._add_letter().save()
        self.assertEqual(self.waiting.playbook_stage_id, self.first)

    def test_who_waits_enters_at_once_as_was_shown(self):
        form = self._add_letter(catch_up=True)
        self.assertIn(
            "Nothing is left to do for 2 opportunities in First: on to Letter at once "
            "when you save.",
            self._notice(form),
        )
        form.save()
        letter = self._stage("Letter")
        self.assertEqual(
            self.leads.filtered(lambda lead: lead.playbook_stage_id == letter),
            self.waiting,
        )
        for lead in self.waiting:
            task = self._planned(lead)
            self.assertEqual((task.playbook_stage_id, len(task)), (letter, 1))
            line = lead.sudo().transition_ids[0]
            self.assertEqual((line.trigger, line.to_stage_id), ("moved", letter))
            self.assertEqual(line.user_id, self.manager)
            self.assertEqual(line.effects, "Nothing was left to do in First.")
        self.assertFalse(letter.catch_up)
        self.assertFalse(self.env["crm.playbook.stage.move"].search([]))

    def test_who_has_something_planned_stays(self):
        self._add_letter(catch_up=True).save()
        self.assertEqual(self.leads[:3].playbook_stage_id, self.first)

    def test_who_is_about_to_go_on_after_a_skip_stays(self):
        action = self.waiting[0].action_ids
        as_engine(action).skip_pending_since = MONDAY
        self._add_letter(catch_up=True).save()
        self.assertEqual(self.waiting[0].playbook_stage_id, self.first)

    def test_closed_ones_stay(self):
        self.waiting[0].action_set_lost()
        self._add_letter(catch_up=True).save()
        self.assertEqual(self.waiting[0].playbook_stage_id, self.first)

    def test_catching_up_waits_until_the_order_is_known(self):
        self.playbook.write(
            {
                "stage_ids": [
                    (0, 0, {"name": "Letter", "sequence": 5, "catch_up": True}),
                    (1, self.second.id, {"sequence": 11}),
                    (1, self.third.id, {"sequence": 12}),
                ]
            }
        )
        self.assertEqual(self.waiting.playbook_stage_id.name, "Letter")

    def test_first_stage_has_nobody_before_it(self):
        form = self._edit()
        self._add(form, "Zero", -1, catch_up=True)
        form.save()
        self.assertFalse(self._stage("Zero").catch_up)
        self.assertFalse(self._stage("Zero")._open_counts())

    def test_stage_that_is_there_already_catches_up_too(self):
        form = self._edit(self.second.with_user(self.manager))
        form.catch_up = True
        self.assertIn("for 2 opportunities in First: on to Second", form.change_notice)
        form.save()
        self.assertEqual(self.waiting.playbook_stage_id, self.second)

    def test_stage_made_from_outside_catches_up(self):
        self.env["crm.playbook.stage"].with_user(self.manager).create(
            {
                "name": "Letter",
                "playbook_id": self.playbook.id,
                "sequence": 0,
                "task_type_id": self.call.id,
                "catch_up": True,
            }
        )
        self.assertEqual(self.waiting.playbook_stage_id.name, "Letter")

    def test_new_playbook_has_nobody_to_catch_up(self):
        playbook = self.playbook.create(
            {"name": "New", "stage_ids": [(0, 0, {"name": "One", "catch_up": True})]}
        )
        self.assertFalse(playbook.stage_ids.catch_up)

    # === MANY === #

    def test_scheduler_moves_the_rest_and_says_how_far_it_is(self):
        with patch.object(crm_playbook_stage_move, "BATCH", 1):
            self._add_letter(catch_up=True).save()
            self.assertEqual(
                self.playbook.move_notice,
                "From First to Letter: 1 of 2 opportunities still go.",
            )
            self._run_cron("ir_cron_move_between_stages")
        self.assertEqual(self.waiting.playbook_stage_id.name, "Letter")
        lines = self.waiting.sudo().transition_ids.filtered(
            lambda line: line.to_stage_id.name == "Letter"
        )
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines.user_id, self.manager)
        self.assertFalse(self.playbook.move_notice)

    @mute_logger(MOVES)
    def test_one_that_cannot_be_moved_stops_nobody_and_is_named(self):
        stuck, other = self.waiting
        enter = type(self.leads)._enter_stage
        tried = []

        def raise_for_one(leads, stage, lines):
            if stuck in leads:
                tried.append(leads)
                raise ValueError("No way")
            return enter(leads, stage, lines)

        with patch.object(type(self.leads), "_enter_stage", raise_for_one):
            self._add_letter(catch_up=True).save()
            self._run_cron("ir_cron_move_between_stages")
        self.assertEqual(len(tried), 4, "in a batch and alone, when saved and later")
        self.assertEqual(other.playbook_stage_id.name, "Letter")
        self.assertEqual(stuck.playbook_stage_id, self.first)
        self.assertIn("Somebody could not: Test", self.playbook.move_notice)
        self.assertIn("No way", self.playbook.move_notice)


@tagged("post_install", "-at_install")
class TestRetire(ChangeCase):
    """A stage with somebody in it is retired: everybody goes to another one."""

    def _ask(self, stage):
        """The wizard as the manager's screen opens it."""
        wizard = self.env["crm.playbook.stage.retire"].with_user(self.manager)
        return Form(wizard.with_context(active_id=stage.id))

    def _retire(self, stage, to_stage=None):
        form = self._ask(stage)
        if to_stage:
            form.to_stage_id = to_stage
        form.save().action_retire()

    def test_archiving_and_deleting_are_refused_and_name_the_button(self):
        stage = self.second.with_user(self.manager)
        for refused in (stage.action_archive, stage.unlink):
            with self.subTest(refused=refused.__name__):
                with self.assertRaises(RedirectWarning) as caught:
                    refused()
                message, action_id, button, context = caught.exception.args
                self.assertIn("not empty (3 opportunities)", message)
                self.assertEqual(button, "Retire Second")
                self.assertEqual(context["active_id"], stage.id)
                action = self.env["ir.actions.act_window"].browse(action_id)
                self.assertEqual(action.res_model, "crm.playbook.stage.retire")

    def test_stage_that_a_rule_goes_to_is_not_archived_either(self):
        self.leads[8].go_to_stage(self.second.id)
        self._create_rule(self.interested, move="stage", target_stage_id=self.third.id)
        with self.assertRaises(RedirectWarning):
            self.third.with_user(self.manager).action_archive()

    def test_everybody_goes_to_the_next_stage_unless_another_is_chosen(self):
        form = self._ask(self.second)
        self.assertEqual(form.to_stage_id, self.third)
        self.assertEqual((form.open_count, form.task_count), (3, 2))
        form.save().action_retire()
        self.assertFalse(self.second.active)
        self.assertEqual(self.leads[5:].playbook_stage_id, self.third)
        self.assertEqual(len(self._stage("Third")._task_counts()), 1)

    def test_tasks_of_the_stage_are_cancelled_and_peoples_own_stay(self):
        lead = self.leads[5]
        task = self._planned(lead)
        own = self.env["crm.action"].create(
            {
                "partner_id": lead.partner_id.id,
                "lead_id": lead.id,
                "action_type_id": self.visit.id,
            }
        )
        form = self._ask(self.second)
        shown = form.task_count
        form.to_stage_id = self.first
        form.save().action_retire()
        cancelled = self.env["crm.action"].search(
            [("cancel_reason", "=", "Stage Second was retired.")]
        )
        self.assertEqual(len(cancelled), shown)
        self.assertEqual((task.state, own.state), ("cancelled", "planned"))
        self.assertEqual(lead.playbook_stage_id, self.first)

    def test_ledger_tells_who_was_moved_and_why(self):
        self._retire(self.second)
        for lead in self.leads[5:8]:
            line = lead.sudo().transition_ids[0]
            self.assertEqual(line.trigger, "moved")
            self.assertEqual(line.effects, "Stage Second was retired.")
            self.assertEqual(
                (line.from_stage_id, line.to_stage_id), (self.second, self.third)
            )
            self.assertEqual(line.user_id, self.manager)

    def test_going_to_a_closing_stage_closes(self):
        self._retire(self.third, self.won)
        self.assertEqual(self.leads[8].won_status, "won")

    def test_rules_that_go_to_it_are_listed_and_go_to_the_other(self):
        rule = self._create_rule(
            self.interested, move="stage", target_stage_id=self.second.id
        )
        archived = rule.copy({"active": False})
        form = self._ask(self.second)
        self.assertEqual(form.rule_ids[:], rule)
        form.save().action_retire()
        self.assertEqual((rule | archived).target_stage_id, self.third)

    def test_empty_stage_is_just_archived(self):
        self.leads[8].go_to_stage(self.second.id)
        form = self._ask(self.third)
        self.assertFalse(form.is_replaced)
        form.save().action_retire()
        self.assertFalse(self.third.active)

    def test_last_stage_goes_nowhere_unless_somebody_says_so(self):
        form = self._ask(self.third)
        self.assertFalse(form.to_stage_id)
        with self.assertRaises(UserError):
            self.third.with_user(self.manager).retire()
        self.assertTrue(self.third.active)

    def test_stage_of_another_playbook_takes_nobody_in(self):
        other = self.env["crm.playbook"].create({"name": "Other"})
        stage = self._create_stage("Elsewhere", playbook=other)
        for target in (stage, self.second, self.won.browse(0)):
            with self.subTest(target=target), self.assertRaises(UserError):
                self.second.with_user(self.manager).retire(target.id)

    def test_who_comes_late_into_a_retired_stage_is_moved_too(self):
        late = self.leads[5]
        late.action_set_lost()
        self._retire(self.second)
        late.action_restore()
        self.assertEqual(late.playbook_stage_id, self.second)
        self._run_cron("ir_cron_move_between_stages")
        self.assertEqual(late.playbook_stage_id, self.third)

    def test_stage_that_is_restored_keeps_who_comes_into_it(self):
        self._retire(self.second)
        self.second.with_user(self.manager).action_unarchive()
        self.leads[0].go_to_stage(self.second.id)
        self._run_cron("ir_cron_move_between_stages")
        self.assertEqual(self.leads[0].playbook_stage_id, self.second)

    # === MANY === #

    def test_scheduler_moves_the_rest(self):
        with patch.object(crm_playbook_stage_move, "BATCH", 1):
            self._retire(self.second)
            self.assertIn("2 of 3 opportunities", self.playbook.move_notice)
            self._run_cron("ir_cron_move_between_stages")
        self.assertEqual(self.leads[5:].playbook_stage_id, self.third)
        self.assertEqual(set(self.leads[5:8].mapped("stage_visit")), {3})

    def test_stage_that_others_are_under_way_to_sends_them_on(self):
        with patch.object(crm_playbook_stage_move, "BATCH", 1):
            self._retire(self.second)
            with self.assertRaises(RedirectWarning):
                self.third.with_user(self.manager).action_archive()
            self._retire(self.third, self.first)
            self._run_cron("ir_cron_move_between_stages")
        self.assertEqual(self.leads.playbook_stage_id, self.first)
        self.assertEqual(self.leads[7].stage_visit, 3, "it does not go by the third")

    def test_stage_is_kept_while_others_are_under_way_to_it(self):
        with patch.object(crm_playbook_stage_move, "BATCH", 1):
            self._retire(self.second)
            self.leads[5].go_to_stage(self.first.id)
            self.leads[8].go_to_stage(self.first.id)
            with self.assertRaises(RedirectWarning):
                self.third.with_user(self.manager).action_archive()

    # === ACCESS === #

    def test_seller_retires_nothing(self):
        with self.assertRaises(AccessError):
            self.second.with_user(self.seller).retire(self.third.id)
        with self.assertRaises(AccessError):
            self.env["crm.playbook.stage.retire"].with_user(self.seller).create(
                {"stage_id": self.second.id}
            )

    def test_manager_sees_moves_and_makes_none_by_hand(self):
        with patch.object(crm_playbook_stage_move, "BATCH", 1):
            self._retire(self.second)
        move = self.env["crm.playbook.stage.move"].with_user(self.manager).search([])
        self.assertEqual(move._count_left(), 2)
        for operation in ("write", "create", "unlink"):
            with self.subTest(operation=operation), self.assertRaises(AccessError):
                move.check_access(operation)
        with self.assertRaises(AccessError):
            move.with_user(self.seller).check_access("read")

    def test_moves_of_another_company_are_hidden(self):
        self._retire(self.second)
        move = self.env["crm.playbook.stage.move"].search([])
        self.assertTrue(move.with_user(self.manager).search([]))
        company = self.env["res.company"].create({"name": "Another company"})
        self.playbook.sudo().company_id = company
        self.assertFalse(move.with_user(self.manager).search([]))


@tagged("post_install", "-at_install")
class TestMoveIsBrokenOff(BaseCase):
    """A worker that is killed while it moves thousands to a new stage."""

    def test_who_was_moved_stays_moved_and_the_rest_follows_once(self):
        self.database = Database(f"moves_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.database.run(FOLDER / "catch_up_set_up.py")
        self.assertEqual(self._visits(), [("1", "400"), ("2", "300")])
        workers = self.enterContext(Workers(self.database))
        move = {"crons": ["move_between_stages"], "batch": 300, "count": 1}
        with self.database.locked("crm_action"):
            worker = workers.start("rounds", **move)
            self.database.wait_until_held_up("crm_action")
            self.assertTrue(worker.kill(), "it was still moving them")
        wait_until_alone(self.database)
        self.assertEqual(self._visits(), [("1", "400"), ("2", "300")])
        self.assertEqual(workers.do("rounds", **move), [])
        self.assertEqual(self._visits(), [("2", "700")])
        self.assertEqual(
            self.database.rows(
                "SELECT count(*), count(DISTINCT lead_id), min(state) FROM crm_action"
            ),
            [("700", "700", "planned")],
        )
        self.assertEqual(
            self.database.rows(
                "SELECT count(*), count(DISTINCT lead_id) FROM crm_transition "
                "WHERE trigger = 'moved'"
            ),
            [("700", "700")],
        )
        self.assertFalse(self.database.rows("SELECT 1 FROM crm_playbook_stage_move"))

    def _visits(self):
        return self.database.rows(
            "SELECT stage_visit, count(*) FROM crm_lead GROUP BY 1 ORDER BY 1"
        )
