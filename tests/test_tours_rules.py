from odoo.tests import HttpCase, tagged
from odoo.tools import html2plaintext

from .common import PlaybookCase

EFFECTS = (
    "trigger",
    "playbook_id",
    "stage_id",
    "action_type_id",
    "outcome_id",
    "sequence",
    "commercial_status_id",
    "points",
    "move",
    "target_stage_id",
    "lost_reason_id",
    "task_type_id",
    "task_mode",
    "task_delay_days",
    "task_delay_hours",
    "assignee",
    "assignee_user_id",
    "assignee_partner_id",
    "assignee_role_id",
    "guest_user_ids",
    "invites_entity",
    "spawn_campaign_id",
    "tell_journey_salesperson",
    "tell_entity_salesperson",
    "tell_doer",
    "tell_team_leader",
    "tell_user_ids",
    "tell_template_id",
)
# What only the club says.
CLUB_STATUSES = ("member", "non_member", "former_member")
CLUB_OUTCOMES = ("signs_up", "does_not_sign_up", "renews", "does_not_renew")


class RulesTourCase(HttpCase, PlaybookCase):
    """The sales administrator, before the rules."""

    def _tour(self, place, name):
        self.start_tour(f"/odoo/{place}", name, login=self.manager.login, timeout=300)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestToursRules(RulesTourCase):
    """At a desk."""

    def test_club_is_rebuilt_from_nothing(self):
        rules, types = self._club()
        meeting = self.env.ref("crm_playbook.action_type_meeting")
        told_rules = self._tell_rules(rules)
        told_types = self._tell_types(types | meeting)
        self.assertEqual((len(told_rules), len(told_types)), (15, 9))
        self._forget(rules, types)
        self._tour("rules", "crm_playbook_administrator_rebuilds_the_club")
        rules, types = self._club()
        self.assertEqual(self._tell_types(types | meeting), told_types)
        self.assertEqual(self._tell_rules(rules), told_rules)

    def _club(self):
        """Rules everywhere for outcomes, and the types whose order is the club's."""
        rules = self.env["crm.playbook.rule"].search(
            [("playbook_id", "=", False), ("trigger", "=", "outcome")]
        )
        types = self.env["crm.action.type"].search([("sequence", ">=", 210)])
        return rules, types

    def _forget(self, rules, types):
        """As though the club had never been there: all that is its own is gone."""
        rules.unlink()
        types.unlink()
        for names, kind in ((CLUB_STATUSES, "status"), (CLUB_OUTCOMES, "outcome")):
            for name in names:
                self.env.ref(f"crm_playbook.{kind}_{name}").unlink()

    def _tell_rules(self, rules):
        """What rules say, by the names of what they speak of."""
        return sorted(
            tuple(
                str(
                    rule[name].mapped("display_name")
                    if rules._fields[name].relational
                    else rule[name]
                )
                for name in EFFECTS
            )
            for rule in rules
        )

    def _tell_types(self, types):
        return sorted(
            (
                one.name,
                one.channel,
                round(one.duration, 2),
                one.sequence,
                sorted((out.name, out.tone) for out in one.outcome_ids),
                html2plaintext(one.script or "").strip(),
            )
            for one in types
        )

    def test_faults_are_pointed_out_and_mended(self):
        """Two rules for the same, and an arrow that says how often it was gone."""
        self.env["crm.playbook.rule"].search([]).active = False
        self._create_rule(
            self.interested,
            playbook_id=False,
            action_type_id=self.call.id,
            task_type_id=self.visit.id,
        )
        deaf = self._create_rule(
            self.interested,
            playbook_id=False,
            action_type_id=self.call.id,
            sequence=20,
            points=3,
        )
        self._do(self._start(), self.interested)
        self._tour("rules", "crm_playbook_administrator_looks_at_faults")
        self.assertFalse(deaf.exists())


@tagged("post_install", "-at_install")
class TestToursRulesOnPhone(RulesTourCase):
    """With a thumb."""

    browser_size = "390x844"
    touch_enabled = True

    def test_cell_is_edited_on_a_phone(self):
        rule = self._create_rule(
            self.interested, playbook_id=False, action_type_id=self.call.id, points=1
        )
        self._tour("rules", "crm_playbook_administrator_edits_a_cell_on_a_phone")
        self.assertEqual(rule.points, 8)
        added = self.env["crm.playbook.rule"].search(
            [
                ("action_type_id", "=", self.call.id),
                ("outcome_id", "=", self.sent.id),
            ]
        )
        self.assertEqual(added.points, 2)
        self.assertIn(self.sent, self.call.outcome_ids)
