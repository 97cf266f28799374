from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

from .crm_action_type import CHANNEL_ICONS

# What things in a timeline are, with their icons.
ICONS = {
    **CHANNEL_ICONS,
    "note": "fa-sticky-note-o",
    "order": "fa-shopping-cart",
    "invoice": "fa-file-text-o",
    "stage": "fa-arrow-right",
    "won": "fa-trophy",
    "lost": "fa-flag",
}
# The filters of the screen: what each of them lets through.
KINDS = {
    "call": ("call",),
    "visit": ("visit", "meeting"),
    "message": ("email", "sms"),
    "survey": ("survey",),
    "money": ("order", "invoice"),
    "stage": ("stage", "won", "lost"),
    "other": ("task", "note"),
}
PAGE, MOST = 20, 200


@dataclass(frozen=True)
class Source:
    """Where a timeline finds things: a model, and what of it belongs there."""

    name: str
    model: str
    date: str
    kinds: frozenset = field(default_factory=frozenset)


# What may come of others stands behind them.
SOURCES = (
    Source("actions", "crm.action", "done_at", frozenset(CHANNEL_ICONS)),
    Source("failures", "crm.action", "date_start", frozenset(CHANNEL_ICONS)),
    Source("messages", "mail.message", "date", frozenset({"email", "note", "sms"})),
    Source("meetings", "calendar.event", "start", frozenset({"meeting"})),
    Source("answers", "survey.user_input", "end_datetime", frozenset({"survey"})),
    Source("quotations", "sale.order", "create_date", frozenset({"order"})),
    Source("orders", "sale.order", "date_order", frozenset({"order"})),
    Source("invoices", "account.move", "create_date", frozenset({"invoice"})),
    Source("moves", "crm.transition", "date", frozenset({"stage", "won", "lost"})),
)


class CrmLead(models.Model):
    """All that ever happened with an opportunity, the newest first.

    Each source says by a domain what of its model belongs there, and by a method how
    one record is told. The timeline asks each of them once, as the user, whatever their
    number: what they may not see is not there.
    """

    _inherit = "crm.lead"

    timeline_page = fields.Json("What Happened", compute="_compute_timeline_page")

    def _compute_timeline_page(self):
        for lead in self:
            lead.timeline_page = lead._origin.timeline() if lead._origin else False

    # === CONTRACT === #

    def timeline(self, offset=0, limit=PAGE, kind=None):
        """What happened with the opportunity, the newest first.

        :param int offset: how many of the newest are left out
        :param int limit: how many are told at most, 200 or fewer
        :param str kind: of which kind only: ``call``, ``visit``, ``message``,
            ``survey``, ``money``, ``stage`` or ``other``
        :return: ``{"items": [...], "has_more"}``; an item is ``{"id", "kind", "icon",
            "date" (UTC), "title", "text", "user", "model", "record_id"}``
        """
        self.ensure_one()
        self.check_access("read")
        kinds = frozenset(KINDS.get(kind, ICONS))
        start, length = max(offset, 0), min(max(limit, 1), MOST)
        items = [
            item
            for source in reversed(SOURCES)
            if source.kinds & kinds
            for item in self._told_by(source, kinds, start + length + 1)
        ]
        # What comes of something in the same second stays above it: sorting is stable.
        items.sort(key=lambda item: item["date"], reverse=True)
        return {
            "items": items[start : start + length],
            "has_more": len(items) > start + length,
        }

    # === SOURCES === #

    def _told_by(self, source, kinds, limit):
        """The newest things of a source, as the screen needs them."""
        records = self.env[source.model]
        if not records.has_access("read"):
            # Nobody but surveyors reads answers; that there is one may be known.
            records = records.sudo() if source.name == "answers" else None
        if records is None:
            return []
        domain = Domain(source.date, "!=", False) & getattr(
            self, f"_timeline_{source.name}_domain"
        )(kinds)
        found = records.search(
            domain, limit=limit, order=f"{source.date} desc, id desc"
        )
        tell = getattr(self, f"_tell_{source.name}")
        return [
            {
                "id": f"{source.name}/{record.id}",
                "date": fields.Datetime.to_string(record[source.date]),
                "text": False,
                "user": False,
                "model": record._name,
                "record_id": record.id,
                **_with_icon(tell(record)),
            }
            for record in found
        ]

    def _timeline_actions_domain(self, kinds):
        return (
            Domain("lead_id", "=", self.id)
            & Domain("state", "=", "done")
            & Domain("action_type_id.channel", "in", list(kinds))
        )

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

    def _timeline_failures_domain(self, kinds):
        return (
            Domain("lead_id", "=", self.id)
            & Domain("state", "=", "failed")
            & Domain("action_type_id.channel", "in", list(kinds))
        )

    def _tell_failures(self, action):
        return {
            "kind": action.channel,
            "title": self.env._("%s: failed", action.action_type_id.name),
            "text": action.failure_reason,
            "tone": "negative",
        }

    def _timeline_messages_domain(self, kinds):
        """What people wrote; mails of automatic actions are told by these."""
        of_actions = (
            self.env["mailing.trace"]
            .sudo()
            .search([("crm_action_id.lead_id", "=", self.id)])
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
        return (
            Domain("model", "=", "crm.lead")
            & Domain("res_id", "=", self.id)
            & Domain("message_id", "not in", of_actions.mapped("message_id"))
            & of_kinds
        )

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

    def _timeline_meetings_domain(self, _kinds):
        """Meetings that mirror an action are told by it."""
        return (
            Domain("opportunity_id", "=", self.id)
            & Domain("crm_action_id", "=", False)
            & Domain("start", "<=", fields.Datetime.now())
        )

    def _tell_meetings(self, meeting):
        return {
            "kind": "meeting",
            "title": meeting.name,
            "user": meeting.user_id.name,
        }

    def _timeline_answers_domain(self, _kinds):
        return Domain("lead_id", "=", self.id) & Domain("state", "=", "done")

    def _tell_answers(self, answer):
        return {
            "kind": "survey",
            "title": self.env._("Survey answered: %s", answer.survey_id.title),
            "user": answer.partner_id.name,
            "model": False,
        }

    def _timeline_quotations_domain(self, _kinds):
        return Domain("opportunity_id", "=", self.id)

    def _tell_quotations(self, order):
        return {
            "kind": "order",
            "title": self.env._("Quotation %s", order.name),
            "text": _amount(order, order.amount_untaxed),
            "user": order.user_id.name,
        }

    def _timeline_orders_domain(self, _kinds):
        return Domain("opportunity_id", "=", self.id) & Domain("state", "=", "sale")

    def _tell_orders(self, order):
        return {
            "kind": "order",
            "title": self.env._("Order %s confirmed", order.name),
            "text": _amount(order, order.amount_untaxed),
            "user": order.user_id.name,
            "tone": "positive",
        }

    def _timeline_invoices_domain(self, _kinds):
        invoices = self._invoice_lines().move_id
        return Domain("id", "in", invoices.ids) & Domain("state", "=", "posted")

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

    def _timeline_moves_domain(self, _kinds):
        moved = Domain("to_stage_id", "!=", False) | Domain("result", "!=", False)
        return Domain("lead_id", "=", self.id) & moved

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

    @api.model
    def timeline_kinds(self):
        """The kinds of which a timeline can tell, with their names.

        :return: list of ``{"id", "text"}``
        """
        names = {
            "call": self.env._("Calls"),
            "visit": self.env._("Visits"),
            "message": self.env._("Messages"),
            "survey": self.env._("Surveys"),
            "money": self.env._("Orders"),
            "stage": self.env._("Stages"),
            "other": self.env._("Other"),
        }
        return [{"id": kind, "text": names[kind]} for kind in KINDS]


def _with_icon(told):
    return {"icon": ICONS[told["kind"]], "tone": False, **told}


def _amount(record, amount):
    return format_amount(record.env, amount, record.currency_id)
