"""Two ways to call Odoo 19 from outside, with nothing but Python's standard library.

Both are used alike::

    odoo = connect("json2", "https://erp.example.com", "database", "login", "secret")
    odoo.call("crm.campaign", "search_read", domain=[], fields=["name"])
    odoo.call("crm.campaign", "action_launch", ids=[7])

The secret is an API key for JSON-2, and a password or an API key for XML-RPC.
"""

import json
import urllib.error
import urllib.request
import xmlrpc.client


class Refused(Exception):
    """Odoo said no. ``reason`` is the sentence for the user, ``kind`` tells why."""

    def __init__(self, reason, kind):
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


class XmlRpc:
    """XML-RPC: works since ever, and is announced to end with Odoo 20."""

    KINDS = {1: "error", 2: "user", 3: "login", 4: "access"}

    def __init__(self, url, database, login, secret):
        self.database = database
        self.secret = secret
        common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
        self.user_id = common.authenticate(database, login, secret, {})
        if not self.user_id:
            raise Refused(f"{login} cannot log in.", "login")
        self.models = xmlrpc.client.ServerProxy(
            f"{url}/xmlrpc/2/object", allow_none=True
        )

    def call(self, model, method, ids=None, **named):
        """Call a public method, on records where ``ids`` is given."""
        account = (self.database, self.user_id, self.secret)
        positional = [] if ids is None else [ids]
        if method == "create":  # Odoo looks for these values by their place
            positional = [named.pop("vals_list")]
        try:
            return self.models.execute_kw(*account, model, method, positional, named)
        except xmlrpc.client.Fault as fault:
            kind = self.KINDS.get(fault.faultCode, "error")
            raise Refused(fault.faultString, kind) from fault


class Json2:
    """JSON-2: the way of Odoo 19 and later."""

    KINDS = {401: "login", 403: "access", 422: "user"}

    def __init__(self, url, database, _login, secret):
        self.url = url
        self.headers = {
            "Authorization": f"bearer {secret}",
            "Content-Type": "application/json",
            "X-Odoo-Database": database,
        }
        self.user_id = self.call("res.users", "context_get")["uid"]

    def call(self, model, method, ids=None, **named):
        """Call a public method, on records where ``ids`` is given."""
        body = named if ids is None else {"ids": ids, **named}
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            json.dumps(body).encode(),
            self.headers,
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            kind = self.KINDS.get(error.code, "error")
            raise Refused(json.load(error)["message"], kind) from error


PROTOCOLS = {"xmlrpc": XmlRpc, "json2": Json2}


def connect(protocol, url, database, login, secret):
    """A connection of that user."""
    return PROTOCOLS[protocol](url, database, login, secret)
