from datetime import timedelta

from odoo import fields

from .sales_case import SalesCase

DAYS = 30


class ControlCase(SalesCase):
    """A campaign with a control group, and people who may be in either arm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.people = cls.env["res.partner"].create(
            [{"name": f"Head {number}"} for number in range(130)]
        )
        cls.campaign = cls._create_running()
        cls.example_order = cls._sell(cls.people[0], 1.0)
        cls.example_lead = cls.env["crm.lead"].create(
            {"name": "Example", "type": "opportunity"}
        )
        cls.example_order._action_cancel()

    @classmethod
    def _create_running(cls, **values):
        """A campaign under way, that has taken up nobody yet."""
        campaign = cls._create_campaign(
            cls.env["res.partner"], control_share=50, control_days=DAYS, **values
        )
        campaign.action_launch()
        return campaign

    def _ago(self, days):
        return self.now - timedelta(days=days)

    def _enter(self, treated, control, since=60, campaign=None):
        """Entities are in the arms, since so many days, or since a date of each."""
        campaign = campaign or self.campaign
        self._take_up(campaign, treated, self._dates(treated, since))
        members = self.env["crm.campaign.control.member"]
        dates = self._dates(control, since)
        if control:
            campaign._record_control(control.ids)
            for partner, date in zip(control, dates, strict=True):
                self.env.cr.execute(
                    "UPDATE crm_campaign_control_member SET entered_at = %s "
                    "WHERE crm_campaign_id = %s AND partner_id = %s",
                    [date, campaign.id, partner.id],
                )
        members.invalidate_model()

    def _dates(self, entities, since):
        return since if isinstance(since, list) else [self._ago(since)] * len(entities)

    def _take_up(self, campaign, entities, dates):
        self._copy_rows(
            self.example_lead,
            {
                "partner_id": entities.ids,
                "create_date": dates,
                "crm_campaign_id": [campaign.id] * len(entities),
                "campaign_round": [1] * len(entities),
            },
        )

    def _order(self, partners, amounts, dates=None):
        """Confirmed orders of so much, ten days after all came in."""
        return self._sell_many(
            self.example_order,
            partners.ids,
            amounts,
            dates or [self._ago(50)] * len(partners),
            state=["sale"] * len(partners),
        )
