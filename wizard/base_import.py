from odoo import models


class BaseImport(models.TransientModel):
    """Whoever imports entities says what becomes of those who are there already."""

    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """As Odoo does, with one option more.

        :param options: ``entities_there`` says what becomes of a line whose entity is
            there already: ``tell`` (nothing is imported, by default), ``update`` (the
            entity gets what the line says) or ``create`` (one more entity is made)
        """
        there = options.pop("entities_there", "tell")
        importer = self.with_context(entities_there=there)
        return super(BaseImport, importer).execute_import(
            fields, columns, options, dryrun=dryrun
        )
