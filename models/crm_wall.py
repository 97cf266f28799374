import secrets

from odoo import api, fields, models
from odoo.fields import Domain

from .engine import as_engine


class CrmWall(models.Model):
    """A wall screen that shows the leaderboard without anybody being logged in.

    Whoever knows its address sees names and points, and nothing else. Archiving it, or
    giving it a new address, ends that at once.
    """

    _name = "crm.wall"
    _description = "Wall Screen"
    _inherit = ["crm.engine.guarded"]
    _order = "name, id"
    _check_company_auto = True
    # Nobody chooses a token that could be guessed.
    _engine_fields = frozenset({"token"})

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    team_id = fields.Many2one(
        "crm.team",
        check_company=True,
        help="Whose points it shows. Those of the whole company, if empty.",
    )
    token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self._new_token(),
    )
    url = fields.Char("Address", compute="_compute_url")

    _token_unique = models.Constraint(
        "UNIQUE (token)", "Another wall screen has this address."
    )

    @api.depends("token")
    def _compute_url(self):
        for wall in self:
            wall.url = f"{wall.get_base_url()}/playbook/wall/{wall.token}"

    def action_renew(self):
        """Give it a new address; the old one shows nothing any more."""
        self.check_access("write")
        for wall in as_engine(self):
            wall.token = self._new_token()
        return True

    @api.model
    def _new_token(self):
        return secrets.token_urlsafe(32)

    @api.model
    def _find_by_token(self, token):
        """The wall screen of a token; an empty one where it is wrong or revoked."""
        return self.sudo().search([("token", "=", token)], limit=1)

    def _get_wall(self):
        """What it shows, as of ``crm.leaderboard.get_wall``."""
        self.ensure_one()
        company = self.company_id
        board = (
            self.env["crm.leaderboard"]
            .sudo()
            .with_context(lang=company.partner_id.lang, allowed_company_ids=company.ids)
        )
        teams = self.team_id or self.env["crm.team"].search(
            [("company_id", "in", [company.id, False])]
        )
        scope = Domain("company_id", "=", company.id)
        if self.team_id:
            scope &= Domain("team_id", "=", self.team_id.id)
        return board._wall(scope, teams)
