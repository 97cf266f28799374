from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain

from ..models.engine import as_keeping_tasks


class CrmEntityReassign(models.TransientModel):
    """Hand over customers: from people, leaving or not, to a person or a team.

    A sales administrator may hand over everybody's; who leads a team, what its people
    have, within the team. It is done as a whole or not at all.
    """

    _name = "crm.entity.reassign"
    _description = "Hand Over Customers"

    from_user_ids = fields.Many2many(
        "res.users",
        "crm_entity_reassign_from_rel",
        string="From",
        context={"active_test": False},
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Only These Entities",
        context={"active_test": False},
        help="Empty: all that the people have.",
    )
    to = fields.Selection(
        [("person", "One person"), ("team", "The people of a team, evenly")],
        required=True,
        default="person",
    )
    user_id = fields.Many2one("res.users", "Person", domain=[("share", "=", False)])
    team_id = fields.Many2one("crm.team")
    with_entities = fields.Boolean("Entities", default=True)
    with_leads = fields.Boolean("Open opportunities", default=True)
    with_actions = fields.Boolean("Planned tasks", default=True)
    with_roles = fields.Boolean("Roles for entities", default=True)
    with_campaigns = fields.Boolean("Campaigns they work on", default=True)
    entity_count = fields.Integer(compute="_compute_counts")
    lead_count = fields.Integer(compute="_compute_counts")
    action_count = fields.Integer(compute="_compute_counts")
    role_count = fields.Integer(compute="_compute_counts")
    campaign_count = fields.Integer(compute="_compute_counts")

    @api.model
    def default_get(self, names):
        """From a list of people it is about them; of entities, about these."""
        values = super().default_get(names)
        chosen = self.env.context.get("active_ids", [])
        if self.env.context.get("active_model") == "res.users":
            values["from_user_ids"] = [Command.set(chosen)]
        elif self.env.context.get("active_model") == "res.partner":
            people = self.env["res.partner"].browse(chosen).user_id
            values["partner_ids"] = [Command.set(chosen)]
            values["from_user_ids"] = [Command.set(people.ids)]
        return values

    @api.depends("from_user_ids", "partner_ids")
    def _compute_counts(self):
        for wizard in self:
            may = wizard._may_take_from_them()
            wizard.entity_count = may and len(wizard._entities())
            wizard.lead_count = may and len(wizard._leads())
            wizard.action_count = may and len(wizard._actions())
            wizard.role_count = may and len(wizard._roles())
            wizard.campaign_count = may and len(wizard._campaigns())

    def action_reassign(self):
        """Hand over what is ticked.

        :raise AccessError: when the user may not
        :raise UserError: when nobody is there to take it
        """
        self.ensure_one()
        self._check_may()
        nobody, no_lead = self.env["res.partner"], self.env["crm.lead"]
        takers = self._takers()
        leads = self._leads() if self.with_leads else no_lead
        takers._take_over(
            self._entities() if self.with_entities else nobody,
            leads if self.with_actions else as_keeping_tasks(leads),
            self._actions() if self.with_actions else self.env["crm.action"],
            self._roles() if self.with_roles else self.env["crm.entity.role.holder"],
        )
        takers._be_fed(self._feeds())
        if self.with_campaigns:
            takers._take_part(self._campaigns(), self.from_user_ids)
        return {"type": "ir.actions.act_window_close"}

    # === WHO MAY === #

    @api.model
    def _may_hand_over(self):
        return self._is_administrator() or bool(self._led_teams())

    @api.model
    def _is_administrator(self):
        return self.env.user.has_group("sales_team.group_sale_manager")

    @api.model
    def _led_teams(self):
        return self.env["crm.team"].sudo().search([("user_id", "=", self.env.uid)])

    def _check_may(self):
        if self._is_administrator():
            return
        people = self._led_teams().member_ids | self.env.user
        if not self._may_take_from_them() or self._takers() - people:
            raise AccessError(
                self.env._(
                    "Sales administrators hand over customers; who leads a team does "
                    "so within the team."
                )
            )

    def _may_take_from_them(self):
        """Who leads a team also takes from those who were in it and have left."""
        if self._is_administrator():
            return True
        teams = self._led_teams()
        were_in_it = teams.crm_team_member_all_ids.user_id
        left = were_in_it.filtered(lambda user: not user.active)
        givers = self.from_user_ids._origin
        givers |= self._entities().user_id | self._leads().user_id
        return bool(teams) and not givers - (teams.member_ids | left | self.env.user)

    def _takers(self):
        if self.to == "person":
            takers = self.user_id
        else:
            takers = self.team_id.sudo().member_ids - self.from_user_ids
        takers = takers.filtered(lambda user: user.active and not user.share)
        if not takers:
            raise UserError(self.env._("Nobody is there to take them over."))
        return takers

    # === WHAT === #

    def _entities(self):
        domain = self._theirs() & self._in_companies()
        if self.partner_ids:
            domain &= Domain("id", "child_of", self.partner_ids.ids)
        return self._find("res.partner", domain)

    def _leads(self):
        is_open = Domain("won_status", "=", "pending") & self._in_companies()
        return self._find("crm.lead", self._theirs() & is_open & self._of_chosen())

    def _actions(self):
        """Theirs; of who has left, also what the team was given back to take."""
        human = Domain("state", "=", "planned") & Domain("mode", "!=", "automatic")
        theirs = self._theirs()
        if self.from_user_ids and not any(self.from_user_ids.mapped("active")):
            nobodys = Domain("user_id", "=", False)
            of_leads = Domain("lead_id", "in", self._leads().ids)
            of_entities = Domain("lead_id", "=", False) & Domain(
                "partner_id", "in", self._entities().ids
            )
            theirs |= nobodys & (of_leads | of_entities)
        domain = human & theirs & self._in_companies() & self._of_chosen()
        return self._find("crm.action", domain)

    def _roles(self):
        """The roles that these people have: of nobody else, whatever is chosen."""
        domain = Domain("user_id", "in", self.from_user_ids.ids) & self._of_chosen()
        domain &= Domain("partner_id.company_id", "in", self._companies())
        return self.env["crm.entity.role.holder"].sudo().search(domain)

    def _campaigns(self):
        """Campaigns are of many customers: not where only some are chosen."""
        if self.partner_ids:
            return self.env["crm.campaign"]
        theirs = self._theirs() | Domain("member_ids", "in", self.from_user_ids.ids)
        is_open = Domain("state", "!=", "closed") & self._in_companies()
        return self._find("crm.campaign", theirs & is_open)

    def _feeds(self):
        """Feeds whose new ones always went to them: a matter of administrators."""
        feeds = self.env["crm.entity.feed"].with_context(active_test=False)
        if self.partner_ids or not self.with_entities or not self._is_administrator():
            return feeds
        return feeds.search(self._theirs() & self._in_companies())

    def _find(self, model, domain):
        """Where one leads a team, only what is of the team or of none."""
        if not self._is_administrator() and model != "res.partner":
            domain &= Domain("team_id", "in", [False, *self._led_teams().ids])
        return self.env[model].sudo().search(domain)

    def _theirs(self):
        """Where entities are chosen and nobody is named: whoever has them."""
        if self.partner_ids and not self.from_user_ids:
            return Domain.TRUE
        return Domain("user_id", "in", self.from_user_ids.ids)

    def _of_chosen(self):
        if not self.partner_ids:
            return Domain.TRUE
        return Domain("partner_id", "child_of", self.partner_ids.ids)

    def _in_companies(self):
        return Domain("company_id", "in", self._companies())

    def _companies(self):
        return [False, *self.env.companies.ids]
