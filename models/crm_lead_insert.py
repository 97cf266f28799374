from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize_all

from odoo.addons.iap.tools import iap_tools
from odoo.addons.mail.tools import mail_validation
from odoo.addons.phone_validation.tools import phone_validation

from . import bulk
from .engine import as_engine


class CrmLead(models.Model):
    """How the opportunities of a campaign are made: in sets, as complete as by hand.

    ``crm.lead.create`` makes some hundred a second. Here the same columns are filled
    from the entity in one statement a batch; cost grows with the new opportunities.
    """

    _inherit = "crm.lead"

    @api.model
    def _insert_opportunities(self, rows):
        """Make opportunities for entities.

        :param rows: list of values; each with ``partner_id``, ``user_id``, ``team_id``
        :return: the new opportunities, in the order of the rows
        """
        partners = self.env["res.partner"].browse(row["partner_id"] for row in rows)
        stages = {
            team_id: self._stage_find(team_id=team_id, domain=[("fold", "=", False)])
            for team_id in {row["team_id"] for row in rows}
        }
        leads = bulk.insert(
            as_engine(self),
            [
                self._prepare_columns_of_entity(partner)
                | self._prepare_columns_of_newcomer(row, stages[row["team_id"]])
                | row
                for partner, row in zip(partners, rows, strict=True)
            ],
        )
        leads._score()
        return leads

    @api.model
    def _prepare_columns_of_entity(self, partner):
        """What Odoo copies from the customer, and what it derives from that."""
        return {
            "lang_id": False,
            **self._prepare_values_from_partner(partner),
            "email_from": partner.email,
            "email_normalized": partner.email_normalized,
            "email_domain_criterion": iap_tools.mail_prepare_for_domain_search(
                partner.email_normalized
            )
            if partner.email_normalized
            else False,
            "email_state": _email_state(partner.email),
            "phone_sanitized": partner.phone_sanitized,
            "phone_state": _phone_state(partner.phone, partner.country_id.code),
        }

    @api.model
    def _prepare_columns_of_newcomer(self, row, stage):
        """How an opportunity stands on its first day."""
        now = fields.Datetime.now()
        return {
            "active": True,
            "stage_id": stage.id,
            "won_status": "pending",
            "date_open": now if row["user_id"] else False,
            "date_last_stage_update": now,
            "probability": 0.0,
            "automated_probability": 0.0,
            "prorated_revenue": 0.0,
            "recurring_revenue_monthly": 0.0,
            "recurring_revenue_monthly_prorated": 0.0,
            "recurring_revenue_prorated": 0.0,
        }

    def _score(self):
        """Odoo's own probability, once for each combination of what it depends on."""
        names = ["stage_id", "team_id", *self._pls_get_safe_fields()]
        for leads in self.grouped(
            lambda lead: tuple(lead[name] for name in names)
        ).values():
            scores, _unused = leads[0]._pls_get_naive_bayes_probabilities()
            if probability := scores.get(leads[0].id):
                leads._write_probability(probability)

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


def _email_state(email):
    """As ``crm.lead._compute_email_state`` tells it."""
    if not email:
        return False
    valid = any(map(mail_validation.mail_validate, email_normalize_all(email)))
    return "correct" if valid else "incorrect"


def _phone_state(phone, country_code):
    """As ``crm.lead._compute_phone_state`` tells it."""
    if not phone:
        return False
    try:
        return "correct" if phone_validation.phone_parse(phone, country_code) else False
    except UserError:
        return "incorrect"
