from ast import literal_eval
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

from .crm_entity_kind_requirement import FREE_FIELDS
from .res_partner_history import ABOUT, DAYS, PERIOD

# The segments whose members are being looked for: none of them may need itself.
OPEN = "crm_segments_open"


# What comes of conditions that cannot be read, or not by this user.
UNREADABLE = (ValueError, SyntaxError, TypeError, KeyError, UserError)


class OpenSegments(tuple):
    """Their ids, as no remote caller can send them."""

    __slots__ = ()


class CrmSegment(models.Model):
    """A set of entities: a stored domain, read anew each time it is used, or a list.

    Conditions over history count what was in the period of the segment. A condition may
    be over another segment, which has a period of its own: so segments are combined.
    """

    _name = "crm.segment"
    _description = "Segment"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)
    domain = fields.Char("Conditions", required=True, default="[]")
    company_id = fields.Many2one("res.company")
    period = fields.Selection(
        [
            ("ever", "Ever"),
            ("last_days", "In the last"),
            ("between", "Between"),
        ],
        required=True,
        default="ever",
        help="Which days count for conditions over what was ordered, done, answered, "
        "returned.",
    )
    period_days = fields.Integer("Days", default=90)
    date_from = fields.Date("First Day")
    date_to = fields.Date("Last Day", help="The last day that counts.")
    with_contacts = fields.Boolean(
        "Contacts Too",
        help="Contacts and addresses of companies that meet the conditions are in it "
        "by themselves; if not, companies and people without a company alone.",
    )
    is_static = fields.Boolean(
        "Fixed List",
        readonly=True,
        help="Its members are those that were put in, whatever becomes of them.",
    )
    partner_ids = fields.Many2many(
        "res.partner", "crm_segment_partner_rel", string="Members", copy=True
    )
    frozen_from_id = fields.Many2one(
        "crm.segment", "Copy Of", readonly=True, ondelete="set null", copy=False
    )
    frozen_date = fields.Datetime("Copied On", readonly=True, copy=False)
    partner_count = fields.Integer("Entities", compute="_compute_partner_count")
    problem = fields.Char(
        compute="_compute_partner_count",
        help="Why it cannot be said who is in it.",
    )
    campaign_ids = fields.One2many("crm.campaign", "segment_id", "Campaigns")
    used_segment_ids = fields.Many2many(
        "crm.segment",
        "crm_segment_used_rel",
        "segment_id",
        "used_id",
        string="Made Of",
        readonly=True,
        copy=False,
    )
    using_segment_ids = fields.Many2many(
        "crm.segment",
        "crm_segment_used_rel",
        "used_id",
        "segment_id",
        string="Used By Segments",
        readonly=True,
        copy=False,
    )

    _has_days = models.Constraint(
        "CHECK(period <> 'last_days' OR period_days > 0)",
        "How many of the last days count? Enter at least one.",
    )
    _has_dates = models.Constraint(
        "CHECK(period <> 'between' OR coalesce(date_from <= date_to, FALSE))",
        "Enter the first and the last day of the period, in this order.",
    )

    # === WHO IS IN IT === #

    @api.depends(
        "domain",
        "company_id",
        "period",
        "period_days",
        "date_from",
        "date_to",
        "with_contacts",
        "is_static",
        "partner_ids",
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_partner_count(self):
        """Of one that the user may not, or nobody can, evaluate: why not."""
        partners = self.env["res.partner"]
        for segment in self:
            segment.partner_count, segment.problem = 0, False
            try:
                segment.partner_count = partners.search_count(segment._partner_domain())
            except UNREADABLE as error:
                segment.problem = str(error)

    def _partners(self, limit=None):
        return self.env["res.partner"].search(self._partner_domain(), limit=limit)

    def _partner_domain(self):
        """The domain of the segment's entities, within its company if it has one."""
        self.ensure_one()
        domain = self._members_domain()
        if company := self.sudo().company_id:
            domain &= Domain("company_id", "in", [False, company.id])
        return domain

    def _members_domain(self):
        """Whoever may use a segment may use what it is made of: that is read as
        superuser. Its conditions are met, and answered, with the rights of the user.
        """
        segment = self.sudo()
        if segment.is_static:
            return Domain("id", "in", segment._listed())
        opened = open_segments(self.env)
        if self._origin.id in opened:
            raise UserError(
                self.env._(
                    "Segment %s is made of itself. Take it out of the conditions of "
                    "the segments it is made of.",
                    segment.name,
                )
            )
        partners = self.env["res.partner"].with_context(
            **{
                OPEN: OpenSegments((*opened, *self._origin.ids)),
                **segment._period(),
            }
        )
        conditions = Domain(literal_eval(segment.domain or "[]"))
        if not segment.with_contacts:
            conditions &= Domain("is_company", "=", True) | Domain(
                "parent_id", "=", False
            )
        return Domain("id", "in", partners._search(conditions, bypass_access=True))

    def _listed(self):
        """The ids of a fixed list, as SQL; while it is edited, as the screen has it."""
        if not self.id:
            return self.partner_ids._origin.ids
        self.flush_recordset(["partner_ids"])
        return SQL(
            "SELECT res_partner_id FROM crm_segment_partner_rel "
            "WHERE crm_segment_id = %s",
            self.id,
        )

    def _period(self):
        """From when until when history counts, as moments in UTC and as days."""
        if self.period == "last_days":
            start = fields.Datetime.now() - timedelta(days=self.period_days)
            first_day = pytz.utc.localize(start).astimezone(self._zone()).date()
            moments, days = (start, False), (first_day, False)
        elif self.period == "between" and self.date_from and self.date_to:
            days = (self.date_from, self.date_to + timedelta(days=1))
            moments = [self._midnight(day) for day in days]
        else:
            moments = days = (False, False)
        return {
            PERIOD: tuple(fields.Datetime.to_string(moment) for moment in moments),
            DAYS: tuple(fields.Date.to_string(day) for day in days),
        }

    def _midnight(self, day):
        """When the day begins where the company is, in UTC."""
        begin = self._zone().localize(datetime.combine(day, time.min))
        return begin.astimezone(pytz.utc).replace(tzinfo=None)

    def _zone(self):
        """Where days begin: at the company's, else where whoever asks says."""
        company = (self.company_id or self.env.company).partner_id
        asker = self.env.context.get("tz") or self.env.user.tz
        return pytz.timezone(company.tz or asker or "UTC")

    # === CHECKS === #

    @api.constrains("domain", "period", "period_days", "date_from", "date_to")
    def _check_domain(self):
        """Read with the rights of who writes them: Odoo checks as superuser."""
        for segment in self:
            try:
                segment.sudo(False)._partners(limit=1)
            except UNREADABLE as error:
                raise ValidationError(
                    self.env._(
                        "The conditions of segment %(name)s cannot be read: %(error)s",
                        name=segment.name,
                        error=error,
                    )
                ) from error

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        for segment in self:
            segments = self.sudo().with_context(active_test=False)
            users = segments.search([("used_segment_ids", "in", segment.ids)])
            if users := users - self:
                raise UserError(
                    self.env._(
                        "Segment %(name)s is used by %(others)s. Take it out there "
                        "first, or archive it.",
                        name=segment.name,
                        others=", ".join(users.mapped("name")),
                    )
                )

    # === WHAT IT IS MADE OF === #

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create(vals_list)
        segments._note_what_it_is_made_of()
        return segments

    def write(self, vals):
        result = super().write(vals)
        if "domain" in vals:
            self._note_what_it_is_made_of()
        return result

    def _note_what_it_is_made_of(self):
        for segment in self:
            ids = {
                one
                for condition in _conditions(literal_eval(segment.domain or "[]"))
                if condition.field_expr.endswith("crm_segment_ids")
                for one in _as_list(condition.value)
                if type(one) is int
            }
            segment.used_segment_ids = [Command.set(self.browse(ids).exists().ids)]

    def _about(self, entities):
        """The segment, to be asked about these entities alone: their history is enough
        unless a condition goes by others.
        """
        segment = self.sudo()
        by_others = any(
            condition.operator in ("any", "not any") or _is_by_others(condition)
            for one in segment | segment._all_used()
            for condition in _conditions(literal_eval(one.domain or "[]"))
        )
        if by_others:
            return self
        commercial = entities.sudo().commercial_partner_id
        return self.with_context(**{ABOUT: tuple(commercial.ids)})

    def _all_used(self):
        """All it is made of, and what these are made of."""
        used = reached = self.used_segment_ids
        while reached := reached.used_segment_ids - used:
            used |= reached
        return used

    # === ACTIONS === #

    def action_view_partners(self):
        """Open the entities that are in the segment now."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "res.partner",
            "view_mode": "list,kanban,form",
            "domain": [("crm_segment_ids", "in", self.ids)],
        }

    def action_freeze(self):
        """Make a fixed list of who is in the segment now, and open it."""
        return self.browse(self.freeze()).get_formview_action()

    # === CONTRACT === #

    def freeze(self, name=None):
        """Make a fixed list of who is in the segment now.

        One statement; its cost grows with the entities of the segment.

        :param str name: of the new segment; by default that of this one and the day
        :return: the id of the new segment
        """
        self.ensure_one()
        self.check_access("write")
        now = fields.Datetime.now()
        copy = self.create(
            {
                "name": name or self._name_of_copy(now),
                "description": self.description,
                "company_id": self.company_id.id,
                "is_static": True,
                "frozen_from_id": self.id,
                "frozen_date": now,
            }
        )
        members = self.env["res.partner"]._search(self._partner_domain())
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_segment_partner_rel (crm_segment_id, res_partner_id) "
                "SELECT %s, id FROM res_partner WHERE id IN %s",
                copy.id,
                members.subselect(),
            )
        )
        copy.invalidate_recordset(["partner_ids", "partner_count"])
        return copy.id

    def _name_of_copy(self, moment):
        day = fields.Datetime.context_timestamp(self, moment).date()
        return self.env._(
            "%(name)s, as of %(day)s",
            name=self.name,
            day=format_date(self.env, day),
        )

    def add_partners(self, partner_ids):
        """Put entities on a fixed list; those that are there stay.

        :param partner_ids: ids of ``res.partner``
        :raise UserError: if the segment is no fixed list
        """
        self._check_static()
        self.partner_ids = [Command.link(one) for one in partner_ids]

    def remove_partners(self, partner_ids):
        """Take entities off a fixed list.

        :param partner_ids: ids of ``res.partner``
        :raise UserError: if the segment is no fixed list
        """
        self._check_static()
        self.partner_ids = [Command.unlink(one) for one in partner_ids]

    def _check_static(self):
        self.check_access("write")
        for segment in self:
            if not segment.is_static:
                raise UserError(
                    self.env._(
                        "Who is in segment %s is said by its conditions. Change them, "
                        "or make a fixed list of it first.",
                        segment.name,
                    )
                )


def open_segments(env):
    """The ids of the segments whose members are being looked for."""
    opened = env.context.get(OPEN)
    return opened if isinstance(opened, OpenSegments) else OpenSegments()


def _conditions(domain):
    """All the conditions of a domain, those within its conditions too."""
    for condition in Domain(domain).iter_conditions():
        yield condition
        if condition.operator in ("any", "not any"):
            yield from _conditions(condition.value)


def _is_by_others(condition):
    """Whether the condition goes through another record; free fields are one's own."""
    field, *within = condition.field_expr.split(".")
    return bool(within) and field not in FREE_FIELDS


def _as_list(value):
    return list(value) if isinstance(value, list | tuple | set) else [value]
