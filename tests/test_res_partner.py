from datetime import timedelta

from odoo.tests import Form, tagged

from ..models.res_partner import LATEST
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

    def test_the_form_shows_the_latest_actions_and_counts_all(self):
        actions = self.env["crm.action"].union(
            *(self._plan(self.seller, number) for number in range(LATEST + 2))
        )
        self._plan(self.seller, partner_id=self._create_partner("Somebody else").id)
        partner = self.partner.with_user(self.seller)
        latest = actions.sorted("date_start", reverse=True)[:LATEST]
        self.assertEqual(list(partner.latest_crm_action_ids), list(latest))
        self.assertEqual(partner.crm_action_count, LATEST + 2)

    def test_the_form_shows_only_actions_that_one_may_see(self):
        own = self._plan(self.seller)
        self._plan(self.other_seller)
        partner = self.partner.with_user(self.seller)
        self.assertEqual(partner.latest_crm_action_ids, own)
        self.assertEqual(partner.crm_action_count, 1)

    def test_a_new_entity_has_no_actions_yet(self):
        self._plan(self.seller)
        form = Form(self.env["res.partner"].with_user(self.manager))
        form.name = "New"
        self.assertFalse(form.latest_crm_action_ids[:])
        self.assertFalse(form.save().latest_crm_action_ids)

    def test_entities_are_found_by_their_actions(self):
        self._plan(self.seller)
        found = self.env["res.partner"].search(
            [("crm_action_ids.action_type_id", "=", self.call.id)]
        )
        self.assertEqual(found, self.partner)
