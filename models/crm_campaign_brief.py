from odoo import fields, models
from odoo.fields import Domain


class CrmCampaign(models.Model):
    """What a campaign offers, to whom and with what aims, and its documents.

    Whoever works on the campaign reads it. Documents are attachments of Odoo.
    """

    _inherit = "crm.campaign"

    offer = fields.Html(help="What the campaign offers.")
    audience = fields.Html(help="For whom it is, and what matters to them.")
    objectives = fields.Html(help="What the campaign is to bring about.")
    document_ids = fields.Many2many(
        "ir.attachment",
        string="Documents",
        compute="_compute_document_ids",
        inverse="_inverse_document_ids",
        help="Leaflets, price lists, scripts: for whoever works on the campaign.",
    )
    has_brief = fields.Boolean(compute="_compute_has_brief")

    def _compute_document_ids(self):
        documents = self.env["ir.attachment"]._read_group(
            self._documents_domain(), ["res_id"], ["id:recordset"]
        )
        by_campaign = dict(documents)
        for campaign in self:
            campaign.document_ids = by_campaign.get(campaign._origin.id, False)

    def _inverse_document_ids(self):
        """What was uploaded belongs to the campaign; what was removed is deleted."""
        for campaign in self:
            before = self.env["ir.attachment"].search(campaign._documents_domain())
            (before - campaign.document_ids).unlink()
            (campaign.document_ids - before).write(
                {"res_model": campaign._name, "res_id": campaign.id}
            )

    def _documents_domain(self):
        return (
            Domain("res_model", "=", self._name)
            & Domain("res_id", "in", self._origin.ids)
            & Domain("res_field", "=", False)
        )

    def _compute_has_brief(self):
        for campaign in self:
            campaign.has_brief = bool(
                campaign.offer
                or campaign.audience
                or campaign.objectives
                or campaign.document_ids
            )

    def copy(self, default=None):
        copies = super().copy(default)
        for campaign, duplicate in zip(self, copies, strict=True):
            for document in campaign.document_ids:
                document.copy({"res_id": duplicate.id})
        return copies


class CrmLead(models.Model):
    """The brief of its campaign, beside an opportunity."""

    _inherit = "crm.lead"

    has_brief = fields.Boolean(related="crm_campaign_id.has_brief")
    campaign_offer = fields.Html("Offer", related="crm_campaign_id.offer")
    campaign_audience = fields.Html("Audience", related="crm_campaign_id.audience")
    campaign_objectives = fields.Html(
        "Objectives", related="crm_campaign_id.objectives"
    )
    campaign_document_ids = fields.Many2many(
        string="Documents", related="crm_campaign_id.document_ids"
    )
