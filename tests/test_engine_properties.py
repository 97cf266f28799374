from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import PlaybookCase

STAGES, OUTCOMES, STATUSES, LOOP_LIMIT = 3, 2, 2, 2


@dataclass(frozen=True)
class RuleSketch:
    """A rule as a test thinks of it, with positions instead of records."""

    scope: int | None  # the position of its stage; -1 the playbook, None everywhere
    trigger: str
    outcome: int
    attempts: int
    sequence: int
    move: str
    target: int
    status: int | None
    plans: bool
    points: int


rule_sketches = st.builds(
    RuleSketch,
    scope=st.one_of(st.none(), st.integers(-1, STAGES - 1)),
    trigger=st.sampled_from(
        ["outcome", "outcome", "attempts", "attempts", "order_confirmed", "idle"]
    ),
    outcome=st.integers(0, OUTCOMES - 1),
    attempts=st.integers(1, 2),
    sequence=st.integers(1, 3),
    move=st.sampled_from(["stay", "stay", "next", "stage", "stage", "won", "lost"]),
    target=st.integers(0, STAGES - 1),
    status=st.one_of(st.none(), st.integers(0, STATUSES - 1)),
    plans=st.booleans(),
    points=st.integers(0, 5),
)
outcome_steps = st.tuples(st.just("outcome"), st.integers(0, OUTCOMES - 1))
steps = st.one_of(
    outcome_steps,
    outcome_steps,
    outcome_steps,
    st.tuples(st.just("go"), st.integers(0, STAGES - 1)),
    st.tuples(st.sampled_from(["idle", "order", "win", "lose", "reopen"]), st.just(0)),
)


def stories(examples):
    """How a property over stories is tried.

    Each example is a story in the database: shrinking one would take minutes.
    """
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@tagged("post_install", "-at_install")
class TestEngineProperties(PlaybookCase):
    """Whatever the playbook and the order of events, the engine keeps its promises."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.playbook.max_visits = LOOP_LIMIT
        cls.stages = [cls.first, cls.second, cls.third]
        cls.outcomes = [cls.interested, cls.declined, cls.no_answer]
        cls.statuses = [
            cls.status,
            cls.env["crm.commercial.status"].create({"name": "Test member"}),
        ]
        # Shipped rules hold everywhere: here only the drawn ones answer.
        cls.env["crm.playbook.rule"].search([]).active = False

    @stories(40)
    @given(
        sketches=st.lists(rule_sketches, min_size=3, max_size=10),
        story=st.lists(steps, min_size=4, max_size=14),
    )
    def test_engine_keeps_its_promises(self, sketches, story):
        with self.env.cr.savepoint() as savepoint:
            rules = [self._create_sketched_rule(sketch) for sketch in sketches]
            lead = self._start()
            for step, position in story:
                getattr(self, f"_step_{step}")(lead, position, sketches, rules)
                self._check_promises(lead)
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    @stories(15)
    @given(
        targets=st.lists(
            st.integers(0, STAGES - 1),
            min_size=STAGES * OUTCOMES,
            max_size=STAGES * OUTCOMES,
        ),
        story=st.lists(st.integers(0, OUTCOMES - 1), min_size=8, max_size=10),
    )
    def test_any_graph_of_stages_comes_to_an_end(self, targets, story):
        """Whatever outcome leads from whatever stage to whatever stage."""
        with self.env.cr.savepoint() as savepoint:
            for position, target in enumerate(targets):
                self._create_rule(
                    self.outcomes[position % OUTCOMES],
                    stage_id=self.stages[position // OUTCOMES].id,
                    move="stage",
                    target_stage_id=self.stages[target].id,
                )
            lead = self._start()
            for outcome in story:
                self._register(lead, outcome)
                self._check_promises(lead)
            # Eight moves do not fit into three stages of two visits each.
            self.assertTrue(
                self._lines(lead).filtered(
                    lambda line: "Loop cut" in (line.effects or "")
                )
            )
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    # === STEPS === #

    def _step_outcome(self, lead, position, sketches, rules):
        expected = self._expected_rule(lead, position, sketches, rules)
        action_id = self._register(lead, position)
        line = self._lines(lead).filtered(lambda line: line.action_id.id == action_id)
        self.assertEqual(len(line), 1, "each event has one line")
        self.assertEqual(line.rule_id.id or None, expected, "the right rule answers")

    def _step_go(self, lead, position, _sketches, _rules):
        if lead._is_open():
            lead.go_to_stage(self.stages[position].id)

    def _step_idle(self, lead, _position, _sketches, _rules):
        if lead._is_open():
            for _teller in range(2):
                lead.sudo()._tell_idle(24)

    def _step_order(self, lead, _position, _sketches, _rules):
        order = self.env["sale.order"].create(
            {"partner_id": lead.partner_id.id, "opportunity_id": lead.id}
        )
        order._action_confirm()
        order._action_confirm()
        told = self._lines(lead).filtered(lambda line: line.order_id == order)
        self.assertEqual(len(told), 1, "an event told twice is answered once")

    def _step_win(self, lead, _position, _sketches, _rules):
        lead.action_set_won()

    def _step_lose(self, lead, _position, _sketches, _rules):
        if lead.won_status == "pending":
            lead.action_set_lost()

    def _step_reopen(self, lead, _position, _sketches, _rules):
        if lead.won_status == "lost":
            lead.action_restore()

    # === PROMISES === #

    def _check_promises(self, lead):
        self.env.flush_all()
        lead.invalidate_recordset()
        planned = self._planned(lead)
        self.assertEqual(lead.playbook_stage_id.playbook_id, self.playbook)
        self.assertLessEqual(planned.playbook_stage_id.playbook_id, self.playbook)
        if not lead._is_open():
            self.assertFalse(planned, "closing stops every planned task")
        self._check_loops_are_cut(lead)
        self._check_ledger_replays(lead)

    def _check_loops_are_cut(self, lead):
        for stage in self.stages:
            by_rule = self._lines(lead).filtered(
                lambda line, stage=stage: line.to_stage_id == stage and line.rule_id
            )
            self.assertLessEqual(len(by_rule), LOOP_LIMIT)
        for line in self._lines(lead).filtered("rule_id"):
            moved = line.to_stage_id or line.result
            wanted = line.rule_id.move in ("next", "stage")
            if wanted and not moved:
                self.assertRegex(line.effects, "Loop cut|no next stage|does not move")

    def _check_ledger_replays(self, lead):
        stage = self.env["crm.playbook.stage"]
        status = self.env["crm.commercial.status"]
        result = "open"
        for line in self._lines(lead).sorted("id"):
            stage = line.to_stage_id or stage
            status = line.status_after_id or status
            result = line.result or result
        self.assertEqual(stage, lead.playbook_stage_id)
        self.assertEqual(status, lead.commercial_status_id)
        self.assertEqual(result, lead._result())

    # === ORACLE === #

    def _expected_rule(self, lead, outcome, sketches, rules):
        """The rule that should answer, by reading the rules as the manual says."""
        stage = self.stages.index(lead.playbook_stage_id)
        made = 1 + len(
            lead.action_ids.filtered(
                lambda action: (
                    action.state == "done"
                    and action.stage_visit == lead.stage_visit
                    and action.outcome_id == self.outcomes[outcome]
                )
            )
        )
        answering = []
        for sketch, rule in zip(sketches, rules, strict=True):
            if sketch.outcome != outcome or sketch.scope not in (stage, -1, None):
                continue
            if sketch.trigger == "attempts" and made < sketch.attempts:
                continue
            if sketch.trigger in ("outcome", "attempts"):
                scope = {-1: 1, None: 2}.get(sketch.scope, 0)
                by_trigger = 0 if sketch.trigger == "attempts" else 1
                answering.append((scope, by_trigger, sketch.sequence, rule.id))
        return min(answering)[-1] if answering else None

    # === HELPERS === #

    def _register(self, lead, outcome):
        actions = self.env["crm.action"].with_user(self.seller)
        return actions.register(
            {
                "lead_id": lead.id,
                "action_type_id": self.call.id,
                "outcome_id": self.outcomes[outcome].id,
            }
        )

    def _lines(self, lead):
        return self.env["crm.transition"].search([("lead_id", "=", lead.id)])

    def _create_sketched_rule(self, sketch):
        on_stage = sketch.scope is not None and sketch.scope >= 0
        answers_outcome = sketch.trigger in ("outcome", "attempts")
        return self._create_rule(
            self.outcomes[sketch.outcome] if answers_outcome else None,
            playbook_id=False if sketch.scope is None else self.playbook.id,
            stage_id=self.stages[sketch.scope].id if on_stage else False,
            trigger=sketch.trigger,
            attempts=sketch.attempts,
            idle_hours=24,
            sequence=sketch.sequence,
            # A target stage needs a playbook: everywhere, the next one will do.
            move="next" if self._is_homeless_target(sketch) else sketch.move,
            target_stage_id=self.stages[sketch.target].id
            if sketch.move == "stage" and not self._is_homeless_target(sketch)
            else False,
            commercial_status_id=False
            if sketch.status is None
            else self.statuses[sketch.status].id,
            task_type_id=self.visit.id if sketch.plans else False,
            points=sketch.points,
        )

    def _is_homeless_target(self, sketch):
        return sketch.move == "stage" and sketch.scope is None
