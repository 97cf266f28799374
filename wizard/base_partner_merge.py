from odoo import api, models
from odoo.tools import SQL

from ..models.engine import as_engine, as_feed


class MergePartners(models.TransientModel):
    """Merging entities loses none of their opportunities.

    Two entities of one campaign have a first round each; the merged entity has a first
    and a second one. Without new numbers the merge would break on the unique index.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._number_rounds_anew(src_partners, dst_partner)
        holders = self.env["crm.entity.role.holder"].sudo()
        holders._keep_one_each(dst_partner, src_partners)
        members = self.env["crm.campaign.control.member"].sudo()
        members._keep_one_each(dst_partner | src_partners)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """What shows the tasks of the merged ones in calendars shows the kept one.

        What its kind requires may still be missing: it is incomplete, not refused.
        """
        # The status that comes in has its lines, and its date, already.
        entity = as_engine(as_feed(dst_partner)).sudo(self.env.su)
        result = super()._update_values(src_partners, entity)
        planned = [("partner_id", "=", dst_partner.id), ("state", "=", "planned")]
        human = [*planned, ("mode", "!=", "automatic")]
        self.env["crm.action"].sudo().search(human)._reflect(has_new_words=True)
        dst_partner._record_merged_status()
        return result

    @api.model
    def _number_rounds_anew(self, src_partners, dst_partner):
        """Number the rounds of each campaign on from those of the kept entity.

        In two steps, since PostgreSQL checks a unique index row by row.
        """
        self.env.flush_all()
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
                     FROM (SELECT other.id,
                                  coalesce(kept.latest, 0) + row_number() OVER (
                                      PARTITION BY other.crm_campaign_id
                                      ORDER BY other.id
                                  ) AS round
                             FROM crm_lead other
                        LEFT JOIN (SELECT crm_campaign_id, max(campaign_round) AS latest
                                     FROM crm_lead
                                    WHERE partner_id = %s
                                    GROUP BY crm_campaign_id) kept
                                  USING (crm_campaign_id)
                            WHERE other.partner_id = ANY(%s)
                              AND other.campaign_round < 0) numbered
                    WHERE crm_lead.id = numbered.id
                RETURNING crm_lead.id""",
                dst_partner.id,
                src_partners.ids,
            )
        )
        self.env["crm.lead"].invalidate_model(["campaign_round"])
