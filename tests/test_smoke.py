from odoo.tests import TransactionCase


class TestInstalled(TransactionCase):
    def test_addon_is_installed(self):
        addon = self.env["ir.module.module"].search([("name", "=", "crm_playbook")])
        self.assertEqual(addon.state, "installed")
