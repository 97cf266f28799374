from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import PlaybookCase
from .test_graph import SLOW, reaches


class RulesCase(PlaybookCase):
    """Nothing is there but two types, three outcomes and what a test makes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for kept in (
            cls.env["crm.playbook.rule"],
            cls.playbook,
            cls.playbook.stage_ids,
            cls.call | cls.visit,
            cls.interested | cls.declined | cls.no_answer,
            cls.status,
        ):
            cls._put_away(kept.search([]) - kept)
        cls.rules = cls.env["crm.rules"].with_user(cls.manager)

    @classmethod
    def _put_away(cls, records):
        """Archive what is in use, as it may have been before that was refused."""
        records.flush_recordset()
        cls.env.cr.execute(
            SQL(
                "UPDATE %s SET active = FALSE WHERE id = ANY(%s)",
                SQL.identifier(records._table),
                records.ids,
            )
        )
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()

    @classmethod
    def _create_everywhere(cls, outcome=None, action_type=None, **values):
        return cls._create_rule(
            outcome,
            playbook_id=False,
            action_type_id=action_type.id if action_type else False,
            **values,
        )

    def _cell(self, action_type, outcome, **scope):
        cells = self.rules.get_matrix(**scope)["cells"]
        wanted = action_type.id, outcome.id
        (cell,) = [c for c in cells if (c["type_id"], c["outcome_id"]) == wanted]
        return cell


@tagged("post_install", "-at_install")
class TestCrmRules(RulesCase):
    """All rules of a scope at a glance, and shaped there."""

    def test_matrix_says_which_outcomes_a_type_may_end_with(self):
        matrix = self.rules.get_matrix()
        self.assertEqual(
            [one["name"] for one in matrix["types"]], ["Test call", "Test visit"]
        )
        self.assertEqual(len(matrix["cells"]), 6)
        self.assertFalse(any(c["rules"] or c["answer"] for c in matrix["cells"]))

    def test_cell_says_what_follows(self):
        self._create_everywhere(
            self.interested,
            self.call,
            task_type_id=self.visit.id,
            task_delay_days=2,
            assignee="me",
            commercial_status_id=self.status.id,
            points=5,
            move="won",
        )
        (rule,) = self._cell(self.call, self.interested)["rules"]
        self.assertEqual(
            [(chip["kind"], chip["text"]) for chip in rule["chips"]],
            [
                ("task", "Test visit · in 2 days · whoever did the last action"),
                ("status", "Test planned"),
                ("points", "5 points"),
                ("won", "close as won"),
            ],
        )

    def test_cell_shows_the_rule_that_answers_where_the_scope_has_none(self):
        wide = self._create_everywhere(self.interested, self.call, points=1)
        scope = {"playbook_id": self.playbook.id, "stage_id": self.first.id}
        cell = self._cell(self.call, self.interested, **scope)
        self.assertFalse(cell["rules"])
        self.assertEqual((cell["answer"]["id"], cell["elsewhere"]), (wide.id, 1))
        own = self._create_rule(
            self.interested, stage_id=self.first.id, action_type_id=self.call.id
        )
        cell = self._cell(self.call, self.interested, **scope)
        self.assertEqual([rule["id"] for rule in cell["rules"]], own.ids)
        self.assertFalse(cell["answer"])

    def test_answer_of_each_cell_is_the_engines(self):
        """Whatever stands in the cell: the one that always answers, if none counts."""
        self._create_everywhere(self.interested, points=1, sequence=5)
        self._create_everywhere(self.interested, self.call, points=2)
        self._create_everywhere(self.declined, self.visit, points=3)
        self._create_rule(self.interested, points=4)
        self._create_rule(self.declined, points=5, stage_id=self.second.id)
        for stage in (self.playbook.stage_ids.browse(), self.first, self.second):
            playbook = stage.playbook_id
            matrix = self.rules.get_matrix(playbook.id, stage.id)
            for cell in matrix["cells"]:
                if not cell["type_id"]:
                    continue
                chosen = self.env["crm.playbook.rule"]._candidate_ids(
                    "outcome",
                    playbook.id,
                    stage.id,
                    cell["type_id"],
                    cell["outcome_id"],
                )[:1]
                told = [cell["answer"]] if cell["answer"] else cell["rules"]
                self.assertEqual(list(chosen), [rule["id"] for rule in told[:1]])

    def test_several_rules_of_a_cell_stand_in_the_order_they_are_asked(self):
        always = self._create_everywhere(self.no_answer, self.call)
        third = self._create_everywhere(
            self.no_answer, self.call, trigger="attempts", attempts=3
        )
        rules = self._cell(self.call, self.no_answer)["rules"]
        self.assertEqual([rule["id"] for rule in rules], [third.id, always.id])
        self.assertEqual(rules[0]["attempts"], 3)

    def test_rules_of_other_events_stand_beside(self):
        paid = self._create_everywhere(trigger="invoice_paid", points=1)
        others = self.rules.get_matrix()["others"]
        self.assertEqual([rule["id"] for rule in others], paid.ids)

    def test_scopes_are_told_apart(self):
        self._create_rule(self.interested)
        matrix = self.rules.get_matrix(self.playbook.id)
        self.assertEqual(matrix["scope"]["playbook"], "Three calls")
        cell = self._cell(
            self.env["crm.action.type"], self.interested, playbook_id=self.playbook.id
        )
        self.assertEqual(len(cell["rules"]), 1)
        everywhere = self.rules.get_matrix()["cells"]
        self.assertFalse([one for one in everywhere if one["rules"]])

    # === SHAPING === #

    def test_rule_for_an_outcome_that_was_not_allowed_allows_it(self):
        self.call.outcome_ids -= self.interested
        rule_id = self.rules.save_rule(
            {
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
                "points": 3,
            }
        )
        self.assertIn(self.interested, self.call.outcome_ids)
        self.rules.save_rule({"points": 4}, rule_id)
        self.assertEqual(self.env["crm.playbook.rule"].browse(rule_id).points, 4)

    def test_rule_that_cannot_be_changes_nothing(self):
        self.call.outcome_ids -= self.interested
        values = {
            "action_type_id": self.call.id,
            "outcome_id": self.interested.id,
            "task_type_id": self.visit.id,
            "assignee": "fixed_user",
        }
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.rules.save_rule(values)
        self.assertNotIn(self.interested, self.call.outcome_ids)

    def test_copied_rule_has_the_same_effects(self):
        rule = self._create_everywhere(self.interested, self.call, points=7)
        self.visit.outcome_ids -= self.declined
        copy_id = self.rules.copy_rule(
            rule.id,
            {"action_type_id": self.visit.id, "outcome_id": self.declined.id},
        )
        copied = self.env["crm.playbook.rule"].browse(copy_id)
        self.assertEqual((copied.points, copied.outcome_id), (7, self.declined))
        self.assertIn(self.declined, self.visit.outcome_ids)

    def test_removed_rule_is_gone_unless_the_ledger_tells_of_it(self):
        told_of = self._create_everywhere(self.interested, self.call)
        never = self._create_everywhere(self.declined, self.call)
        self._do(self._start(), self.interested)
        for rule in told_of | never:
            self.rules.remove_rule(rule.id)
        self.assertFalse(never.exists())
        self.assertEqual((bool(told_of.exists()), told_of.active), (True, False))

    def test_outcome_that_is_taken_away_takes_its_rules_along(self):
        rules = self._create_everywhere(self.interested, self.call)
        rules |= self._create_rule(self.interested, action_type_id=self.call.id)
        kept = self._create_everywhere(self.interested, self.visit)
        self.rules.forbid(self.call.id, self.interested.id)
        self.assertNotIn(self.interested, self.call.outcome_ids)
        self.assertEqual((rules | kept).exists(), kept)

    def test_outcome_of_sent_messages_is_not_taken_away(self):
        self.sent.active = True
        email = self._create_message_type()
        with self.assertRaisesRegex(ValidationError, "not among the outcomes"):
            self.rules.forbid(email.id, self.sent.id)

    # === RIGHTS === #

    def test_only_sales_administrators_come_in(self):
        rule = self._create_everywhere(self.interested, self.call)
        rules = self.rules.with_user(self.seller)
        for call in (
            rules.get_matrix,
            rules.get_diagram,
            lambda: rules.save_rule({"points": 1}, rule.id),
            lambda: rules.copy_rule(rule.id, {}),
            lambda: rules.remove_rule(rule.id),
            lambda: rules.allow(self.call.id, self.sent.id),
            lambda: rules.forbid(self.call.id, self.interested.id),
        ):
            with self.assertRaisesRegex(AccessError, "sales administrators"):
                call()

    def test_playbook_of_another_company_is_not_told(self):
        self.playbook.company_id = self.env["res.company"].create({"name": "Another"})
        with self.assertRaises(AccessError):
            self.rules.get_matrix(self.playbook.id)
        names = [one["name"] for one in self.rules.get_matrix()["playbooks"]]
        self.assertNotIn(self.playbook.name, names)

    def test_used_rule_is_not_deleted_by_hand(self):
        rule = self._create_everywhere(self.interested, self.call)
        self._do(self._start(), self.interested)
        with self.assertRaises(UserError):
            rule.unlink()


@tagged("post_install", "-at_install")
class TestCrmRulesDiagram(RulesCase):
    """What follows what, how often it did, and what goes wrong."""

    def _diagram(self, **scope):
        return self.rules.get_diagram(**scope)

    def _arrows(self, **scope):
        """{(from, to, label): the arrow}, by the names of the nodes."""
        diagram = self._diagram(**scope)
        names = {
            node["id"]: ": ".join(filter(None, (node.get("stage"), node["name"])))
            for node in diagram["nodes"]
        }
        return {
            (names[one["source"]], names[one["target"]], one["label"]): one
            for one in diagram["arrows"]
        }

    def _found(self, kind, **scope):
        findings = self._diagram(**scope)["findings"]
        return [one["text"] for one in findings if one["kind"] == kind]

    def test_arrows_say_what_follows(self):
        self._create_everywhere(
            self.interested,
            self.call,
            task_type_id=self.visit.id,
            commercial_status_id=self.status.id,
        )
        self._create_everywhere(self.declined, self.visit, move="lost")
        self.assertEqual(
            set(self._arrows()),
            {
                ("Test call", "Test visit", "Test interested"),
                ("Test call", "Test planned", "Test interested"),
                ("Test visit", "Lost", "Test declined"),
            },
        )

    def test_any_type_means_each_that_no_other_rule_answers_for(self):
        self._create_everywhere(self.interested, move="won")
        self._create_everywhere(self.interested, self.call, move="lost", sequence=5)
        self.assertEqual(
            set(self._arrows()),
            {
                ("Test visit", "Won", "Test interested"),
                ("Test call", "Lost", "Test interested"),
            },
        )

    def test_stages_stand_in_their_playbook(self):
        self._create_rule(self.interested, move="next")
        self._create_rule(self.declined, stage_id=self.third.id, move="lost")
        arrows = self._arrows(playbook_id=self.playbook.id)
        self.assertIn(("First", "First: Test call", ""), arrows)
        self.assertIn(("First: Test call", "Second", "Test interested"), arrows)
        self.assertIn(("Third: Test call", "Lost", "Test declined"), arrows)
        self.assertFalse([one for one in arrows.values() if one["loop"]])
        names = {names[0] for names in self._arrows(stage_id=self.third.id)}
        self.assertEqual(names, {"Third", "Third: Test call"})

    # === TRAFFIC === #

    def test_arrow_says_how_often_it_was_gone_along(self):
        self._create_everywhere(self.interested, task_type_id=self.visit.id)
        lead = self._start()
        self._do(lead, self.interested)
        self._do(lead, self.interested)
        for values in ({}, {"playbook_id": self.playbook.id}):
            arrows = self._arrows(**values)
            told = {
                names[0].split(": ")[-1]: one["traffic"]
                for names, one in arrows.items()
                if names[2] and one["traffic"]
            }
            self.assertEqual(told, {"Test call": 1, "Test visit": 1})

    def test_only_the_last_days_count(self):
        self._create_everywhere(self.interested, self.call, points=1, move="won")
        lead = self._start()
        self._do(lead, self.interested)
        self.env.cr.execute(
            "UPDATE crm_transition SET date = date - interval '10 days' "
            "WHERE lead_id = %s",
            [lead.id],
        )
        key = ("Test call", "Won", "Test interested")
        self.assertEqual(self._arrows(days=7)[key]["traffic"], 0)
        self.assertEqual(self._arrows(days=30)[key]["traffic"], 1)

    # === LOOPS === #

    def test_loop_with_a_person_in_it_is_marked_alone(self):
        self._create_everywhere(self.no_answer, self.call, task_type_id=self.visit.id)
        self._create_everywhere(self.no_answer, self.visit, task_type_id=self.call.id)
        loops = {one["loop"] for one in self._arrows().values()}
        self.assertEqual(loops, {"person"})
        self.assertFalse(self._found("loop"))

    def test_loop_without_anybody_is_warned_of(self):
        self.sent.active = True
        email = self._create_message_type()
        other = email.copy({"name": "Another e-mail"})
        self._create_everywhere(self.sent, email, task_type_id=other.id)
        self._create_everywhere(self.sent, other, task_type_id=email.id)
        loops = {one["loop"] for one in self._arrows().values()}
        self.assertEqual(loops, {"itself"})
        (text,) = self._found("loop")
        self.assertIn("Test e-mail", text)
        self.assertIn("Another e-mail", text)

    # === DEAD ENDS === #

    def test_outcome_that_nothing_follows(self):
        self._put_away(self.visit)
        self._create_everywhere(self.interested, self.call)
        self._create_rule(self.declined, stage_id=self.first.id)
        self.assertEqual(
            self._found("unanswered"),
            ["Nothing follows: Test call ends with Test no answer"],
        )
        self.assertEqual(
            self._found("unanswered", stage_id=self.first.id),
            ["Nothing follows in First: Test call ends with Test no answer"],
        )

    def test_type_that_nothing_plans_or_that_cannot_end(self):
        self.call.outcome_ids = False
        self.assertEqual(
            self._found("no_outcome"),
            ["Test call ends with nothing: it has no outcome"],
        )
        self.assertEqual(
            self._found("unplanned"),
            ["Nothing plans Test visit: it is done by hand alone"],
        )
        self._create_everywhere(self.interested, task_type_id=self.visit.id)
        self.assertFalse(self._found("unplanned"))

    def test_status_that_no_rule_gives(self):
        self.assertEqual(
            self._found("not_given"), ["No rule gives the status Test planned"]
        )
        self._create_everywhere(self.interested, commercial_status_id=self.status.id)
        self.assertFalse(self._found("not_given"))

    def test_rule_behind_another_never_answers(self):
        self._create_everywhere(self.interested, sequence=5)
        deaf = self._create_everywhere(self.interested, self.call)
        self._create_everywhere(self.declined, self.call)
        (text,) = self._found("deaf")
        self.assertEqual(
            text, f"Never answers (another one always comes first): {deaf.sentence}"
        )

    def test_any_rule_behind_one_of_each_type_never_answers(self):
        self._create_everywhere(self.interested, self.call)
        self._create_everywhere(self.interested, sequence=20)
        self.assertFalse(self._found("deaf"))
        self._create_everywhere(self.interested, self.visit)
        self.assertEqual(len(self._found("deaf")), 1)

    def test_rules_that_count_are_behind_those_that_count_less(self):
        self._create_everywhere(self.no_answer, trigger="attempts", attempts=3)
        self._create_everywhere(self.no_answer)
        self.assertFalse(self._found("deaf"))
        self._create_everywhere(
            self.no_answer, self.call, trigger="attempts", attempts=2
        )
        self.assertFalse(self._found("deaf"))
        self._create_everywhere(
            self.no_answer, self.call, trigger="attempts", attempts=4
        )
        self.assertEqual(len(self._found("deaf")), 1)

    def test_rules_of_scores_and_idleness_are_told_apart(self):
        self._create_everywhere(trigger="survey_done", score_min=0, score_max=50)
        self._create_everywhere(trigger="survey_done", score_min=40, score_max=100)
        self._create_everywhere(trigger="idle", idle_hours=24)
        self._create_everywhere(trigger="idle", idle_hours=48)
        self.assertFalse(self._found("deaf"))
        self._create_everywhere(trigger="survey_done", score_min=10, score_max=50)
        self._create_everywhere(trigger="idle", idle_hours=24)
        self.assertEqual(len(self._found("deaf")), 2)

    def test_rule_of_another_scope_hides_none(self):
        self._create_everywhere(self.interested)
        self._create_rule(self.interested)
        self._create_rule(self.interested, stage_id=self.first.id)
        self.assertFalse(self._found("deaf"))
        self.assertFalse(self._found("deaf", playbook_id=self.playbook.id))

    def test_rule_for_an_outcome_that_its_type_has_not_never_answers(self):
        self._create_everywhere(self.interested, self.call)
        self.call.outcome_ids = [Command.unlink(self.interested.id)]
        self.assertIn("no action ends so", self._found("deaf")[0])

    def test_rules_of_what_is_archived(self):
        self._create_everywhere(
            self.interested, self.call, commercial_status_id=self.status.id
        )
        self._create_everywhere(self.declined, self.call, task_type_id=self.visit.id)
        self._create_everywhere(self.no_answer, self.call)
        for archived in (self.status, self.visit, self.no_answer):
            self._put_away(archived)
        self.assertEqual(len(self._found("archived")), 2)
        self.assertIn("the outcome is archived", self._found("deaf")[0])
        self._put_away(self.call)
        self.assertEqual(len(self._found("deaf")), 3)


TYPES, OUTCOMES = 4, 2
rule_sketches = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, TYPES - 1)),
        st.integers(0, OUTCOMES - 1),
        st.one_of(st.none(), st.integers(0, TYPES - 1)),
        st.integers(1, 3),
    ),
    max_size=8,
)


@tagged("post_install", "-at_install")
class TestLoopsOfRules(RulesCase):
    """Loops are those that one goes round in by asking the engine again and again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._put_away(cls.call | cls.visit)
        cls.outcomes = [cls.interested, cls.declined]
        cls.types = [
            cls._create_type(f"Type {n}", cls.interested | cls.declined)
            for n in range(TYPES)
        ]

    def _steps(self):
        """What the engine plans next, by type: all steps that there are."""
        rules = self.env["crm.playbook.rule"]
        for action_type, outcome in product(self.types, self.outcomes):
            chosen = rules._candidate_ids(
                "outcome", False, False, action_type.id, outcome.id
            )
            if following := rules.browse(chosen[:1]).task_type_id:
                yield action_type.name, outcome.name, following.name

    @settings(SLOW, max_examples=40)
    @given(rule_sketches)
    def test_arrows_in_loops_are_those_one_comes_back_by(self, sketches):
        with self.env.cr.savepoint() as savepoint:
            for of_type, outcome, following, sequence in sketches:
                self._create_everywhere(
                    self.outcomes[outcome],
                    None if of_type is None else self.types[of_type],
                    task_type_id=following is not None and self.types[following].id,
                    sequence=sequence,
                )
            steps = set(self._steps())
            diagram = self.rules.get_diagram()
            savepoint.close(rollback=True)
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        names = {node["id"]: node["name"] for node in diagram["nodes"]}
        told = {
            (names[one["source"]], one["label"], names[one["target"]]): one["loop"]
            for one in diagram["arrows"]
        }
        ways = [(source, target) for source, _outcome, target in steps]
        expected = {
            step: reaches(ways, step[2], step[0]) and "person" for step in steps
        }
        self.assertEqual(told, expected)


@tagged("post_install", "-at_install")
class TestShippedRules(PlaybookCase):
    """What is shipped has no fault that the screen would point out."""

    def test_nothing_shipped_is_warned_of(self):
        rules = self.env["crm.rules"].with_user(self.manager)
        stages = self.env["crm.playbook"].search([("id", "!=", self.playbook.id)])
        for playbook_id in [False, *stages.ids]:
            findings = rules.get_diagram(playbook_id)["findings"]
            warned = [one["text"] for one in findings if one["level"] == "warning"]
            self.assertFalse(warned)
