"""The bank's clients become entities."""

from concurrent.futures import ThreadPoolExecutor

from .bank_file import REFERENCE
from .contract import batches

PEOPLE_AT_ONCE = 500
WORKERS = 2


def create_people(contract, clients, progress):
    """Create the entities that are not there yet, with their free fields."""
    known = known_people(contract)
    missing = [client for client in clients if client.reference not in known]
    progress.expect(len(missing))

    def create(batch):
        contract.create("res.partner", [_values(client) for client in batch])
        progress.add(len(batch))

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(create, batches(missing, PEOPLE_AT_ONCE)))


def known_people(contract):
    """The entities made before: {reference: id}."""
    domain = [["ref", "=like", f"{REFERENCE}%"]]
    found = contract.read_all("res.partner", domain, ["ref"])
    return {person["ref"]: person["id"] for person in found}


def _values(client):
    return {
        "name": client.name,
        "ref": client.reference,
        "properties": client.free_fields(),
    }
