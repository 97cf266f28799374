from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from .audience import ACCOUNTANTS_TOO, SALESPEOPLE
from .crm_action_type import CHANNEL_ICONS

# What things in a timeline are, with their icons.
ICONS = {
    **CHANNEL_ICONS,
    "note": "fa-sticky-note-o",
    "order": "fa-shopping-cart",
    "invoice": "fa-file-text-o",
    "payment": "fa-money",
    "campaign": "fa-bullhorn",
    "stage": "fa-arrow-right",
    "won": "fa-trophy",
    "lost": "fa-flag",
    "status": "fa-tag",
}
# The filters of the screen: what each of them lets through.
KINDS = {
    "call": ("call",),
    "visit": ("visit", "meeting"),
    "message": ("email", "sms"),
    "survey": ("survey",),
    "money": ("order", "invoice", "payment"),
    "campaign": ("campaign",),
    "stage": ("stage", "won", "lost"),
    "status": ("status",),
    "other": ("task", "note"),
}
# Who sells, and who is told of customers' money.
CUSTOMER_INVOICES = ("out_invoice", "out_refund")
PAGE, MOST = 20, 200
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Source:
    """Where a timeline finds things: a model, and what of it belongs there.

    ``told_to``: the groups that are told that such a thing happened, even where they
    may not read the model.
    """

    name: str
    model: str
    date: str
    kinds: tuple
    told_to: str = ""


# In the order in which things of one second are shown: what comes of others, first.
SOURCES = (
    Source("statuses", "crm.transition", "date", ("status",)),
    Source("moves", "crm.transition", "date", ("stage", "won", "lost")),
    Source(
        "payments", "account.payment", "date", ("payment",), told_to=ACCOUNTANTS_TOO
    ),
    Source("invoices", "account.move", "invoice_date", ("invoice",)),
    Source("orders", "sale.order", "date_order", ("order",)),
    Source("quotations", "sale.order", "create_date", ("order",)),
    Source(
        *("answers", "survey.user_input", "end_datetime", ("survey",)),
        told_to=SALESPEOPLE,
    ),
    Source("meetings", "calendar.event", "start", ("meeting",)),
    Source("messages", "mail.message", "date", ("email", "note", "sms")),
    Source("failures", "crm.action", "date_start", tuple(CHANNEL_ICONS)),
    Source("actions", "crm.action", "done_at", tuple(CHANNEL_ICONS)),
    Source("campaigns", "crm.lead", "create_date", ("campaign",)),
)


class CrmTimeline(models.AbstractModel):
    """All that ever happened with a record, the newest first.

    A model that inherits it says by ``_timeline_domain`` what of another model belongs
    to the record, and by ``_timeline_names`` which sources it has. All the rest is
    here: what of it has happened, and how one thing is told. Each source is asked once,
    as the user, whatever their number: what they may not see is not there.

    A page goes on where the one before ended (``before``): by the date, then by the
    source, then by the id, so that each source reads no more than a page.
    """

    _name = "crm.timeline"
    _description = "Timeline"

    # === CONTRACT === #

    def timeline(self, offset=0, limit=PAGE, kind=None, before=None):
        """What happened with the record, the newest first.

        :param int offset: how many of the newest are left out
        :param int limit: how many are told at most, 200 or fewer
        :param str kind: of which kind only, one of ``timeline_kinds``
        :param str before: what an earlier page gave as ``before``: this one goes on
            there. Cheaper than a large ``offset``.
        :return: ``{"items": [...], "has_more", "before"}``; an item is ``{"id", "kind",
            "icon", "tone", "date" (UTC), "is_day" (it has no hour), "title", "text",
            "user", "partner" (a contact, where it is not the record itself), "model",
            "record_id"}``
        :raise UserError: where ``before`` is none that a page gave
        """
        self.ensure_one()
        self.check_access("read")
        kinds = frozenset(KINDS.get(kind, ICONS))
        start, length = max(offset, 0), min(max(limit, 1), MOST)
        place = self._timeline_place(before) if before else None
        found = [
            moment
            for source in self._timeline_sources()
            if kinds.intersection(source.kinds)
            for moment in self._found_by(source, kinds, start + length + 1, place)
        ]
        # Whole seconds: not all sources know more. The sorting is stable.
        found.sort(key=lambda moment: moment[0].replace(microsecond=0), reverse=True)
        page = found[start : start + length]
        return {
            "items": [self._tell(*moment) for moment in page],
            "has_more": len(found) > start + length,
            "before": _place_text(*page[-1]) if page else False,
        }

    @api.model
    def timeline_kinds(self):
        """The kinds of which the timeline can tell, with their names.

        :return: list of ``{"id", "text"}``
        """
        names = {
            "call": self.env._("Calls"),
            "visit": self.env._("Visits"),
            "message": self.env._("Messages"),
            "survey": self.env._("Surveys"),
            "money": self.env._("Money"),
            "campaign": self.env._("Campaigns"),
            "stage": self.env._("Stages"),
            "status": self.env._("Status"),
            "other": self.env._("Other"),
        }
        told = {kind for source in self._timeline_sources() for kind in source.kinds}
        return [
            {"id": kind, "text": names[kind]}
            for kind, let_through in KINDS.items()
            if told.intersection(let_through)
        ]

    # === WHAT BELONGS THERE (for each model to say) === #

    @api.model
    def _timeline_names(self):
        """The names of the sources of such a record."""
        return [source.name for source in SOURCES]

    def _timeline_domain(self, model):
        """What of another model belongs to the record.

        :param str model: the model of a source
        """
        raise NotImplementedError

    # === FINDING === #

    @api.model
    def _timeline_sources(self):
        names = self._timeline_names()
        return [source for source in SOURCES if source.name in names]

    def _found_by(self, source, kinds, limit, place):
        """The newest things of a source: (moment, source, record)."""
        records = self.env[source.model]
        if not records.has_access("read"):
            if not (source.told_to and self.env.user.has_groups(source.told_to)):
                return []
            records = records.sudo()
        domain = (
            Domain(source.date, "!=", False)
            & self._timeline_domain(source.model)
            & getattr(self, f"_happened_{source.name}")(kinds)
        )
        if place:
            domain &= self._behind(source, *place)
        found = records.search(
            domain, limit=limit, order=f"{source.date} desc, id desc"
        )
        return [(self._moment(record[source.date]), source, record) for record in found]

    def _moment(self, date):
        """When it was. What has no hour stands at the end of its day."""
        if isinstance(date, datetime):
            return date
        end = self.env.tz.localize(datetime.combine(date, time(23, 59, 59)))
        return end.astimezone(pytz.utc).replace(tzinfo=None)

    def _behind(self, source, moment, name, record_id):
        """What of a source is told after the place where a page ended."""
        order = [one.name for one in SOURCES]
        second = moment.replace(microsecond=0)
        if order.index(source.name) > order.index(name):
            return self._earlier(source, second + SECOND)
        if source.name != name:
            return self._earlier(source, second)
        date = moment if self._has_hours(source) else self._day(moment)

        def to_sql(model, alias, query):
            return SQL(
                "(%s, %s) < (%s, %s)",
                model._field_to_sql(alias, source.date, query),
                model._field_to_sql(alias, "id", query),
                date,
                record_id,
            )

        return Domain.custom(to_sql=to_sql)

    def _earlier(self, source, moment):
        """What of a source was before a moment. A day ends with its last second."""
        before = moment if self._has_hours(source) else self._day(moment)
        return Domain(source.date, "<", before)

    def _has_hours(self, source):
        return self.env[source.model]._fields[source.date].type == "datetime"

    def _day(self, moment):
        """The day in which a moment is, where the user is."""
        return pytz.utc.localize(moment).astimezone(self.env.tz).date()

    @api.model
    def _timeline_place(self, before):
        """The place that a page gave as its end: moment, name of the source, id."""
        try:
            moment, name, record_id = before.split("/")
            place = datetime.fromisoformat(moment), name, int(record_id)
        except ValueError:
            place = None
        names = [source.name for source in SOURCES]
        if not place or name not in names or place[0].tzinfo:
            raise UserError(self.env._("No page of a timeline ended at “%s”.", before))
        return place

    # === WHAT HAS HAPPENED === #

    def _happened_actions(self, kinds):
        return Domain("state", "=", "done") & self._of_channels(kinds)

    def _happened_failures(self, kinds):
        return Domain("state", "=", "failed") & self._of_channels(kinds)

    def _of_channels(self, kinds):
        return Domain("action_type_id.channel", "in", list(kinds))

    def _happened_messages(self, kinds):
        """What people wrote; mails of automatic actions are told by these."""
        traces = self.env["mailing.trace"].sudo()
        of_actions = traces._search(
            Domain("message_id", "!=", False)
            & Domain("crm_action_id", "any!", self._timeline_domain("crm.action"))
        )
        is_note = Domain("message_type", "=", "comment") & Domain(
            "subtype_id", "=", self.env.ref("mail.mt_note").id
        )
        of_kinds = Domain.FALSE
        if "email" in kinds:
            written = Domain("message_type", "in", ["email", "email_outgoing"])
            of_kinds |= written | (Domain("message_type", "=", "comment") & ~is_note)
        if "note" in kinds:
            of_kinds |= is_note
        if "sms" in kinds:
            of_kinds |= Domain("message_type", "=", "sms")
        return of_kinds & Domain(
            "message_id", "not in", of_actions.subselect("message_id")
        )

    def _happened_meetings(self, _kinds):
        """Meetings that mirror an action are told by it."""
        return Domain("crm_action_id", "=", False) & Domain(
            "start", "<=", fields.Datetime.now()
        )

    def _happened_answers(self, _kinds):
        return Domain("state", "=", "done") & Domain("test_entry", "=", False)

    def _happened_quotations(self, _kinds):
        return Domain.TRUE

    def _happened_orders(self, _kinds):
        return Domain("state", "=", "sale")

    def _happened_invoices(self, _kinds):
        return Domain("state", "=", "posted") & Domain(
            "move_type", "in", CUSTOMER_INVOICES
        )

    def _happened_payments(self, _kinds):
        """Of customers, in the companies one works in, whoever may open them."""
        return (
            Domain("state", "in", ["in_process", "paid", "rejected"])
            & Domain("partner_type", "=", "customer")
            & Domain("company_id", "in", self.env.companies.ids)
        )

    def _happened_campaigns(self, _kinds):
        lost_ones_too = Domain("active", "in", [True, False])
        return Domain("crm_campaign_id", "!=", False) & lost_ones_too

    def _happened_moves(self, _kinds):
        return Domain("to_stage_id", "!=", False) | Domain("result", "!=", False)

    def _happened_statuses(self, _kinds):
        steps = SQL("(SELECT id FROM (%s) AS step)", self._status_steps())
        return self._gave_status() & Domain("id", "in", steps)

    def _status_steps(self):
        """The lines that gave another status than the one before, whoever may see them.

        :return: SQL of ``id`` and ``before_id``, the status before
        """
        lines = self.env["crm.transition"].sudo()
        given = lines._search(
            self._timeline_domain(lines._name) & self._gave_status(), order="id"
        )
        return SQL(
            """SELECT id, before_id
                 FROM %s AS given
                WHERE status_after_id IS DISTINCT FROM before_id""",
            given.subselect(
                "id",
                "status_after_id",
                # Where an opportunity's is the first, it had a status of its own.
                "lag(status_after_id, 1, status_before_id)"
                " OVER (PARTITION BY partner_id ORDER BY id) AS before_id",
            ),
        )

    @api.model
    def _gave_status(self):
        """The lines of the ledger that gave such a record its commercial status."""
        return Domain("status_after_id", "!=", False) | Domain("trigger", "=", "status")

    # === TELLING === #

    def _tell(self, moment, source, record):
        """One thing, as the screen needs it."""
        told = getattr(self, f"_tell_{source.name}")(record)
        return {
            "id": f"{source.name}/{record.id}",
            "date": fields.Datetime.to_string(moment),
            "is_day": not isinstance(record[source.date], datetime),
            "icon": ICONS[told["kind"]],
            "tone": False,
            "text": False,
            "user": False,
            "partner": self._timeline_partner(record),
            "model": record._name,
            "record_id": record.id,
            **told,
        }

    def _timeline_partner(self, _record):
        """With whom it was, where that is not told by whose timeline it is."""
        return False

    def _tell_actions(self, action):
        title = action.action_type_id.name
        if action.outcome_id:
            title = f"{title}: {action.outcome_id.name}"
        if action.corrected_by_id:
            title = self.env._("%s (corrected)", title)
        return {
            "kind": action.channel,
            "title": title,
            "text": action.note,
            "user": action.user_id.name,
            "tone": action.outcome_id.tone,
        }

    def _tell_failures(self, action):
        return {
            "kind": action.channel,
            "title": self.env._("%s: failed", action.action_type_id.name),
            "text": action.failure_reason,
            "tone": "negative",
        }

    def _tell_messages(self, message):
        is_sms = message.message_type == "sms"
        is_note = (
            message.message_type == "comment"
            and message.subtype_id == self.env.ref("mail.mt_note")
        )
        return {
            "kind": "note" if is_note else "sms" if is_sms else "email",
            "title": message.subject
            or (self.env._("Note") if is_note else self.env._("Message")),
            "text": message.preview,
            "user": message.author_id.name or message.email_from,
            "model": False,
        }

    def _tell_meetings(self, meeting):
        return {
            "kind": "meeting",
            "title": meeting.name,
            "user": meeting.user_id.name,
        }

    def _tell_answers(self, answer):
        return {
            "kind": "survey",
            "title": self.env._("Survey answered: %s", answer.survey_id.title),
            "text": answer.survey_id.scoring_type != "no_scoring"
            and self.env._("Score: %.0f %%", answer.scoring_percentage),
            "partner": answer.partner_id.sudo().name,
            "model": False,
        }

    def _tell_quotations(self, order):
        return {
            "kind": "order",
            "title": self.env._("Quotation %s", order.name),
            "text": _amount(order, order.amount_untaxed),
            "user": order.user_id.name,
        }

    def _tell_orders(self, order):
        return {
            "kind": "order",
            "title": self.env._("Order %s confirmed", order.name),
            "text": _amount(order, order.amount_untaxed),
            "user": order.user_id.name,
            "tone": "positive",
        }

    def _tell_invoices(self, move):
        title = (
            self.env._("Credit note %s", move.name)
            if move.move_type == "out_refund"
            else self.env._("Invoice %s", move.name)
        )
        return {
            "kind": "invoice",
            "title": title,
            "text": _amount(move, move.amount_total),
            "user": move.invoice_user_id.name,
        }

    def _tell_payments(self, payment):
        may_open = self.env["account.payment"].has_access("read")
        told = {
            "kind": "payment",
            "text": _amount(payment, payment.amount),
            "model": may_open and payment._name,
        }
        if payment.state == "rejected":
            returned = self.env._("Payment returned")
            return told | {"title": returned, "tone": "negative"}
        if payment.payment_type == "outbound":
            return told | {"title": self.env._("Paid back")}
        return told | {"title": self.env._("Payment"), "tone": "positive"}

    def _tell_campaigns(self, lead):
        return {
            "kind": "campaign",
            "title": self.env._("Taken up by campaign %s", lead.crm_campaign_id.name),
            "user": lead.user_id.name,
        }

    def _tell_moves(self, line):
        labels = dict(line._fields["result"]._description_selection(self.env))
        closed = line.result if line.result in ("won", "lost") else False
        parts = [labels.get(line.result), line.to_stage_id.name]
        return {
            "kind": closed or "stage",
            "title": " · ".join(filter(None, parts)),
            "text": line.rule_id.sentence,
            "user": line.user_id.name,
            "tone": {"won": "positive", "lost": "negative"}.get(line.result, False),
            "model": False,
        }

    def _tell_statuses(self, line):
        status = line.status_after_id.name or self.env._("none")
        return {
            "kind": "status",
            "title": self.env._("Status: %s", status),
            "text": line.display_name,
            "user": line.user_id.name,
            "model": False,
        }


def _place_text(moment, source, record):
    return f"{moment.isoformat()}/{source.name}/{record.id}"


def _amount(record, amount):
    return format_amount(record.env, amount, record.currency_id)
