from odoo import api, fields, models
from odoo.tools import SQL

from .crm_replacement_places import place_of


class CrmReplacementLine(models.Model):
    """What one replacement found, changed and put back in one place."""

    _name = "crm.replacement.line"
    _description = "Place of a Replacement"
    _order = "replaced_count desc, found_count desc, id"

    replacement_id = fields.Many2one(
        "crm.replacement", required=True, index=True, ondelete="cascade"
    )
    model = fields.Char(required=True)
    field = fields.Char(required=True)
    name = fields.Char("Where", compute="_compute_name")
    found_count = fields.Integer("Found")
    replaced_count = fields.Integer("Replaced")
    restored_count = fields.Integer("Put Back")
    change_ids = fields.One2many("crm.replacement.change", "line_id", "Records")

    _place_unique = models.Constraint(
        "UNIQUE(replacement_id, model, field)",
        "A replacement looks once at each place.",
    )

    @api.depends("model", "field")
    @api.depends_context("lang")
    def _compute_name(self):
        for line in self:
            model = self.env.get(line.model)
            line.name = (
                self.env._(
                    "%(records)s: %(field)s",
                    records=self.env["ir.model"]._get(line.model).sudo().name,
                    field=model._fields[line.field]._description_string(self.env),
                )
                if model is not None and line.field in model._fields
                else f"{line.model}: {line.field}"
            )

    def action_view_changes(self):
        """Open the records that were changed here."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "crm.replacement.change",
            "view_mode": "list",
            "domain": [("line_id", "=", self.id)],
        }

    def _place(self):
        return place_of(self.env, self.replacement_id._target(), self.model, self.field)

    def _replace(self, old, new):
        """Replace here, and count who was changed for it, now and before."""
        place = self._place()
        self.found_count += place.count(old)
        place.replace(self, old, new)
        self.replaced_count = self.env["crm.replacement.change"].search_count(
            [("line_id", "=", self.id)]
        )

    def _put_back(self, old, new):
        self.restored_count = self._place().put_back(self, old, new)

    def _changed_ids(self):
        """The ids of the records changed here, as SQL."""
        self.env.flush_all()
        return SQL(
            "(SELECT res_id FROM crm_replacement_change WHERE line_id = %s)", self.id
        )

    def _keep_text(self, record, before, after):
        """Keep what a text said; what people wrote in it since is not lost either."""
        kept = self.change_ids.filtered(lambda change: change.res_id == record.id)
        if kept and kept.after == before:
            kept.after = after
        elif kept:
            kept.write({"before": before, "after": after})
        else:
            kept.create(
                {
                    "line_id": self.id,
                    "res_id": record.id,
                    "before": before,
                    "after": after,
                }
            )


class CrmReplacementChange(models.Model):
    """One record that was changed by a replacement."""

    _name = "crm.replacement.change"
    _description = "Replaced Record"
    _log_access = False
    _order = "line_id, res_id"

    line_id = fields.Many2one("crm.replacement.line", required=True, ondelete="cascade")
    res_model = fields.Char(related="line_id.model")
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    had_both = fields.Boolean(
        help="It named the other already: only the replaced one was taken away."
    )
    # Conditions that people keep for themselves are among them.
    before = fields.Text(groups="base.group_system")
    after = fields.Text(groups="base.group_system")

    _once_index = models.UniqueIndex("(line_id, res_id)")
