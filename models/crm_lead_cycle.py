from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .crm_lead_merge import CrmLead as MergedLead
from .engine import as_engine

KINDS = [("new", "New"), ("repurchase", "Repurchase")]


class CrmLead(models.Model):
    """An opportunity belongs to the commercial cycle in which it is made."""

    _inherit = "crm.lead"

    cycle_id = fields.Many2one(
        "crm.cycle",
        compute="_compute_cycle_id",
        store=True,
        readonly=False,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        domain="[('state', '=', 'open'), ('company_id', 'in', [company_id, False])]",
        tracking=True,
        help="The commercial period to which it belongs: the open one of the team's "
        "calendar, or the other open one for late entries.",
    )
    cycle_kind = fields.Selection(
        KINDS,
        "In This Cycle",
        compute="_compute_cycle_kind",
        store=True,
        help="Repurchase: of a customer of the cycle before, carried over.",
    )
    repurchase_of_id = fields.Many2one(
        "crm.lead",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="By which the customer bought in the cycle before.",
    )
    # A number instead of a reference: merging customers changes nothing that was done.
    cycle_customer_key = fields.Integer(readonly=True, copy=False)
    last_time_ids = fields.Many2many(
        "sale.order.line",
        compute="_compute_last_time_ids",
        compute_sudo=True,
        string="Had Last Time",
        help="What the customer bought in the cycle before.",
    )

    _engine_fields = MergedLead._engine_fields | {
        *("repurchase_of_id", "cycle_customer_key")
    }

    _one_repurchase_index = models.UniqueIndex(
        "(cycle_id, cycle_customer_key) WHERE cycle_kind = 'repurchase'",
        "The customer is carried over into this cycle already.",
    )

    @api.depends("team_id", "type")
    def _compute_cycle_id(self):
        for lead in self:
            own = lead.cycle_id
            is_new = not own and lead.type == "opportunity"
            lead.cycle_id = lead._cycle_of(lead.team_id) if is_new else own

    def _cycle_of(self, team):
        """The cycle of what the team makes in the company today, if it has cycles."""
        calendar = team.sudo().cycle_calendar_id
        if not calendar or self.company_id - calendar.company_id:
            return self.env["crm.cycle"]
        return calendar._current_cycle()

    @api.depends("cycle_id", "repurchase_of_id")
    def _compute_cycle_kind(self):
        for lead in self:
            is_repurchase = lead.cycle_customer_key or lead.repurchase_of_id
            kind = "repurchase" if is_repurchase else "new"
            lead.cycle_kind = kind if lead.cycle_id else False

    @api.constrains("cycle_id")
    def _check_cycle_is_open(self):
        for lead in self:
            if lead.cycle_id and lead.cycle_id.state != "open":
                raise ValidationError(
                    self.env._(
                        "%s is not open: choose an open cycle, or have it opened.",
                        lead.cycle_id.name,
                    )
                )

    @api.model
    def _columns_of_cycle(self, team, company_id):
        """What new opportunities of a team have of its cycle."""
        cycle = self.new({"company_id": company_id})._cycle_of(team)
        return {"cycle_id": cycle.id, "cycle_kind": "new" if cycle else False}

    def _begin_in(self, stage):
        """Begin a playbook, in whose first stage they were made."""
        lines = self.env["crm.transition"]._open_all(
            "started",
            {"lead_id": self.ids, "action_id": [None] * len(self)},
            from_stage_id=False,
            to_stage_id=stage.id,
        )
        self._plan_stage_task(stage, lines)

    def _merge_dependences(self, opportunities):
        """Who was carried over stays so: the cycle makes no other opportunity."""
        result = super()._merge_dependences(opportunities)
        carried = opportunities.filtered(
            lambda lead: lead.cycle_customer_key and lead.cycle_id.state == "open"
        )[:1]
        if carried and not self.cycle_customer_key:
            names = "cycle_id", "repurchase_of_id", "cycle_customer_key"
            values = {
                name: self._fields[name].convert_to_write(carried[name], carried)
                for name in names
            }
            as_engine(carried).write(dict.fromkeys(names, False))
            self.env.flush_all()
            as_engine(self).write(values)
        return result

    # === WHAT THEY HAD LAST TIME === #

    @api.depends("repurchase_of_id")
    def _compute_last_time_ids(self):
        for lead in self:
            lead.last_time_ids = lead._bought_last_time()

    def _bought_last_time(self):
        """Lines of the customer's confirmed orders in the cycle before."""
        lines = self.env["sale.order.line"]
        before = self.repurchase_of_id
        if not before:
            return lines
        own = before.partner_id.commercial_partner_id
        of_cycle = [
            ("cycle_id", "=", before.cycle_id.id),
            ("won_status", "=", "won"),
            ("partner_id", "child_of", own.id),
        ]
        leads = self.search(of_cycle) | before
        return lines.search(
            [
                ("order_id.opportunity_id", "in", leads.ids),
                ("order_id.state", "=", "sale"),
                ("display_type", "=", False),
                ("is_downpayment", "=", False),
            ]
        )

    def action_quote_last_time(self):
        """Make a quotation of what the customer had last time, at the prices of today.

        What is not sold any more is left out, and told in the chatter.

        :return: an action that opens the quotation
        :raise UserError: when nothing of it is sold any more
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.sudo().last_time_ids
        sold = lines.filtered(
            lambda line: line.product_id.active and line.product_id.sale_ok
        )
        if not sold:
            raise UserError(
                self.env._("Nothing that they had last time is sold any more.")
            )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_id.id,
                "opportunity_id": self.id,
                "team_id": self.team_id.id,
                "user_id": self.user_id.id,
                "company_id": (self.company_id or self.env.company).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "product_uom_qty": line.product_uom_qty,
                            "product_uom_id": line.product_uom_id.id,
                        }
                    )
                    for line in sold
                ],
            }
        )
        if gone := lines - sold:
            order.message_post(
                body=self.env._(
                    "Not sold any more: %s",
                    ", ".join(gone.product_id.mapped("display_name")),
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": order.id,
            "views": [(False, "form")],
        }
