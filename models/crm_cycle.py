from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATES = [("draft", "Draft"), ("open", "Open"), ("closed", "Closed")]
# Two at once: late entries of the one that ends, and the one that begins.
SLOTS = (1, 2)


class CrmCycle(models.Model):
    """A commercial period, in which customers are won anew or buy again.

    Opportunities are made in an open cycle; those that are won become its active
    customers, whom the next cycle carries over (``crm_cycle_carry_over.py``).
    """

    _name = "crm.cycle"
    _description = "Commercial Cycle"
    _inherit = ["crm.engine.guarded", "mail.thread"]
    _order = "date_start desc, id desc"
    _check_company_auto = True

    _transitions = {"draft": {"open"}, "open": {"closed"}, "closed": {"open"}}
    _engine_fields = frozenset({"state", "open_slot", "is_carried_over"})

    name = fields.Char(required=True, tracking=True)
    calendar_id = fields.Many2one(
        "crm.cycle.calendar",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env["crm.cycle.calendar"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        ),
    )
    company_id = fields.Many2one(related="calendar_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_start = fields.Date("From", required=True, tracking=True)
    date_end = fields.Date("To", required=True, tracking=True)
    previous_id = fields.Many2one(
        "crm.cycle",
        "Customers From",
        compute="_compute_previous_id",
        store=True,
        readonly=False,
        ondelete="restrict",
        index="btree_not_null",
        domain="[('calendar_id', '=', calendar_id), ('id', '!=', id)]",
        help="The cycle whose active customers it carries over.",
    )
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, copy=False, tracking=True
    )
    open_slot = fields.Integer(readonly=True, copy=False)
    lead_ids = fields.One2many("crm.lead", "cycle_id", "Opportunities", readonly=True)

    _ends_after_it_begins = models.Constraint(
        "CHECK(date_start <= date_end)", "A cycle ends after it begins."
    )
    _one_after_the_other = models.Constraint(
        "EXCLUDE USING gist (int4range(calendar_id, calendar_id, '[]') WITH &&,"
        " daterange(date_start, date_end, '[]') WITH &&)",
        "The days of this cycle are those of another one of the same calendar already.",
    )
    _two_open_index = models.UniqueIndex(
        "(calendar_id, open_slot) WHERE state = 'open'",
        "Two cycles of this calendar are open already.",
    )
    _open_has_slot = models.Constraint(
        "CHECK(state <> 'open' OR open_slot IN (1, 2))",
        "An open cycle is one of two.",
    )

    @api.depends("calendar_id", "date_start")
    def _compute_previous_id(self):
        for cycle in self:
            cycle.previous_id = cycle._find_previous() or cycle.previous_id

    def _find_previous(self):
        if not self.date_start:
            return self.browse()
        return self.search(
            [
                ("calendar_id", "=", self.calendar_id.id),
                ("date_end", "<", self.date_start),
                ("id", "not in", self._origin.ids),
            ],
            order="date_end desc",
            limit=1,
        )

    # === LIFE === #

    def action_open(self):
        """Open cycles, and begin to carry over the active customers of the last ones.

        :raise UserError: when two of its calendar are open already
        """
        self.check_access("write")
        for cycle in self:
            cycle._move_to("open", open_slot=cycle._free_slot())
        self.action_carry_over()
        return True

    def action_close(self):
        """Close cycles: nothing new is made in them."""
        self.check_access("write")
        self._move_to("closed", open_slot=False)
        return True

    def _free_slot(self):
        opened = self.search(
            [("calendar_id", "=", self.calendar_id.id), ("state", "=", "open")]
        )
        free = [slot for slot in SLOTS if slot not in opened.mapped("open_slot")]
        if not free:
            raise UserError(
                self.env._(
                    "%(first)s and %(second)s are open: close one of them first.",
                    first=opened[0].name,
                    second=opened[1].name,
                )
            )
        return free[0]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        if used := leads.search([("cycle_id", "in", self.ids)], limit=1).cycle_id:
            raise UserError(
                self.env._("%s has opportunities: close it instead.", used.name)
            )

    # === CUSTOMERS === #

    def _customers(self):
        """Its active customers: a query of the entities that bought in it.

        ``key`` is the entity, ``lead_id`` the opportunity that it bought by last.
        """
        return SQL(
            """SELECT DISTINCT ON (partner.commercial_partner_id)
                      partner.commercial_partner_id AS key, lead.id AS lead_id
                 FROM crm_lead lead
                 JOIN res_partner partner ON partner.id = lead.partner_id
                 JOIN res_partner entity ON entity.id = partner.commercial_partner_id
                WHERE lead.cycle_id = %s AND lead.won_status = 'won'
                  AND entity.active
                  AND (entity.company_id IS NULL OR entity.company_id = %s)
                  AND (entity.commercial_status_id IS NULL
                       OR entity.commercial_status_id <> ALL(%s))
             ORDER BY partner.commercial_partner_id, lead.date_closed DESC, lead.id DESC
            """,
            self.id,
            self.company_id.id,
            self.calendar_id.left_status_ids.ids,
        )

    def action_view_customers(self):
        """Open the active customers of the cycle."""
        self.ensure_one()
        self.check_access("read")
        self.env.flush_all()
        rows = self.env.execute_query(self.sudo()._customers())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers of %s", self.name),
            "res_model": "res.partner",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [("id", "in", [key for key, _lead in rows])],
        }

    def action_view_leads(self):
        """Open the opportunities of the cycle."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Opportunities"),
            "res_model": "crm.lead",
            "views": [
                (False, "kanban"),
                (False, "list"),
                (False, "pivot"),
                (False, "form"),
            ],
            "domain": [("cycle_id", "in", self.ids)],
            "context": {"active_test": False, "create": False},
        }
