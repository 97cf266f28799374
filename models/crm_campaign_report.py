from odoo import fields, models
from odoo.tools import SQL


class CrmCampaignReport(models.AbstractModel):
    """What the reports on campaigns share: whose a row is, where, of what and when.

    The reports are queries, not tables. Ratios of several rows (``_ratios``) are those
    of their sums, not the average of theirs.
    """

    _name = "crm.campaign.report"
    _description = "Report on Campaigns"

    # {ratio: (what is added up, what it is divided by)}, names of fields.
    _ratios = {}

    crm_campaign_id = fields.Many2one("crm.campaign", "Campaign", readonly=True)
    playbook_id = fields.Many2one("crm.playbook", readonly=True)
    playbook_stage_id = fields.Many2one("crm.playbook.stage", "Stage", readonly=True)
    segment_id = fields.Many2one("crm.segment", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    date = fields.Date(readonly=True, help="When it happened, where the company is.")
    company_id = fields.Many2one("res.company", readonly=True)

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

    def _opened(self, action, domain, context=None):
        """A window action with these records; lists come first."""
        action = self.env["ir.actions.act_window"]._for_xml_id(action)
        return action | {
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": list(domain),
            "context": context or {},
        }
