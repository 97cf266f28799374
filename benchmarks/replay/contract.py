"""The product as an integrator sees it: public methods over JSON-2, nothing else."""

PAGE = 5000
INCLUDE_CLOSED = {"active_test": False}


class Contract:
    """A few sentences that a client of the contract says again and again."""

    def __init__(self, connection):
        self.call = connection.call

    def read_all(self, model, domain, names):
        """All records of a domain, page by page; links as plain ids."""
        last = 0
        while page := self._page(model, [["id", ">", last], *domain], names):
            yield from page
            last = page[-1]["id"]

    def ensure(self, model, name, **values):
        """The id of the record of that name, made if there is none."""
        found = self.call(model, "search", domain=[["name", "=", name]], limit=1)
        return found[0] if found else self.create(model, [{"name": name, **values}])[0]

    def create(self, model, values):
        """The ids of new records, in order."""
        return self.call(model, "create", vals_list=values)

    def _page(self, model, domain, names):
        return self.call(
            model,
            "search_read",
            domain=domain,
            fields=names,
            limit=PAGE,
            order="id",
            load=None,
            context=INCLUDE_CLOSED,
        )


def batches(items, size):
    """Cut a list into lists of at most ``size``."""
    return [items[start : start + size] for start in range(0, len(items), size)]
