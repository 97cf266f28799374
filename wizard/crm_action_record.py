from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import clean_context

from .notice import notice, notice_of_answers

# So many of the entity's latest actions are shown.
LATEST = 5
# Whose records on the screen say what the dialog is about.
SCREENS = {"crm.action", "res.partner", "crm.lead", "sale.order", "account.move"}
# What can be done with tasks or opportunities instead of recording an outcome.
INSTEAD = [
    ("reschedule", "Re-plan"),
    ("reassign", "Give to"),
    ("stage", "Stage"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("campaign", "Start campaign"),
    ("cancel", "Cancel task"),
]


class CrmActionRecord(models.TransientModel):
    """The one dialog in which people say what was done, or what is done instead.

    It is about tasks that are planned, one or many; or about somebody with whom
    something was done: then a task that is planned for them is chosen, or the type of
    what was done besides. It takes its records from the screen it is opened from.
    """

    _name = "crm.action.record"
    _description = "Record an Action"

    is_given = fields.Boolean(help="Whether the tasks were chosen before.")
    is_correction = fields.Boolean()
    action_ids = fields.Many2many("crm.action", string="Tasks")
    task_id = fields.Many2one("crm.action", "Planned")
    partner_id = fields.Many2one("res.partner", "Entity")
    lead_id = fields.Many2one("crm.lead", "Opportunity")
    partner_ids = fields.Many2many("res.partner", string="Entities")
    lead_ids = fields.Many2many("crm.lead", string="Opportunities")
    several = fields.Integer(compute="_compute_several")

    action_type_id = fields.Many2one(
        "crm.action.type",
        "What",
        compute="_compute_action_type_id",
        store=True,
        readonly=False,
    )
    outcome_id = fields.Many2one(
        "crm.outcome", compute="_compute_outcome_id", store=True, readonly=False
    )
    allowed_outcome_ids = fields.Many2many(related="action_type_id.outcome_ids")
    done_at = fields.Datetime("When", default=fields.Datetime.now)
    note = fields.Text()

    instead = fields.Selection(INSTEAD)
    date = fields.Datetime(
        "New Date", compute="_compute_date", store=True, readonly=False
    )
    mode = fields.Selection(
        [("planned", "At an hour"), ("free", "Free from a date")],
        help="Where neither is chosen, they stay as they are.",
    )
    hours = fields.Float(help="How long each takes; if 0, as long as its type says.")
    user_id = fields.Many2one("res.users", "Give To", domain=[("share", "=", False)])
    playbook_id = fields.Many2one("crm.playbook", compute="_compute_playbook_id")
    stage_id = fields.Many2one("crm.playbook.stage", "Go To")
    lost_reason_id = fields.Many2one("crm.lost.reason", "Why")
    campaign_id = fields.Many2one(
        "crm.campaign",
        domain=[("state", "=", "running"), ("is_template", "=", False)],
    )
    reason = fields.Char("Why It Is Not Done")

    task_choices = fields.Json(compute="_compute_task_choices")
    type_choices = fields.Json(compute="_compute_type_choices")
    instead_choices = fields.Json(compute="_compute_instead_choices")
    may_record = fields.Boolean(compute="_compute_may_record")
    contact_links = fields.Json(compute="_compute_contact_links")
    script = fields.Html(related="action_type_id.script")
    stage_description = fields.Html(compute="_compute_stage_description")
    latest_action_ids = fields.Many2many(
        "crm.action", compute="_compute_latest_action_ids"
    )

    # === FROM THE SCREEN === #

    @api.model
    def default_get(self, fields_list):
        """Take what the dialog is about from the records on the screen."""
        values = super().default_get(fields_list)
        model = self.env.context.get("active_model")
        if model in SCREENS:
            one, many = map(self.env.context.get, ("active_id", "active_ids"))
            records = self.env[model].browse(many or one).exists()
            values |= getattr(self, f"_about_{model.replace('.', '_')}")(records)
        return values

    @api.model
    def _about_crm_action(self, actions):
        return {
            "is_given": True,
            "action_ids": [Command.set(actions.ids)],
            "partner_id": _the_one(actions.partner_id).id,
            "lead_id": _the_one(actions.lead_id).id,
        }

    @api.model
    def _about_res_partner(self, partners):
        return self._about(self.env["crm.lead"], partners)

    @api.model
    def _about_crm_lead(self, leads):
        return self._about(leads, self.env["res.partner"])

    @api.model
    def _about_sale_order(self, orders):
        return self._about_documents(
            orders, {order: order.sudo().opportunity_id for order in orders}
        )

    @api.model
    def _about_account_move(self, moves):
        """Invoices: of the opportunities that their orders came from."""
        return self._about_documents(
            moves,
            {
                move: move.sudo().invoice_line_ids.sale_line_ids.order_id.opportunity_id
                for move in moves
            },
        )

    @api.model
    def _about_documents(self, documents, leads_of):
        """Of each its opportunity if the user may write it, else its entity."""
        leads, partners = self.env["crm.lead"], self.env["res.partner"]
        for document in documents:
            of_it = leads.browse(leads_of[document].ids)._filtered_access("write")
            leads |= of_it
            partners |= partners if of_it else document.partner_id
        return self._about(leads, partners)

    @api.model
    def _about(self, leads, partners):
        if len(leads) + len(partners) > 1:
            return {
                "lead_ids": [Command.set(leads.ids)],
                "partner_ids": [Command.set(partners.ids)],
            }
        partner = leads.partner_id or partners
        task = _the_one(self._open_tasks(leads, partner))
        return {
            "lead_id": leads.id,
            "partner_id": partner.id,
            "task_id": task.id,
            "action_ids": [Command.set(task.ids)],
        }

    @api.model
    def _open_tasks(self, lead, partner):
        """The tasks of people that are planned for an opportunity or an entity."""
        about = Domain("lead_id", "=", lead.id) if lead else Domain.FALSE
        if not lead and partner:
            about = Domain("partner_id", "=", partner.id)
        return self.env["crm.action"].search(
            about & Domain("state", "=", "planned") & Domain("mode", "!=", "automatic"),
            order="date_start, id",
            limit=8,
        )

    # === COMPUTES === #

    @api.onchange("task_id")
    def _onchange_task_id(self):
        if not self.is_given:
            self.action_ids = self.task_id

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        customer = self.lead_id.partner_id.commercial_partner_id
        if customer and customer != self.partner_id.commercial_partner_id:
            self.lead_id = False

    @api.onchange("lead_id")
    def _onchange_lead_id(self):
        if self.lead_id.partner_id:
            self.partner_id = self.lead_id.partner_id

    @api.onchange("partner_id", "lead_id")
    def _onchange_about(self):
        if not self.is_given and not self.several:
            tasks = self._open_tasks(self.lead_id._origin, self.partner_id._origin)
            self.task_id = self.action_ids = _the_one(tasks)

    @api.onchange("action_ids", "task_id", "partner_id", "lead_id")
    def _onchange_possible_instead(self):
        if self.instead and self.instead not in self._possible_instead():
            self.instead = False

    @api.depends("action_ids", "partner_ids", "lead_ids")
    def _compute_several(self):
        for wizard in self:
            about = wizard.action_ids or (*wizard.partner_ids, *wizard.lead_ids)
            wizard.several = len(about) if len(about) > 1 else 0

    @api.depends("action_ids")
    def _compute_action_type_id(self):
        for wizard in self:
            wizard.action_type_id = _the_one(wizard.action_ids.action_type_id)

    @api.depends("action_type_id", "may_record")
    def _compute_outcome_id(self):
        """An outcome of another type of action does not stay."""
        for wizard in self:
            if wizard.outcome_id not in wizard.allowed_outcome_ids:
                wizard.outcome_id = False

    @api.depends("action_ids")
    def _compute_date(self):
        for wizard in self:
            wizard.date = _the_one(wizard.action_ids).date_start

    @api.depends("action_ids", "lead_id", "lead_ids")
    def _compute_playbook_id(self):
        for wizard in self:
            wizard.playbook_id = _the_one(wizard._open_leads().playbook_id)

    @api.depends("partner_id", "lead_id")
    def _compute_task_choices(self):
        for wizard in self:
            tasks = self._open_tasks(wizard.lead_id._origin, wizard.partner_id._origin)
            wizard.task_choices = [
                {
                    "id": task.id,
                    "text": f"{task.action_type_id.name} {task._when()}",
                    "icon": task.icon,
                    "is_late": task.is_late,
                }
                for task in tasks
            ]

    def _compute_type_choices(self):
        types = self.env["crm.action.type"].search([("outcome_ids", "!=", False)])
        for wizard in self:
            wizard.type_choices = [
                {"id": kind.id, "text": kind.name, "icon": kind.icon} for kind in types
            ]

    @api.depends(
        "action_ids",
        "is_correction",
        "partner_id",
        "lead_id",
        "partner_ids",
        "lead_ids",
    )
    def _compute_instead_choices(self):
        labels = self._fields["instead"]._description_selection(self.env)
        for wizard in self:
            possible = () if wizard.is_correction else wizard._possible_instead()
            wizard.instead_choices = [
                {"id": name, "text": label}
                for name, label in labels
                if name in possible
            ]

    def _possible_instead(self):
        """What can be done instead with what the dialog is about."""
        states = set(self.action_ids.mapped("state"))
        leads = self._open_leads()
        asked = {
            "reschedule": states and states <= {"planned", "failed", "cancelled"},
            "reassign": states == {"planned"},
            "stage": leads and _the_one(leads.playbook_id),
            "won": leads,
            "lost": leads,
            "campaign": self._entities(),
            "cancel": states and states <= {"planned", "failed"},
        }
        return {name for name, is_possible in asked.items() if is_possible}

    @api.depends("action_ids", "is_correction")
    def _compute_may_record(self):
        """Outcomes are of tasks of one type without one, or of what was not planned."""
        for wizard in self:
            of_one_type = len(wizard.action_ids.action_type_id) < 2
            wait = all(
                action.state == "planned" or action.lacks_outcome
                for action in wizard.action_ids
            )
            wizard.may_record = of_one_type and (wait or wizard.is_correction)

    @api.depends("partner_id")
    def _compute_contact_links(self):
        for wizard in self:
            wizard.contact_links = wizard.partner_id._contact_links()

    @api.depends("action_ids")
    def _compute_stage_description(self):
        for wizard in self:
            stage = _the_one(wizard.action_ids.playbook_stage_id)
            wizard.stage_description = stage.description

    @api.depends("partner_id")
    def _compute_latest_action_ids(self):
        actions = self.env["crm.action"]
        for wizard in self:
            wizard.latest_action_ids = actions.search(
                [
                    ("partner_id", "in", wizard.partner_id._origin.ids),
                    ("state", "=", "done"),
                ],
                limit=LATEST,
            )

    def _leads(self):
        return self.action_ids.lead_id | self.lead_id | self.lead_ids

    def _open_leads(self):
        """Those that can still be moved, won or lost."""
        return self._leads().filtered(lambda lead: lead._is_open())

    def _entities(self):
        leads = self._leads()
        return (
            self.action_ids.partner_id
            | self.partner_ids
            | (self.partner_id or leads.partner_id)
        )

    # === ACTIONS === #

    def action_record(self):
        """Do what was chosen, and tell what followed."""
        self.ensure_one()
        if self.instead and self.instead not in self._possible_instead():
            raise UserError(
                self.env._(
                    "There is nothing here with which that can be done: choose again."
                )
            )
        # The defaults of this dialog are none of what is made by it.
        wizard = self.with_env(self.env(context=clean_context(self.env.context)))
        return getattr(wizard, f"_record_{self.instead or 'outcome'}")()

    def _record_outcome(self):
        if not self.outcome_id:
            raise UserError(self.env._("Choose how it ended."))
        actions = self.action_ids
        before = self._leads()._planned_actions()
        if self.is_correction:
            actions = actions.browse(actions.correct(self.outcome_id.id, self.note))
        elif actions:
            actions.done(self.outcome_id.id, self.note)
        else:
            actions = actions.browse(actions.register_all(self._prepare_vals_list()))
        return notice_of_answers(actions, before)

    def _prepare_vals_list(self):
        """What is registered, for each whom the dialog is about."""
        about = [{"lead_id": lead.id} for lead in self.lead_ids]
        about += [{"partner_id": partner.id} for partner in self.partner_ids]
        return [
            {
                **whom,
                "action_type_id": self.action_type_id.id,
                "outcome_id": self.outcome_id.id,
                "done_at": self.done_at,
                "note": self.note,
            }
            for whom in about
            or [{"partner_id": self.partner_id.id, "lead_id": self.lead_id.id}]
        ]

    def _record_reschedule(self):
        if self.mode == "planned":
            self.action_ids.plan(self.date, hours=self.hours or None)
        elif self.mode == "free":
            self.action_ids.free(self.date)
        else:
            self.action_ids.reschedule(self.date)
        return notice(self.env._("Re-planned"), self.action_ids)

    def _record_reassign(self):
        if not self.user_id:
            raise UserError(self.env._("Choose to whom it is given."))
        self.action_ids.reassign(self.user_id.id)
        return notice(self.env._("Given to %s", self.user_id.name), self.action_ids)

    def _record_stage(self):
        if not self.stage_id:
            raise UserError(self.env._("Choose the stage."))
        leads = self._open_leads()
        leads.go_to_stage(self.stage_id.id)
        return notice(self.env._("Now in stage %s", self.stage_id.name), leads)

    def _record_won(self):
        leads = self._open_leads()
        leads.action_set_won()
        return notice(self.env._("Won"), leads)

    def _record_lost(self):
        reason = self.lost_reason_id
        why = {"lost_reason_id": reason.id} if reason else {}
        leads = self._open_leads()
        leads.action_set_lost(**why)
        return notice(self.env._("Lost"), leads)

    def _record_campaign(self):
        if not self.campaign_id:
            raise UserError(self.env._("Choose the campaign."))
        origin = _the_one(self.action_ids)
        for entity in self._entities():
            self.campaign_id.start_from(entity.id, origin.id)
        return notice(
            self.env._("Campaign started: %s", self.campaign_id.name), self._entities()
        )

    def _record_cancel(self):
        self.action_ids.cancel(self.reason)
        return notice(self.env._("Cancelled"), self.action_ids)


def _the_one(records):
    """The record where there is exactly one, else none."""
    return records if len(records) == 1 else records.browse()
