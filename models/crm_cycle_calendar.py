from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

MONTHS = [
    ("1", "January"),
    ("2", "February"),
    ("3", "March"),
    ("4", "April"),
    ("5", "May"),
    ("6", "June"),
    ("7", "July"),
    ("8", "August"),
    ("9", "September"),
    ("10", "October"),
    ("11", "November"),
    ("12", "December"),
]


class CrmCycleCalendar(models.Model):
    """How a company divides its commercial years: by civil years, courses, seasons.

    A cycle within a year begins in January, say, and one across two years in September;
    seasons have fewer months. Teams work by a calendar each, or by none.
    """

    _name = "crm.cycle.calendar"
    _description = "Cycle Calendar"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    first_month = fields.Selection(MONTHS, required=True, default="1")
    months = fields.Integer("Months per Cycle", required=True, default=12)
    left_status_ids = fields.Many2many(
        "crm.commercial.status",
        string="Not Carried Over",
        default=lambda self: self._default_left_statuses(),
        help="Customers who have one of these are active no more: the next cycle "
        "begins without them.",
    )
    team_ids = fields.One2many("crm.team", "cycle_calendar_id", "Sales Teams")
    cycle_ids = fields.One2many("crm.cycle", "calendar_id", "Cycles")

    _months_of_a_cycle = models.Constraint(
        "CHECK(months BETWEEN 1 AND 24)", "A cycle has between 1 and 24 months."
    )

    @api.model
    def _default_left_statuses(self):
        names = "status_former_customer", "status_former_member"
        found = [
            self.env.ref(f"crm_playbook.{name}", raise_if_not_found=False)
            for name in names
        ]
        return [status.id for status in found if status]

    # === CYCLES === #

    def action_create_next(self):
        """Make the cycle after the latest one, or the first, and open its form.

        :return: an action
        """
        self.ensure_one()
        first, last = self._next_span()
        cycle = self.env["crm.cycle"].create(
            {
                "name": self._name_of(first, last),
                "calendar_id": self.id,
                "date_start": first,
                "date_end": last,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.cycle",
            "res_id": cycle.id,
            "views": [(False, "form")],
        }

    def _next_span(self):
        """First and last day of the next cycle."""
        latest = self.cycle_ids.sorted("date_end")[-1:]
        if latest:
            first = latest.date_end + timedelta(days=1)
        else:
            today = self.company_id._points_today()
            first = today.replace(month=int(self.first_month), day=1)
            if first > today:
                first -= relativedelta(years=1)
            # Seasons of a year follow one another until today.
            while first + relativedelta(months=self.months) <= today:
                first += relativedelta(months=self.months)
        return first, first + relativedelta(months=self.months, days=-1)

    def _name_of(self, first, last):
        """As people say it: 2026, 2026/27, or with the months of a season."""
        if self.months < 12:
            return f"{self.name} {first:%m/%Y}-{last:%m/%Y}"
        years = str(first.year)
        if last.year != first.year:
            years += f"/{last.year % 100:02}"
        return f"{self.name} {years}"

    def _current_cycle(self):
        """The open cycle in which something that begins today is, or the newest one."""
        self.ensure_one()
        cycles = self.env["crm.cycle"].sudo()
        is_open = [("calendar_id", "=", self.id), ("state", "=", "open")]
        candidates = cycles.search(is_open, order="date_start desc")
        today = self.company_id._points_today()
        running = candidates.filtered(
            lambda cycle: cycle.date_start <= today <= cycle.date_end
        )
        return (running or candidates)[:1]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self.filtered("cycle_ids"):
            raise UserError(
                self.env._("%s has cycles: archive it instead.", used[0].name)
            )


class CrmTeam(models.Model):
    _inherit = "crm.team"

    cycle_calendar_id = fields.Many2one(
        "crm.cycle.calendar",
        "Cycles By",
        ondelete="restrict",
        index="btree_not_null",
        help="New opportunities of the team, in the company of this calendar, belong "
        "to its open cycle.",
    )
