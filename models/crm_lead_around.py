from odoo import api, fields, models

# So many other opportunities of an entity are shown.
MOST = 20


class CrmLead(models.Model):
    """Who and what there is around an opportunity."""

    _inherit = "crm.lead"

    planned_action_ids = fields.One2many(
        "crm.action", "lead_id", "To Do", domain=[("state", "=", "planned")]
    )
    contact_ids = fields.Many2many(
        "res.partner",
        "crm_lead_contact_rel",
        "lead_id",
        "partner_id",
        string="Contacts Involved",
        help="Whom else there is to speak to: who decides, who pays, who uses it.",
    )
    competitor_ids = fields.Many2many(
        "res.partner",
        "crm_lead_competitor_rel",
        "lead_id",
        "partner_id",
        string="Competitors",
    )
    prescriber_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        help="Who recommends us, or decides what is bought without buying it.",
    )
    discussed_product_ids = fields.Many2many(
        "product.template",
        "crm_lead_product_rel",
        "lead_id",
        "product_tmpl_id",
        string="Products Talked Of",
        help="What the customer may want, before there is a quotation.",
    )
    offered_product_ids = fields.Many2many(
        "product.template",
        string="Products Offered",
        compute="_compute_offered_product_ids",
        help="What is in its quotations and orders, but for cancelled ones.",
    )
    other_campaign_lead_ids = fields.Many2many(
        "crm.lead",
        string="In Other Campaigns",
        compute="_compute_other_campaign_lead_ids",
    )
    contact_links = fields.Json(compute="_compute_contact_links")

    @api.depends("order_ids.state", "order_ids.order_line.product_template_id")
    def _compute_offered_product_ids(self):
        for lead in self:
            orders = lead.order_ids.filtered(lambda order: order.state != "cancel")
            lead.offered_product_ids = orders.order_line.product_template_id

    @api.depends("partner_id", "crm_campaign_id")
    def _compute_other_campaign_lead_ids(self):
        """Those of the same company or household, as far as the user may see them."""
        leads = self.with_context(active_test=False)
        for lead in self:
            entity = lead.partner_id.commercial_partner_id
            lead.other_campaign_lead_ids = leads.search(
                [
                    ("partner_id.commercial_partner_id", "in", entity.ids),
                    ("crm_campaign_id", "!=", False),
                    ("id", "not in", lead._origin.ids),
                ],
                limit=MOST,
                order="id desc",
            )

    @api.depends("partner_id", "phone", "email_from")
    def _compute_contact_links(self):
        """By its customer; before there is one, by what the opportunity says itself."""
        for lead in self:
            links = lead.partner_id._contact_links()
            lead.contact_links = links or {
                "phone": lead._phone_format("phone", force_format="INTERNATIONAL")
                or lead.phone,
                "dialled": lead._phone_format("phone"),
                "email": lead.email_from,
                "address": False,
            }

    def _merge_get_fields_specific(self):
        """Merging loses nobody and nothing of what was around."""
        specific = super()._merge_get_fields_specific()
        for name in ("contact_ids", "competitor_ids", "discussed_product_ids"):
            specific[name] = lambda field, leads: [(6, 0, leads[field].ids)]
        return specific

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "prescriber_id"]
