from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_campaign_generation import BLACKLISTS

REASONS = [
    ("closed", "Closed already"),
    ("former", "Worked on in a former run"),
    ("no_entity", "Has no customer"),
    ("has_salesperson", "One of them has it already"),
    ("has_status", "Has the status already"),
    ("other_playbook", "Not in the playbook of the stage"),
    ("in_stage", "In the stage already"),
    ("listed", "On the list already"),
    ("unlisted", "Not on the list"),
    ("no_address", "No e-mail address"),
    ("no_number", "No phone number"),
    ("blacklisted", "Does not want to be contacted"),
    ("campaign_closed", "Its campaign is closed: nothing is sent"),
    ("in_campaign", "In the campaign already, or not for it"),
    ("control", "In the control group of the campaign"),
]
# Each effect, in the order in which they are applied, and the field that asks for it.
ASKED_BY = {
    "salespeople": "salesperson_ids",
    "status": "commercial_status_id",
    "move": "move",
    "add": "add_to_segment_id",
    "remove": "remove_from_segment_id",
    "task": "task_type_id",
    "campaign": "spawn_campaign_id",
}
# What a message needs, and why it is not sent where that is missing.
ADDRESSES = {
    "email": ("email_normalized", "no_address"),
    "survey": ("email_normalized", "no_address"),
    "sms": ("phone_sanitized", "no_number"),
}


class CrmOperation(models.Model):
    """What an operation does with whom it finds, and with whom it does nothing.

    For each effect, ``_refuse_<effect>`` says whom it passes over and why, and
    ``_apply_<effect>`` does it to all the ledger lines it is given, by the engine's own
    doors; it returns what it did, in words for the ledger, with the lines of whom.
    Whoever every effect passes over is left out. A new effect is one field and these
    two methods.
    """

    _inherit = "crm.operation"

    sentence = fields.Char(compute="_compute_sentence")

    @api.model
    def _asked_by(self):
        return ASKED_BY

    def _effects(self):
        """What is done, in the order in which it is done."""
        return [effect for effect, name in self._asked_by().items() if self[name]]

    # === WORDS === #

    @api.depends(
        *ASKED_BY.values(),
        "target_stage_id",
        "lost_reason_id",
        "task_mode",
        "task_delay_days",
        "task_delay_hours",
        "assignee",
    )
    @api.depends_context("lang")
    def _compute_sentence(self):
        for operation in self:
            texts = [
                getattr(operation, f"_{effect}_text")()
                for effect in operation._effects()
            ]
            operation.sentence = ", ".join(texts) or self.env._("nothing follows")

    def _salespeople_text(self):
        names = ", ".join(self.salesperson_ids.mapped("name"))
        return self.env._("give to %s", names)

    def _status_text(self):
        return self.env._("status %s", self.commercial_status_id.name)

    def _move_text(self):
        if self.move == "stage":
            return self.env._("go to stage %s", self.target_stage_id.name)
        if self.lost_reason_id:
            return self.env._("close as lost (%s)", self.lost_reason_id.name)
        return self.env._("close as lost")

    def _add_text(self):
        return self.env._("put on list %s", self.add_to_segment_id.name)

    def _remove_text(self):
        return self.env._("take off list %s", self.remove_from_segment_id.name)

    def _task_text(self):
        delay = self._delay_text() or self.env._("at once")
        if self.task_mode == "automatic":
            return self.env._(
                "send %(task)s %(delay)s", task=self.task_type_id.name, delay=delay
            )
        return self.env._(
            "plan %(task)s %(delay)s for %(assignee)s",
            task=self.task_type_id.name,
            delay=delay,
            assignee=self._assignee_text(),
        )

    def _campaign_text(self):
        return self.env._("start campaign %s", self.spawn_campaign_id.name)

    # === WHO IS LEFT OUT === #

    def _sort_out(self, records):
        """Who of the records is left out, and whom each effect passes over.

        Its cost is a few queries, however many the records.

        :return: {id: reason}, and {effect: {id: reason}} of those who are not left out
        """
        left_out = self._left_out(records)
        kept = records.browse(one for one in records.ids if one not in left_out)
        refusals = {
            effect: getattr(self, f"_refuse_{effect}")(kept)
            for effect in self._effects()
        }
        first, *others = refusals.values()
        left_out |= {
            one: reason
            for one, reason in first.items()
            if all(one in other for other in others)
        }
        return left_out, refusals

    def _left_out(self, records):
        """Who is left out whatever is to be done."""
        left_out = {}
        if self.looks_at == "crm.lead":
            is_open = Domain("active", "=", True) & Domain("won_status", "=", "pending")
            left_out |= self._matching(records, ~is_open, "closed")
        if self.repeat == "once":
            targets = self.env["crm.operation.target"]
            former = targets._done_before(self, records)
            left_out = dict.fromkeys(former, "former") | left_out
        return left_out

    def _matching(self, records, domain, reason):
        """Those of the records that meet the domain, {id: reason}."""
        own = Domain("id", "in", records.ids)
        found = records.with_context(active_test=False)._search(own & domain)
        return dict.fromkeys(found.get_result_ids(), reason)

    def _of_entity(self, domain):
        """A condition over entities, as one over what the operation looks at."""
        if self.looks_at == "res.partner":
            return domain
        return Domain("partner_id", "any", domain)

    def _without_entity(self, records):
        if self.looks_at == "res.partner":
            return {}
        return self._matching(records, Domain("partner_id", "=", False), "no_entity")

    def _first_of_each_entity(self, records, refused, reason):
        """What is done once for an entity is done for its first opportunity only."""
        met = set()
        for record in records.browse(one for one in records.ids if one not in refused):
            entity = record._entity_of_operation().id
            if entity in met:
                refused[record.id] = reason
            met.add(entity)
        return refused

    # === SALESPEOPLE === #

    def _refuse_salespeople(self, records):
        theirs = Domain("user_id", "in", self.salesperson_ids.ids)
        return self._matching(records, theirs, "has_salesperson")

    def _check_salespeople(self):
        for user in self.salesperson_ids:
            if not user.active:
                raise UserError(
                    self.env._("%s has left: nobody can be given to them.", user.name)
                )

    def _apply_salespeople(self, lines):
        people, turns = self.salesperson_ids.sorted("id"), lines._turns()
        taker = {
            line.lead_id: people[turns[line.id] % len(people)].with_env(self.env)
            for line in lines
        }
        lines.lead_id._pass_on(taker.get)
        return [
            (self.env._("Given to %s", user.name), told)
            for user, told in lines.grouped(lambda line: taker[line.lead_id]).items()
        ]

    # === STATUS === #

    def _refuse_status(self, records):
        has_it = Domain("commercial_status_id", "=", self.commercial_status_id.id)
        return self._matching(records, has_it, "has_status")

    def _apply_status(self, lines):
        lines._give_status(self.commercial_status_id)
        return [(self.env._("Status: %s", self.commercial_status_id.name), lines)]

    # === MOVE === #

    def _refuse_move(self, records):
        if self.move == "lost":
            return {}
        stage = self.target_stage_id
        is_there = Domain("playbook_stage_id", "=", stage.id)
        elsewhere = Domain("playbook_id", "!=", stage.playbook_id.id)
        return self._matching(records, is_there, "in_stage") | self._matching(
            records, elsewhere, "other_playbook"
        )

    def _check_move(self):
        if self.move == "stage" and not self.target_stage_id.active:
            raise UserError(
                self.env._("Stage %s was retired.", self.target_stage_id.name)
            )

    def _apply_move(self, lines):
        if self.move == "stage":
            return lines._journey()._move_by_rule(self.target_stage_id, lines)
        for line in lines:
            line._journey()._close("lost", line, lost_reason=self.lost_reason_id)
        return [(self._lost_text(), lines)]

    def _lost_text(self):
        if self.lost_reason_id:
            return self.env._("Closed as lost: %s", self.lost_reason_id.name)
        return self.env._("Closed as lost")

    # === LISTS === #

    def _refuse_add(self, records):
        listed = self._on_list(self.add_to_segment_id)
        refused = self._without_entity(records)
        refused |= self._matching(records, listed, "listed")
        return self._first_of_each_entity(records, refused, "listed")

    def _refuse_remove(self, records):
        listed = self._on_list(self.remove_from_segment_id)
        refused = self._matching(records, ~listed, "unlisted")
        refused |= self._without_entity(records)
        return self._first_of_each_entity(records, refused, "unlisted")

    def _on_list(self, segment):
        listed = SQL("(%s)", segment._listed())
        return self._of_entity(Domain("id", "in", listed))

    def _apply_add(self, lines):
        segment = self.add_to_segment_id
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_segment_partner_rel (crm_segment_id, res_partner_id) "
                "SELECT %s, unnest(%s) ON CONFLICT DO NOTHING",
                segment.id,
                lines.partner_id.ids,
            )
        )
        segment.invalidate_recordset(["partner_ids", "partner_count"])
        return [(self.env._("Put on list %s", segment.name), lines)]

    def _apply_remove(self, lines):
        segment = self.remove_from_segment_id
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_segment_partner_rel "
                "WHERE crm_segment_id = %s AND res_partner_id = ANY(%s)",
                segment.id,
                lines.partner_id.ids,
            )
        )
        segment.invalidate_recordset(["partner_ids", "partner_count"])
        return [(self.env._("Taken off list %s", segment.name), lines)]

    # === TASK === #

    def _refuse_task(self, records):
        refused = self._without_entity(records)
        if self.task_mode != "automatic":
            return refused
        channel = self.task_channel
        address, reason = ADDRESSES[channel]
        unwilling = self._of_entity(Domain(BLACKLISTS[channel], "=", True))
        unknown = self._of_entity(Domain(address, "=", False))
        refused = (
            self._matching(records, unwilling, "blacklisted")
            | self._matching(records, unknown, reason)
            | refused
        )
        if self.looks_at == "crm.lead":
            closed = Domain("crm_campaign_id.state", "=", "closed")
            refused = self._matching(records, closed, "campaign_closed") | refused
        return refused

    def _check_task(self):
        """A message that speaks of an opportunity cannot go to whoever has none."""
        if not self.task_type_id.active:
            raise UserError(
                self.env._("Action type %s is archived.", self.task_type_id.name)
            )
        if self.task_mode != "automatic" or self.looks_at == "crm.lead":
            return
        speaking = {
            "email": self.task_type_id.mail_template_id,
            "sms": self.task_type_id.sms_template_id,
        }
        template = speaking.get(self.task_channel)
        if template and template.model == "crm.lead":
            raise UserError(
                self.env._(
                    "Template %(template)s of %(type)s speaks of opportunities: look "
                    "at those, or choose a type whose template is for contacts.",
                    template=template.name,
                    type=self.task_type_id.name,
                )
            )

    def _apply_task(self, lines):
        return self._plan_and_tell(lines, "operation")

    # === CAMPAIGN === #

    def _refuse_campaign(self, records):
        refused = self._without_entity(records)
        entities = {one.id: one._entity_of_operation().id for one in records}
        campaign = self.spawn_campaign_id
        asked = list(set(entities.values()) - {False})
        control, welcome = campaign._control_among(asked), campaign._welcome(asked)
        taken_up = set(welcome) - control
        for record_id, entity_id in entities.items():
            if entity_id not in taken_up:
                reason = "control" if entity_id in control else "in_campaign"
                refused.setdefault(record_id, reason)
        return self._first_of_each_entity(records, refused, "in_campaign")

    def _check_campaign(self):
        self.spawn_campaign_id._check_running()

    def _apply_campaign(self, lines):
        campaign = self.spawn_campaign_id
        campaign._check_running()
        leads = campaign._take_up(sorted(lines.partner_id.ids))
        started = self.env["crm.transition"].search(
            [("lead_id", "in", leads.ids), ("trigger", "=", "started")]
        )
        started._note(operation_run_id=lines.operation_run_id.id)
        return [(self.env._("Campaign started: %s", campaign.name), lines)]

    # === ALL OF IT === #

    def _apply(self, targets):
        """Work on those that wait; the ledger has a line for each that something
        follows for.

        The unique key of a line makes each record once for a run, or for all runs.
        """
        left_out, refusals = self._sort_out(targets._worked_on())
        reasons = {one.id: left_out.get(one._worked_on().id) for one in targets}
        for reason, alike in targets.grouped(lambda one: reasons[one.id]).items():
            if reason:
                alike._end("left_out", reason=reason)
        waiting = targets.filtered(lambda one: not reasons[one.id])
        lines = self._open_lines(waiting, refusals.get("status", {}))
        said = [
            told
            for effect in self._effects()
            for told in self._apply_effect(effect, lines, refusals[effect])
        ]
        self.env["crm.playbook.rule"]._note_effects(lines, said)

    def _apply_effect(self, effect, lines, refused):
        """Do one thing to all but those that it passes over.

        :return: what was done, or why nothing was, with the lines of whom
        """
        labels = self.env["crm.operation.target"]._reason_labels()
        reasons = {line.id: refused.get(line._worked_on().id) for line in lines}
        taken = lines.filtered(lambda line: not reasons[line.id])
        said = getattr(self, f"_apply_{effect}")(taken) if taken else []
        passed_over = (lines - taken).grouped(lambda line: reasons[line.id])
        return said + [(labels[reason], told) for reason, told in passed_over.items()]

    def _open_lines(self, targets, has_status):
        """A ledger line for each target; who has one already was worked on before."""
        ledger = self.env["crm.transition"]
        if not targets:
            return ledger
        status = self.commercial_status_id
        keys = {target._key(): target for target in targets}
        given = [
            status.id if status and target._worked_on().id not in has_status else False
            for target in targets
        ]
        before = [
            target._worked_on().commercial_status_id.id if gives else False
            for target, gives in zip(targets, given, strict=True)
        ]
        lines = ledger._open_all(
            "operation",
            {
                "event_key": list(keys),
                "lead_id": [target.lead_id.id for target in targets],
                "action_id": [None] * len(targets),
                "partner_id": [target._entity().id for target in targets],
                "status_after_id": given,
                "status_before_id": before,
            },
            operation_run_id=targets.run_id.id,
        )
        for line in lines:
            target = keys.pop(line.event_key)
            target.transition_id = line
        targets.filtered("transition_id")._end("done")
        self.env["crm.operation.target"].concat(*keys.values())._end(
            "left_out", reason="former"
        )
        return lines


class CrmTransition(models.Model):
    """Ledger lines of a run; those of a campaign that it started are its own too."""

    _inherit = "crm.transition"

    operation_run_id = fields.Many2one(
        "crm.operation.run",
        "Run Of Operation",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    operation_id = fields.Many2one(related="operation_run_id.operation_id")

    def _turns(self):
        """Whose turn it is with each line, {id: number}."""
        targets = self.env["crm.operation.target"].sudo()
        own = targets.search([("transition_id", "in", self.ids)])
        return {target.transition_id.id: target.turn for target in own}

    def _worked_on(self):
        """What the operation looked at: the opportunity, else the entity."""
        return self.lead_id or self.partner_id

    @api.depends("operation_run_id")
    def _compute_display_name(self):
        """Of a run, the name of its operation."""
        super()._compute_display_name()
        for line in self:
            if line.trigger == "operation":
                line.display_name = line.sudo().operation_id.name


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _entity_of_operation(self):
        return self


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _entity_of_operation(self):
        return self.partner_id
