"""What the manager sets up before the first call: types, playbook, rules, campaign."""

from dataclasses import dataclass

from .bank_file import CALL_COST, FIXED_COST

REACHABLE = "[('properties.contact', 'in', ['cellular', 'telephone', 'unknown'])]"


@dataclass(frozen=True)
class Scene:
    """The ids of all that the replay works with."""

    no_decision: int
    subscribes: int
    declines: int
    campaign: int


def set_the_scene(contract, people):
    """Find or make everything up to the campaign, which stays in draft.

    :param dict people: ids of the ``manager`` and the ``callers``
    """
    outcomes = {
        name: contract.ensure("crm.outcome", name)
        for name in ("No decision", "Subscribes", "Declines")
    }
    call = contract.ensure(
        "crm.action.type",
        "Term deposit call",
        channel="call",
        marginal_cost=CALL_COST,
        outcome_ids=[[6, 0, list(outcomes.values())]],
    )
    return Scene(
        *outcomes.values(),
        campaign=contract.ensure(
            "crm.campaign",
            "Term deposit",
            playbook_id=_ensure_playbook(contract, call, outcomes),
            segment_id=contract.ensure(
                "crm.segment", "Clients the bank can reach", domain=REACHABLE
            ),
            fixed_cost=FIXED_COST,
            user_id=people["manager"],
            member_ids=[[6, 0, people["callers"]]],
            assignment="round_robin",
        ),
    )


def _ensure_playbook(contract, call, outcomes):
    """One stage, and a rule for each thing that may happen in it."""
    return contract.ensure(
        "crm.playbook",
        "Term deposit by telephone",
        purpose="cross_selling",
        stage_ids=[[0, 0, {"name": "Call", "task_type_id": call}]],
        rule_ids=[
            [0, 0, {"outcome_id": outcomes["No decision"], "task_type_id": call}],
            [0, 0, {"outcome_id": outcomes["Subscribes"], "move": "stay"}],
            [0, 0, {"outcome_id": outcomes["Declines"], "move": "lost"}],
            [0, 0, {"trigger": "order_confirmed", "move": "won"}],
        ],
    )
