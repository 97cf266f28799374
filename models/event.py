"""What happened, told to the rules by whoever saw it happen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened to an entity, and to its journey if it has one.

    ``key`` tells one event from another on the same journey (or entity): the same key
    is answered once, however often it is told. An event without key is always new.
    """

    trigger: str
    partner: Any
    journey: Any
    action: Any
    key: str | None = None
    score: float | None = None
    idle_hours: float | None = None
    order: Any = None
    # With what the action counts as ended, where that is not how it did end.
    counts_as: Any = None

    @property
    def outcome(self):
        """With what the action ended, or counts as ended."""
        return self.counts_as or self.action.outcome_id

    @classmethod
    def of_action(cls, trigger, action, **details):
        """The event of something that happened to an action, once per action."""
        details.setdefault("key", f"{trigger}/{action.id}")
        return cls(trigger, action.partner_id, action._journey(), action, **details)

    @classmethod
    def of_journey(cls, trigger, journey, **details):
        """The event of something that happened to a journey as such."""
        no_action = journey.env["crm.action"]
        return cls(trigger, journey.partner_id, journey, no_action, **details)

    @classmethod
    def of_line(cls, line):
        """The event that a line of the ledger tells of."""
        return cls(line.trigger, line.partner_id, line._journey(), line.action_id)
