from odoo import api, models
from odoo.tools import SQL


class MergePartners(models.TransientModel):
    """Merging entities loses none of their opportunities.

    Two entities of one campaign have a first round each; the merged entity has a first
    and a second one. Without new numbers the merge would break on the unique index.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._number_rounds_anew(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _number_rounds_anew(self, src_partners, dst_partner):
        """Number the rounds of each campaign through, the kept entity's first.

        In two steps, since PostgreSQL checks a unique index row by row.
        """
        self.env.flush_all()
        partner_ids = (src_partners | dst_partner).ids
        self.env.execute_query(
            SQL(
                """UPDATE crm_lead SET campaign_round = -id
                    WHERE partner_id = ANY(%s) AND crm_campaign_id IS NOT NULL
                RETURNING id""",
                src_partners.ids,
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE crm_lead SET campaign_round = numbered.round
                     FROM (SELECT id, row_number() OVER (
                                      PARTITION BY crm_campaign_id
                                      ORDER BY partner_id <> %s, abs(campaign_round)
                                  ) AS round
                             FROM crm_lead
                            WHERE partner_id = ANY(%s)
                              AND crm_campaign_id IS NOT NULL) numbered
                    WHERE crm_lead.id = numbered.id AND crm_lead.campaign_round < 0
                RETURNING crm_lead.id""",
                dst_partner.id,
                partner_ids,
            )
        )
        self.env["crm.lead"].invalidate_model(["campaign_round"])
