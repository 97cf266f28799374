"""Every call of the campaign.

The calls are made in rounds, as a call centre does: the first call of everybody, then
the second of those who have not decided ... Two lanes work side by side, as two workers
of the server do. One makes the calls that leave the opportunity open, the other those
that close it. Only one closes, because Odoo counts won and lost opportunities in rows
that all of them share (its predictive scoring): two that wrote them at once would only
get into each other's way.
"""

from dataclasses import dataclass

from .bank_file import BankClient
from .contract import batches
from .lane import Lane
from .people import known_people

CALLS_AT_ONCE = 100


@dataclass
class Journey:
    """One client's opportunity, and how many calls were made for it."""

    client: BankClient
    lead: int
    done: int

    @property
    def calls_left(self):
        """How many calls the file tells of that were not made yet."""
        return self.client.calls - self.done

    def outcome_of_next_call(self):
        """With what the next call ends, by name."""
        if self.calls_left > 1:
            return "no_decision"
        return "subscribes" if self.client.subscribes else "declines"


def read_journeys(contract, scene, clients):
    """The opportunities of the campaign, with what was done for each before."""
    leads = {
        lead["partner_id"]: lead
        for lead in contract.read_all(
            "crm.lead",
            [["crm_campaign_id", "=", scene.campaign]],
            ["partner_id", "done_action_count"],
        )
    }
    people = known_people(contract)
    journeys = []
    for client in clients:
        lead = leads[people[client.reference]]
        journeys.append(Journey(client, lead["id"], lead["done_action_count"]))
    return journeys


class Calls:
    """Makes the calls that are left: the planned actions of the opportunities."""

    def __init__(self, contract, scene, progress):
        self.contract = contract
        self.scene = scene
        self.progress = progress

    def make(self, journeys):
        """Go round until nobody is left to call."""
        self.progress.expect(sum(journey.calls_left for journey in journeys))
        with Lane() as closing:
            while journeys := [journey for journey in journeys if journey.calls_left]:
                for batch in batches(journeys, CALLS_AT_ONCE):
                    self._call(batch, closing)

    def _call(self, journeys, closing):
        """Make one call for each of these opportunities."""
        planned = self._planned_actions(journeys)
        actions = {"no_decision": [], "subscribes": [], "declines": []}
        for journey in journeys:
            outcome = journey.outcome_of_next_call()
            actions[outcome].append(planned[journey.lead])
            journey.done += 1
        closing.do(self._done, actions["declines"], self.scene.declines)
        self._done(actions["no_decision"], self.scene.no_decision)
        self._done(actions["subscribes"], self.scene.subscribes)

    def _planned_actions(self, journeys):
        """The action that waits at each opportunity: {lead: action}."""
        actions = self.contract.call(
            "crm.action",
            "search_read",
            domain=[
                ["lead_id", "in", [journey.lead for journey in journeys]],
                ["state", "=", "planned"],
            ],
            fields=["lead_id"],
            load=None,
        )
        return {action["lead_id"]: action["id"] for action in actions}

    def _done(self, actions, outcome):
        if actions:
            self.contract.call("crm.action", "done", ids=actions, outcome_id=outcome)
            self.progress.add(len(actions))
