from odoo import api, models

from .event import Event


class SaleOrder(models.Model):
    """Source of ``order_confirmed``, for the opportunity the order came from."""

    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._take_campaign_of_opportunity()
        return orders

    def write(self, vals):
        result = super().write(vals)
        if "opportunity_id" in vals:
            self._take_campaign_of_opportunity()
        return result

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self.sudo().filtered("opportunity_id"):
            event = Event.of_journey(
                "order_confirmed",
                order.opportunity_id,
                key=f"order_confirmed/{order.id}",
                order=order,
            )
            self.env["crm.playbook.rule"]._answer(event)
        return result

    def _take_campaign_of_opportunity(self):
        """Carry the campaign on, so that Odoo's own reports count the order too."""
        for order in self.filtered(lambda order: not order.campaign_id):
            if campaign := order.opportunity_id.campaign_id:
                order.campaign_id = campaign
