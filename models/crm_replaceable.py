from odoo import models
from odoo.exceptions import UserError


class CrmReplaceable(models.AbstractModel):
    """What may be archived without its history being lost, or replaced everywhere.

    Archived, it stays on all that names it and is offered no more. What would still
    bring it about has to be changed first.
    """

    _name = "crm.replaceable"
    _description = "Archived or Replaced, Never Lost"

    def write(self, vals):
        if vals.get("active") is False:
            self._check_not_brought_about()
        return super().write(vals)

    def _check_not_brought_about(self):
        """Refuse to archive what rules and stages would go on to bring about.

        :raise UserError: naming some of them
        """
        for record in self.filtered("active"):
            sources = record._brought_about_by()
            names = [one.display_name for records in sources for one in records[:3]]
            if names:
                raise UserError(
                    self.env._(
                        "%(name)s is still brought about by: %(sources)s. Use Replace "
                        "Everywhere, or change these first.",
                        name=record.display_name,
                        sources="; ".join(names),
                    )
                )

    def _brought_about_by(self):
        """What active settings bring it about, as a list of recordsets."""
        raise NotImplementedError

    def action_replace_everywhere(self):
        """Open a replacement of this record."""
        self.ensure_one()
        kind, name = self.env["crm.replacement"]._kind_of(self._name)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replace Everywhere"),
            "res_model": "crm.replacement",
            "view_mode": "form",
            "context": {"default_kind": kind, f"default_{name}": self.id},
        }
