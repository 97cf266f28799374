from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestToursEntityImport(HttpCase, PlaybookCase):
    """The sales administrator imports a list in a browser."""

    def test_list_with_somebody_who_is_there(self):
        self.env.company.country_id = self.env.ref("base.es")
        ada = self._create_partner("Tour Ada", email="ada@tour.example")
        self.start_tour(
            "/odoo/entities/import",
            "crm_playbook_entity_import",
            login=self.manager.login,
            timeout=180,
        )
        self.env.invalidate_all()
        found = self.env["res.partner"].search([("name", "=like", "Tour %")])
        grace = found - ada
        self.assertEqual([len(found), grace.name], [2, "Tour Grace"])
        self.assertEqual(grace.email, "grace@tour.example")
        self.assertEqual(grace.phone, "+34 612 34 56 78")
