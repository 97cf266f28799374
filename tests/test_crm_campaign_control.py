import time
from hashlib import md5
from unittest.mock import patch
from uuid import uuid4

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_playbook.models import crm_campaign_generation

from .common import PlaybookCase
from .server import Database
from .storm.scene import ENTITY
from .storm.workers import Workers

SHARE = 30.0
PEOPLE = 60


def is_control(campaign_id, partner_id, share=SHARE):
    """The hash as anybody may compute it."""
    digest = md5(f"{campaign_id}:{partner_id}".encode()).hexdigest()
    return int(digest[:8], 16) % 10000 < round(share * 100)


@tagged("post_install", "-at_install")
class TestCrmCampaignControl(PlaybookCase):
    """A share of the segment is left out, by chance, once and for all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].concat(
            *(cls._create_partner(f"Member {number}") for number in range(PEOPLE))
        )
        cls.campaign = cls._create_campaign(cls.partners, control_share=SHARE)
        cls.control = cls.partners.filtered(
            lambda one: is_control(cls.campaign.id, one.id)
        )
        cls.treated = cls.partners - cls.control
        assert cls.control and cls.treated

    def _members(self, campaign=None):
        members = self.env["crm.campaign.control.member"]
        own = [("crm_campaign_id", "=", (campaign or self.campaign).id)]
        return members.search(own, order="id").partner_id

    # === WHO === #

    def test_chance_can_be_computed_by_anybody(self):
        everybody = range(1, 5001)
        for share in (0.01, 7.25, 50):
            self.campaign.control_share = share
            told = self.campaign._control_among(everybody)
            expected = {
                one for one in everybody if is_control(self.campaign.id, one, share)
            }
            self.assertEqual(told, expected)
            self.assertAlmostEqual(len(told) / len(everybody), share / 100, delta=0.02)

    def test_launch_records_the_control_group_and_makes_nothing_for_it(self):
        self.campaign.with_user(self.manager).action_launch()
        self.assertEqual(self._members(), self.control)
        self.assertEqual(self.campaign.lead_ids.partner_id, self.treated)
        self.assertFalse(
            self.env["crm.action"].search([("partner_id", "in", self.control.ids)])
        )

    def test_another_run_takes_up_nobody_of_the_control_group(self):
        self.campaign.action_launch()
        self.assertEqual(self.campaign.with_user(self.manager).generate(), 0)
        self.assertEqual(len(self.campaign.control_member_ids), len(self.control))

    def test_newcomers_are_shared_out_in_the_same_way(self):
        self.campaign.action_launch()
        newcomers = self.partners.concat(
            *(self._create_partner(f"New {number}") for number in range(20))
        )
        self.campaign.segment_id.domain = f"[('id', 'in', {newcomers.ids})]"
        control = newcomers.filtered(lambda one: is_control(self.campaign.id, one.id))
        made = self.campaign.with_user(self.manager).generate()
        self.assertEqual(made, len(newcomers - control) - len(self.treated))
        self.assertEqual(self._members(), control)

    def test_campaigns_have_control_groups_of_their_own(self):
        other = self._create_campaign(self.partners, control_share=SHARE)
        (self.campaign | other).action_launch()
        self.assertNotEqual(self._members(), self._members(other))

    def test_campaign_without_share_leaves_nobody_out(self):
        campaign = self._create_campaign(self.partners)
        campaign.action_launch()
        self.assertEqual(campaign.lead_ids.partner_id, self.partners)
        self.assertFalse(campaign.control_member_ids)

    def test_generation_without_control_group_asks_no_more_than_before(self):
        campaign = self._create_campaign(self.partners)
        self.assertNotIn("control", campaign._candidates().select().code)
        with self.assertQueryCount(0):
            self.assertEqual(campaign._control_among(self.partners.ids), set())

    # === COUNTS === #

    def test_what_is_counted_are_opportunities(self):
        self.assertEqual(self.campaign.launch_count, len(self.treated))
        self.campaign.action_launch()
        campaign = self.campaign
        self.assertEqual(campaign.opportunity_count, len(self.treated))
        self.assertEqual(campaign.generation_total, len(self.treated))
        self.assertEqual(campaign.generation_done, len(self.treated))
        self.assertTrue(campaign.is_generated)
        self.assertEqual(campaign.to_generate_count, 0)

    def test_progress_counts_opportunities_batch_by_batch(self):
        with patch.object(crm_campaign_generation, "FIRST_BATCH", 20):
            self.campaign.action_launch()
        first = self.partners[:20]
        self.assertEqual(self.campaign.generation_done, len(first & self.treated))
        self.assertEqual(self.campaign.generation_total, len(self.treated))
        self.assertFalse(self.campaign.is_generated)
        self._run_cron("ir_cron_generate_campaigns")
        self.assertEqual(self.campaign.generation_done, len(self.treated))
        self.assertEqual(self._members(), self.control)

    def test_share_is_fixed_by_the_launch(self):
        self.campaign.with_user(self.manager).control_share = 20
        self.campaign.control_share = SHARE
        self.campaign.action_launch()
        campaign = self.campaign.with_user(self.manager)
        campaign.control_share = SHARE  # a form may send it back
        with self.assertRaisesRegex(UserError, "control group stays as it is"):
            campaign.control_share = 20

    def test_share_is_at_most_half(self):
        for share in (-1, 50.01):
            with (
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
                mute_logger("odoo.sql_db"),
            ):
                self.campaign.control_share = share
                self.campaign.flush_recordset()

    # === OTHER DOORS === #

    def test_whoever_is_started_in_a_set_is_shared_out_too(self):
        outsiders = self.partners.concat(
            *(self._create_partner(f"Outsider {number}") for number in range(20))
        )
        outsiders -= self.partners
        self.campaign.segment_id.domain = "[('id', '=', 0)]"
        self.campaign.action_launch()
        made = self.campaign.with_user(self.manager).start_for(outsiders.ids)
        control = outsiders.filtered(lambda one: is_control(self.campaign.id, one.id))
        self.assertEqual(self._members(), control)
        self.assertEqual(
            self.env["crm.lead"].browse(made).partner_id, outsiders - control
        )

    def test_rule_that_starts_the_campaign_leaves_the_control_group_out(self):
        self._create_rule(self.interested, spawn_campaign_id=self.campaign.id)
        self.campaign.segment_id.domain = "[('id', '=', 0)]"
        self.campaign.action_launch()
        for entity in self.control[0] | self.treated[0]:
            lead = self._start(self._create_lead(entity))
            self._do(lead, self.interested)
            self.assertEqual(
                "control group" in lead.sudo().transition_ids[0].effects,
                entity in self.control,
            )
        self.assertEqual(self._members(), self.control[0])
        self.assertEqual(self.campaign.lead_ids.partner_id, self.treated[0])
        self.assertFalse(self.campaign.lead_ids.is_started_by_hand)

    def test_nobody_starts_it_by_hand_for_the_control_group(self):
        self.campaign.segment_id.domain = "[('id', '=', 0)]"
        self.campaign.action_launch()
        campaign = self.campaign.with_user(self.seller)
        with self.assertRaisesRegex(UserError, "is in the control group of campaign"):
            campaign.start_from(self.control[0].id)
        campaign.start_from(self.treated[0].id)
        self.assertEqual(self.campaign.lead_ids.partner_id, self.treated[0])
        self.assertTrue(self.campaign.lead_ids.is_started_by_hand)

    def test_reason_is_clear_for_recorded_members_as_well(self):
        self.campaign.action_launch()
        with self.assertRaisesRegex(UserError, "is in the control group of campaign"):
            self.campaign.with_user(self.seller).start_from(self.control[0].id)
        with self.assertRaisesRegex(UserError, "is in campaign .* already"):
            self.campaign.with_user(self.seller).start_from(self.treated[0].id)

    def test_operation_leaves_the_control_group_out_and_records_it(self):
        self.campaign.segment_id.domain = "[('id', '=', 0)]"
        self.campaign.action_launch()
        operation = (
            self.env["crm.operation"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Test start",
                    "looks_at": "res.partner",
                    "domain": f"[('id', 'in', {self.partners.ids})]",
                    "spawn_campaign_id": self.campaign.id,
                }
            )
        )
        [told] = operation.preview()["left_out"]
        self.assertEqual(
            (told["reason"], told["count"]), ("control", len(self.control))
        )
        self.assertFalse(self._members(), "a preview writes nothing")
        run = self.env["crm.operation.run"].browse(operation.run())
        left_out = run.target_ids.filtered(lambda one: one.state == "left_out")
        self.assertEqual(set(left_out.mapped("reason")), {"control"})
        self.assertEqual(self._members(), self.control)
        self.assertEqual(self.campaign.lead_ids.partner_id, self.treated)

    # === MERGED ENTITIES === #

    def test_members_follow_the_entity_they_are_merged_into(self):
        self.campaign.action_launch()
        other = self._create_campaign(self.control, control_share=50)
        other.action_launch()
        first, second = self.control[:2]
        groups = (first | second).mapped(self._groups)
        kept = self._create_partner("Kept")
        self._merge(first | second, kept)
        self.assertEqual(self._groups(kept), groups)
        self.assertEqual(len(self.campaign.control_member_ids), len(self.control) - 1)

    def test_merge_keeps_since_when_they_are_left_out(self):
        self.campaign.action_launch()
        members = self.campaign.control_member_ids[:2]
        later, earlier = members.mapped("partner_id")
        self.env.cr.execute(
            "UPDATE crm_campaign_control_member SET entered_at = '2026-01-05' "
            "WHERE partner_id = %s",
            [earlier.id],
        )
        self.env.invalidate_all()
        self._merge(earlier, later)
        member = self.campaign.control_member_ids.filtered(
            lambda one: one.partner_id == later
        )
        self.assertEqual(str(member.entered_at), "2026-01-05 00:00:00")

    def _groups(self, entity):
        members = self.env["crm.campaign.control.member"]
        return members.search([("partner_id", "=", entity.id)]).crm_campaign_id

    def _merge(self, merged, kept):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((merged | kept).ids, kept, extra_checks=False)
        self.env.invalidate_all()

    # === WHO SEES WHAT === #

    def test_members_are_for_the_sales_administrator_of_the_company(self):
        self.campaign.action_launch()
        members = self.env["crm.campaign.control.member"]
        self.assertTrue(members.with_user(self.manager).search([]))
        with self.assertRaises(AccessError):
            members.with_user(self.seller).search([])
        company = self.env["res.company"].create({"name": "Another company"})
        stranger = self._create_user(
            "stranger",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        own = [("crm_campaign_id", "=", self.campaign.id)]
        self.assertFalse(members.with_user(stranger).search(own))

    def test_nobody_makes_or_changes_members(self):
        self.campaign.action_launch()
        member = self.campaign.control_member_ids[0]
        with self.assertRaises(AccessError):
            member.with_user(self.manager).unlink()
        with self.assertRaises(UserError):
            member.sudo().write({"partner_id": self.treated[0].id})


@tagged("post_install", "-at_install")
class TestControlAtOnce(BaseCase):
    """Whoever is killed, and however many generate: each is in one arm, once."""

    ENTITIES, BATCH, KILLS = 400, 10, 6
    PATIENCE = 30

    def setUp(self):
        super().setUp()
        self.database = Database(f"control_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.workers = self.enterContext(Workers(self.database))

    def test_control_group_is_whole_after_kills_and_with_two_generators(self):
        campaign = self.workers.prepare(
            "set_scene", entities=self.ENTITIES, batch=self.BATCH, control_share=SHARE
        )["messages"]
        for _kill in range(self.KILLS):
            before = len(self._arms(campaign))
            first, second = self._generate(), self._generate()
            self._wait_for_more_than(before, campaign)
            first.kill()
            second.kill()
        self.assertLess(len(self._arms(campaign)), self.ENTITIES, "nothing was cut off")
        for generation in (self._generate(count=1), self._generate(count=1)):
            self.assertEqual(generation.result(), [])
        self.assertEqual(
            sorted(self._arms(campaign)),
            [
                (entity, "control" if is_control(campaign, entity) else "treated")
                for entity in self._entities()
            ],
        )

    def _generate(self, **options):
        return self.workers.start(
            "rounds", crons=["generate"], batch=self.BATCH, **options
        )

    def _wait_for_more_than(self, before, campaign):
        deadline = time.monotonic() + self.PATIENCE
        while len(self._arms(campaign)) <= before:
            self.assertLess(time.monotonic(), deadline, self.workers.log())
            time.sleep(0.02)

    def _entities(self):
        rows = self.database.rows(f"SELECT id FROM res_partner WHERE ref = '{ENTITY}'")
        return sorted(int(entity) for (entity,) in rows)

    def _arms(self, campaign):
        rows = self.database.rows(
            f"""SELECT partner_id, 'treated' FROM crm_lead
                 WHERE crm_campaign_id = {campaign}
             UNION ALL
                SELECT partner_id, 'control' FROM crm_campaign_control_member
                 WHERE crm_campaign_id = {campaign}"""
        )
        return [(int(entity), arm) for entity, arm in rows]
