from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .engine import as_engine
from .lookup import existing
from .named_error import named_error

# What a caller may say of an action that was done.
KNOWN = {
    "partner_id",
    "action_type_id",
    "lead_id",
    "outcome_id",
    "note",
    "user_id",
    "done_at",
    "spawn_campaign_id",
}
SEES_ALL = "sales_team.group_sale_salesman_all_leads"


class CrmAction(models.Model):
    """How an action that was done already is recorded."""

    _inherit = "crm.action"

    @api.model
    def register(self, vals):
        """Record an action that was done, with or without an opportunity.

        Where the opportunity has a planned action of that type, that one is done.

        :param dict vals: ``partner_id`` (or ``lead_id``), ``action_type_id``,
            ``outcome_id``; optional ``lead_id``, ``note``, ``user_id`` (who did it: the
            caller by default), ``done_at`` (UTC: now by default),
            ``spawn_campaign_id`` (a campaign to start for the same entity)
        :return: id of the done action
        :rtype: int
        :raise UserError: when a value is missing, unknown or not allowed; nothing is
            written then
        """
        values = self._check_register_values(vals)
        action = self._planned_for(values) or self._create_to_register(values)
        action.check_access("write")
        outcome = action._allowed_outcome(values.get("outcome_id"))
        action._complete(
            outcome,
            note=values.get("note"),
            user_id=values["user_id"],
            done_at=values["done_at"],
        )
        if campaign_id := values.get("spawn_campaign_id"):
            campaign = existing(self.env, "crm.campaign", campaign_id)
            campaign.start_from(action.partner_id.id, action.id)
        return action.id

    @api.model
    def register_all(self, vals_list):
        """Record several actions that were done: all of them, or none.

        :param vals_list: list of dictionaries as for ``register``
        :return: ids of the done actions, in the same order
        :raise UserError: as of ``register``; it names whom it is about
        """
        if len(vals_list) == 1:
            return [self.register(vals_list[0])]
        return [self._register_named(vals) for vals in vals_list]

    def _register_named(self, vals):
        about = self.env["crm.lead"].browse(vals.get("lead_id")) or self.env[
            "res.partner"
        ].browse(vals.get("partner_id"))
        with named_error(about):
            return self.register(vals)

    def _check_register_values(self, vals):
        """What the caller said, complete and checked; nothing is written yet."""
        self._check_known(vals)
        lead = self._lead_to_register(vals.get("lead_id"))
        partner = self._partner_to_register(vals.get("partner_id"), lead)
        if not vals.get("action_type_id"):
            raise UserError(self.env._("Say what was done: give action_type_id."))
        return {
            **vals,
            "partner_id": partner.id,
            "action_type_id": existing(
                self.env, "crm.action.type", vals["action_type_id"]
            ).id,
            "user_id": self._user_to_register(vals.get("user_id")).id,
            "done_at": self._past_date(vals.get("done_at")),
        }

    def _check_known(self, vals):
        if unknown := sorted(vals.keys() - KNOWN):
            raise UserError(
                self.env._(
                    "An action cannot be recorded with %(unknown)s. "
                    "Known are: %(known)s.",
                    unknown=", ".join(unknown),
                    known=", ".join(sorted(KNOWN)),
                )
            )

    def _lead_to_register(self, lead_id):
        if not lead_id:
            return self.env["crm.lead"]
        lead = existing(self.env, "crm.lead", lead_id)
        lead.check_access("write")
        return lead

    def _partner_to_register(self, partner_id, lead):
        if not partner_id and not lead.partner_id:
            raise UserError(
                self.env._("Say with whom the action was: give partner_id.")
            )
        if not partner_id:
            return lead.partner_id
        partner = existing(self.env, "res.partner", partner_id)
        if lead:
            lead._check_entity_is(partner)
        return partner

    def _user_to_register(self, user_id):
        """Who did it: oneself; who sees all documents may also record for others."""
        if not user_id or user_id == self.env.uid:
            return self.env.user
        if not self.env.user.has_group(SEES_ALL):
            raise UserError(
                self.env._("Record only what you did yourself; leave out user_id.")
            )
        return self._existing_colleague(user_id)

    def _planned_for(self, values):
        """The planned action of the opportunity that this record is about, if any.

        What the scheduler will do is not what a person has done.
        """
        if not values.get("lead_id"):
            return self.browse()
        return self.search(
            [
                ("lead_id", "=", values["lead_id"]),
                ("action_type_id", "=", values["action_type_id"]),
                ("state", "=", "planned"),
                ("mode", "!=", "automatic"),
            ],
            order="date_start, id",
            limit=1,
        )

    def _create_to_register(self, values):
        """The action that nobody had planned; also on a closed opportunity."""
        lead = self.env["crm.lead"].browse(values.get("lead_id") or False)
        action = as_engine(self).create(
            {
                **self._complete_values({"lead_id": lead.id}),
                **lead._stay_values(),
                "crm_campaign_id": lead.crm_campaign_id.id,
                "partner_id": values["partner_id"],
                "action_type_id": values["action_type_id"],
                "user_id": values["user_id"],
                "date_start": values["done_at"],
            }
        )
        return action.with_env(self.env)

    def _past_date(self, date):
        now = fields.Datetime.now()
        moment = self._readable_date(date) if date else now
        if moment > now:
            raise UserError(
                self.env._(
                    "%s is still to come: what is not done yet is planned, "
                    "not recorded.",
                    format_datetime(self.env, moment),
                )
            )
        return moment
