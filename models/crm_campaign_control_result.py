from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from . import sale_money, welch
from .crm_action_type import MONEY_GROUPS

ARMS = ("treated", "control")
# With fewer, the mean of sales is not normal enough for Welch's interval to hold.
FEWEST_HEADS = 30
FEWEST_BUYERS = 5
# Before that, nobody can have decided anything.
SOONEST = timedelta(days=1)


class CrmCampaign(models.Model):
    """Did it work? What both arms bought, and whether chance alone may explain it.

    A head is an entity that the campaign took up, or recorded in its control group. It
    counts with what it, and its contacts, ordered since then, for some days: confirmed
    orders of the campaign's company, without tax, refunds taken back; with 0 if that is
    nothing. Who was treated and, by a merge, is in the control group too, is in
    neither arm.
    """

    _inherit = "crm.campaign"

    control_days = fields.Integer(
        "Days of Sales",
        default=90,
        help="For how many days, since the entity was taken up or left out, sales "
        "count; 0 counts all up to now.",
    )

    _control_days_positive = models.Constraint(
        "CHECK(control_days >= 0)", "The number of days cannot be negative."
    )

    def get_control_result(self):
        """What the campaign brought about, for a screen.

        :return: dict with ``currency_id``, ``days``, ``share``, ``arms`` ({"treated":
            {"heads", "buyers", "orders", "sales", "mean"}, "control": ...}; ``mean`` is
            sales a head), ``over`` (how many heads have had all their days), and
            ``verdict`` (``early``, ``few_heads``, ``few_buyers``, ``same``, ``more`` or
            ``less``) with its ``text``; besides, where both arms have two heads,
            ``difference``, ``low`` and ``high`` (95 %, a head), and where the control
            group bought something, ``uplift`` (0.1 is ten per cent)
        :raise AccessError: when the user may not see what campaigns bring
        """
        self.ensure_one()
        self._check_may_compare()
        campaign = self.sudo()
        arms, since, over = campaign._compare_arms()
        result = {
            "currency_id": campaign.currency_id.id,
            "days": campaign.control_days,
            "share": campaign.control_share,
            "arms": arms,
            "over": over,
        }
        if all(arms[arm]["heads"] > 1 for arm in ARMS):
            result |= _differ(arms)
        result["verdict"] = _verdict(result, since)
        result["text"] = campaign._verdict_text(result)
        for arm in ARMS:
            del arms[arm]["variance"]
        return result

    def action_view_control_heads(self, arm):
        """Open the entities of an arm: opportunities, or members of the group."""
        self.ensure_one()
        if arm == "control":
            return self._open_of_arm("crm_campaign_control_member_action", [])
        return self._open_of_arm(
            "crm_lead_action", [("is_started_by_hand", "=", False)]
        )

    def action_view_control_orders(self, arm):
        """Open the orders that count for an arm."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        order_domain = [(f"{arm}_campaign_id", "=", self.id)]
        return action | {"domain": order_domain, "context": {"create": False}}

    def _check_may_compare(self):
        """Only who may see what campaigns bring."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_groups(MONEY_GROUPS):
            raise AccessError(self.env._("Sales are for sales administrators to see."))

    def _open_of_arm(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"crm_playbook.{name}")
        return action | {
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": [("crm_campaign_id", "=", self.id), *domain],
            "context": {"active_test": False, "create": False},
        }

    # === WORDS === #

    def _verdict_text(self, result):
        return getattr(self, f"_text_{result['verdict']}")(result)

    def _text_early(self, _result):
        return self.env._(
            "Too early to tell: nobody was taken up, or left out, a day ago or before."
        )

    def _text_few_heads(self, result):
        arm = min(ARMS, key=lambda one: result["arms"][one]["heads"])
        return self.env._(
            "Too small to tell: there are %(heads)s entities in the %(arm)s; each arm "
            "needs %(fewest)s.",
            heads=result["arms"][arm]["heads"],
            arm=self._arm_label(arm),
            fewest=FEWEST_HEADS,
        )

    def _text_few_buyers(self, result):
        arm = min(ARMS, key=lambda one: result["arms"][one]["buyers"])
        return self.env._(
            "Too small to tell: %(buyers)s in the %(arm)s have bought; each arm needs "
            "%(fewest)s buyers.",
            buyers=result["arms"][arm]["buyers"],
            arm=self._arm_label(arm),
            fewest=FEWEST_BUYERS,
        )

    def _text_same(self, result):
        return self.env._(
            "No difference can be shown: an entity in the campaign bought for "
            "%(treated)s, one in the control group for %(control)s. With 95 %% "
            "confidence, the campaign brings between %(low)s and %(high)s an entity.",
            **self._money_words(result, result["low"], result["high"]),
        )

    def _text_more(self, result):
        return self.env._(
            "The campaign works: an entity in it bought for %(treated)s, one in the "
            "control group for %(control)s%(uplift)s. With 95 %% confidence, the "
            "campaign brings between %(low)s and %(high)s an entity.",
            **self._money_words(result, result["low"], result["high"]),
        )

    def _text_less(self, result):
        return self.env._(
            "The campaign does harm: an entity in it bought for %(treated)s, one in "
            "the control group for %(control)s%(uplift)s. With 95 %% confidence, the "
            "campaign costs between %(low)s and %(high)s of sales an entity.",
            **self._money_words(result, -result["high"], -result["low"]),
        )

    def _money_words(self, result, low, high):
        amounts = {arm: result["arms"][arm]["mean"] for arm in ARMS}
        amounts |= {"low": low, "high": high}
        uplift = result.get("uplift")
        return {
            name: formatLang(self.env, amount, currency_obj=self.currency_id)
            for name, amount in amounts.items()
        } | {"uplift": f" ({uplift:+.0%})" if uplift is not None else ""}

    def _arm_label(self, arm):
        labels = {
            "treated": self.env._("campaign"),
            "control": self.env._("control group"),
        }
        return labels[arm]

    # === SQL === #

    def _compare_arms(self):
        """One query over both arms.

        :return: {arm: figures}; how long ago the first head came; how many heads have
            had all their days
        """
        now = fields.Datetime.now()
        self._prepare_control_query()
        rows = self.env.execute_query(
            SQL(
                """SELECT arm, count(*), count(*) FILTER (WHERE amount > 0),
                          sum(orders)::bigint, sum(amount), avg(amount),
                          coalesce(var_samp(amount), 0), min(entered_at),
                          count(*) FILTER (WHERE %s <= %s)
                     FROM (%s) head GROUP BY arm""",
                self._end_of_days(),
                now,
                self._sales_of_heads(),
            )
        )
        arms = {arm: _figures() for arm in ARMS}
        first, over = now, 0
        for arm, *figures, entered_at, whole in rows:
            arms[arm] = _figures(*figures)
            first, over = min(first, entered_at), over + whole
        return arms, now - first, over

    def _prepare_control_query(self):
        """Write what the queries read; and have PostgreSQL not compile them.

        It expects far more rows than there are, and compiles for seconds what runs in
        one.
        """
        self.env.cr.execute("SET LOCAL jit = off")
        sale_money.flush(self.env)
        for name in ("res.partner", "crm.lead", "crm.transition"):
            self.env[name].flush_model()

    def _sales_of_heads(self):
        """A query with one row for each head: what it bought while it counts."""
        return SQL(
            """SELECT arm, partner_id, entered_at, coalesce(sum(revenue), 0) AS amount,
                      count(DISTINCT order_id) AS orders
                 FROM (%s) sale GROUP BY arm, partner_id, entered_at""",
            self._sales_by_head(),
        )

    def _orders_of_arm(self, arm):
        """A query of the orders that count for an arm."""
        return SQL(
            "SELECT order_id FROM (%s) sale WHERE arm = %s AND order_id IS NOT NULL",
            self._sales_by_head(),
            arm,
        )

    def _sales_by_head(self):
        """A query with a row for each order line that counts for a head, and one for
        each head that none counts for."""
        return SQL(
            """SELECT head.arm, head.partner_id, head.entered_at, bought.order_id,
                      bought.revenue
                 FROM (%s) head
            LEFT JOIN (%s) bought
                   ON bought.head_id = head.partner_id
                  AND bought.date_order >= head.entered_at
                  AND bought.date_order < %s""",
            self._heads(),
            self._bought_by_anybody(),
            self._end_of_days(),
        )

    def _bought_by_anybody(self):
        """What is sold, under whoever ordered it and under the company they are of."""
        return SQL(
            """SELECT whose.head_id, part.order_id, part.date_order, part.revenue
                 FROM (%s AND o.company_id = %s) part
                 JOIN res_partner partner ON partner.id = part.partner_id
                CROSS JOIN LATERAL (
                    SELECT partner.id UNION SELECT partner.commercial_partner_id
                ) whose(head_id)""",
            sale_money.sale_lines(),
            self.company_id.id,
        )

    def _heads(self):
        """A query with one row for each head: its arm, and since when it counts."""
        return SQL(
            """SELECT 'treated' AS arm, taken.partner_id,
                      min(taken.entered_at) AS entered_at
                 FROM (%(taken)s) taken
                WHERE NOT EXISTS (SELECT FROM crm_campaign_control_member member
                                   WHERE member.crm_campaign_id = %(campaign)s
                                     AND member.partner_id = taken.partner_id)
             GROUP BY taken.partner_id
            UNION ALL
               SELECT 'control', member.partner_id, member.entered_at
                 FROM crm_campaign_control_member member
                WHERE member.crm_campaign_id = %(campaign)s
                  AND NOT EXISTS (
                      SELECT FROM (%(everybody)s) taken
                       WHERE taken.partner_id = member.partner_id)""",
            campaign=self.id,
            taken=self._taken(SQL("NOT coalesce(lead.is_started_by_hand, false)")),
            everybody=self._taken(SQL("true")),
        )

    def _taken(self, which):
        """Whom the campaign took up, also where the opportunity was merged since."""
        return SQL(
            """SELECT lead.partner_id, lead.create_date AS entered_at
                 FROM crm_lead lead
                WHERE lead.crm_campaign_id = %(campaign)s
                  AND lead.partner_id IS NOT NULL AND %(which)s
            UNION ALL
               SELECT lead.partner_id, line.date
                 FROM crm_lead_merged_campaign_rel merged
                 JOIN crm_lead lead ON lead.id = merged.lead_id
                 JOIN crm_transition line
                   ON line.lead_id = lead.id AND line.trigger = 'started'
                  AND line.crm_campaign_id = merged.crm_campaign_id
                WHERE merged.crm_campaign_id = %(campaign)s
                  AND lead.partner_id IS NOT NULL AND %(which)s""",
            campaign=self.id,
            which=which,
        )

    def _end_of_days(self):
        """Until when sales of a ``head`` count, in SQL."""
        if not self.control_days:
            return SQL("%s::timestamp", fields.Datetime.now())
        return SQL("head.entered_at + %s", timedelta(days=self.control_days))


class SaleOrder(models.Model):
    """Orders by the arm that they count for, to be looked for."""

    _inherit = "sale.order"

    treated_campaign_id = fields.Many2one(
        "crm.campaign",
        "Bought in the Campaign",
        store=False,
        search="_search_treated_campaign_id",
        groups=MONEY_GROUPS,
    )
    control_campaign_id = fields.Many2one(
        "crm.campaign",
        "Bought in the Control Group of",
        store=False,
        search="_search_control_campaign_id",
        groups=MONEY_GROUPS,
    )

    @api.model
    def _search_treated_campaign_id(self, operator, value):
        return self._search_of_arm("treated", operator, value)

    @api.model
    def _search_control_campaign_id(self, operator, value):
        return self._search_of_arm("control", operator, value)

    def _search_of_arm(self, arm, operator, value):
        if operator != "in":
            return NotImplemented
        campaigns = self.env["crm.campaign"].browse(filter(None, value))
        campaigns._check_may_compare()
        campaigns._prepare_control_query()
        orders = [SQL("(%s)", one._orders_of_arm(arm)) for one in campaigns.sudo()]
        return Domain.OR(Domain("id", "in", query) for query in orders)


def _figures(heads=0, buyers=0, orders=0, sales=0, mean=0, variance=0):
    return {
        "heads": heads,
        "buyers": buyers,
        "orders": orders,
        "sales": float(sales),
        "mean": float(mean),
        "variance": float(variance),
    }


def _differ(arms):
    """The difference of the arms a head, its interval, and the uplift."""
    treated, control = (
        welch.Sample(*(arms[arm][name] for name in ("heads", "mean", "variance")))
        for arm in ARMS
    )
    found = welch.interval(treated, control)
    told = {"difference": found.difference, "low": found.low, "high": found.high}
    if control.mean > 0:
        told["uplift"] = found.difference / control.mean
    return told


def _verdict(result, since):
    arms = result["arms"].values()
    if since < SOONEST:
        return "early"
    if min(arm["heads"] for arm in arms) < FEWEST_HEADS:
        return "few_heads"
    if min(arm["buyers"] for arm in arms) < FEWEST_BUYERS:
        return "few_buyers"
    if result["low"] > 0:
        return "more"
    return "less" if result["high"] < 0 else "same"
