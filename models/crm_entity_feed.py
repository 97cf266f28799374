import logging
from ast import literal_eval
from contextlib import contextmanager
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from .engine import as_feed
from .event import Event

_logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
# In the order in which they are asked about who is there already.
SOURCES = [
    ("customer", "Customers: a confirmed order, or a posted invoice"),
    ("supplier", "Suppliers: a posted bill"),
    ("employee", "Employees"),
    ("user", "Internal users"),
    ("lead", "Leads and opportunities"),
]


class CrmEntityFeed(models.Model):
    """What becomes an entity, of which kind.

    Odoo's masters (customers, suppliers, employees, users, leads) are contacts already.
    A feed gives those without kind theirs, a first commercial status and a salesperson,
    as far as they have none. Of the feeds of a source, the first that fits counts.

    Who comes in is never refused and nobody's work fails for it: what a feed cannot do
    is logged, and done, or told on the feed, by the hourly run. It costs nothing where
    the entity has a kind, else a few statements, however many there are.
    """

    _name = "crm.entity.feed"
    _inherit = ["crm.remembered"]
    _description = "Entity Feed"
    _order = "sequence, id"

    source = fields.Selection(SOURCES, required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind_id = fields.Many2one(
        "crm.entity.kind",
        required=True,
        ondelete="restrict",
        domain=[("scope", "=", "entity")],
    )
    status_id = fields.Many2one(
        "crm.commercial.status",
        "First Status",
        ondelete="restrict",
        help="For those who have no commercial status yet.",
    )
    salesperson = fields.Selection(
        [
            ("source", "As the latest order or lead has it"),
            ("fixed", "Always the same"),
            ("nobody", "Nobody"),
        ],
        required=True,
        default="source",
        help="For those who have no salesperson yet.",
    )
    user_id = fields.Many2one("res.users", "Who")
    domain = fields.Char(
        "Only If", default="[]", help="What must be true of the entity besides."
    )
    company_id = fields.Many2one(
        "res.company", help="For what happens in this company; empty: in all."
    )
    waiting_count = fields.Integer(
        "There Already",
        compute="_compute_waiting_count",
        help="Those of this source who have no kind yet.",
    )
    error = fields.Char(readonly=True, copy=False)

    _fixed_is_somebody = models.Constraint(
        "CHECK(salesperson <> 'fixed' OR user_id IS NOT NULL)",
        "Please say who the salesperson always is.",
    )

    @api.depends("source", "kind_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        sources = dict(self._fields["source"]._description_selection(self.env))
        for feed in self:
            feed.display_name = sources.get(feed.source)

    @api.constrains("domain")
    def _check_domain(self):
        """As the author, who asks about nothing that they may not read."""
        for feed in self.sudo(False):
            try:
                feed._waiting(limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._("The conditions cannot be read: %s", error)
                ) from error

    @api.depends("source", "domain", "company_id")
    @api.depends_context("allowed_company_ids")
    def _compute_waiting_count(self):
        for feed in self:
            feed.waiting_count = feed.source and self.env["res.partner"].search_count(
                feed._waiting_domain()
            )

    # === WHO IS THERE ALREADY === #

    def action_apply(self):
        """Give those who are there already their kind; again, it finds nobody."""
        self.check_access("write")
        for feed in self:
            if not feed.active:
                raise UserError(self.env._("Please switch the feed on first."))
            feed._take(feed._waiting())
        return True

    def action_view_waiting(self):
        """Open those who are there already and have no kind."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("There Already"),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": [("id", "in", self._waiting().ids)],
        }

    @api.model
    def _cron_feed(self):
        """Feed who came in another way since the feed was made: employees, imports.

        So is whom a feed could not take when it came in; where it still cannot, the
        feed says why.
        """
        for feed in self.search([]):
            with self._never_in_the_way() as failures:
                feed._take(feed._waiting(since=feed.create_date))
            error = str(failures[0]) if failures else False
            if feed.error != error:
                feed.error = error
            self.env["ir.cron"]._commit_progress(1)

    def _waiting(self, since=None, limit=None):
        """Those of its source who have no kind and fulfil its conditions.

        Within what the user may read: nobody finds out more by conditions.

        :param since: only who came in since then
        """
        return self.env["res.partner"].search(self._waiting_domain(since), limit=limit)

    def _waiting_domain(self, since=None):
        self.ensure_one()
        source = getattr(self, f"_domain_{self.source}")(since)
        return Domain("entity_kind_id", "=", False) & self._own_domain() & source

    def _own_domain(self):
        domain = Domain(literal_eval(self.domain or "[]"))
        if self.company_id:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain

    def _domain_customer(self, since):
        """The documents tell it: a rank is also given to who is only asked for."""
        confirmed = Domain("state", "=", "sale") & _made(since, date_order=since)
        orders = self._of_company("sale.order", confirmed)
        invoices = self._invoices(self.env["account.move"].get_sale_types(), since)
        return self._entities_of(orders, "partner_id") | invoices

    def _domain_supplier(self, since):
        return self._invoices(self.env["account.move"].get_purchase_types(), since)

    def _invoices(self, types, since):
        posted = Domain("state", "=", "posted") & Domain("move_type", "in", types)
        posted &= _made(since, invoice_date=since and since.date() + DAY)
        moves = self._of_company("account.move", posted)
        return self._entities_of(moves, "partner_id")

    def _domain_user(self, since):
        users = Domain("share", "=", False) & _made(since)
        query = self.env["res.users"].sudo()._search(users)
        return Domain("id", "in", query.subselect("partner_id"))

    def _domain_employee(self, since):
        """Odoo's employees are an add-on that need not be there."""
        if "hr.employee" not in self.env:
            return Domain.FALSE
        employees = self._of_company("hr.employee", _made(since))
        return Domain("id", "in", employees.subselect("work_contact_id"))

    def _domain_lead(self, since):
        asked = Domain("partner_id", "!=", False) & _made(since)
        leads = self._of_company("crm.lead", asked)
        return self._entities_of(leads, "partner_id")

    def _of_company(self, model, domain):
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        return self.env[model].sudo()._search(domain)

    def _entities_of(self, query, name):
        people = self.env["res.partner"].sudo().with_context(active_test=False)
        found = people._search([("id", "in", query.subselect(name))])
        return Domain("id", "in", found.subselect("commercial_partner_id"))

    # === WHO COMES IN === #

    @api.model
    def _feed(self, source, entities, user=None, company=None):
        """Make entities what the feeds of a source say.

        :param entities: contacts; those who have a kind keep it
        :param user: the salesperson that the source has
        :param company: where it happens, else where the user works
        """
        entities = entities.sudo().filtered(lambda entity: not entity.entity_kind_id)
        feeds = self.sudo().browse(self._ids_of_source(source)) if entities else self
        for feed in feeds:
            if feed.company_id in (
                self.env["res.company"],
                company or self.env.company,
            ):
                with self._never_in_the_way():
                    entities -= feed._take(feed._fitting(entities), user)

    @contextmanager
    def _never_in_the_way(self):
        """What goes wrong is undone: whose work it comes with goes on.

        What that work has not written yet is none of it: its own errors are raised.

        :return: what went wrong, a list, once it is over
        """
        self.env.flush_all()
        failures = []
        try:
            with self.env.cr.savepoint():
                yield failures
        except OperationalError:
            raise  # the whole transaction is tried again
        except Exception as failure:
            _logger.exception("A feed could not take somebody")
            failures.append(failure)

    @ormcache("source")
    def _ids_of_source(self, source):
        """Remembered for everybody: whether the one who asks sees archived ones too."""
        switched_on = self.sudo().with_context(active_test=True)
        return tuple(switched_on.search([("source", "=", source)]).ids)

    def _fitting(self, entities):
        return entities.search(self._own_domain() & Domain("id", "in", entities.ids))

    def _take(self, entities, user=None):
        """Give them kind, first status and salesperson, each as far as they have none.

        :return: the entities
        """
        # Of thousands the list and the ledger tell it, not the chatter of each.
        quiet = self.with_context(tracking_disable=len(entities) > 1)
        entities = as_feed(entities.with_env(quiet.env).sudo())
        entities.write({"entity_kind_id": self.kind_id.id})
        quiet._give_salesperson(entities.filtered(lambda one: not one.user_id), user)
        if self.status_id:
            quiet._give_first_status(entities.filtered(_has_no_status))
        return entities

    def _give_salesperson(self, entities, user):
        """Who has left gets nobody new."""
        sellers = self._salespeople(entities, user) if entities else {}
        for seller, given in entities.grouped(sellers.get).items():
            if seller and seller.active:
                given.write({"user_id": seller.id})

    def _salespeople(self, entities, user):
        """{entity: its salesperson}"""
        if self.salesperson == "nobody":
            return {}
        if self.salesperson == "fixed":
            return dict.fromkeys(entities, self.user_id)
        if user:
            return dict.fromkeys(entities, user)
        return self._salespeople_of_documents(entities)

    def _salespeople_of_documents(self, entities):
        """{entity: who has its latest order or lead}"""
        model, state = {
            "customer": ("sale.order", Domain("state", "=", "sale")),
            "lead": ("crm.lead", Domain.TRUE),
        }.get(self.source, (None, None))
        if not model:
            return {}
        theirs = Domain("partner_id.commercial_partner_id", "in", entities.ids)
        query = self._of_company(model, theirs & state & _HAS_SALESPERSON)
        documents = self.env[model].sudo().search([("id", "in", query)], order="id")
        return {
            document.partner_id.commercial_partner_id: document.user_id
            for document in documents
        }

    def _give_first_status(self, entities):
        no_lead, no_action = self.env["crm.lead"], self.env["crm.action"]
        lines = self.env["crm.transition"]._open_new(
            [Event("fed", entity, no_lead, no_action) for entity in entities],
            status_after_id=self.status_id.id,
        )
        lines._give_status(self.status_id)


def _has_no_status(entity):
    return not entity.commercial_status_id


def _made(since, **dates):
    """What was made since then, or has another date since then."""
    if not since:
        return Domain.TRUE
    dates = {"create_date": since, **dates}
    return Domain.OR(Domain(name, ">=", date) for name, date in dates.items())


_HAS_SALESPERSON = Domain("user_id.active", "=", True)
