from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .engine import as_engine


class CrmGoal(models.Model):
    """What an opportunity is for: to sign up, to renew, to buy something else.

    An entity may have several goals at once, an opportunity for each. What is done in
    an action type of a goal belongs to the open opportunity of that goal, and opens it
    where there is none; an outcome that wins or loses it closes it.
    """

    _name = "crm.goal"
    _description = "Goal"
    _inherit = ["crm.replaceable"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    description = fields.Text(translate=True)
    playbook_id = fields.Many2one(
        "crm.playbook",
        ondelete="restrict",
        help="What an opportunity begins that an action opens for this goal.",
    )
    action_type_ids = fields.One2many("crm.action.type", "goal_id", "Action Types")

    _name_unique = models.Constraint(
        "UNIQUE(name)", "A goal with this name exists already."
    )

    @api.constrains("playbook_id")
    def _check_playbook_is_for_it(self):
        """Who begins a playbook has its goal: another would never be found again."""
        for goal in self:
            own = goal.playbook_id.goal_id
            if own and own != goal:
                raise ValidationError(
                    self.env._(
                        "Playbook %(playbook)s is for %(other)s: choose one that is "
                        "for %(goal)s, or for no goal.",
                        playbook=goal.playbook_id.name,
                        other=own.name,
                        goal=goal.name,
                    )
                )

    def _brought_about_by(self):
        of_this = [("goal_id", "=", self.id)]
        models = ("crm.action.type", "crm.playbook")
        return [self.env[model].sudo().search(of_this) for model in models]

    def _open_of(self, partner, company):
        """The open opportunity of an entity for this goal, in a company.

        One's own comes before others', the latest first.
        """
        self.ensure_one()
        leads = as_engine(self.env["crm.lead"]).search(
            Domain("goal_id", "=", self.id)
            & Domain(
                "partner_id.commercial_partner_id",
                "=",
                partner.commercial_partner_id.id,
            )
            & Domain("won_status", "=", "pending")
            & Domain("active", "=", True)
            & Domain("company_id", "in", [False, company.id]),
            order="id desc",
        )
        own = leads.filtered(lambda lead: lead.user_id == self.env.user)
        return (own or leads)[:1]

    def _open_for(self, partner, company, doer):
        """Open an opportunity for this goal, and begin its playbook.

        :param doer: who has it if the entity has no salesperson in the company
        """
        self._take_turn(partner)
        lead = as_engine(self.env["crm.lead"]).create(
            {
                "name": f"{self.name} · {partner.display_name}",
                "type": "opportunity",
                "partner_id": partner.id,
                "goal_id": self.id,
                "user_id": self._salesperson(partner, company, doer).id,
                "company_id": company.id,
                "commercial_status_id": partner.commercial_status_id.id,
                "commercial_status_date": partner.commercial_status_date,
            }
        )
        lead._begin(self.playbook_id or lead.team_id.playbook_id)
        return lead

    def _salesperson(self, partner, company, doer):
        """Whose the opportunity is: nobody's, where neither works in the company."""
        people = partner.user_id | doer
        return people.sudo().filtered(
            lambda user: user.active and company in user.company_ids
        )[:1]

    def _take_turn(self, partner):
        """Of two who open it at once, the second begins anew, and finds it open.

        The row is written as it is: PostgreSQL then refuses whoever comes second.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET name = name WHERE id = %s",
                partner.commercial_partner_id.id,
            )
        )
