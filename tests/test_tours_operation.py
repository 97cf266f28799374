from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


class OperationTourCase(HttpCase, PlaybookCase):
    """Three people in a segment; one has the status already."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].concat(
            *(cls._create_partner(name) for name in ("Tour Anna", "Tour Bruno"))
        )
        cls.people += cls._create_partner("Tour Celia")
        cls.people[0].commercial_status_id = cls.status
        cls.segment = cls._create_segment(cls.people)
        cls.segment.name = "Tour segment"

    def _tour(self, name):
        url = "/odoo/playbook-operations"
        self.start_tour(url, name, login=self.manager.login, timeout=180)
        operation = self.env["crm.operation"].search([("name", "=", "Tour operation")])
        self.assertEqual(operation.run_ids.mapped("state"), ["done"])
        self.assertEqual(operation.run_ids.done_count, 2)
        self.assertEqual(self.people.commercial_status_id, self.status)


@tagged("post_install", "-at_install")
class TestToursOperation(OperationTourCase):
    """An operation is made, looked at before, and run, at a desk."""

    def test_operation_is_made_previewed_and_run(self):
        self._tour("crm_playbook_manager_makes_an_operation")


@tagged("post_install", "-at_install")
class TestToursOperationOnAPhone(OperationTourCase):
    """An operation is looked at before, and run, on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_operation_is_previewed_and_run(self):
        self.env["crm.operation"].with_user(self.manager).create(
            {
                "name": "Tour operation",
                "segment_id": self.segment.id,
                "commercial_status_id": self.status.id,
            }
        )
        self._tour("crm_playbook_manager_runs_an_operation_on_a_phone")
