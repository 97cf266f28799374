from functools import cached_property

from odoo import api, fields, models

# Another value of these makes another task of the task of a stage.
TASK_FIELDS = ("task_type_id", "task_mode", "task_delay_days", "task_delay_hours")


class CrmPlaybook(models.Model):
    """Who changes the stages is told, before saving, what that means."""

    _inherit = "crm.playbook"

    change_notice = fields.Text(compute="_compute_change_notice")

    @api.depends(
        "stage_ids.sequence",
        "stage_ids.active",
        "stage_ids.closes_as",
        "stage_ids.catch_up",
        *(f"stage_ids.{name}" for name in TASK_FIELDS),
    )
    def _compute_change_notice(self):
        for playbook in self:
            is_edited = playbook._origin and playbook != playbook._origin
            playbook.change_notice = is_edited and "\n".join(
                StageChange(playbook._origin, playbook.stage_ids).sentences()
            )


class CrmPlaybookStage(models.Model):
    _inherit = "crm.playbook.stage"

    change_notice = fields.Text(compute="_compute_change_notice")

    @api.depends("playbook_id", "active", "closes_as", "catch_up", *TASK_FIELDS)
    def _compute_change_notice(self):
        for stage in self:
            playbook = stage.playbook_id._origin
            others = stage.playbook_id.stage_ids.filtered(
                lambda other, edited=stage._origin: other._origin - edited
            )
            is_edited = playbook and stage != stage._origin
            stage.change_notice = is_edited and "\n".join(
                StageChange(playbook, others | stage).sentences()
            )

    def _key(self):
        """By which a stage is known before and after: its id, or itself if unsaved."""
        return self._origin.id or self.id

    def _task(self):
        return [
            value._origin.id if isinstance(value, models.BaseModel) else value
            for value in (self[name] for name in TASK_FIELDS)
        ]


class Way:
    """Stages in the order in which a journey goes through them, by their keys."""

    def __init__(self, stages):
        ordered = stages.filtered("active")._in_order()
        self.stages = {stage._key(): stage for stage in ordered}
        self.steps = [key for key, stage in self.stages.items() if not stage.closes_as]

    def ahead(self, key):
        """The steps that come after one."""
        return self.steps[self.steps.index(key) + 1 :]

    def before(self, key):
        """The steps that come before one."""
        return self.steps[: self.steps.index(key)]

    def names(self, keys):
        return ", ".join(self.stages[key].name or "?" for key in keys)

    def looks(self):
        """All that matters to who is under way."""
        return [
            (key, stage.closes_as, stage.catch_up, stage._task())
            for key, stage in self.stages.items()
        ]


class StageChange:
    """What other stages would mean for those who are under way, in sentences."""

    def __init__(self, playbook, stages):
        self.env = playbook.env
        self.playbook = playbook
        self.now = Way(playbook.stage_ids)
        self.then = Way(stages)

    def sentences(self):
        """One for each thing that somebody should know before saving."""
        if self.now.looks() == self.then.looks() or not self.open_counts:
            return []
        return [
            *self._taken_out(),
            *self._new_steps(),
            *self._catching_up(),
            *self._another_way(),
            *self._closing(),
            *self._other_tasks(),
        ]

    def _taken_out(self):
        for key, stage in self.now.stages.items():
            if key not in self.then.stages and self._count([key]):
                yield self.env._(
                    "%(stage)s is taken out with %(who)s in it: that is refused. "
                    "Discard, and retire it instead, which moves who is in it.",
                    stage=stage.name,
                    who=self._who([key]),
                )

    def _new_steps(self):
        for key in self._new_keys():
            name = self.then.names([key])
            before, past = self.then.before(key), self.then.ahead(key)
            if self._count(before):
                yield self.env._(
                    "%(stage)s is new, and still to come for %(who)s.",
                    stage=name,
                    who=self._who(before),
                )
            if self._count(past):
                yield self.env._(
                    "%(stage)s is new, and comes too late for %(who)s.",
                    stage=name,
                    who=self._who(past),
                )

    def _new_keys(self):
        return [key for key in self.then.steps if key not in self.now.stages]

    def _catching_up(self):
        waiting = self._waiting_before()
        for key, before in waiting.items():
            names = {
                "who": self.playbook.stage_ids._opportunities_text(
                    self.waiting_counts[before]
                ),
                "before": self.now.names([before]),
                "stage": self.then.names([key]),
            }
            if self.then.stages[key].catch_up:
                yield self.env._(
                    "Nothing is left to do for %(who)s in %(before)s: on to %(stage)s "
                    "at once when you save.",
                    **names,
                )
            else:
                yield self.env._(
                    "Nothing is left to do for %(who)s in %(before)s: no move to "
                    "%(stage)s unless it is told to catch up.",
                    **names,
                )

    def _another_way(self):
        for key in self.now.steps:
            if key not in self.then.steps or not self._count([key]):
                continue
            ahead, then = self.now.ahead(key), self.then.ahead(key)
            place = {"who": self._who([key]), "stage": self.now.names([key])}
            if ahead[:1] != then[:1]:
                yield self.env._(
                    "%(who)s in %(stage)s: next comes %(new)s instead of %(old)s.",
                    new=self.then.names(then[:1]) or self.env._("nothing"),
                    old=self.now.names(ahead[:1]) or self.env._("nothing"),
                    **place,
                )
            kept = set(self.now.steps) & set(self.then.steps)
            if lost := [step for step in ahead if step in kept and step not in then]:
                yield self.env._(
                    "%(who)s in %(stage)s: no longer to come: %(stages)s.",
                    stages=self.now.names(lost),
                    **place,
                )
            if again := [step for step in then if step in kept and step not in ahead]:
                yield self.env._(
                    "%(who)s in %(stage)s: to come again: %(stages)s.",
                    stages=self.then.names(again),
                    **place,
                )

    def _closing(self):
        for key in self.now.steps:
            stage = self.then.stages.get(key)
            if stage and stage.closes_as and self._count([key]):
                yield self.env._(
                    "%(who)s in %(stage)s: still open. Only who enters it from now on "
                    "is closed.",
                    who=self._who([key]),
                    stage=stage.name,
                )

    def _other_tasks(self):
        changed = self.playbook.stage_ids.filtered(
            lambda stage: (
                stage.id in self.then.steps
                and stage._task() != self.then.stages[stage.id]._task()
            )
        )
        for key, count in changed._task_counts().items():
            yield self.env._(
                "%(who)s in %(stage)s: the former task stays as it is planned. Whoever "
                "enters from now on gets the new one.",
                who=changed._opportunities_text(count),
                stage=self.now.names([key]),
            )

    # === COUNTS === #

    @cached_property
    def open_counts(self):
        """How many are open in each stage as it is saved."""
        return self.playbook.stage_ids._open_counts()

    @cached_property
    def waiting_counts(self):
        """How many of them wait before a stage that could be told to catch up."""
        before = set(self._just_before().values())
        return self.playbook.stage_ids.filtered(
            lambda stage: stage.id in before
        )._waiting_counts()

    def _just_before(self):
        """The step before each that is new, or told to catch up."""
        asking = [
            key
            for key in self.then.steps
            if key not in self.now.stages or self.then.stages[key].catch_up
        ]
        steps = {key: self.then.before(key)[-1:] for key in asking}
        return {key: before[0] for key, before in steps.items() if before}

    def _waiting_before(self):
        return {
            key: before
            for key, before in self._just_before().items()
            if self.waiting_counts.get(before)
        }

    def _count(self, keys):
        return sum(self.open_counts.get(key, 0) for key in keys)

    def _who(self, keys):
        return self.playbook.stage_ids._opportunities_text(self._count(keys))
