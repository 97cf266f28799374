from datetime import timedelta

from odoo.tests import Form, tagged

from .common import MONDAY, PlaybookCase


@tagged("post_install", "-at_install")
class TestResPartner(PlaybookCase):
    """What the form of an entity shows of what was done with it."""

    def _plan(self, user, number=0, **values):
        return self.env["crm.action"].create(
            {
                "partner_id": self.partner.id,
                "action_type_id": self.call.id,
                "user_id": user.id,
                "team_id": self.team.id,
                "date_start": MONDAY + timedelta(days=number),
                **values,
            }
        )

    def test_the_form_counts_all_actions_of_the_entity(self):
        for number in range(3):
            self._plan(self.seller, number)
        self._plan(self.seller, partner_id=self._create_partner("Somebody else").id)
        self.assertEqual(self.partner.with_user(self.seller).crm_action_count, 3)

    def test_the_form_counts_only_actions_that_one_may_see(self):
        self._plan(self.seller)
        self._plan(self.other_seller)
        self.assertEqual(self.partner.with_user(self.seller).crm_action_count, 1)

    def test_a_new_entity_has_no_actions_yet(self):
        self._plan(self.seller)
        form = Form(self.env["res.partner"].with_user(self.manager))
        form.name = "New"
        self.assertFalse(form.crm_action_count)
        self.assertFalse(form.save().crm_action_count)

    def test_entities_are_found_by_their_actions(self):
        self._plan(self.seller)
        found = self.env["res.partner"].search(
            [("crm_action_ids.action_type_id", "=", self.call.id)]
        )
        self.assertEqual(found, self.partner)
