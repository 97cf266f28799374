from odoo import models
from odoo.tools import SQL


class CrmRatios(models.AbstractModel):
    """Ratios of several rows are those of their sums, not the average of theirs.

    ``_ratios`` names them: {ratio: (what is added up, what it is divided by)}, all
    names of fields; a ratio has the aggregator ``avg``.
    """

    _name = "crm.ratios"
    _description = "Report with Ratios"

    _ratios = {}

    def _ratio_columns(self):
        """The ratios of each row, SQL over the columns they are made of."""
        return SQL(", ").join(
            SQL(
                "%s::float / nullif(%s, 0) AS %s",
                *map(SQL.identifier, (part, whole, name)),
            )
            for name, (part, whole) in self._ratios.items()
        )

    def _read_group_select(self, aggregate_spec, query):
        name, _separator, how = aggregate_spec.partition(":")
        if name not in self._ratios or how != "avg":
            return super()._read_group_select(aggregate_spec, query)
        self._check_field_access(self._fields[name], "read")
        part, whole = (
            self._field_to_sql(self._table, field_name, query)
            for field_name in self._ratios[name]
        )
        return SQL("sum(%s)::float / nullif(sum(%s), 0)", part, whole)
