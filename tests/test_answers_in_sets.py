import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.engine import as_engine
from ..models.event import Event
from .common import MONDAY, PlaybookCase
from .test_engine_properties import stories

SCHEDULER = "odoo.addons.crm_playbook.models.crm_action_scheduler"
ANSWERS = "odoo.addons.crm_playbook.models.crm_playbook_rule_answer"
BLACK = 7
# What differs from one time to the next: numbers, moments of the database, and what
# Odoo predicts of an opportunity from those that were closed before.
NEVER_ALIKE = {
    *("id", "create_date", "write_date", "transition_id"),
    *("probability", "automated_probability"),
    *("message_id", "mail_message_id", "mail_mail_id", "mail_mail_id_int"),
}
# The models that the engine writes to, with what tells one row from another where its
# columns do not: which event planned an action, which line of a journey it is,
# what a mail is called and whom it goes to.
COMPARED = {
    "res.partner": "NULL",
    "crm.lead": "NULL",
    "crm.action": "(SELECT event_key FROM crm_transition WHERE id = transition_id)",
    "crm.transition": "row_number() OVER (PARTITION BY lead_id ORDER BY id)",
    "mail.mail": "(SELECT ROW(subject, array_agg(res_partner_id)) FROM mail_message,"
    " mail_mail_res_partner_rel WHERE mail_message.id = mail_message_id"
    " AND mail_mail_id = mail_mail.id GROUP BY subject)::text",
    "mailing.mailing": "NULL",
    "mailing.trace": "NULL",
    "utm.source": "NULL",
}
# Wrong with an entity, if anything: its address, or the template raises for its colour.
ENTITY_FAULTS = [{}, {}, {}, {"email": "not an address"}, {"color": BLACK}]
SHORT_LINK = re.compile(r"/r/\w+")


@dataclass(frozen=True)
class LeadSketch:
    """An opportunity as a test thinks of it, with positions instead of records."""

    salesperson: int | None
    campaign: int | None
    visits: tuple  # the stages gone to by hand after the first
    result: str | None
    channel: str  # of the actions done
    outcomes: tuple


@dataclass(frozen=True)
class RuleSketch:
    """A rule of the playbook, or of one of its stages."""

    stage: int | None
    trigger: str
    outcome: int
    attempts: int
    move: str
    target: int
    status: bool
    points: int
    task: str | None
    assignee: str
    delay: int
    spawns: bool


STAGES, OUTCOMES, CAMPAIGNS = 3, 2, 2
LEADS, ACTIONS = 5, 3
lead_sketches = st.builds(
    LeadSketch,
    salesperson=st.one_of(st.none(), st.integers(0, 1)),
    campaign=st.one_of(st.none(), st.integers(0, CAMPAIGNS - 1)),
    visits=st.lists(st.integers(0, STAGES - 1), max_size=2).map(tuple),
    result=st.sampled_from([None, None, None, None, "won", "lost"]),
    channel=st.sampled_from(["phone", "email"]),
    outcomes=st.tuples(*[st.integers(0, OUTCOMES - 1)] * ACTIONS),
)
rule_sketches = st.builds(
    RuleSketch,
    stage=st.one_of(st.none(), st.integers(0, STAGES - 1)),
    trigger=st.sampled_from(["outcome", "outcome", "outcome", "attempts", "idle"]),
    outcome=st.integers(0, OUTCOMES - 1),
    attempts=st.integers(1, 2),
    move=st.sampled_from(["stay", "next", "next", "stage", "stage", "won", "lost"]),
    target=st.integers(0, STAGES - 1),
    status=st.booleans(),
    points=st.integers(0, 3),
    task=st.sampled_from([None, "planned", "free", "automatic"]),
    assignee=st.sampled_from(
        [
            "me",
            "journey_salesperson",
            "entity_salesperson",
            "stage_user",
            "fixed_user",
            "contact_user",
            "entity_role",
            "round_robin",
            "team",
        ]
    ),
    delay=st.integers(0, 2),
    spawns=st.booleans(),
)


@tagged("post_install", "-at_install")
class TestAnswersInSets(PlaybookCase):
    """What is done for many at once comes to the same as one after the other."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.stages = [cls.first, cls.second, cls.third]
        cls.outcomes = [cls.sent, cls.declined]
        cls.sellers = [cls.seller, cls.other_seller]
        cls.email = cls._create_email_type()
        cls.call.outcome_ids |= cls.sent
        cls.types = {"phone": cls.call, "email": cls.email}
        cls.tasks = {"planned": cls.visit, "free": cls.call, "automatic": cls.email}
        cls.second.write({"task_type_id": cls.visit.id, "task_mode": "planned"})
        cls.second.user_id = cls.other_seller
        cls.third.task_type_id = cls.email
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Test reason"})
        cls.contact = cls._create_partner("Contact", user_ids=cls.seller.ids)
        cls.entities = cls.env["res.partner"].union(
            *(
                cls._create_partner(f"Entity {number}", user_id=seller.id)
                for number, seller in enumerate(cls.sellers * LEADS)
            )
        )
        cls.entities[0].user_id = False
        cls.campaigns = [cls._create_running_campaign() for _one in range(CAMPAIGNS)]
        cls.campaigns[1].action_close()
        other = cls.env["crm.playbook"].create({"name": "Other"})
        cls._create_stage("Only", playbook=other)
        cls.spawned = cls._create_running_campaign(playbook_id=other.id)

    @classmethod
    def _create_email_type(cls):
        template = cls.env["mail.template"].create(
            {
                "name": "Test offer",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "subject": "For {{ object.partner_id.name }}",
                "body_html": f"<p t-out='1 / (object.partner_id.color - {BLACK})'/>"
                "<p>See <a href='https://shop.test.example'>it</a></p>",
                "email_from": "sales@test.example",
            }
        )
        return cls._create_type(
            "Test e-mail",
            cls.sent | cls.declined,
            channel="email",
            sent_outcome_id=cls.sent.id,
            mail_template_id=template.id,
        )

    @classmethod
    def _create_running_campaign(cls, **values):
        campaign = cls._create_campaign(cls.env["res.partner"], **values)
        campaign.action_launch()
        return campaign

    # === ANSWERS === #

    @stories(40)
    @given(
        leads=st.lists(lead_sketches, min_size=2, max_size=LEADS),
        rules=st.lists(rule_sketches, min_size=1, max_size=5),
        told=st.lists(
            st.tuples(st.integers(0, LEADS - 1), st.integers(0, ACTIONS - 1)),
            min_size=2,
            max_size=10,
        ),
        trigger=st.sampled_from(["outcome", "outcome", "idle"]),
        max_visits=st.integers(1, 3),
    )
    def test_answers_to_many_are_the_answers_to_each(
        self, leads, rules, told, trigger, max_visits
    ):
        with self._at(MONDAY), self._undone():
            self.playbook.max_visits = max_visits
            for sketch in rules:
                self._create_sketched_rule(sketch)
            actions = [
                self._create_done_actions(
                    self._create_sketched_lead(sketch, entity), sketch
                )
                for sketch, entity in zip(leads, self.entities, strict=False)
            ]
            self._check_answers_are_equal(
                self._event(trigger, actions[lead % len(leads)][number])
                for lead, number in told
            )

    def test_second_event_is_answered_where_the_first_has_led(self):
        """Of two that stand in one stage, only the other moves by its first event."""
        self._create_rule(self.sent, stage_id=self.first.id, move="next")
        self._create_rule(self.sent, stage_id=self.second.id, move="lost")
        stays, moves = (
            self._create_done_actions(
                self._start(self._create_lead(entity)),
                LeadSketch(None, None, (), None, "phone", outcomes),
            )
            for entity, outcomes in zip(self.entities, ((1, 0), (0, 0)), strict=False)
        )
        told = [stays[0], moves[0], stays[1], moves[1]]
        with self._at(MONDAY):
            self._check_answers_are_equal(
                self._event("outcome", action) for action in told
            )

    def _check_answers_are_equal(self, events):
        engine, events = self.env["crm.playbook.rule"], list(events)
        self._check_equal(
            self._outcome_of(lambda: engine._tell_all(events)),
            self._outcome_of(lambda: [engine._tell(event) for event in events]),
        )

    # === DUE TASKS === #

    @stories(40)
    @given(
        leads=st.lists(lead_sketches, min_size=2, max_size=LEADS),
        faults=st.lists(st.sampled_from(ENTITY_FAULTS), min_size=LEADS, max_size=LEADS),
        rules=st.lists(rule_sketches, min_size=1, max_size=4),
        due=st.lists(st.integers(0, LEADS - 1), min_size=2, max_size=8),
        max_visits=st.integers(1, 3),
    )
    def test_tasks_done_together_are_as_those_done_one_by_one(
        self, leads, faults, rules, due, max_visits
    ):
        with self._at(MONDAY), self._undone():
            self.playbook.max_visits = max_visits
            for sketch in rules:
                self._create_sketched_rule(sketch)
            leads = [
                self._create_sketched_lead(sketch, entity)
                for sketch, entity in zip(leads, self.entities, strict=False)
            ]
            for entity, fault in zip(self.entities, faults, strict=False):
                entity.write(fault)
            for number in due:
                self._plan_email(leads[number % len(leads)])
            tasks = self.env["crm.action"]._take_due(100, [])
            self._check_equal(
                self._outcome_of(tasks._run_batch),
                self._outcome_of(lambda: self._run_one_by_one(tasks)),
            )

    def _plan_email(self, lead):
        as_engine(self.env["crm.action"]).create(
            {
                "lead_id": lead.id,
                "partner_id": lead.partner_id.id,
                "crm_campaign_id": lead.crm_campaign_id.id,
                "action_type_id": self.email.id,
                "mode": "automatic",
                "user_id": self.seller.id,
                **lead._stay_values(),
            }
        )

    def _run_one_by_one(self, tasks):
        for task in tasks:
            if task.state == "planned":
                task._run_batch()

    # === SCENE === #

    def _create_sketched_lead(self, sketch, entity):
        salesperson = sketch.salesperson
        lead = self._create_lead(
            entity,
            user_id=False if salesperson is None else self.sellers[salesperson].id,
        )
        if sketch.campaign is not None:
            campaign = self.campaigns[sketch.campaign]
            as_engine(lead).write(
                {"crm_campaign_id": campaign.id, "campaign_round": lead.id}
            )
        lead.start_playbook(self.playbook.id)
        for stage in sketch.visits:
            lead.go_to_stage(self.stages[stage].id)
        return lead

    def _create_done_actions(self, lead, sketch):
        """Actions done in this stay, of which the rules do not know yet."""
        actions = as_engine(self.env["crm.action"]).create(
            [
                {
                    "lead_id": lead.id,
                    "partner_id": lead.partner_id.id,
                    "crm_campaign_id": lead.crm_campaign_id.id,
                    "action_type_id": self.types[sketch.channel].id,
                    "mode": "automatic" if sketch.channel == "email" else "free",
                    "state": "done",
                    "outcome_id": self.outcomes[outcome].id,
                    "user_id": self.seller.id,
                    "done_at": MONDAY,
                    **lead._stay_values(),
                }
                for outcome in sketch.outcomes
            ]
        )
        if sketch.result:
            getattr(lead, f"action_set_{sketch.result}")()
        return actions

    def _create_sketched_rule(self, sketch):
        closes = sketch.move in ("won", "lost")
        return self._create_rule(
            self.outcomes[sketch.outcome] if sketch.trigger != "idle" else None,
            stage_id=self.stages[sketch.stage].id
            if sketch.stage is not None
            else False,
            trigger=sketch.trigger,
            attempts=sketch.attempts,
            idle_hours=24,
            move=sketch.move,
            target_stage_id=self.stages[sketch.target].id
            if sketch.move == "stage"
            else False,
            lost_reason_id=self.reason.id if sketch.move == "lost" else False,
            commercial_status_id=self.status.id if sketch.status else False,
            points=sketch.points,
            task_type_id=self.tasks[sketch.task].id if sketch.task else False,
            task_mode=sketch.task or "free",
            task_delay_days=sketch.delay,
            assignee=sketch.assignee,
            assignee_user_id=self.other_seller.id,
            assignee_partner_id=self.contact.id,
            assignee_role_id=self.env.ref("crm_playbook.role_instructor").id,
            spawn_campaign_id=self.spawned.id
            if sketch.spawns and not closes
            else False,
        )

    def _event(self, trigger, action):
        if trigger == "outcome":
            return Event.of_action("outcome", action)
        lead = action.lead_id
        key = f"idle/24/crm.lead/{lead.id}/{lead.stage_visit}"
        return Event.of_journey("idle", lead, key=key, idle_hours=24)

    # === COMPARING === #

    @contextmanager
    def _undone(self):
        """What is done here never happened afterwards."""
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def _outcome_of(self, work):
        """What the database holds after the work, which is then undone."""
        known = {name: self._last_number(name) for name in COMPARED}
        with self._undone(), mute_logger(ANSWERS, SCHEDULER, "odoo.render"):
            work()
            self.env.flush_all()
            return {name: self._rows(name, known) for name in COMPARED}

    def _last_number(self, name):
        table = SQL.identifier(self.env[name]._table)
        [(number,)] = self.env.execute_query(SQL("SELECT max(id) FROM %s", table))
        return number or 0

    def _rows(self, name, known):
        """All rows of a model, without what is never alike, in an order of their own.

        :param known: {name of a model: the number of its last record beforehand}
        """
        model = self.env[name]
        rows = self.env.execute_query_dict(
            SQL(
                "SELECT *, %s AS mark FROM %s",
                SQL(COMPARED[name]),  # pylint: disable=sql-injection
                SQL.identifier(model._table),
            )
        )
        return sorted(
            SHORT_LINK.sub("/r/", str(self._comparable(model, row, known)))
            for row in rows
        )

    def _comparable(self, model, row, known):
        return {
            column: "new"
            if self._is_new(model, column, value, known)
            else value or None
            for column, value in row.items()
            if column not in NEVER_ALIKE
        }

    def _is_new(self, model, column, value, known):
        """Whether a column refers to a record that was not there before the work."""
        of = model._fields[column].comodel_name if column in model._fields else None
        return of in known and value and value > known[of]

    def _check_equal(self, together, one_by_one):
        """The rows are the same; only those that differ are told of."""
        for name in COMPARED:
            several, single = Counter(together[name]), Counter(one_by_one[name])
            self.assertEqual(
                sorted((several - single).elements()),
                sorted((single - several).elements()),
            )
