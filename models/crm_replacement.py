from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_replacement_places import places_of

# What is replaced: the kind, and the fields of what is replaced and of what by.
KINDS = {
    "action_type": ("action_type_id", "by_action_type_id"),
    "outcome": ("outcome_id", "by_outcome_id"),
    "status": ("commercial_status_id", "by_commercial_status_id"),
    "goal": ("goal_id", "by_goal_id"),
}
BATCH = 500
# After so long, what others were adding while it was replaced is looked for.
LOOKING_AGAIN = (timedelta(minutes=1), timedelta(minutes=30))
# What a rule asks for.
SITUATION = (
    "trigger",
    "playbook_id",
    "stage_id",
    "action_type_id",
    "outcome_id",
    "attempts",
    "idle_hours",
    "score_min",
    "score_max",
)


class CrmReplacement(models.Model):
    """A type, outcome, status or goal gives way to another, wherever it is named.

    All records, rules and stored conditions name the other afterwards; the replacement
    is the log of it, and can be put back: who was changed, and still names the other,
    then names what was there before. Each place is one statement, whatever the number
    of its records; all of it is one transaction.
    """

    _name = "crm.replacement"
    _description = "Replacement"
    _inherit = ["crm.engine.guarded"]
    _order = "id desc"
    _transitions = {
        "draft": {"done"},
        "done": {"done", "reverted"},
        "reverted": set(),
    }
    _engine_fields = frozenset(
        {
            "state",
            "has_archived",
            "replaced_at",
            "replaced_by_id",
            "reverted_at",
            "reverted_by_id",
        }
    )

    name = fields.Char(compute="_compute_name")
    kind = fields.Selection(
        [
            ("action_type", "Action Type"),
            ("outcome", "Outcome"),
            ("status", "Commercial Status"),
            ("goal", "Goal"),
        ],
        required=True,
        default="outcome",
    )
    action_type_id = fields.Many2one(
        "crm.action.type", "Replace Type", ondelete="restrict"
    )
    by_action_type_id = fields.Many2one(
        "crm.action.type", "By Type", ondelete="restrict"
    )
    outcome_id = fields.Many2one("crm.outcome", "Replace Outcome", ondelete="restrict")
    by_outcome_id = fields.Many2one("crm.outcome", ondelete="restrict")
    commercial_status_id = fields.Many2one(
        "crm.commercial.status", "Replace Status", ondelete="restrict"
    )
    by_commercial_status_id = fields.Many2one(
        "crm.commercial.status", "By Status", ondelete="restrict"
    )
    goal_id = fields.Many2one("crm.goal", "Replace Goal", ondelete="restrict")
    by_goal_id = fields.Many2one("crm.goal", ondelete="restrict")
    deactivates = fields.Boolean(
        "Archive What Is Replaced",
        default=True,
        help="Nobody can choose it any more; put back, it is active again.",
    )
    state = fields.Selection(
        [("draft", "To Check"), ("done", "Replaced"), ("reverted", "Put Back")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    has_archived = fields.Boolean(readonly=True, copy=False)
    line_ids = fields.One2many(
        "crm.replacement.line", "replacement_id", "Places", readonly=True
    )
    found_count = fields.Integer("Records Found", compute="_compute_counts")
    replaced_count = fields.Integer("Records Replaced", compute="_compute_counts")
    restored_count = fields.Integer("Records Put Back", compute="_compute_counts")
    twin_rule_ids = fields.Many2many(
        "crm.playbook.rule",
        string="Rules That Will Answer the Same",
        compute="_compute_twin_rule_ids",
    )
    replaced_at = fields.Datetime(readonly=True, copy=False)
    replaced_by_id = fields.Many2one("res.users", "Done By", readonly=True, copy=False)
    reverted_at = fields.Datetime("Put Back At", readonly=True, copy=False)
    reverted_by_id = fields.Many2one(
        "res.users", "Put Back By", readonly=True, copy=False
    )

    @api.depends("kind", *(name for names in KINDS.values() for name in names))
    def _compute_name(self):
        for replacement in self:
            replaced, by = replacement._both()
            replacement.name = (
                f"{replaced.display_name or '?'} → {by.display_name or '?'}"
            )

    @api.depends(
        "line_ids.found_count", "line_ids.replaced_count", "line_ids.restored_count"
    )
    def _compute_counts(self):
        for replacement in self:
            lines = replacement.line_ids
            replacement.found_count = sum(lines.mapped("found_count"))
            replacement.replaced_count = sum(lines.mapped("replaced_count"))
            replacement.restored_count = sum(lines.mapped("restored_count"))

    @api.depends("kind", "state", *(name for names in KINDS.values() for name in names))
    def _compute_twin_rule_ids(self):
        """Of rules that will stand in one situation, the first in order answers."""
        for replacement in self:
            twins = [rules for rules in replacement._situations() if len(rules) > 1]
            replacement.twin_rule_ids = self.env["crm.playbook.rule"].union(*twins)

    def _situations(self):
        """The rules of both, those together that will answer in one situation."""
        _replaced, by = self._both()
        rules = self._rules_of_both()
        return rules.grouped(lambda rule: rule._situation_with(by)).values()

    def _rules_of_both(self):
        """The rules that ask for what is replaced, or for what takes its place."""
        replaced, by = self._both()
        rules = self.env["crm.playbook.rule"].sudo()
        name = KINDS[self.kind or "outcome"][0]
        asks = self.state == "draft" and name in SITUATION
        return rules.search([(name, "in", (replaced | by).ids)]) if asks else rules

    @api.constrains("kind", *(name for names in KINDS.values() for name in names))
    def _check_both(self):
        for replacement in self:
            replaced, by = replacement._both()
            if not replaced or not by or replaced == by:
                raise ValidationError(
                    self.env._("Choose what is replaced, and something else by what.")
                )

    # === CRUD === #

    def write(self, vals):
        if not {"kind", "deactivates"}.union(*KINDS.values()).isdisjoint(vals):
            self._check_draft()
            self.sudo().line_ids.unlink()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        self._check_draft()

    def _check_draft(self):
        for replacement in self:
            if replacement.state != "draft":
                raise UserError(
                    self.env._(
                        "%s was done: it stays in the log as it was done.",
                        replacement.name,
                    )
                )

    # === CONTRACT === #

    def preview(self):
        """Count, place by place, what would be replaced; nothing is changed.

        Cost: one count for each place.

        :return: list of {"model", "field", "name", "count"}, places without any left
            out
        """
        self.ensure_one()
        self.check_access("read")
        replaced, _by = self._both()
        lines = self.sudo().line_ids
        counts = {
            place: count
            for place in places_of(self.sudo().env, self._target())
            if (count := place.count(replaced.id))
        }
        if self.state == "draft":
            lines.unlink()
            lines.create([self._prepare_line(place, n) for place, n in counts.items()])
        return [
            {
                "model": place.model._name,
                "field": place.field.name,
                "name": lines.new(self._prepare_line(place, 0)).name,
                "count": count,
            }
            for place, count in counts.items()
        ]

    def replace(self):
        """Replace everywhere, or what has come since; what is replaced is archived.

        :raise UserError: when the other one cannot take its place
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        replaced, by = self._both()
        self._check_can_take_its_place(replaced, by)
        if self.state == "draft":
            self.sudo().line_ids.unlink()
        self._replace_all(replaced, by)
        archives = self.deactivates and replaced.sudo().active
        if archives:
            replaced.sudo().active = False
        self._move_to(
            "done",
            has_archived=self.has_archived or archives,
            replaced_at=self.replaced_at or fields.Datetime.now(),
            replaced_by_id=self.replaced_by_id.id or self.env.uid,
        )
        self._look_again()
        return True

    def revert(self):
        """Put back what was replaced, where nobody has changed it since.

        :raise UserError: when a later replacement stands in the way
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        self._check_latest()
        self._check_operations_rest()
        replaced, by = self._both()
        if self.has_archived:
            replaced.sudo().active = True
        for line in self.sudo().line_ids:
            line._put_back(replaced.id, by.id)
        self._settle()
        self._move_to(
            "reverted", reverted_at=fields.Datetime.now(), reverted_by_id=self.env.uid
        )
        return True

    def action_preview(self):
        self.preview()

    # === HOW === #

    @api.model
    def _kind_of(self, model):
        """The kind that replaces records of a model, and the field that says which."""
        return next(
            (kind, replaced)
            for kind, (replaced, _by) in KINDS.items()
            if self._fields[replaced].comodel_name == model
        )

    def _both(self):
        """What is replaced, and what takes its place."""
        replaced, by = KINDS[self.kind or "outcome"]
        return self[replaced], self[by]

    def _target(self):
        """The name of the model of both."""
        return self._both()[0]._name

    def _lock(self):
        """Two at once take turns; who adds records meanwhile is not held up."""
        for record in (self, *self._both()):
            self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE id = %s FOR NO KEY UPDATE",
                    SQL.identifier(record._table),
                    record.id,
                )
            )

    def _look_again(self):
        """What others were adding meanwhile could not be seen: it is replaced soon."""
        if self.deactivates:
            cron = self.env.ref("crm_playbook.ir_cron_replace_rest").sudo()
            now = fields.Datetime.now()
            cron._trigger(at=[now + delay for delay in LOOKING_AGAIN])

    @api.model
    def _cron_replace_rest(self):
        """Replace what was being added while it was replaced everywhere else."""
        since = fields.Datetime.now() - 2 * LOOKING_AGAIN[-1]
        for replacement in self.search(
            [
                ("state", "=", "done"),
                ("deactivates", "=", True),
                ("replaced_at", ">=", since),
            ]
        ):
            replaced, by = replacement._both()
            rest = not replaced.active and by.active and replacement.preview()
            if rest:
                replacement._replace_all(replaced, by)

    def _replace_all(self, replaced, by):
        for place in places_of(self.sudo().env, self._target()):
            if place.count(replaced.id):
                self._line_of(place)._replace(replaced.id, by.id)
        self._settle()

    def _line_of(self, place):
        lines = self.sudo().line_ids
        return lines.filtered(
            lambda line: (
                (line.model, line.field) == (place.model._name, place.field.name)
            )
        ) or lines.create(self._prepare_line(place, 0))

    def _prepare_line(self, place, count):
        return {
            "replacement_id": self.id,
            "model": place.model._name,
            "field": place.field.name,
            "found_count": count,
        }

    def _settle(self):
        """Nothing remembers what was there before; agendas show the type of today."""
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        if self.kind == "action_type":
            self._reflect_planned()

    def _reflect_planned(self):
        for line in self.sudo().line_ids.filtered(
            lambda line: line.model == "crm.action" and line.field == "action_type_id"
        ):
            actions = self.env["crm.action"].sudo()
            changed = actions.search(
                Domain("state", "=", "planned")
                & Domain("mode", "!=", "automatic")
                & Domain("action_type_id", "in", [both.id for both in self._both()])
                & Domain("id", "in", line._changed_ids())
            )
            for start in range(0, len(changed), BATCH):
                changed[start : start + BATCH]._reflect(has_new_words=True)

    # === CHECKS === #

    def _check_can_take_its_place(self, replaced, by):
        if not by.active:
            raise UserError(
                self.env._("%s is archived: nothing can be replaced by it.", by.name)
            )
        if self.kind == "action_type" and not by._is_message():
            replaced._check_never_automatic(by)
        self._check_operations_rest()

    def _check_operations_rest(self):
        """What an operation does, or looks for, does not change in the midst of it."""
        operations = self.env["crm.operation"].sudo().with_context(active_test=False)
        both = [record.id for record in self._both()]
        naming = [
            Domain(name, "in", both)
            for name, field in operations._fields.items()
            if field.store and field.comodel_name == self._target()
        ]
        operations.search(Domain.OR(naming))._check_not_under_way()

    def _check_latest(self):
        """What was replaced once more since is put back in the other order."""
        self._check_done()
        _replaced, by = self._both()
        _kind, name = self._kind_of(self._target())
        later = self.search(
            [(name, "=", by.id), ("state", "=", "done"), ("id", "!=", self.id)]
        ).filtered(lambda other: other.replaced_at >= self.replaced_at)
        if later:
            raise UserError(
                self.env._("Put back %s first: it was replaced later.", later[0].name)
            )

    def _check_done(self):
        if self.state != "done":
            raise UserError(self.env._("%s is not there to be put back.", self.name))


class CrmPlaybookRule(models.Model):
    """What a rule will ask for when one gives way to another."""

    _inherit = "crm.playbook.rule"

    def _situation_with(self, by):
        """All it asks for, with ``by`` where it asks for one of that model."""
        asked = (self[name] for name in SITUATION)
        of_model = type(by)
        return tuple(by if isinstance(one, of_model) and one else one for one in asked)
