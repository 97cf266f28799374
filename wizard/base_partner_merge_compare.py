from itertools import combinations

from odoo import models


class ComparePartners(models.TransientModel):
    """Odoo's merge, where one may also say that they are not the same."""

    _inherit = "base.partner.merge.automatic.wizard"

    def action_tell_apart(self):
        """Remember that those compared are not the same, and go on to the next ones."""
        for one, another in combinations(self.partner_ids, 2):
            one._tell_apart(another)
        return self.action_skip()

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Who has no e-mail address has no other than the rest.

        Odoo has the administrator alone merge those whose addresses differ, since who
        owns an address may log in with it: where one of them has a user it stays so.
        """
        partners = self.env["res.partner"].browse(partner_ids).exists()
        users = partners.with_context(active_test=False).sudo().user_ids
        addresses = set(partners.mapped("email_normalized")) - {False}
        differ = bool(users) or len(addresses) > 1
        return super()._merge(partner_ids, dst_partner, extra_checks and differ)
