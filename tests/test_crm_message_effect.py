from odoo.tests import tagged

from odoo.addons.crm_playbook.models.engine import as_engine

from .common import MessageCase

COUNTS = ("sent", "delivered", "opened", "clicked", "answered", "bounced", "failed")


@tagged("post_install", "-at_install")
class TestCrmMessageEffect(MessageCase):
    """What became of each message: sent, opened, clicked, answered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = [cls._create_partner(f"Reader {n}") for n in range(6)]
        cls.campaign = cls._create_campaign(cls.env["res.partner"].union(*cls.entities))
        cls.campaign.action_launch()

    def setUp(self):
        super().setUp()
        self._run_cron("ir_cron_run_due_actions")

    def _give_first(self, **values):
        """What was done is changed by the engine alone."""
        as_engine(self.campaign.action_ids[0]).write(
            {name: record.id for name, record in values.items()}
        )

    def _sum(self, by=(), user=None):
        self.env.flush_all()
        rows = (
            self.env["crm.message.effect"]
            .with_user(user or self.seller)
            ._read_group(
                [("crm_campaign_id", "=", self.campaign.id)],
                list(by),
                [f"{name}_count:sum" for name in COUNTS],
            )
        )
        return dict(zip(COUNTS, rows[0], strict=True)) if not by else rows

    def test_each_message_counts_as_far_as_it_came(self):
        unread, opened, clicked, answered, bounced, failed = (
            self.campaign.action_ids.sorted("partner_id").sudo().mailing_trace_ids
        )
        (unread | opened | clicked | answered | bounced).set_sent()
        opened.set_opened()
        clicked.set_clicked()
        answered.set_replied()
        bounced.set_bounced()
        failed.set_failed(failure_type="mail_smtp")
        self.assertEqual(
            self._sum(),
            {
                "sent": 5,
                "delivered": 4,
                "opened": 3,
                "clicked": 1,
                "answered": 1,
                "bounced": 1,
                "failed": 1,
            },
        )

    def test_rates_of_several_messages_are_those_of_their_sums(self):
        traces = self.campaign.action_ids.sudo().mailing_trace_ids
        traces.set_sent()
        traces[:3].set_opened()
        traces[0].set_clicked()
        self._give_first(user_id=self.other_seller)
        self.env.flush_all()
        effects = self.env["crm.message.effect"].with_user(self.manager)
        [rates] = effects._read_group(
            [("crm_campaign_id", "=", self.campaign.id)],
            [],
            ["opening_rate:avg", "click_rate:avg", "delivery_rate:avg"],
        )
        self.assertEqual(rates, (3 / 6, 1 / 6, 1.0))

    def test_message_in_doubt_is_neither_sent_nor_failed(self):
        lead = self.campaign.lead_ids[0].sudo()
        self._put_in_doubt(lead)
        sums = self._sum()
        self.assertEqual((sums["sent"], sums["failed"]), (0, 0))
        [(in_doubt, waiting)] = self.env["crm.message.effect"]._read_group(
            [], [], ["in_doubt_count:sum", "waiting_count:sum"]
        )
        self.assertEqual((in_doubt, waiting), (1, 5))

    def test_what_somebody_clicked_in_has_been_read(self):
        trace = self.campaign.action_ids[0].sudo().mailing_trace_ids
        trace.links_click_datetime = "2026-01-01 10:00:00"
        sums = self._sum()
        self.assertEqual((sums["sent"], sums["opened"], sums["clicked"]), (1, 1, 1))

    def test_action_behind_a_message_is_opened(self):
        effect = self.env["crm.message.effect"].search([], limit=1)
        action = effect.action_view_actions()
        self.assertEqual(action["res_id"], effect.action_id.id)

    # === ACCESS === #

    def _count_for(self, user):
        return self.env["crm.message.effect"].with_user(user).search_count([])

    def test_seller_sees_own_messages_alone(self):
        self.campaign.team_id = False
        self._give_first(user_id=self.other_seller)
        self.env.flush_all()
        self.assertEqual(self._count_for(self.seller), 5)
        self.assertEqual(self._count_for(self.other_seller), 1)
        everything = self._create_user(
            "all", "sales_team.group_sale_salesman_all_leads"
        )
        self.assertEqual(self._count_for(everything), 6)

    def test_leader_sees_the_messages_of_the_teams_people(self):
        leader = self._create_user("leader", "sales_team.group_sale_salesman")
        self.campaign.team_id = False
        self.assertEqual(self._count_for(leader), 0)
        self.team.user_id = leader
        self.assertEqual(self._count_for(leader), 6)

    def test_messages_of_another_company_are_hidden(self):
        company = self.env["res.company"].create({"name": "Another"})
        self._give_first(company_id=company)
        self.env.flush_all()
        self.assertEqual(self._count_for(self.manager), 5)
