"""The lines of the table: what is measured, against what, and what is wanted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A line: the ratio is how many times quicker, or how much of the peer's time."""

    job: str
    peer: str
    bound: float
    is_speed: bool = False

    def ratio(self, seconds, peer_seconds):
        """The measured ratio, the way that the goal states it."""
        return peer_seconds / seconds if self.is_speed else seconds / peer_seconds

    def is_met(self, ratio):
        """Whether the ratio is on the right side of the bound."""
        return ratio >= self.bound if self.is_speed else ratio <= self.bound

    @property
    def text(self):
        """The goal in a few signs."""
        if self.is_speed:
            return f">= {self.bound:g}x"
        return f"<= {self.bound:g}x"


def quicker(job, peer, times):
    """The product is so many times quicker than its peer."""
    return Goal(job, peer, times, is_speed=True)


def within(job, peer, share):
    """The product takes no more than this share of its peer's time."""
    return Goal(job, peer, share)


GENERATION = "generation"
GOALS = {
    "generation_import": quicker(GENERATION, "crm.lead.create, as an import", 100),
    "generation_untracked": quicker(GENERATION, "the same, untracked", 15),
    "generation_floor": within(GENERATION, "bare INSERT ... SELECT", 2),
    "daily_run": within("daily run, nothing new", "the bare anti-join", 1.5),
    "dry_run": within("dry run", "launching it", 0.5),
    "emails": within("due e-mails", "mail.template.send_mail_batch", 1.25),
    "sms": within("due SMS", "SMS composer in mass mode, unlogged", 1.25),
    "schedulers": quicker("two schedulers at once", "one scheduler", 1.7),
    "idle": quicker("due steps without a message", "tracked crm.lead.write", 20),
    "outcome": within("one outcome recorded", "mail.activity.action_feedback", 1.5),
    "results": within("campaign results", "the aggregate by hand", 0.1),
    "forecast": within("forecast of a quarter", "grouping the opportunities", 1),
    "forecast_as_of": within("forecast two months ago", "the forecast now", 2),
    "waterfall": within("movement since last week", "the forecast now", 3),
    "agenda": within("agenda, first page", "My Activities", 1),
    "my_day": within("My Day of a busy person", "of one with 80 tasks", 2),
    "team_load": quicker("load of a team", "grouping mail.activity", 20),
    "team_panel": quicker("panel of all teams", "grouping one team's activities", 1),
    "entity": within("360 view, 10,000 events", "of one with 10 events", 2),
    "customer": within("view of a customer", "partner form and chatter", 1),
}
