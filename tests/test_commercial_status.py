import random
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MONDAY, PlaybookCase


@tagged("post_install", "-at_install")
class TestCommercialStatus(PlaybookCase):
    """Whatever changes a status, the ledger says when, from what and to what.

    Folding the lines of the ledger gives the status that entity and opportunity have,
    and the date of the last change is their date.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.statuses = [
            cls.env["crm.commercial.status"].create({"name": f"Fold {name}"})
            for name in ("cold", "warm", "hot")
        ]
        cls.cold, cls.warm, cls.hot = cls.statuses
        cls._create_rule(cls.interested, commercial_status_id=cls.hot.id)
        cls._create_rule(cls.declined, commercial_status_id=cls.cold.id)

    def setUp(self):
        super().setUp()
        self.moment = MONDAY

    def _later(self):
        """An hour later, as often as it is asked."""
        self.moment += timedelta(hours=1)
        return self._at(self.moment)

    # === EACH WAY === #

    def test_created_with_a_status(self):
        with self._later():
            partner = self._create_partner("New", commercial_status_id=self.warm.id)
        self._check(partner, (False, self.warm))

    def test_written_by_hand_and_taken_away(self):
        for status in (self.warm, self.hot, self.env["crm.commercial.status"]):
            with self._later():
                self.partner.with_user(self.seller).commercial_status_id = status
        self._check(
            *(self.partner, (False, self.warm), (self.warm, self.hot)),
            (self.hot, False),
        )

    def test_the_same_again_is_no_change(self):
        with self._later():
            self.partner.commercial_status_id = self.warm
        with self._later():
            self.partner.commercial_status_id = self.warm
        self._check(self.partner, (False, self.warm))

    def test_imported(self):
        with self._later():
            result = self.env["res.partner"].load(
                ["name", "commercial_status_id"], [["Imported", "Fold warm"]]
            )
        partner = self.env["res.partner"].browse(result["ids"])
        self._check(partner, (False, self.warm))
        with self._later():
            self.env["res.partner"].load(
                [".id", "commercial_status_id"], [[str(partner.id), "Fold hot"]]
            )
        self._check(partner, (False, self.warm), (self.warm, self.hot))

    def test_given_by_a_rule_to_entity_and_opportunity(self):
        with self._later():
            lead = self._start()
        with self._later():
            self._do(lead, self.interested)
        self._check(self.partner, (False, self.hot))
        self._check(lead.sudo(), (False, self.hot))

    def test_given_again_by_a_rule_it_is_as_old_as_it_was(self):
        with self._later():
            self.partner.commercial_status_id = self.hot
        since = self.partner.commercial_status_date
        with self._later():
            lead = self._start()
        with self._later():
            self._do(lead, self.interested)
        self.assertEqual(self.partner.commercial_status_date, since)
        self.assertEqual(lead.commercial_status_date, self.moment)

    def test_given_by_a_rule_to_a_set(self):
        partners = self.partner | self._create_partner("Second")
        leads = self.env["crm.lead"].union(
            *(self._create_lead(partner) for partner in partners)
        )
        with self._later():
            leads.with_user(self.manager).start_playbook(self.playbook.id)
        with self._later():
            self._planned(leads[0]).done(self.interested.id)
            self._planned(leads[1]).done(self.interested.id)
        for partner in partners:
            self._check(partner, (False, self.hot))

    def test_corrected(self):
        with self._later():
            self.partner.commercial_status_id = self.warm
            lead = self._start(self._create_lead(commercial_status_id=self.warm.id))
        with self._later():
            self._do(lead, self.interested)
        [done] = lead.sudo().action_ids.filtered(lambda one: one.state == "done")
        with self._later():
            done.with_user(self.seller).correct(self.no_answer.id)
        self._check(
            *(self.partner, (False, self.warm), (self.warm, self.hot)),
            (self.hot, self.warm),
        )

    def test_corrected_the_entity_has_its_own_status_again(self):
        """Whichever its opportunity had, and without one too."""
        self._create_rule(
            self.interested, playbook_id=False, commercial_status_id=self.hot.id
        )
        with self._later():
            self.partner.commercial_status_id = self.warm
        for lead in (self._start(), self.env["crm.lead"]):
            with self._later():
                done = self._record(self.interested, lead_id=lead.id)
            self.assertEqual(self.partner.commercial_status_id, self.hot)
            with self._later():
                done.correct(self.no_answer.id)
            self.assertEqual(self.partner.commercial_status_id, self.warm)
            self._check_fold(self.partner)

    def test_corrected_a_status_given_since_then_stays(self):
        lead = self._start()
        with self._later():
            done = self._record(self.interested, lead_id=lead.id)
        with self._later():
            self.partner.commercial_status_id = self.warm
        with self._later():
            done.correct(self.no_answer.id)
        self._check(self.partner, (False, self.hot), (self.hot, self.warm))

    def _record(self, outcome, **values):
        actions = self.env["crm.action"].with_user(self.seller)
        return actions.browse(
            actions.register(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.call.id,
                    "outcome_id": outcome.id,
                    **values,
                }
            )
        )

    def test_since_when_is_for_the_ledger_to_say(self):
        with self._later():
            self.partner.commercial_status_id = self.warm
        self.partner.commercial_status_date = "2000-01-01"
        self._check(self.partner, (False, self.warm))

    def test_an_opportunity_by_which_its_entity_has_a_status_stays(self):
        with self._later():
            lead = self._create_lead().sudo()
            line = lead._open_lines("idle")
            line._note(status_after_id=self.hot.id)
            line._give_status(self.hot)
        with self.assertRaisesRegex(UserError, "so that its history stays"):
            lead.unlink()

    def test_opportunity_by_hand_is_its_own(self):
        with self._later():
            lead = self._create_lead(commercial_status_id=self.cold.id)
        with self._later():
            lead.commercial_status_id = self.warm
        self._check(lead, (False, self.cold), (self.cold, self.warm))
        self._check(self.partner)

    def test_merged_entities_keep_the_status_of_the_one_that_stays(self):
        other = self._create_partner("Other")
        with self._later():
            self.partner.commercial_status_id = self.warm
        with self._later():
            other.commercial_status_id = self.cold
        with self._later():
            self._merge(other, self.partner)
        self.assertEqual(self.partner.commercial_status_id, self.warm)
        self._check(
            *(self.partner, (False, self.warm), (self.warm, self.cold)),
            (self.cold, self.warm),
            dated=False,
        )

    def test_merged_entity_takes_the_only_status_there_is(self):
        other = self._create_partner("Other")
        with self._later():
            other.commercial_status_id = self.cold
        with self._later():
            since = other.commercial_status_date
            self._merge(other, self.partner)
        self.assertEqual(self.partner.commercial_status_id, self.cold)
        self.assertEqual(self.partner.commercial_status_date, since)
        self._check_fold(self.partner)

    def test_merged_opportunities(self):
        first = self._create_lead(commercial_status_id=self.warm.id)
        second = self._create_lead(commercial_status_id=self.cold.id)
        with self._later():
            merged = (first | second).with_user(self.manager).merge_opportunity()
        self._check_fold(merged.sudo())

    # === ANY WAYS, ONE AFTER THE OTHER === #

    def test_folding_the_ledger_gives_the_status_whatever_happens(self):
        for seed in range(6):
            with self.subTest(seed=seed):
                self._live(random.Random(seed))

    def _live(self, chance):
        partner = self._create_partner(f"Seed {chance.random()}")
        leads = self.env["crm.lead"]
        for _step in range(12):
            with self._later():
                leads = self._step(chance, partner, leads)
            for record in (partner, *leads):
                self._check_fold(record.sudo())

    def _step(self, chance, partner, leads):
        way = chance.choice(["write", "lead", "rule", "rule", "new", "merge", "same"])
        status = chance.choice([*self.statuses, self.env["crm.commercial.status"]])
        if way == "write":
            partner.commercial_status_id = status
        elif way == "same":
            partner.commercial_status_id = partner.commercial_status_id
        elif way == "merge":
            twin = self._create_partner("Twin", commercial_status_id=status.id)
            self._merge(twin, partner)
        elif way == "new" or not leads:
            leads |= self._start(
                self._create_lead(partner, commercial_status_id=status.id)
            ).sudo()
        elif way == "lead":
            leads[-1].commercial_status_id = status
        else:
            outcome = chance.choice([self.interested, self.declined, self.no_answer])
            self.env["crm.action"].register(
                {
                    "lead_id": leads[-1].id,
                    "action_type_id": self.call.id,
                    "outcome_id": outcome.id,
                }
            )
        return leads

    # === HELPERS === #

    def _merge(self, source, kept):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        source.email = kept.email
        wizard._merge((source | kept).ids, kept, extra_checks=False)
        self.env.invalidate_all()

    def _lines(self, record):
        field = "partner_id" if record._name == "res.partner" else "lead_id"
        lines = self.env["crm.transition"].sudo()
        of_record = [(field, "=", record.id), *record._gave_status()]
        return lines.search(of_record, order="id")

    def _check_fold(self, record):
        """The last line says what the record has."""
        last = self._lines(record)[-1:]
        self.assertEqual(last.status_after_id, record.commercial_status_id)

    def _check(self, record, *changes, dated=True):
        """These were its changes, and the last of them is dated as it is itself."""
        lines = self._lines(record)
        none = self.env["crm.commercial.status"]
        told = [(line.status_before_id, line.status_after_id) for line in lines]
        expected = [(before or none, after or none) for before, after in changes]
        if record._name == "res.partner":
            # A rule says what its opportunity was before.
            told = [after for _before, after in told]
            expected = [after for _before, after in expected]
        self.assertEqual(told, expected)
        self._check_fold(record)
        if lines and dated:
            self.assertEqual(lines[-1].date, record.commercial_status_date)
