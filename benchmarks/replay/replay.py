"""The replay itself: every step goes on from what it finds, and repeats nothing."""

import importlib.util
import json
import resource
import sys
from pathlib import Path

from .bank_file import PRICE, expected_figures, free_field_definitions
from .calls import Calls, read_journeys
from .contract import Contract
from .orders import Orders
from .people import create_people
from .results import read_results
from .scene import set_the_scene
from .stopwatch import Stopwatch, costs_of_methods

CHECKOUT = Path(__file__).resolve().parents[2]
# Two workers, and time enough for the one call that generates all opportunities.
SERVER_OPTIONS = (
    *("--workers", "2"),
    *("--limit-time-cpu", "3600", "--limit-time-real", "3600"),
    *("--limit-memory-soft", str(6 << 30), "--limit-memory-hard", str(8 << 30)),
)


def load(path):
    """Import a file of the checkout by its path."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(f"replay_{name}", CHECKOUT / path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


server = load("tests/server.py")
connect = load("docs/examples/odoo_connection.py").connect


class Replay:
    """Replays the clients' campaign in a database of its own."""

    def __init__(self, clients, database, say=print):
        self.clients = clients
        self.database = server.Database(database)
        self.say = say
        self.stopwatch = Stopwatch(say)
        self.costs = {}
        self.processes = None

    def run(self):
        """Do what is left to do.

        :return: what the campaign's own report says then
        """
        account = self._prepare()
        with server.OdooServer(self.database, *SERVER_OPTIONS) as odoo:
            connection = connect(
                *("json2", odoo.url, self.database.name),
                *(account["login"], account["key"]),
            )
            figures = self._replay(Contract(connection), account)
            self.costs = costs_of_methods(odoo.log_lines())
        self.processes = resource.getrusage(resource.RUSAGE_CHILDREN)
        return figures

    @property
    def expected(self):
        """What the report has to say."""
        return expected_figures(self.clients)

    def _prepare(self):
        """Make the database, its people and free fields, as an administrator does."""
        if self.database.exists():
            self.database.disconnect()
        else:
            self.database.make()
        script = Path(__file__).with_name("set_up.py")
        wanted = {"free_fields": free_field_definitions(), "price": PRICE}
        return json.loads(self.database.run(script, REPLAY=json.dumps(wanted)))

    def _replay(self, contract, account):
        """What the manager does, by the contract alone."""
        self._create_people(contract)
        scene = set_the_scene(contract, account)
        self._generate(contract, scene.campaign)
        journeys = read_journeys(contract, scene, self.clients)
        self._make_calls(contract, scene, journeys)
        self._sell(contract, scene, journeys, account["product"])
        self.results = read_results(contract, scene.campaign)
        return self._read_report(contract, scene.campaign)

    def _create_people(self, contract):
        with self.stopwatch.phase("Entities", "entities") as progress:
            create_people(contract, self.clients, progress)

    def _generate(self, contract, campaign):
        with self.stopwatch.phase("Generation", "opportunities") as progress:
            names = ["state", "to_generate_count"]
            (now,) = contract.call("crm.campaign", "read", ids=[campaign], fields=names)
            progress.expect(now["to_generate_count"])
            if now["state"] == "draft":
                contract.call("crm.campaign", "action_launch", ids=[campaign])
            if now["to_generate_count"]:
                contract.call("crm.campaign", "generate", ids=[campaign])
            progress.add(now["to_generate_count"])

    def _make_calls(self, contract, scene, journeys):
        with self.stopwatch.phase("Calls", "actions") as progress:
            Calls(contract, scene, progress).make(journeys)

    def _sell(self, contract, scene, journeys, product):
        with self.stopwatch.phase("Orders", "orders") as progress:
            Orders(contract, scene, product, progress).sell(journeys)

    def _read_report(self, contract, campaign):
        """What the product's own report says of the campaign."""
        names = list(self.expected)
        (report,) = contract.call("crm.campaign", "read", ids=[campaign], fields=names)
        return {name: report[name] for name in names}
