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
            self.filtered(lambda order: order.state == "sale")._tell_confirmed()
        return result

    def _action_confirm(self):
        result = super()._action_confirm()
        self._tell_confirmed()
        return result

    def _tell_confirmed(self):
        """Once for each confirmation: an order may be cancelled and confirmed again."""
        for order in self.sudo().filtered("opportunity_id"):
            lead = order.opportunity_id
            confirmed_at = order.date_order.isoformat()
            event = Event.of_journey(
                "order_confirmed",
                lead,
                key=f"order_confirmed/{order.id}/{lead.id}/{confirmed_at}",
                order=order,
            )
            self.env["crm.playbook.rule"]._tell(event)

    def _take_campaign_of_opportunity(self):
        """Carry the campaign on, so that Odoo's own reports count the order too."""
        for order in self.filtered(lambda order: not order.campaign_id):
            if campaign := order.opportunity_id.campaign_id:
                order.campaign_id = campaign
