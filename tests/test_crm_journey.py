from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmJourney(PlaybookCase):
    def test_starting_a_playbook_plans_the_task_of_its_first_stage(self):
        lead = self._start()
        self.assertEqual(lead.playbook_stage_id, self.first)
        task = self._planned(lead)
        self.assertEqual(task.action_type_id, self.call)
        self.assertEqual(task.planned_by, "stage")
        self.assertEqual(lead.transition_ids.trigger, "started")

    def test_starting_another_playbook_cancels_what_the_first_had_planned(self):
        lead = self._start()
        task = self._planned(lead)
        other = self.env["crm.playbook"].create({"name": "Other"})
        self._create_stage("Elsewhere", playbook=other, task_type_id=self.visit.id)
        lead.start_playbook(other.id)
        self.assertEqual(task.state, "cancelled")
        self.assertEqual(self._planned(lead).action_type_id, self.visit)

    def test_playbook_without_stage_is_not_started(self):
        empty = self.env["crm.playbook"].create({"name": "Empty"})
        with self.assertRaises(UserError):
            self._create_lead().start_playbook(empty.id)

    def test_opportunity_without_customer_does_not_start(self):
        with self.assertRaises(UserError):
            self._create_lead(partner_id=False).start_playbook(self.playbook.id)

    def test_going_to_a_stage_plans_its_task_and_cancels_the_others(self):
        lead = self._start()
        before = self._planned(lead)
        lead.go_to_stage(self.third.id)
        self.assertEqual(before.state, "cancelled")
        self.assertEqual(self._planned(lead).playbook_stage_id, self.third)
        self.assertEqual(lead.transition_ids[0].trigger, "moved")

    def test_going_back_to_a_stage_plans_its_task_again(self):
        lead = self._start()
        lead.go_to_stage(self.second.id)
        lead.go_to_stage(self.first.id)
        self.assertEqual(lead.stage_visit, 3)
        self.assertEqual(self._planned(lead).stage_visit, 3)

    def test_stage_of_another_playbook_is_refused(self):
        other = self.env["crm.playbook"].create({"name": "Other"})
        stage = self._create_stage("Elsewhere", playbook=other)
        with self.assertRaises(UserError):
            self._start().go_to_stage(stage.id)

    def test_playbook_and_stage_are_not_written_by_hand(self):
        lead = self._start().with_user(self.manager)
        for values in (
            {"playbook_stage_id": self.third.id},
            {"playbook_id": False},
            {"crm_campaign_id": self._create_campaign(self.partner).id},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                lead.write(values)

    def test_closing_by_hand_cancels_tasks_and_is_in_the_ledger(self):
        for close, result in (("action_set_won", "won"), ("action_set_lost", "lost")):
            with self.subTest(result=result):
                lead = self._start()
                task = self._planned(lead)
                getattr(lead, close)()
                self.assertEqual(task.state, "cancelled")
                line = lead.transition_ids[0]
                self.assertEqual((line.trigger, line.result), ("closed", result))

    def test_reopening_is_in_the_ledger(self):
        lead = self._start()
        lead.action_set_lost()
        lead.action_restore()
        line = lead.transition_ids[0]
        self.assertEqual((line.trigger, line.result), ("reopened", "open"))

    def test_reopened_opportunity_has_the_task_of_its_stage_again(self):
        lead = self._start()
        lead.go_to_stage(self.second.id)
        lead.action_set_lost()
        lead.action_restore()
        self.assertEqual(self._planned(lead).playbook_stage_id, self.second)

    def test_closing_enters_the_stage_that_closes_so(self):
        won = self._create_stage(
            "Closed won", sequence=9, task_type_id=False, closes_as="won"
        )
        lead = self._start()
        lead.action_set_won()
        self.assertEqual(lead.playbook_stage_id, won)
        self.assertFalse(self._planned(lead))

    def test_entering_a_stage_that_closes_closes_so(self):
        lost = self._create_stage(
            "Closed lost", sequence=9, task_type_id=False, closes_as="lost"
        )
        lead = self._start()
        lead.go_to_stage(lost.id)
        self.assertEqual(lead.won_status, "lost")
        lead.action_restore()
        self.assertEqual(lead.playbook_stage_id, self.first)
        self.assertTrue(self._planned(lead))

    def test_next_stage_never_closes(self):
        self._create_stage("Won", sequence=9, task_type_id=False, closes_as="won")
        self.assertFalse(self.third._next())

    def test_new_customer_has_the_planned_tasks_too(self):
        lead = self._start()
        other = self._create_partner("Other Customer")
        lead.partner_id = other
        self.assertEqual(self._planned(lead).partner_id, other)
        with self.assertRaises(UserError):
            lead.partner_id = False

    def test_new_salesperson_has_the_planned_tasks_too(self):
        lead = self._start().with_user(self.manager)
        lead.user_id = self.other_seller
        self.assertEqual(self._planned(lead).user_id, self.other_seller)

    def test_defaults_in_the_context_do_not_start_a_playbook(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.seller)
            .with_context(
                default_playbook_id=self.playbook.id,
                default_crm_campaign_id=self._create_campaign(self.partner).id,
            )
            .create({"name": "Forged", "partner_id": self.partner.id})
        )
        self.assertFalse(lead.playbook_id)
        self.assertFalse(lead.crm_campaign_id)

    def test_archiving_cancels_tasks(self):
        lead = self._start()
        task = self._planned(lead)
        lead.action_archive()
        self.assertEqual(task.state, "cancelled")

    def test_what_was_archived_as_it_was_goes_on_in_its_stage(self):
        lead = self._start()
        lead.probability = 40
        lead.active = False
        self.assertEqual(lead._result(), "open", "it is neither won nor lost")
        self.assertFalse(self._planned(lead))
        lead.active = True
        self.assertEqual(self._planned(lead).playbook_stage_id, self.first)
        self.assertEqual(lead.transition_ids[0].trigger, "reopened")

    def test_opportunity_that_was_acted_on_is_not_deleted(self):
        lead = self._start()
        self._do(lead, self.interested)
        with self.assertRaises(UserError):
            lead.with_user(self.manager).unlink()

    def test_stage_in_use_is_not_deleted(self):
        self._start()
        with self.assertRaisesRegex(RedirectWarning, "retire it"):
            self.first.with_user(self.manager).unlink()

    def test_pipeline_stage_follows_the_playbook_stage(self):
        qualified = self.env["crm.stage"].create({"name": "Qualified", "sequence": 2})
        self.second.crm_stage_id = qualified
        lead = self._start()
        lead.go_to_stage(self.second.id)
        self.assertEqual(lead.stage_id, qualified)

    def test_merged_opportunities_keep_all_that_was_done(self):
        kept, merged = self._start(), self._start()
        self._do(merged, self.interested)
        (kept | merged).with_user(self.manager)._merge_opportunity(
            user_id=self.seller.id, auto_unlink=True
        )
        survivor = (kept | merged).exists()
        self.assertEqual(len(survivor), 1)
        done = survivor.action_ids.filtered(lambda action: action.state == "done")
        self.assertEqual(done.outcome_id, self.interested)
        self.assertEqual(
            len(
                survivor.transition_ids.filtered(lambda line: line.trigger == "started")
            ),
            2,
        )

    def test_merging_into_a_plain_opportunity_keeps_campaign_and_task(self):
        campaign = self._create_campaign(self.partner)
        campaign.action_launch()
        travelling = campaign.lead_ids
        plain = self._create_lead(expected_revenue=1000)
        plain.probability = 90
        (plain | travelling).with_user(self.manager)._merge_opportunity(
            user_id=self.seller.id, auto_unlink=True
        )
        survivor = (plain | travelling).exists()
        self.assertEqual(survivor.crm_campaign_id, campaign)
        self.assertEqual(survivor.playbook_stage_id, self.first)
        self.assertEqual(len(self._planned(survivor)), 1)
        self.assertEqual(campaign.generate(), 0)

    def test_campaign_of_a_merged_opportunity_takes_its_entity_up_no_more(self):
        head, tail = self._launched_lead(), self._launched_lead()
        campaign = tail.crm_campaign_id
        head.probability = 90
        (head | tail).with_user(self.manager)._merge_opportunity(
            user_id=self.seller.id, auto_unlink=True
        )
        self.assertEqual(head.exists().merged_campaign_ids, campaign)
        self.assertEqual(campaign.generate(), 0)

    def test_merging_into_what_it_started_makes_no_endless_chain(self):
        started = self._create_campaign(self.env["res.partner"])
        other = self._create_campaign(self.env["res.partner"])
        (started | other).action_launch()
        self._create_rule(self.interested, spawn_campaign_id=started.id)
        origin = self._start()
        self._do(origin, self.interested)
        lead = started.lead_ids
        lead.probability = 90
        (origin | lead).with_user(self.manager)._merge_opportunity(
            user_id=self.seller.id, auto_unlink=True
        )
        self.assertEqual(lead.origin_action_id.lead_id, lead, "a circle")
        self._create_rule(self.declined, spawn_campaign_id=other.id)
        self._do(lead, self.declined)
        self.assertEqual(other.lead_ids.partner_id, self.partner)

    def _launched_lead(self):
        campaign = self._create_campaign(self.partner)
        campaign.action_launch()
        return campaign.lead_ids

    def test_status_of_an_opportunity_by_hand_is_in_the_ledger(self):
        lead = self._start()
        lead.commercial_status_id = self.status
        line = lead.transition_ids[0]
        self.assertEqual((line.trigger, line.status_after_id), ("status", self.status))

    def test_entity_with_a_mere_status_may_be_deleted(self):
        self.partner.commercial_status_id = self.status
        self.partner.unlink()
        self.assertFalse(self.partner.exists())

    def test_stage_and_rule_that_the_ledger_tells_of_are_archived_instead(self):
        rule = self._create_rule(self.interested, move="next")
        lead = self._start()
        self._do(lead, self.interested)
        for record in (rule, self.first):
            with self.subTest(model=record._name):
                with self.assertRaises(UserError):
                    record.with_user(self.manager).unlink()
                record.active = False

    def test_status_by_hand_is_dated_and_in_the_ledger(self):
        self.partner.with_user(self.seller).commercial_status_id = self.status
        self.assertTrue(self.partner.commercial_status_date)
        line = self.env["crm.transition"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual((line.trigger, line.status_after_id), ("status", self.status))
