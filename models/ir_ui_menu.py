from odoo import models


class IrUiMenu(models.Model):
    """The panel of the team is for who may look at others."""

    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        hidden = super()._load_menus_blacklist()
        agenda = self.env["crm.agenda"]
        if not self.env.user._is_internal() or agenda._sees_all() or agenda._teams():
            return hidden
        menu = self.env.ref("crm_playbook.crm_agenda_menu_team", False)
        return [*hidden, *(menu or self).ids]
