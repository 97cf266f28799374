import logging
from ast import literal_eval
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from .engine import as_feed
from .event import Event

_logger = logging.getLogger(__name__)

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
    the entity has a kind, else three statements, however many there are.
    """

    _name = "crm.entity.feed"
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
            ("source", "As the order or lead has it"),
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
        for feed in self:
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
            feed.waiting_count = len(feed._waiting()) if feed.source else 0

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

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
            error = False
            try:
                with self.env.cr.savepoint():
                    feed._take(feed._waiting(since=feed.create_date))
            except OperationalError:
                raise  # the scheduler tries it again
            except Exception as failure:
                _logger.exception("Feed %s could not be applied", feed.id)
                error = str(failure)
            if feed.error != error:
                feed.error = error
            self.env["ir.cron"]._commit_progress(1)

    def _waiting(self, since=None, limit=None):
        """Those of its source who have no kind and fulfil its conditions.

        :param since: only what was made since then
        """
        self.ensure_one()
        made = Domain("create_date", ">=", since) if since else Domain.TRUE
        source = getattr(self, f"_domain_{self.source}")(made)
        domain = Domain("entity_kind_id", "=", False) & self._own_domain() & source
        return self.env["res.partner"].sudo().search(domain, limit=limit)

    def _own_domain(self):
        domain = Domain(literal_eval(self.domain or "[]"))
        if self.company_id:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain

    def _domain_customer(self, made):
        orders = self._of_company("sale.order", Domain("state", "=", "sale") & made)
        ranked = Domain("customer_rank", ">", 0) & made
        return self._entities_of(orders, "partner_id") | ranked

    def _domain_supplier(self, made):
        return Domain("supplier_rank", ">", 0) & made

    def _domain_user(self, made):
        return Domain("user_ids", "any", Domain("share", "=", False) & made)

    def _domain_employee(self, made):
        """Odoo's employees are an add-on that need not be there."""
        if "hr.employee" not in self.env:
            return Domain.FALSE
        employees = self._of_company("hr.employee", made)
        return Domain("id", "in", employees.subselect("work_contact_id"))

    def _domain_lead(self, made):
        leads = self._of_company("crm.lead", Domain("partner_id", "!=", False) & made)
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
        """What goes wrong is undone: whose work it comes with goes on."""
        try:
            with self.env.cr.savepoint():
                yield
        except OperationalError:
            raise  # the whole transaction is tried again
        except Exception:
            _logger.exception("A feed could not take somebody")

    @ormcache("source")
    def _ids_of_source(self, source):
        return tuple(self.sudo().search([("source", "=", source)]).ids)

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
        if seller := self._salesperson(user):
            entities.filtered(lambda one: not one.user_id).write({"user_id": seller.id})
        if self.status_id:
            quiet._give_first_status(entities.filtered(_has_no_status))
        return entities

    def _salesperson(self, user):
        nobody = self.env["res.users"]
        source = user or nobody
        return {"source": source, "fixed": self.user_id}.get(self.salesperson, nobody)

    def _give_first_status(self, entities):
        no_lead, no_action = self.env["crm.lead"], self.env["crm.action"]
        lines = self.env["crm.transition"]._open_new(
            [Event("fed", entity, no_lead, no_action) for entity in entities],
            status_after_id=self.status_id.id,
        )
        lines._give_status(self.status_id)


def _has_no_status(entity):
    return not entity.commercial_status_id
