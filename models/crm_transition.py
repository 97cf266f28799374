from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from . import bulk
from .crm_playbook_rule import TRIGGERS
from .engine import as_engine, is_engine

RESULTS = [("open", "Open"), ("won", "Won"), ("lost", "Lost")]


class CrmTransition(models.Model):
    """The ledger: one line for each event, with the rule that answered and what it did.

    Lines are written by the engine, never edited and never deleted. Folding
    ``to_stage_id``, ``status_after_id`` and ``result`` over the lines of a journey, in
    the order of their ids, gives the stage, the status and the result it has now.
    """

    _name = "crm.transition"
    _inherit = ["crm.lead.owned"]
    _description = "Ledger Line"
    _order = "id desc"
    _rec_name = "trigger"

    date = fields.Datetime(required=True, readonly=True)
    trigger = fields.Selection(
        [
            *TRIGGERS,
            ("started", "Playbook started"),
            ("opened", "Opened for a goal"),
            ("moved", "Moved by hand"),
            ("closed", "Closed by hand"),
            ("reopened", "Reopened by hand"),
            ("status", "Status by hand"),
            ("fed", "Became an entity"),
            ("handed_over", "Handed over"),
            ("corrected", "Outcome corrected"),
            ("merged", "Merged"),
            ("skipped", "Message skipped"),
            ("confirmed_sent", "In doubt: it was sent"),
            ("sent_again", "In doubt: send again"),
            ("operation", "Stored operation"),
        ],
        string="Event",
        required=True,
        readonly=True,
    )
    event_key = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", "By", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Entity", readonly=True, ondelete="restrict"
    )
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", readonly=True, index=True, ondelete="cascade"
    )
    crm_campaign_id = fields.Many2one(
        "crm.campaign", "Campaign", readonly=True, index="btree_not_null"
    )
    action_id = fields.Many2one(
        "crm.action", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    outcome_id = fields.Many2one(related="action_id.outcome_id")
    action_type_id = fields.Many2one(related="action_id.action_type_id")
    order_id = fields.Many2one(
        "sale.order",
        "Sales Order",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    rule_id = fields.Many2one("crm.playbook.rule", readonly=True, ondelete="restrict")
    from_stage_id = fields.Many2one(
        "crm.playbook.stage", "From", readonly=True, ondelete="restrict"
    )
    to_stage_id = fields.Many2one(
        "crm.playbook.stage",
        "To",
        readonly=True,
        ondelete="restrict",
        help="The stage that was entered; empty where the journey did not move.",
    )
    status_before_id = fields.Many2one(
        "crm.commercial.status", readonly=True, ondelete="restrict"
    )
    status_after_id = fields.Many2one(
        "crm.commercial.status", "New Status", readonly=True, ondelete="restrict"
    )
    result = fields.Selection(RESULTS, readonly=True)
    points = fields.Integer(
        readonly=True,
        help="Given to, or taken back from, whom the line is of.",
    )
    team_id = fields.Many2one(
        "crm.team",
        readonly=True,
        help="The team, at that time, of whoever was given the points.",
    )
    effects = fields.Text(readonly=True)
    planned_action_ids = fields.One2many(
        "crm.action", "transition_id", "Planned Actions", readonly=True
    )

    # Lines come in the order of their dates: this index costs next to nothing.
    _date_index = models.Index("USING brin (date)")
    _partner_index = models.Index("(partner_id, id) WHERE partner_id IS NOT NULL")
    _event_key_unique = models.UniqueIndex("(event_key) WHERE event_key IS NOT NULL")

    @api.depends("trigger", "rule_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The rule that answered, else what happened."""
        labels = dict(self._fields["trigger"]._description_selection(self.env))
        for line in self:
            line.display_name = line.rule_id.sentence or labels.get(line.trigger)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._check_engine()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        self._check_engine()

    def _check_engine(self):
        if not is_engine(self.env):
            raise UserError(
                self.env._(
                    "The ledger is written by the playbooks alone: its lines are "
                    "neither made, edited nor deleted by hand."
                )
            )

    # === ENGINE === #

    @api.model
    def _open(self, event, **values):
        """Write the line of an event, once.

        :return: the new line; empty where the event was told before
        """
        return self._open_new([event], **values)

    @api.model
    def _open_new(self, events, **values):
        """Write the lines of events that have the same trigger, in one statement.

        :param values: what all the lines have; may be SQL as in ``_open_all``
        :return: the new lines, without those of events that were told before
        """
        if not events:
            return self.browse()
        return self._open_all(
            events[0].trigger,
            {
                "lead_id": [event.journey.id for event in events],
                "action_id": [event.action.id for event in events],
                "partner_id": [event.partner.id for event in events],
                "order_id": [
                    event.order.id if event.order else None for event in events
                ],
                "event_key": [event.key for event in events],
            },
            **values,
        )

    @api.model
    def _open_all(self, trigger, told, **values):
        """Write one line for each thing that is told, in one statement.

        The insertion itself decides who answers an event that is told twice at the same
        moment: the unique index lets one of them through.

        :param told: {name of a field: list}, ``lead_id`` and ``action_id`` among it
        :param values: what all the lines have; may be SQL over ``journey`` and ``done``
        :return: the new lines, in the order of the lists
        """
        columns = {name: SQL("given.%s", SQL.identifier(name)) for name in told}
        return bulk.insert_select(
            as_engine(self),
            self._prepare_line_values(trigger) | columns | values,
            SQL(
                "%s LEFT JOIN crm_lead journey ON journey.id = given.lead_id"
                " LEFT JOIN crm_action done ON done.id = given.action_id",
                bulk.table(self, told),
            ),
            reads=("crm.lead", "crm.action", "res.partner"),
            on_conflict=SQL(
                "ON CONFLICT (event_key) WHERE event_key IS NOT NULL DO NOTHING"
            ),
        )

    @api.model
    def _prepare_line_values(self, trigger):
        return {
            "date": fields.Datetime.now(),
            "trigger": trigger,
            "user_id": SQL("coalesce(done.user_id, %s)", self.env.uid),
            "company_id": SQL(
                "coalesce(journey.company_id, done.company_id, %s)", self.env.company.id
            ),
            "partner_id": SQL("coalesce(done.partner_id, journey.partner_id)"),
            "crm_campaign_id": SQL(
                "coalesce(journey.crm_campaign_id, done.crm_campaign_id)"
            ),
            "from_stage_id": SQL("journey.playbook_stage_id"),
        }

    def _note(self, **values):
        """Add to the line, while its event is being answered, what followed."""
        as_engine(self).write(values)

    def _journey(self):
        """The journeys that the lines speak of."""
        return self.lead_id

    def _give_status(self, status):
        """Give the entity and the journey of each line a commercial status.

        Who has it already has had it since then.
        """
        values = {
            "commercial_status_id": status.id,
            "commercial_status_date": fields.Datetime.now(),
        }
        for records in (as_engine(self.partner_id), as_engine(self._journey())):
            records.filtered(lambda one: one.commercial_status_id != status).write(
                values
            )

    def _take_back_status(self):
        """Entity and journey have again what each had before this answer.

        Who was given another status since keeps it. The ledger tells it as a status by
        hand, of whoever corrects.
        """
        if not self.status_after_id:
            return
        entity, journey = self.partner_id, self._journey()
        given = entity._status_lines(limit=2)
        if given[:1] == self:
            entity.commercial_status_id = given[1:].status_after_id
        if (
            self.status_before_id
            and journey.commercial_status_id == self.status_after_id
        ):
            journey.commercial_status_id = self.status_before_id
