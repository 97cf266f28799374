from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from .audience import SALESPEOPLE

# From when until when history counts: two moments in UTC, an empty one sets no limit,
# and the same as two days, for what has a day and no hour.
PERIOD, DAYS = "crm_history_period", "crm_history_days"
# The commercial entities that are asked about, where they are few: only their history
# is read then. What is found says nothing of others.
ABOUT = "crm_history_about"
of_history = api.depends_context(PERIOD, DAYS, ABOUT, "uid", "allowed_company_ids")


@dataclass(frozen=True)
class Trail:
    """The way from an entity to what it has to do with: records that name both.

    :param model: the model of these records
    :param partner: their field that names the entity, or one of its contacts
    :param end: their field that names what the entity has to do with
    :param date: when it was
    :param only: which of them count
    """

    model: str
    partner: str
    end: str
    date: str
    only: Domain = Domain.TRUE


def trail_field(name, comodel, *trails, **parameters):
    """A field of all that some trails lead to, to be looked at and to be searched."""

    @of_history
    def compute(partners):
        all_ends = [partners._ends_of(trail) for trail in trails]
        for partner in partners:
            entity = partner.commercial_partner_id.id
            partner[name] = partner[name].union(*(ends[entity] for ends in all_ends))

    def search(partners, operator, value):
        partners._check_may_search(SALESPEOPLE)
        return partners._search_ends(trails, operator, value)

    return fields.Many2many(
        comodel, compute=compute, search=search, groups=SALESPEOPLE, **parameters
    )


def compute_figures(query, *names, absent=False):
    """A compute of fields that are the figures of one query, in their order.

    :param query: the name of a method that gives one row for each entity with history
    :param absent: each figure of an entity without history
    """

    @of_history
    def compute(partners):
        figures = partners._figures(getattr(partners, query)())
        without = (absent,) * len(names)
        for partner in partners:
            told = figures.get(partner.commercial_partner_id.id, without)
            for name, figure in zip(names, told, strict=True):
                partner[name] = figure

    return compute


def search_figure(query, column, absent=None, groups=SALESPEOPLE, **parameters):
    """A search for entities whose figure compares so.

    :param query: the name of a method that gives one row for each entity with history
    :param absent: the figure of an entity without history; None if it has none, and
        then only ``= False`` finds it
    :param groups: who may search
    :param parameters: ``of``: what the rows are of, ``id`` instead of the commercial
        entity; ``as_figure``: makes a figure of what is compared with, a number if not
        said
    """

    def search(partners, operator, value):
        partners._check_may_search(groups)
        rows = getattr(partners, query)()
        return partners._search_figure(
            rows, column, operator, value, absent, **parameters
        )

    return search


class ResPartner(models.Model):
    """The history of an entity with the company: what all its fields share.

    History belongs to the commercial entity (the company, not its contacts) and to the
    companies the user works in. Whoever may read these fields reads all of it, whosever
    the documents are. A segment may set the period that counts. Each search is one set
    in SQL: its cost grows with the orders, invoices or actions, not with the entities.
    """

    _inherit = "res.partner"

    @api.model
    def _check_may_search(self, groups):
        """Odoo hides a field from who is in none of its groups, but searches it."""
        if not (self.env.su or self.env.user.has_groups(groups)):
            raise AccessError(
                self.env._("The history of entities is for those who sell to them.")
            )

    # === PERIOD === #

    @api.model
    def _during(self, column, context=PERIOD):
        """That a moment, given as SQL, lies in the period of history.

        :param context: ``DAYS`` for a day
        """
        start, end = self._period(context)
        limits = [SQL("TRUE")]
        if start:
            limits.append(SQL("%s >= %s", column, start))
        if end:
            limits.append(SQL("%s < %s", column, end))
        return SQL(" AND ").join(limits)

    @api.model
    def _during_domain(self, field):
        """The same as a domain over a field, or over one of a record it belongs to."""
        record, _, date = field.rpartition(".")
        start, end = self._period()
        during = Domain(date, ">=", start) if start else Domain.TRUE
        if end:
            during &= Domain(date, "<", end)
        return Domain(record, "any!", during) if record else during

    @api.model
    def _period(self, context=PERIOD):
        moments = self.env.context.get(context) or (None, None)
        return [fields.Datetime.to_datetime(moment) for moment in moments]

    # === FIGURES: one row for each commercial entity that has such a history === #

    def _figures(self, query):
        """{commercial entity id: tuple of figures} for these entities."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT * FROM (%s) history WHERE entity = ANY(%s)",
                query,
                self.commercial_partner_id.ids,
            )
        )
        return {entity: tuple(figures) for entity, *figures in rows}

    @api.model
    def _search_figure(
        self,
        query,
        column,
        operator,
        value,
        absent=None,
        of="commercial_partner_id",
        as_figure=float,
    ):
        self.env.flush_all()  # the ORM does not know which tables the query reads
        if operator == "in":
            return Domain.OR(
                self._search_one_figure(
                    query, column, "=", one is not False and as_figure(one), absent, of
                )
                for one in value
            )
        if operator in ("<", "<=", ">", ">="):
            return self._search_one_figure(
                query, column, operator, as_figure(value), absent, of
            )
        return NotImplemented

    @api.model
    def _search_one_figure(self, query, column, operator, value, absent, of):
        everyone_with = SQL(
            "SELECT entity FROM (%s) history WHERE %s", query, self._about()
        )
        if value is False and absent is None:
            return Domain(of, "not in", everyone_with)
        found = SQL(
            "%s AND %s %s %s",
            everyone_with,
            SQL.identifier("history", column),
            SQL(operator),
            value or 0 if absent is not None else value,
        )
        domain = Domain(of, "in", found)
        if absent is None or not _holds(absent, operator, value or 0):
            return domain
        # Who has no history has the figure ``absent``, and that compares so too.
        return domain | Domain(of, "not in", everyone_with)

    @api.model
    def _currency_table(self):
        """Odoo's own rates of today, to the currency of the user's company."""
        currencies = self.env["res.currency"]
        self.env["res.currency.rate"].flush_model()
        return currencies._get_simple_currency_table(self.env.companies)

    @api.model
    def _about(self):
        """That a row of figures is of those who are asked about."""
        entities = self.env.context.get(ABOUT)
        return SQL("entity = ANY(%s)", list(entities)) if entities else SQL("TRUE")

    @api.model
    def _days_since(self, moment):
        """Whole days since a moment, given as SQL."""
        return SQL("date_part('day', %s - %s)::int", fields.Datetime.now(), moment)

    # === TRAILS === #

    def _ends_of(self, trail):
        """{commercial entity id: records} where the trails of these entities end."""
        entities = self.commercial_partner_id
        of_these = Domain(f"{trail.partner}.commercial_partner_id", "in", entities.ids)
        groups = self._everything(trail.model)._read_group(
            self._trail_domain(trail) & of_these & Domain(trail.end, "!=", False),
            [trail.partner, trail.end],
        )
        model = self.env[trail.model]
        ends = defaultdict(self.env[model._fields[trail.end].comodel_name].browse)
        for partner, reached in groups:
            ends[partner.commercial_partner_id.id] |= reached.with_env(self.env)
        return ends

    @api.model
    def _search_ends(self, trails, operator, value):
        if operator == "in" and False in value:
            led_somewhere = Domain.OR(
                self._at_start_of(trail, Domain(trail.end, "!=", False))
                for trail in trails
            )
            return ~led_somewhere | self._search_ends(trails, "in", value - {False})
        if operator not in ("in", "any"):
            return NotImplemented
        return Domain.OR(
            self._at_start_of(trail, Domain(trail.end, operator, value))
            for trail in trails
        )

    @api.model
    def _at_start_of(self, trail, domain):
        """The entities whose trail has records of the domain."""
        records = self._search_all(trail.model, self._trail_domain(trail) & domain)
        on_trail = records.subselect(SQL.identifier(records.table, trail.partner))
        partners = self._search_all("res.partner", Domain("id", "in", on_trail))
        return Domain(
            "commercial_partner_id", "in", partners.subselect("commercial_partner_id")
        )

    @api.model
    def _everything(self, model):
        return self.env[model].sudo().with_context(active_test=False)

    @api.model
    def _search_all(self, model, domain):
        """A query for records whosever they are.

        The conditions come from people: of their fields they may use only those that
        they may read. So this is no search as superuser.
        """
        return self.env[model]._search(domain, active_test=False, bypass_access=True)

    @api.model
    def _trail_domain(self, trail):
        domain = trail.only & self._during_domain(trail.date)
        if entities := self.env.context.get(ABOUT):
            whose = Domain("commercial_partner_id", "in", list(entities))
            domain &= Domain(trail.partner, "any!", whose)
        if "company_id" in self.env[trail.model]._fields:
            domain &= Domain("company_id", "in", [False, *self.env.companies.ids])
        return domain


def _holds(figure, operator, value):
    return {
        "=": figure == value,
        "<": figure < value,
        "<=": figure <= value,
        ">": figure > value,
        ">=": figure >= value,
    }[operator]
