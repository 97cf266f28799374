from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import crm_operation_run
from ..models.engine import as_engine
from .common import PlaybookCase
from .test_engine_properties import stories

RUNS = "odoo.addons.crm_playbook.models.crm_operation_run"


class OperationCase(PlaybookCase):
    """The small company, five entities in a town of their own, and an operation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.operation"].search([]).action_archive()
        cls.people = cls.env["res.partner"].concat(
            *(
                cls._create_partner(f"Person {number}", city="Operatown")
                for number in range(5)
            )
        )
        cls.list = cls.env["crm.segment"].create({"name": "List", "is_static": True})

    def _create_operation(self, **values):
        return (
            self.env["crm.operation"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Test operation",
                    "domain": "[('city', '=', 'Operatown')]",
                    **values,
                }
            )
        )

    def _on_leads(self, leads, **values):
        domain = f"[('id', 'in', {leads.ids})]"
        return self._create_operation(looks_at="crm.lead", domain=domain, **values)

    def _run(self, operation):
        return self.env["crm.operation.run"].browse(operation.run()).sudo()

    def _left_out(self, run):
        """{name of the reason: who}, as the rows of a run tell it."""
        targets = run.target_ids.filtered(lambda one: one.state == "left_out")
        return {
            reason: alike._worked_on()
            for reason, alike in targets.grouped("reason").items()
        }

    def _run_cron(self, name="ir_cron_run_operations"):
        self.env.flush_all()
        return super()._run_cron(name)


@tagged("post_install", "-at_install")
class TestCrmOperation(OperationCase):
    """A stored search, and what is done with whom it finds."""

    # === WHAT IS DONE === #

    def test_status_is_given_with_a_dated_line_in_the_ledger(self):
        run = self._run(self._create_operation(commercial_status_id=self.status.id))
        self.assertEqual(self.people.commercial_status_id, self.status)
        lines = self.env["crm.transition"].search([("operation_run_id", "=", run.id)])
        self.assertEqual(lines.partner_id, self.people)
        self.assertEqual(lines.user_id, self.manager)
        self.assertEqual(set(lines.mapped("trigger")), {"operation"})
        self.assertEqual(lines.status_after_id, self.status)
        self.assertEqual((run.state, run.done_count, run.found_count), ("done", 5, 5))

    def test_task_is_planned_for_the_salesperson_of_each(self):
        run = self._run(self._create_operation(task_type_id=self.call.id))
        actions = self.env["crm.action"].search(
            [("transition_id.operation_run_id", "=", run.id)]
        )
        self.assertEqual(actions.partner_id, self.people)
        self.assertEqual(len(actions), 5)
        self.assertEqual(actions.user_id, self.seller)
        self.assertEqual(set(actions.mapped("planned_by")), {"operation"})

    def test_a_ledger_line_has_one_task(self):
        self._run(self._create_operation(task_type_id=self.call.id))
        (task,) = self._planned(self.people[0])
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            as_engine(task).create(
                {
                    "action_type_id": task.action_type_id.id,
                    "partner_id": task.partner_id.id,
                    "transition_id": task.transition_id.id,
                    "planned_by": "operation",
                }
            )

    def test_campaign_is_started_for_those_who_are_not_in_it(self):
        campaign = self._create_campaign(self.people[:2])
        campaign.action_launch()
        run = self._run(self._create_operation(spawn_campaign_id=campaign.id))
        self.assertEqual(campaign.lead_ids.partner_id, self.people)
        self.assertEqual(self._left_out(run), {"in_campaign": self.people[:2]})
        (opened,) = (
            self.env[model].search(action["domain"])
            for action in [run.with_user(self.manager).action_view_leads()]
            for model in [action["res_model"]]
        )
        self.assertEqual(opened.partner_id, self.people[2:])

    def test_list_is_kept(self):
        self.list.add_partners(self.people[:1].ids)
        run = self._run(self._create_operation(add_to_segment_id=self.list.id))
        self.assertEqual(self.list.partner_ids, self.people)
        self.assertEqual(self._left_out(run), {"listed": self.people[0]})
        self.people[0].city = "Elsewhere"
        run = self._run(self._create_operation(remove_from_segment_id=self.list.id))
        self.assertEqual(self.list.partner_ids, self.people[0])
        self.assertEqual(run.done_count, 4)

    def test_messages_go_only_to_those_who_can_and_want_to_be_reached(self):
        self.people[0].email = False
        self.env["mail.blacklist"]._add(self.people[1].email)
        message = self._create_message_type()
        run = self._run(self._create_operation(task_type_id=message.id))
        self.assertEqual(
            self._left_out(run),
            {"no_address": self.people[0], "blacklisted": self.people[1]},
        )
        tasks = self._planned(self.people[2])
        self.assertEqual(tasks.mode, "automatic")
        self.assertFalse(self._planned(self.people[0]))

    def test_who_is_passed_over_by_one_effect_has_the_others(self):
        self.people[0].email = False
        message = self._create_message_type()
        run = self._run(
            self._create_operation(
                task_type_id=message.id, commercial_status_id=self.status.id
            )
        )
        self.assertEqual((run.done_count, run.left_out_count), (5, 0))
        self.assertEqual(self.people[0].commercial_status_id, self.status)
        self.assertFalse(self._planned(self.people[0]))
        self.assertIn("No e-mail address", run.target_ids[0].effects)

    def test_message_that_speaks_of_opportunities_does_not_go_to_entities(self):
        message = self._create_message_type()
        message.mail_template_id = self.env["mail.template"].create(
            {"name": "Offer", "model_id": self.env["ir.model"]._get_id("crm.lead")}
        )
        operation = self._create_operation(task_type_id=message.id)
        self.assertIn("speaks of opportunities", operation.problem)
        with self.assertRaises(UserError):
            operation.run()

    def test_what_it_would_bring_about_is_not_archived(self):
        operation = self._create_operation(
            commercial_status_id=self.status.id, task_type_id=self.call.id
        )
        for record in (self.status, self.call):
            with self.assertRaisesRegex(UserError, operation.name):
                record.action_archive()

    def test_what_is_replaced_everywhere_is_replaced_in_it(self):
        other = self.env["crm.commercial.status"].create({"name": "Another status"})
        operation = self._create_operation(
            domain=f"[('commercial_status_id', '!=', {self.status.id})]",
            commercial_status_id=self.status.id,
        )
        self.env["crm.replacement"].create(
            {
                "kind": "status",
                "commercial_status_id": self.status.id,
                "by_commercial_status_id": other.id,
            }
        ).replace()
        operation.invalidate_recordset()
        self.assertEqual(operation.commercial_status_id, other)
        self.assertIn(f"'!=', {other.id})", operation.domain)

    # === OPPORTUNITIES === #

    def _leads(self, count=4):
        leads = self.env["crm.lead"].concat(
            *(self._create_lead(partner) for partner in self.people[:count])
        )
        for lead in leads:
            self._start(lead)
        return leads

    def test_opportunities_go_to_a_stage_and_its_task_is_planned(self):
        leads = self._leads()
        leads[0].action_set_lost()
        leads[1].go_to_stage(self.second.id)
        other = self._create_lead(self.people[4])
        run = self._run(
            self._on_leads(leads | other, move="stage", target_stage_id=self.second.id)
        )
        self.assertEqual(leads[1:].playbook_stage_id, self.second)
        self.assertEqual(
            self._left_out(run), {"in_stage": leads[1], "other_playbook": other}
        )
        self.assertEqual(self._planned(leads[2]).playbook_stage_id, self.second)

    def test_closed_opportunities_are_left_alone(self):
        leads = self._leads(2)
        leads[0].action_set_won()
        run = self._run(self._on_leads(leads, commercial_status_id=self.status.id))
        self.assertEqual(self._left_out(run), {"closed": leads[0]})

    def test_opportunities_are_lost_with_their_reason(self):
        leads = self._leads(2)
        reason = self.env["crm.lost.reason"].create({"name": "Too late"})
        self._run(self._on_leads(leads, move="lost", lost_reason_id=reason.id))
        self.assertEqual(set(leads.mapped("won_status")), {"lost"})
        self.assertEqual(leads.lost_reason_id, reason)
        self.assertFalse(self._planned(leads[0]))

    def test_opportunities_are_given_evenly_and_turns_go_on(self):
        leads = self._leads(4)
        leads.user_id = self.manager
        both = self.seller | self.other_seller
        operation = self._on_leads(leads[:3], salesperson_ids=both.ids)
        self._run(operation)
        self.assertEqual(
            [lead.user_id for lead in leads[:3]],
            [self.seller, self.other_seller, self.seller],
        )
        operation.domain = f"[('id', 'in', {leads.ids})]"
        run = self._run(operation)
        self.assertEqual(leads[3].user_id, self.other_seller)
        self.assertEqual(self._left_out(run), {"has_salesperson": leads[:3]})
        self.assertEqual(self._planned(leads[3]).user_id, self.other_seller)

    def test_entity_of_two_opportunities_is_put_on_a_list_once(self):
        leads = self._create_lead(self.people[0]) | self._create_lead(self.people[0])
        run = self._run(self._on_leads(leads, add_to_segment_id=self.list.id))
        self.assertEqual(self.list.partner_ids, self.people[0])
        self.assertEqual(self._left_out(run), {"listed": leads.sorted("id")[1]})

    def test_opportunity_without_customer_has_no_task(self):
        lead = self._create_lead(partner_id=False)
        run = self._run(self._on_leads(lead, task_type_id=self.call.id))
        self.assertEqual(self._left_out(run), {"no_entity": lead})

    def test_segment_finds_opportunities_by_their_entity(self):
        leads = self._leads(3)
        segment = self._create_segment(self.people[:1])
        operation = self._on_leads(leads, commercial_status_id=self.status.id)
        operation.segment_id = segment
        self._run(operation)
        self.assertEqual(self.people.filtered("commercial_status_id"), self.people[0])

    # === RUNS === #

    def test_once_for_each_leaves_out_former_ones(self):
        operation = self._create_operation(task_type_id=self.call.id, repeat="once")
        self._run(operation)
        newcomer = self._create_partner("Newcomer", city="Operatown")
        run = self._run(operation)
        self.assertEqual(self._left_out(run), {"former": self.people})
        self.assertTrue(self._planned(newcomer))
        self.assertEqual(len(self._planned(self.people[0])), 1)

    def test_once_for_each_is_kept_by_the_database(self):
        operation = self._create_operation(task_type_id=self.call.id, repeat="once")
        self._run(operation)
        with patch.object(
            type(self.env["crm.operation.target"]),
            "_done_before",
            lambda *_args: [],
        ):
            run = self._run(operation)
        self.assertEqual(self._left_out(run), {"former": self.people})
        self.assertEqual(len(self._planned(self.people[0])), 1)

    def test_each_time_anew_plans_another_task(self):
        operation = self._create_operation(task_type_id=self.call.id)
        self._run(operation)
        self._run(operation)
        self.assertEqual(len(self._planned(self.people[0])), 2)

    def test_larger_runs_are_left_to_the_scheduler_and_told_how_far_they_are(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        with patch(f"{RUNS}.AT_ONCE", 4), patch(f"{RUNS}.BATCH", 2):
            run = self._run(operation)
            self.assertEqual((run.state, run.found_count), ("planned", 0))
            run._take_turn()
            run._take_turn()
            self.assertEqual(run.progress["done"], 2)
            self.assertEqual(run.progress["total"], 5)
            self._run_cron()
        self.assertEqual((run.state, run.done_count), ("done", 5))
        self.assertFalse(run.progress)

    def test_whom_it_works_on_is_fixed_when_it_begins(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        with patch(f"{RUNS}.AT_ONCE", 0):
            run = self._run(operation)
        run._take_turn()
        late = self._create_partner("Late", city="Operatown")
        self.people[4].city = "Elsewhere"
        self._run_cron()
        self.assertEqual(self.people.commercial_status_id, self.status)
        self.assertFalse(late.commercial_status_id)

    def test_who_was_in_between_given_it_otherwise_is_left_out(self):
        campaign = self._create_campaign(self.people[:0])
        campaign.action_launch()
        operation = self._create_operation(spawn_campaign_id=campaign.id)
        with patch(f"{RUNS}.AT_ONCE", 0):
            run = self._run(operation)
        run._take_turn()
        campaign.start_for(self.people[:1].ids)
        self._run_cron()
        self.assertEqual(self._left_out(run), {"in_campaign": self.people[0]})
        self.assertEqual(len(campaign.lead_ids), 5)

    def test_second_run_at_once_is_refused(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        with patch(f"{RUNS}.AT_ONCE", 0):
            run = self._run(operation)
        with self.assertRaisesRegex(UserError, "is running"):
            operation.run()
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            as_engine(run).copy({"state": "planned"})

    def test_what_runs_is_not_edited(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        with patch(f"{RUNS}.AT_ONCE", 0):
            self._run(operation)
        operation.name = "Another name"
        with self.assertRaisesRegex(UserError, "is running"):
            operation.domain = "[('city', '=', 'Elsewhere')]"

    def test_stopped_run_goes_on_where_it_stood(self):
        operation = self._create_operation(task_type_id=self.call.id)
        with patch(f"{RUNS}.AT_ONCE", 0), patch(f"{RUNS}.BATCH", 2):
            run = self._run(operation)
            run._take_turn()
            run._take_turn()
            run.with_user(self.manager).action_stop()
            self._run_cron()
            self.assertEqual((run.state, run.waiting_count), ("stopped", 3))
            run.with_user(self.manager).action_go_on()
            self._run_cron()
        self.assertEqual((run.state, run.done_count), ("done", 5))
        self.assertEqual(
            [len(self._planned(person)) for person in self.people], [1] * 5
        )

    def test_run_whose_campaign_is_paused_fails_and_goes_on_later(self):
        campaign = self._create_campaign(self.people[:0])
        campaign.action_launch()
        operation = self._create_operation(spawn_campaign_id=campaign.id)
        with patch(f"{RUNS}.AT_ONCE", 0), patch(f"{RUNS}.BATCH", 2):
            run = self._run(operation)
            run._take_turn()
            run._take_turn()
            campaign.action_pause()
            self._run_cron()
            self.assertEqual((run.state, run.waiting_count), ("failed", 3))
            self.assertIn("does not run", run.failure)
            campaign.action_resume()
            run.with_user(self.manager).action_go_on()
            self._run_cron()
        self.assertEqual((run.state, run.done_count), ("done", 5))
        self.assertEqual(campaign.lead_ids.partner_id, self.people)

    def test_record_at_fault_is_set_aside_and_the_others_are_done(self):
        operation = self._create_operation(task_type_id=self.call.id)
        original = type(operation)._plan
        culprit = self.people[2]

        def plan(plan, lines, *args, **values):
            if culprit in lines.partner_id:
                raise UserError("Not this one")  # pylint: disable=translation-required
            return original(plan, lines, *args, **values)

        with (
            patch.object(type(operation), "_plan", plan),
            self.assertLogs(RUNS, "WARNING"),
        ):
            run = self._run(operation)
        self.assertEqual((run.done_count, run.failed_count), (4, 1))
        failed = run.target_ids.filtered(lambda one: one.state == "failed")
        self.assertEqual((failed.partner_id, failed.failure), (culprit, "Not this one"))
        self.assertFalse(
            self.env["crm.transition"].search([("partner_id", "=", culprit.id)])
        )

    def test_what_was_left_out_long_ago_is_forgotten_but_its_counts(self):
        self.people.commercial_status_id = self.status
        with self._at("2026-01-02 10:00:00"):
            operation = self._create_operation(commercial_status_id=self.status.id)
            run = self._run(operation)
        with self._at("2026-06-02 10:00:00"):
            self.env["crm.operation.target"]._gc_left_out()
        run.invalidate_recordset()
        self.assertFalse(run.target_ids)
        self.assertEqual(run.left_out_count, 5)

    # === PREVIEW === #

    def test_preview_tells_counts_and_what_follows_and_writes_nothing(self):
        self.people[0].commercial_status_id = self.status
        operation = self._create_operation(
            commercial_status_id=self.status.id, task_type_id=self.call.id
        )
        ledger = self.env["crm.transition"].search_count([])
        told = operation.preview()
        self.assertEqual((told["found"], told["done"]), (5, 5))
        texts = [fact["text"] for fact in told["examples"][1]["facts"]]
        self.assertIn("Status: Test planned", texts)
        self.assertTrue(any("Test call" in text for text in texts), texts)
        texts = [fact["text"] for fact in told["examples"][0]["facts"]]
        self.assertIn("Has the status already", texts)
        self.assertEqual(self.env["crm.transition"].search_count([]), ledger)
        self.assertFalse(operation.run_ids)

    def test_preview_of_what_cannot_run_says_why(self):
        told = self._create_operation().preview()
        self.assertIn("Say what", told["problem"])

    def test_preview_of_a_campaign_tells_its_first_task(self):
        campaign = self._create_campaign(self.people[:0])
        campaign.action_launch()
        operation = self._create_operation(spawn_campaign_id=campaign.id)
        told = operation.preview()
        texts = [fact["text"] for fact in told["examples"][0]["facts"]]
        self.assertEqual(texts[0], "Campaign started: Test campaign")
        self.assertIn("Plans Test call", texts[1])

    # === RIGHTS === #

    def test_it_finds_with_the_rights_of_its_owner(self):
        self.env["ir.rule"].create(
            {
                "name": "Test: not this one",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.people[0].id})]",
            }
        )
        run = self._run(self._create_operation(commercial_status_id=self.status.id))
        self.assertEqual(run.found_count, 4)

    def test_entities_of_another_company_are_not_found(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self.people[0].company_id = company
        run = self._run(self._create_operation(commercial_status_id=self.status.id))
        self.assertEqual(run.found_count, 4)

    def test_conditions_over_what_one_may_not_read_are_refused(self):
        with self.assertRaises(ValidationError):
            self._create_operation(domain="[('signup_type', '=', 'x')]")

    def test_nobody_makes_somebody_else_the_owner(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        other = self._create_user("second", "sales_team.group_sale_manager")
        with self.assertRaises(ValidationError):
            operation.user_id = other
        with self.assertRaises(ValidationError):
            operation.with_user(other).domain = "[]"
        operation.with_user(other).user_id = other
        self.assertEqual(operation.user_id, other)

    def test_owner_who_lost_their_rights_is_told(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        self.manager.group_ids = self.env.ref("sales_team.group_sale_salesman")
        operation.invalidate_recordset()
        self.assertIn("no sales administrator", operation.sudo().problem)
        with self.assertRaises(UserError):
            operation.sudo().run()

    def test_owner_who_lost_the_company_is_told(self):
        company = self.env["res.company"].create({"name": "Another company"})
        operation = self._create_operation(commercial_status_id=self.status.id)
        self.manager.write({"company_ids": company.ids, "company_id": company.id})
        operation.invalidate_recordset()
        self.assertIn("does not work in", operation.sudo().problem)

    def test_sellers_see_no_operations(self):
        operation = self._create_operation(commercial_status_id=self.status.id)
        run = self._run(operation)
        for record in (operation, run, run.target_ids[0]):
            with self.assertRaises(AccessError):
                record.sudo(False).with_user(self.seller).read(["display_name"])
        with self.assertRaises(AccessError):
            operation.with_user(self.seller).run()

    def test_operations_of_another_company_are_hidden(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self.manager.company_ids += company
        operation = self.env["crm.operation"].create(
            {
                "name": "Foreign",
                "company_id": company.id,
                "domain": "[('city', '=', 'Operatown')]",
                "user_id": self.manager.id,
                "commercial_status_id": self.status.id,
            }
        )
        run = as_engine(self.env["crm.operation.run"]).create(
            {"operation_id": operation.id, "user_id": self.manager.id}
        )
        run._note_targets(operation, self.people.ids, {})
        for record in (operation, run, run.target_ids):
            model = self.env[record._name].with_user(self.manager)
            model = model.with_context(allowed_company_ids=self.env.company.ids)
            self.assertFalse(model.search([("id", "in", record.ids)]), record._name)

    def test_runs_are_written_by_the_engine_alone(self):
        run = self._run(self._create_operation(commercial_status_id=self.status.id))
        for record, values in (
            (run, {"state": "planned"}),
            (run.target_ids[0], {"state": "waiting"}),
        ):
            with self.assertRaisesRegex(UserError, "by hand"):
                record.write(values)
            with self.assertRaises(AccessError):
                record.sudo(False).with_user(self.manager).unlink()


outcomes = st.lists(
    st.tuples(
        st.sampled_from(["none", "bad", "good"]),  # its address
        st.booleans(),  # whether it does not want to be written to
        st.booleans(),  # whether it has the status
        st.booleans(),  # whether it is on the list
        st.booleans(),  # whether it is in the campaign
        st.integers(1, 2),  # how many opportunities it has
        st.booleans(),  # whether the last of them is closed
    ),
    min_size=1,
    max_size=5,
)
EFFECTS = ("status", "add", "remove", "task", "message", "campaign", "people", "lost")


@tagged("post_install", "-at_install")
class TestOperationProperties(OperationCase):
    """Whomever it meets, and whatever it does: a preview is what happens."""

    @stories(25)
    @given(
        entities=outcomes,
        effects=st.sets(st.sampled_from(EFFECTS), min_size=1, max_size=3),
        looks_at=st.sampled_from(["res.partner", "crm.lead"]),
        batch=st.integers(1, 4),
        again=st.booleans(),
    )
    def test_a_run_does_what_its_preview_told_once(
        self, entities, effects, looks_at, batch, again
    ):
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            self._check_run(entities, effects, looks_at, batch, again)
        finally:
            self.env.flush_all()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _check_run(self, entities, effects, looks_at, batch, again):
        operation = self._set_scene(entities, effects, looks_at)
        if not operation._effects():
            return
        operation.repeat = "once" if again else "always"
        for _time in range(1 + again):
            told = operation.preview()
            self.assertEqual(told["problem"], "")
            with patch.object(crm_operation_run, "BATCH", batch):
                run = self._run(operation)
            self.assertEqual(run.state, "done")
            self.assertEqual(run.failed_count, 0)
            self.assertEqual(
                (run.found_count, run.done_count), (told["found"], told["done"])
            )
            self.assertEqual(
                {one["reason"]: one["count"] for one in told["left_out"]},
                run.final_counts["left_out"],
            )
            self._check_ledger(run)

    def _check_ledger(self, run):
        lines = self.env["crm.transition"].search(
            [("operation_run_id", "=", run.id), ("trigger", "=", "operation")]
        )
        done = run.target_ids.filtered(lambda one: one.state == "done")
        self.assertEqual(done.transition_id, lines)
        self.assertEqual(len(done), len(lines))
        for target in done:
            self.assertEqual(
                target._worked_on(), target.transition_id._worked_on(), "its own line"
            )

    def _set_scene(self, entities, effects, looks_at):
        campaign = self._create_campaign(self.people[:0])
        campaign.action_launch()
        partners, leads = self.env["res.partner"], self.env["crm.lead"]
        for number, sketch in enumerate(entities):
            address, unwilling, has_status, listed, in_campaign, count, closed = sketch
            emails = {"none": False, "bad": "nobody", "good": f"s{number}@test.example"}
            partner = self._create_partner(
                f"Sketch {number}",
                email=emails[address],
                city="Sketchtown",
                commercial_status_id=self.status.id if has_status else False,
            )
            if unwilling and address == "good":
                self.env["mail.blacklist"]._add(partner.email)
            if listed:
                self.list.add_partners(partner.ids)
            if in_campaign:
                campaign.start_for(partner.ids)
            for _number in range(count):
                leads += self._create_lead(partner)
            if closed:
                leads[-1].action_set_won()
            partners += partner
        return self._operation_on(looks_at, leads, effects, campaign)

    def _operation_on(self, looks_at, leads, effects, campaign):
        values = {
            "status": {"commercial_status_id": self.status.id},
            "add": {"add_to_segment_id": self.list.id},
            "remove": {"remove_from_segment_id": self.list.id},
            "task": {"task_type_id": self.call.id},
            "message": {"task_type_id": self._message_type().id},
            "campaign": {"spawn_campaign_id": campaign.id},
            "people": {"salesperson_ids": (self.seller | self.other_seller).ids},
            "lost": {"move": "lost"},
        }
        if looks_at == "res.partner":
            effects = effects - {"people", "lost"}
            domain = "[('city', '=', 'Sketchtown')]"
        else:
            domain = f"[('id', 'in', {leads.ids})]"
        asked = {}
        for effect in sorted(effects):
            asked |= values[effect]
        return self._create_operation(looks_at=looks_at, domain=domain, **asked)

    def _message_type(self):
        name = "Test e-mail"
        found = self.env["crm.action.type"].search([("name", "=", name)])
        return found or self._create_message_type()
