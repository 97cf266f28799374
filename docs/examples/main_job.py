"""The main job of the add-on, done from outside Odoo by its public contract.

A manager, who is no administrator, defines and launches a campaign; a salesperson
calls, visits and sells; the manager reads what the campaign cost and brought::

    MANAGER_SECRET=... SALESPERSON_SECRET=... python main_job.py --protocol json2 \\
        --url http://127.0.0.1:8069 --database crm --product "Name of a product" \\
        --manager login_of_the_manager --salesperson login_of_the_salesperson

It says on the error output what it does, and prints the ids and figures as JSON.
"""

import argparse
import json
import os
import sys
from datetime import datetime, timedelta, timezone

from odoo_connection import PROTOCOLS, connect

CALL_COST, VISIT_COST, FIXED_COST, PRICE = 2.50, 30.00, 100.00, 1000.00
NAMES = ("Ada Bianchi", "Berta Conti", "Carlo Dini", "Dora Este")


class Manager:
    """Shapes the playbook, launches the campaign and reads its figures."""

    def __init__(self, connection, label):
        self.call = connection.call
        self.user = connection.user_id
        self.label = label

    def define_types(self):
        """The two things that are done with an entity, and how each may end."""
        self.interested, self.declines, self.agrees = (
            self._outcome(name) for name in ("Interested", "Declines", "Agrees")
        )
        self.phone, self.visit = self._create(
            "crm.action.type",
            {
                "name": f"{self.label}: call",
                "channel": "call",
                "marginal_cost": CALL_COST,
                "outcome_ids": [[6, 0, [self.interested, self.declines]]],
            },
            {
                "name": f"{self.label}: visit",
                "channel": "visit",
                "marginal_cost": VISIT_COST,
                "outcome_ids": [[6, 0, [self.agrees, self.declines]]],
            },
        )

    def define_playbook(self):
        """Call, then visit who is interested; an order wins, a refusal loses."""
        stages = [
            {"name": "Call", "sequence": 1, "task_type_id": self.phone},
            {"name": "Visit", "sequence": 2, "task_type_id": self.visit},
        ]
        rules = [
            {"outcome_id": self.interested, "move": "next"},
            {"outcome_id": self.declines, "move": "lost"},
            {"trigger": "order_confirmed", "move": "won"},
        ]
        (self.playbook,) = self._create(
            "crm.playbook",
            {
                "name": f"{self.label}: call and visit",
                "stage_ids": [[0, 0, stage] for stage in stages],
                "rule_ids": [[0, 0, rule] for rule in rules],
            },
        )

    def create_entities(self, salesperson, reference, *names):
        """Entities that the salesperson looks after."""
        shared = {"user_id": salesperson, "ref": reference}
        return self._create(
            "res.partner", *({"name": name, **shared} for name in names)
        )

    def define_segment(self, reference):
        """The entities with that reference, whoever they are when it is used."""
        domain = [["ref", "=", reference]]
        (segment,) = self._create(
            "crm.segment", {"name": f"{self.label}: {reference}", "domain": str(domain)}
        )
        return segment

    def launch_campaign(self, name, **values):
        """A running campaign over the entities that have its name as reference."""
        (campaign,) = self._create(
            "crm.campaign",
            {
                "name": f"{self.label}: {name}",
                "playbook_id": self.playbook,
                "segment_id": self.define_segment(name),
                **values,
            },
        )
        self.call("crm.campaign", "action_launch", ids=[campaign])
        return campaign

    def generate(self, campaign):
        """Take up who has entered the segment since; how many that were."""
        return self.call("crm.campaign", "generate", ids=[campaign])

    def pause_and_resume(self, campaign):
        """Nothing is generated or sent meanwhile."""
        self.call("crm.campaign", "action_pause", ids=[campaign])
        self.call("crm.campaign", "action_resume", ids=[campaign])

    def figures(self, campaign):
        """What the campaign cost and brought."""
        names = ["opportunity_count", "won_count", "cost", "revenue", "roi"]
        (figures,) = self.call("crm.campaign", "read", ids=[campaign], fields=names)
        return figures

    def ledger(self, lead):
        """What happened to an opportunity, in order."""
        lines = self.call(
            "crm.transition",
            "search_read",
            domain=[["lead_id", "=", lead]],
            fields=["trigger", "result"],
            order="id",
        )
        return [line["trigger"] for line in lines]

    def _outcome(self, name):
        """Outcomes are shared by all types: take the one that is there."""
        found = self.call("crm.outcome", "search", domain=[["name", "=", name]])
        return (found or self._create("crm.outcome", {"name": name}))[0]

    def _create(self, model, *values):
        return self.call(model, "create", vals_list=list(values))


class Salesperson:
    """Does the tasks and sells."""

    def __init__(self, connection):
        self.call = connection.call
        self.user = connection.user_id

    def tasks(self, campaign):
        """What is planned for me in a campaign: {opportunity: action}."""
        mine = [
            ["crm_campaign_id", "=", campaign],
            ["user_id", "=", self.user],
            ["state", "=", "planned"],
        ]
        names = ["lead_id", "action_type_id", "date_start", "mode"]
        tasks = self.call(
            "crm.action", "search_read", domain=mine, fields=names, order="id"
        )
        return {task["lead_id"][0]: task["id"] for task in tasks}

    def done(self, action, outcome, note=None):
        """Record how a planned action ended."""
        said = {"note": note} if note else {}
        self.call("crm.action", "done", ids=[action], outcome_id=outcome, **said)

    def register(self, **values):
        """Record an action that was done; its id."""
        return self.call("crm.action", "register", vals=values)

    def postpone(self, action, days):
        """Plan an action later."""
        self.call("crm.action", "reschedule", ids=[action], date=moment(days))

    def hand_over(self, action, user):
        """Give an action to somebody else."""
        self.call("crm.action", "reassign", ids=[action], user_id=user)

    def cancel(self, action, reason):
        """Cancel an action."""
        self.call("crm.action", "cancel", ids=[action], reason=reason)

    def sell(self, lead, product_name):
        """Write and confirm an order for an opportunity."""
        (opportunity,) = self.call(
            "crm.lead", "read", ids=[lead], fields=["partner_id"]
        )
        ((product, _name),) = self.call(
            "product.product", "name_search", name=product_name, limit=1
        )
        line = {"product_id": product, "price_unit": PRICE, "tax_ids": [[5]]}
        (order,) = self.call(
            "sale.order",
            "create",
            vals_list=[
                {
                    "partner_id": opportunity["partner_id"][0],
                    "opportunity_id": lead,
                    "order_line": [[0, 0, line]],
                }
            ],
        )
        self.call("sale.order", "action_confirm", ids=[order])
        return order


def do_the_main_job(manager, salesperson, product):
    """From an empty company to a return on investment; the ids and figures."""
    say("The manager defines types and playbook, and launches the campaign.")
    manager.define_types()
    manager.define_playbook()
    spring = f"{manager.label} spring"
    manager.create_entities(salesperson.user, spring, *NAMES)
    campaign = manager.launch_campaign(spring, fixed_cost=FIXED_COST, budget=500)

    say("One more entity enters the segment.")
    manager.create_entities(salesperson.user, spring, "Elio Fermi")
    generated = manager.generate(campaign)
    manager.pause_and_resume(campaign)

    say("The salesperson calls, and visits who is interested.")
    tasks = salesperson.tasks(campaign)
    sold, lost, postponed, handed_over, dropped = tasks
    salesperson.done(tasks[sold], manager.interested, note="Wants to see it")
    visit = salesperson.tasks(campaign)[sold]
    salesperson.done(visit, manager.agrees)

    say("The salesperson records yesterday's call.")
    registered = salesperson.register(
        lead_id=lost,
        action_type_id=manager.phone,
        outcome_id=manager.declines,
        done_at=moment(days=-1),
    )

    say("The salesperson postpones a call, hands over another, cancels a third.")
    salesperson.postpone(tasks[postponed], days=7)
    salesperson.hand_over(tasks[handed_over], manager.user)
    salesperson.cancel(tasks[dropped], "On holiday until May")

    say("Somebody who is in no campaign asks for information, then joins another one.")
    (caller,) = manager.create_entities(salesperson.user, False, "Fosca Galli")
    information = salesperson.register(
        partner_id=caller, action_type_id=manager.phone, outcome_id=manager.interested
    )
    summer = manager.launch_campaign(f"{manager.label} summer")
    starter = salesperson.register(
        partner_id=caller,
        action_type_id=manager.visit,
        outcome_id=manager.agrees,
        spawn_campaign_id=summer,
    )

    say("The salesperson sells; the manager looks at the return.")
    order = salesperson.sell(sold, product)
    return {
        "campaign": campaign,
        "generated": generated,
        "sold": sold,
        "lost": lost,
        "visit": visit,
        "registered": registered,
        "postponed": tasks[postponed],
        "handed_over": tasks[handed_over],
        "dropped": tasks[dropped],
        "information": information,
        "summer": summer,
        "starter": starter,
        "order": order,
        "ledger": manager.ledger(sold),
        "figures": manager.figures(campaign),
    }


def moment(days):
    """So many days from now, as Odoo reads it: in UTC."""
    there = datetime.now(timezone.utc) + timedelta(days=days)
    return there.strftime("%Y-%m-%d %H:%M:%S")


def say(sentence):
    """Tell what is done, apart from the results."""
    print(sentence, file=sys.stderr)


def main():
    """Log in twice and do the job."""
    options = parse_options()

    def log_in(login, secret):
        place = (options.protocol, options.url, options.database)
        return connect(*place, login, os.environ[secret])

    manager = Manager(log_in(options.manager, "MANAGER_SECRET"), options.label)
    salesperson = Salesperson(log_in(options.salesperson, "SALESPERSON_SECRET"))
    print(json.dumps(do_the_main_job(manager, salesperson, options.product), indent=2))


def parse_options():
    """What the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--protocol", choices=PROTOCOLS, default="json2")
    parser.add_argument("--url", default="http://127.0.0.1:8069")
    parser.add_argument("--database", required=True)
    parser.add_argument("--manager", required=True, help="their login")
    parser.add_argument("--salesperson", required=True, help="their login")
    parser.add_argument("--product", required=True, help="what is sold, by name")
    parser.add_argument("--label", default="Main job", help="begins every name")
    return parser.parse_args()


if __name__ == "__main__":
    main()
