from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.iap.tools import iap_tools

from . import bulk
from .engine import as_engine

COPIED = ("phone", "function", "website", "phone_sanitized", "email_normalized")
ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")

ONCE_A_ROUND = SQL(
    "(crm_campaign_id, partner_id, campaign_round) WHERE crm_campaign_id IS NOT NULL"
)


class CrmLead(models.Model):
    """How the opportunities of a campaign are made: in sets, as complete as by hand.

    ``crm.lead.create`` makes some hundred a second. Here the same columns are filled
    from the entity by one statement a batch; cost grows with the new opportunities.
    """

    _inherit = "crm.lead"

    @api.model
    def _insert_opportunities(self, newcomers, values, unique=ONCE_A_ROUND):
        """Make one opportunity for each newcomer.

        :param newcomers: {"partner_id": list of ids, "user_id": list of the ids of
            their salespeople, "campaign_round": list of numbers}
        :param values: what all have in common; among it ``team_id``
        :param unique: of which index there is one already where others were quicker
        :return: the new opportunities, in the order of the lists
        """
        team = self.env["crm.team"].browse(values["team_id"])
        stage = self._stage_find(team_id=team.id, domain=[("fold", "=", False)])
        leads = bulk.insert_select(
            as_engine(self),
            {name: SQL("given.%s", SQL.identifier(name)) for name in newcomers}
            | self._columns_from_partner()
            | self._columns_of_first_day(stage)
            | self._columns_of_cycle(team, values.get("company_id"))
            | values,
            SQL(
                "%s JOIN res_partner partner ON partner.id = given.partner_id"
                " LEFT JOIN res_partner parent ON parent.id = partner.parent_id"
                " LEFT JOIN res_country country ON country.id = partner.country_id"
                " LEFT JOIN res_lang lang ON lang.code = partner.lang AND lang.active",
                bulk.table(self, newcomers),
            ),
            reads=("res.partner",),
            # Where others take up the same entity at this moment, PostgreSQL tells
            # whoever comes second to begin anew.
            on_conflict=SQL("ON CONFLICT %s DO NOTHING", unique),
        )
        leads._check_uncertain_phones()
        leads._score()
        return leads

    @api.model
    def _columns_from_partner(self):
        """What Odoo copies from the customer, and what it derives from that.

        As ``_prepare_values_from_partner`` and the computes of ``crm.lead`` tell it.
        """
        copied = {
            name: SQL("NULLIF(partner.%s, '')", SQL.identifier(name)) for name in COPIED
        }
        address = {name: SQL("partner.%s", SQL.identifier(name)) for name in ADDRESS}
        return (
            copied
            | address
            | {
                "email_from": SQL("NULLIF(partner.email, '')"),
                "lang_id": SQL("lang.id"),
                "contact_name": SQL(
                    "CASE WHEN NOT coalesce(partner.is_company, false) "
                    "THEN NULLIF(partner.name, '') END"
                ),
                "partner_name": SQL(
                    "coalesce(NULLIF(parent.name, ''), CASE WHEN partner.is_company "
                    "THEN NULLIF(partner.name, '') "
                    "ELSE NULLIF(partner.company_name, '') END)"
                ),
                "email_domain_criterion": _domain_criterion(),
                "email_state": SQL(
                    "CASE WHEN partner.email_normalized <> '' THEN 'correct' "
                    "WHEN partner.email <> '' THEN 'incorrect' END"
                ),
                "phone_state": SQL(
                    "CASE WHEN %s THEN 'correct' END", self._phone_is_certain()
                ),
            }
        )

    @api.model
    def _phone_is_certain(self):
        """Whether Odoo could read the number without the help of its own country."""
        return SQL(
            "partner.phone_sanitized <> '' AND "
            "(country.code IS NOT NULL OR partner.phone LIKE '+%%')"
        )

    def _check_uncertain_phones(self):
        """Have Odoo itself look at the numbers that SQL says nothing of."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM crm_lead "
                "WHERE id = ANY(%s) AND phone IS NOT NULL AND phone_state IS NULL",
                self.ids,
            )
        )
        uncertain = self.browse([lead_id for (lead_id,) in rows])
        self.env.add_to_compute(self._fields["phone_state"], uncertain)

    @api.model
    def _columns_of_first_day(self, stage):
        """How an opportunity stands on its first day."""
        now = fields.Datetime.now()
        return {
            "type": "opportunity",
            "active": True,
            "is_started_by_hand": False,
            "stage_id": stage.id,
            "won_status": "pending",
            "forecast_category": stage.forecast_category,
            "date_open": SQL(
                "CASE WHEN given.user_id IS NOT NULL THEN %s::timestamp END", now
            ),
            "date_last_stage_update": now,
            "day_open": 0.0,
            "day_close": 0.0,
            "lead_properties": False,
            "probability": 0.0,
            "automated_probability": 0.0,
            "prorated_revenue": 0.0,
            "recurring_revenue_monthly": 0.0,
            "recurring_revenue_monthly_prorated": 0.0,
            "recurring_revenue_prorated": 0.0,
        }

    def _score(self):
        """Odoo's own probability, asked once for each combination of what it minds.

        The opportunities are of one team and stand in one stage.
        """
        if not self._has_history():
            return
        names = self._pls_get_safe_fields()
        for leads in self.grouped(
            lambda lead: tuple(lead[name] for name in names)
        ).values():
            scores, _unused = leads[0]._pls_get_naive_bayes_probabilities()
            if probability := scores.get(leads[0].id):
                leads._write_probability(probability)

    def _has_history(self):
        """Whether Odoo has counted won or lost opportunities to learn from."""
        return bool(self.env["crm.lead.scoring.frequency"].sudo().search([], limit=1))

    def _write_probability(self, probability):
        """Straight to the columns: nothing else depends on them on the first day."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE crm_lead SET probability = %s, automated_probability = %s "
                "WHERE id = ANY(%s) RETURNING id",
                probability,
                probability,
                self.ids,
            )
        )
        self.invalidate_recordset(["probability", "automated_probability"])

    # === FOLLOWERS === #

    def _subscribe_salespeople(self):
        """Have each salesperson follow, without a mail for each opportunity.

        Odoo itself says who follows one opportunity of each salesperson, and with
        which subtypes; the others get the same.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT user_id, team_id, array_agg(id) FROM crm_lead "
                "WHERE id = ANY(%s) GROUP BY user_id, team_id",
                self.ids,
            )
        )
        for user_id, team_id, lead_ids in rows:
            leads = self.browse(lead_ids)
            leads[0].with_context(
                mail_auto_subscribe_no_notify=True
            )._message_auto_subscribe({"user_id": user_id, "team_id": team_id})
            if others := leads[1:]:
                others._follow_like(leads[0])

    def _follow_like(self, example):
        """Give these new opportunities the followers of another one."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH follower AS (
                       INSERT INTO mail_followers (res_model, res_id, partner_id)
                       SELECT res_model, lead.id, partner_id
                         FROM mail_followers, unnest(%s) AS lead(id)
                        WHERE res_model = %s AND res_id = %s
                    RETURNING id, partner_id)
                   INSERT INTO mail_followers_mail_message_subtype_rel
                   SELECT follower.id, subtype.mail_message_subtype_id
                     FROM follower
                     JOIN mail_followers origin USING (partner_id)
                     JOIN mail_followers_mail_message_subtype_rel subtype
                       ON subtype.mail_followers_id = origin.id
                    WHERE origin.res_model = %s AND origin.res_id = %s""",
                self.ids,
                self._name,
                example.id,
                self._name,
                example.id,
            )
        )
        self.env["mail.followers"].invalidate_model()


def _domain_criterion():
    """As ``iap_tools.mail_prepare_for_domain_search`` tells it."""
    return SQL(
        "CASE WHEN partner.email_normalized <> '' THEN "
        "CASE WHEN split_part(partner.email_normalized, '@', 2) = ANY(%s) "
        "THEN partner.email_normalized "
        "ELSE '@' || split_part(partner.email_normalized, '@', 2) END END",
        sorted(iap_tools._MAIL_DOMAIN_BLACKLIST),
    )
