"""The key to what only the engine may write.

A state is changed through its one door, never by a plain ``write``. The door opens
with an object that lives in this process only: no context that comes in over RPC can
hold it.
"""

import logging
from collections import defaultdict

from psycopg2 import errors

from odoo import api, models
from odoo.exceptions import UserError

_KEY = object()
_logger = logging.getLogger(__name__)

# Somebody else was quicker at the same rows: not a fault, the work is done again later.
LOCKED = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
)
CONFLICTS = (*LOCKED, errors.UniqueViolation)


def as_engine(records):
    """The same records, with the rights of the engine; the user stays who they are."""
    return records.sudo().with_context(crm_playbook_engine=_KEY)


def as_mirror(records):
    """The same records, for writing what an action says into its mirrors.

    The action, which knows it already, is not told: no loops. Nor does
    Odoo then carry dates between an activity and its event, on the writer's clock: the
    action tells both, on the clock of whoever has it.
    """
    return records.with_context(
        crm_playbook_mirror=_KEY,
        calendar_event_meeting_update=True,
        mail_activity_meeting_update=True,
    )


def is_mirror(env):
    """Whether this code writes into mirrors what their action says."""
    return env.context.get("crm_playbook_mirror") is _KEY


def as_feed(records):
    """The same records, for making entities of what comes in from elsewhere.

    What their kind requires may be missing: they are incomplete, not refused.
    """
    return records.with_context(crm_playbook_feed=_KEY)


def is_feed(env):
    """Whether this code makes entities of what comes in from elsewhere."""
    return env.context.get("crm_playbook_feed") is _KEY


def as_keeping_tasks(records):
    """The same opportunities, for another salesperson who does not get their tasks."""
    return records.with_context(crm_playbook_keeping_tasks=_KEY)


def is_keeping_tasks(env):
    """Whether opportunities are handed over without their tasks."""
    return env.context.get("crm_playbook_keeping_tasks") is _KEY


def unless_in_the_way(env, work):
    """Do ``work``; where somebody else is in its way, nothing of it is done.

    The whole transaction is rolled back: it must hold nothing else.

    :return: whether it was done
    """
    try:
        work()
        env.flush_all()
    except CONFLICTS as conflict:
        _logger.info("It waits: %s", conflict)
        env.cr.rollback()
        return False
    return True


def in_turns(items, journey_of):
    """Lists of items with no journey twice: its second item is in the second list.

    So the second is met where the first has led, as if one came after the other.

    :param journey_of: function that tells the journey of an item, an empty one if none
    """
    turns, met = defaultdict(list), defaultdict(int)
    for item in items:
        journey = journey_of(item)
        turns[met[journey]].append(item)
        if journey:
            met[journey] += 1
    return list(turns.values())


def in_batches(next_batch):
    """The batches of records, each after the last id of the one before, to the end.

    So one that could not be done is not found again in the same round.

    :param next_batch: function that finds the next records ``after`` an id
    """
    last = 0
    while records := next_batch(after=last):
        last = records[-1].id
        yield records


def is_engine(env):
    """Whether this code runs behind one of the doors."""
    return env.context.get("crm_playbook_engine") is _KEY


class CrmEngineGuarded(models.AbstractModel):
    """A model some fields of which only the engine writes, whoever asks and however.

    The model names them in ``_engine_fields``. Forms may send their defaults back;
    anything else is refused, and defaults of such fields that a caller puts in the
    context are ignored.
    """

    _name = "crm.engine.guarded"
    _description = "Guarded by the Engine"

    _engine_fields = frozenset()
    # The life of a record: from which state it may go to which.
    _transitions = {}

    @api.model_create_multi
    def create(self, vals_list):
        if is_engine(self.env):
            return super().create(vals_list)
        for vals in vals_list:
            self._refuse_engine_fields(vals)
        # Replaced as a whole: keyword arguments could not leave anything out.
        context = self._context_without_engine_defaults()
        guarded = self.with_env(self.env(context=context))
        return super(CrmEngineGuarded, guarded).create(vals_list)

    def write(self, vals):
        if not is_engine(self.env):
            self._refuse_engine_fields(vals)
        return super().write(vals)

    def _move_to(self, state, **values):
        """The one door: bring the records to ``state``, or raise if one cannot go.

        :param values: what else is written with the state
        """
        label = dict(self._fields["state"]._description_selection(self.env))
        for record in self:
            if state not in self._transitions[record.state]:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s: it cannot become %(target)s.",
                        name=record.display_name,
                        state=label[record.state].lower(),
                        target=label[state].lower(),
                    )
                )
        as_engine(self).write({"state": state, **values})

    def _context_without_engine_defaults(self):
        return {
            name: value
            for name, value in self.env.context.items()
            if name.removeprefix("default_") not in self._engine_fields
            or not name.startswith("default_")
        }

    def _refuse_engine_fields(self, vals):
        """Refuse values that the engine alone gives.

        :raise UserError: when one of them would change something
        """
        refused = [
            name
            for name in sorted(self._engine_fields & vals.keys())
            if self._says_something_new(name, vals[name])
        ]
        if refused:
            raise UserError(
                self.env._(
                    "%s cannot be written by hand: use the buttons instead.",
                    ", ".join(self._fields[name].string for name in refused),
                )
            )

    def _says_something_new(self, name, value):
        field = self._fields[name]
        if not self:
            default = field.default(self) if field.default else False
            return (value or False) != (default or False)
        return any(
            field.convert_to_write(record[name], record) != value for record in self
        )
