from odoo import models
from odoo.tools import SQL


class CrmCampaign(models.Model):
    """How far the opportunities of a campaign came, stage by stage."""

    _inherit = "crm.campaign"

    def _funnel(self, opportunities=None):
        """Who entered each stage of the playbook, ever, in the order of the chain.

        Counted are opportunities, each once a stage however often it came back. One
        query over the ledger of the campaign: cost grows with its lines.

        :param SQL opportunities: a condition on ``lead``, its opportunities; all, if
            empty
        :return: list of ``{"stage", "entered", "share_of_first",
            "share_of_previous"}``;
            shares are None where nobody entered the stage before. Stages that close
            have no share of the one before, which may be any.
        """
        self.ensure_one()
        entered = self._entered_counts(opportunities)
        stages = self.playbook_id._stages()
        first = entered.get(stages[:1].id, 0)
        lines, previous = [], first
        for stage in stages:
            count = entered.get(stage.id, 0)
            closes = bool(stage.closes_as)
            lines.append(
                {
                    "stage": stage,
                    "entered": count,
                    "share_of_first": _share(count, first),
                    "share_of_previous": None if closes else _share(count, previous),
                }
            )
            previous = previous if closes else count
        return lines

    def _entered_counts(self, opportunities):
        """{stage id: how many opportunities entered it}."""
        self.env["crm.transition"].flush_model()
        self.env["crm.lead"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT line.to_stage_id, count(DISTINCT line.lead_id)
                         FROM crm_transition line
                         JOIN crm_lead lead ON lead.id = line.lead_id
                        WHERE line.crm_campaign_id = %s
                          AND line.to_stage_id IS NOT NULL AND %s
                     GROUP BY line.to_stage_id""",
                    self.id,
                    opportunities or SQL("true"),
                )
            )
        )


def _share(part, whole):
    return part / whole if whole else None
