from ast import literal_eval

import pytz

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .crm_segment import UNREADABLE
from .engine import as_engine

LOOKS_AT = [("res.partner", "Entities"), ("crm.lead", "Opportunities")]
MOVES = [("stage", "Go to a given stage"), ("lost", "Close as lost")]
# Who does a task is said by the journey: an entity has none.
ASSIGNEES_OF_JOURNEYS = {"stage_user", "round_robin", "least_loaded"}


class CrmOperation(models.Model):
    """A stored search, and what is done with whom it finds.

    What it does stands in ``crm_operation_effects.py``, how it is run in
    ``crm_operation_run.py``, what it would do in ``crm_operation_preview.py``, when it
    runs by itself in ``crm_operation_schedule.py``. It finds with the rights of its
    owner, within its company, and does with those of the engine.
    """

    _name = "crm.operation"
    _description = "Stored Operation"
    _inherit = ["crm.task.plan", "crm.engine.guarded", "mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True, tracking=True)
    description = fields.Text(translate=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Within which company it finds, and on whose clock it runs.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        required=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
        help="With whose rights it looks; who is told when it fails.",
    )

    # Whom
    looks_at = fields.Selection(LOOKS_AT, required=True, default="res.partner")
    segment_id = fields.Many2one("crm.segment", ondelete="restrict", tracking=True)
    domain = fields.Char("Conditions", required=True, default="[]", tracking=True)
    repeat = fields.Selection(
        [("always", "Each time anew"), ("once", "Once for each")],
        "For The Same One",
        required=True,
        default="always",
        help="Once for each: whoever was worked on in a former run is left out.",
    )

    # What
    salesperson_ids = fields.Many2many(
        "res.users",
        "crm_operation_salesperson_rel",
        string="Give To",
        domain=[("share", "=", False)],
        help="The opportunities are given to these people, evenly. Who has one of them "
        "as salesperson already keeps them.",
    )
    commercial_status_id = fields.Many2one(
        "crm.commercial.status", "New Status", ondelete="restrict"
    )
    move = fields.Selection(MOVES)
    target_stage_id = fields.Many2one("crm.playbook.stage", ondelete="restrict")
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="restrict")
    add_to_segment_id = fields.Many2one(
        "crm.segment",
        "Put On List",
        ondelete="restrict",
        domain=[("is_static", "=", True)],
    )
    remove_from_segment_id = fields.Many2one(
        "crm.segment",
        "Take Off List",
        ondelete="restrict",
        domain=[("is_static", "=", True)],
    )
    spawn_campaign_id = fields.Many2one(
        "crm.campaign",
        "Start Campaign",
        ondelete="restrict",
        domain=[("is_template", "=", False)],
    )

    run_ids = fields.One2many("crm.operation.run", "operation_id", "Runs")
    problem = fields.Char(
        compute="_compute_problem", help="Why it cannot run as things are."
    )

    _target_given = models.Constraint(
        "CHECK((move IS NOT DISTINCT FROM 'stage') = (target_stage_id IS NOT NULL))",
        "Choose the stage to go to, and only where it goes to a given stage.",
    )
    _entities_do_not_move = models.Constraint(
        "CHECK(looks_at = 'crm.lead' OR move IS NULL)",
        "Only opportunities stand in a stage: an entity cannot go to another one.",
    )

    @api.depends_context("uid")
    def _compute_problem(self):
        for operation in self:
            try:
                operation._check_ready()
                operation.problem = False
            except UserError as error:
                operation.problem = str(error)

    @api.onchange("looks_at")
    def _onchange_looks_at(self):
        """Conditions over the ones say nothing of the others."""
        self.domain = "[]"
        if self.looks_at == "res.partner":
            self.move = self.target_stage_id = self.salesperson_ids = False

    @api.onchange("move")
    def _onchange_move(self):
        if self.move != "stage":
            self.target_stage_id = False

    # === WHOM IT FINDS === #

    def _found(self, user=None, limit=None):
        """Whom it finds now, in the order of their ids, with the rights of its owner.

        :param user: with whose rights instead
        """
        return self._finder(user).search(
            self._find_domain(user), order="id", limit=limit
        )

    def _finder(self, user=None):
        """What it looks through, as its owner sees it in its company."""
        operation = self.sudo()
        owner, company = user or operation.user_id, operation.company_id
        context = {
            "allowed_company_ids": company.ids,
            "lang": owner.lang,
            "tz": operation._zone().zone,
        }
        return self.env(user=owner.id, su=False, context=context)[operation.looks_at]

    def _find_domain(self, user=None):
        finder = self._finder(user)
        domain = Domain(literal_eval(self.domain or "[]"))
        domain &= Domain("company_id", "in", [False, self.company_id.id])
        segment = self.sudo().segment_id
        members = segment.with_env(finder.env)._partner_domain() if segment else None
        if self.looks_at == "crm.lead":
            return domain & Domain("partner_id", "any", members) if segment else domain
        return domain & (members or self._entities_of_their_own())

    @api.model
    def _entities_of_their_own(self):
        """Where no segment says so, contacts of companies are not meant."""
        return Domain("is_company", "=", True) | Domain("parent_id", "=", False)

    def _acting_for(self, user):
        """The operation as it acts when somebody runs it, with the engine's rights.

        In its company, in the words of who runs it, and without a note for each record.
        """
        operation = self.sudo()
        context = {
            "allowed_company_ids": operation.company_id.ids,
            "lang": user.lang,
            "tz": operation._zone().zone,
            "tracking_disable": True,
            "mail_auto_subscribe_no_notify": True,
        }
        return as_engine(
            self.with_env(self.env(user=user.id, su=True, context=context))
        )

    def _zone(self):
        """Where days begin, and hours are told."""
        operation = self.sudo()
        company = operation.company_id.partner_id
        return pytz.timezone(company.tz or operation.user_id.tz or "UTC")

    # === CHECKS === #

    @api.constrains("looks_at", "domain", "segment_id", "user_id", "company_id")
    def _check_conditions(self):
        """Read with the rights of who writes them, and of whom they are read for."""
        for operation in self:
            try:
                for user in self.env.user | operation.user_id:
                    operation._found(user, limit=1)
            except UNREADABLE as error:
                raise ValidationError(
                    self.env._(
                        "The conditions of %(name)s cannot be read: %(error)s",
                        name=operation.name,
                        error=error,
                    )
                ) from error

    @api.constrains(
        "user_id",
        "looks_at",
        "segment_id",
        "domain",
        "company_id",
        "commercial_status_id",
        "task_type_id",
        "spawn_campaign_id",
    )
    def _check_owner_agrees(self):
        """Nobody makes somebody else's rights look for them."""
        may_name = self.env.uid == SUPERUSER_ID or self.env.user.has_group(
            "base.group_system"
        )
        for operation in self:
            if operation.user_id != self.env.user and not may_name:
                raise ValidationError(
                    self.env._(
                        "%s looks with the rights of its owner: make it your own, or "
                        "ask an administrator.",
                        operation.name,
                    )
                )

    @api.constrains("looks_at", "salesperson_ids", "task_type_id", "assignee")
    def _check_fits_entities(self):
        for operation in self.filtered(lambda one: one.looks_at == "res.partner"):
            if operation.salesperson_ids:
                raise ValidationError(
                    self.env._("Only opportunities are given to salespeople.")
                )
            if operation.task_type_id and operation.assignee in ASSIGNEES_OF_JOURNEYS:
                raise ValidationError(
                    self.env._(
                        "Entities stand in no stage and in no campaign: choose who "
                        "does the task in another way."
                    )
                )

    @api.constrains("add_to_segment_id", "remove_from_segment_id")
    def _check_lists(self):
        for operation in self:
            (operation.add_to_segment_id | operation.remove_from_segment_id).sudo(
                False
            )._check_static()

    @api.constrains("company_id", "spawn_campaign_id", "segment_id")
    def _check_company_of_parts(self):
        for operation in self:
            for part in (operation.spawn_campaign_id, operation.segment_id):
                if part.company_id and part.company_id != operation.company_id:
                    raise ValidationError(
                        self.env._(
                            "%(part)s is of another company than %(operation)s.",
                            part=part.name,
                            operation=operation.name,
                        )
                    )

    def _check_ready(self):
        """Whether it can run now.

        :raise UserError: when it cannot, with the reason
        """
        self.ensure_one()
        operation = self.sudo()
        operation._check_owner()
        if not operation.segment_id and not literal_eval(operation.domain or "[]"):
            raise UserError(
                self.env._(
                    "Say whom %s is for: choose a segment, or add a condition.",
                    operation.name,
                )
            )
        if not operation._effects():
            raise UserError(
                self.env._("Say what %s does with whom it finds.", operation.name)
            )
        for effect in operation._effects():
            if check := getattr(operation, f"_check_{effect}", None):
                check()

    def _check_owner(self):
        owner = self.user_id
        may = owner.has_group("sales_team.group_sale_manager")
        if not owner.active or not may:
            raise UserError(
                self.env._(
                    "%(owner)s, for whom %(operation)s looks, is no sales "
                    "administrator any more: make somebody else its owner.",
                    owner=owner.name,
                    operation=self.name,
                )
            )
        if self.company_id not in owner.company_ids:
            raise UserError(
                self.env._(
                    "%(owner)s, for whom %(operation)s looks, does not work in "
                    "%(company)s any more: make somebody else its owner.",
                    owner=owner.name,
                    operation=self.name,
                    company=self.company_id.name,
                )
            )

    # === CRUD === #

    def write(self, vals):
        if self._what_counts() & vals.keys():
            self._check_not_under_way()
        return super().write(vals)

    @api.model
    def _what_counts(self):
        """What cannot change in the middle of a run."""
        plan = self.env["crm.task.plan"]._fields.keys() - models.MAGIC_COLUMNS
        own = {"company_id", "looks_at", "segment_id", "domain", "repeat"}
        own |= {"target_stage_id", "lost_reason_id"}
        return plan | own | set(self._asked_by().values())

    def _check_not_under_way(self):
        under_way = self.env["crm.operation.run"].sudo()._under_way(self)
        if under_way:
            raise UserError(
                self.env._(
                    "%s is running: stop it first, or wait until it is done.",
                    under_way[0].operation_id.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_run(self):
        for operation in self:
            if operation.sudo().run_ids:
                raise UserError(
                    self.env._(
                        "%s was run: archive it instead, so that its runs stay.",
                        operation.name,
                    )
                )

    def copy_data(self, default=None):
        return [
            {**values, "name": self.env._("%s (copy)", operation.name)}
            if "name" not in (default or {})
            else values
            for operation, values in zip(self, super().copy_data(default), strict=True)
        ]
