from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from .event import Event

# How many automatic tasks may follow each other where no playbook sets the limit.
CHAIN_LIMIT = 20


class CrmPlaybookRule(models.Model):
    """What a rule does once it was chosen.

    Each effect is applied to all the ledger lines that the rule answers, one or
    thousands; no journey has two lines among them. It returns what it did, in words for
    the ledger, with the lines that this is said of.
    """

    _inherit = "crm.playbook.rule"

    @api.model
    def _effects(self, _trigger):
        """What such events bring about, in the order in which it is applied."""
        return ["status", "points", "move", "task", "campaign"]

    def _apply(self, lines):
        """Apply the effects and write in the ledger what each of them did."""
        if not self or not lines:
            return
        self.ensure_one()
        self._note_effects(
            lines,
            [
                said
                for name in self._effects(lines[0].trigger)
                for said in getattr(self, f"_apply_{name}")(lines)
            ],
        )

    def _prepare_line_values(self, trigger):
        """What the ledger line of such an event has of the rule that answers it.

        What follows for the journey is noted when it is done.
        """
        if not self:
            return {}
        effects = self._effects(trigger)
        values = {"rule_id": self.id}
        if "points" in effects and self.points:
            values |= self._prepare_point_values()
        if "status" in effects and self.commercial_status_id:
            values["status_after_id"] = self.commercial_status_id.id
            values["status_before_id"] = SQL(
                "CASE WHEN journey.id IS NOT NULL THEN journey.commercial_status_id "
                "ELSE (SELECT commercial_status_id FROM res_partner "
                "WHERE id = given.partner_id) END"
            )
        return values

    def _note_effects(self, lines, said):
        texts = defaultdict(list)
        for text, told in said:
            for line_id in told.ids:
                texts[line_id].append(text)
        for text, told in lines.grouped(lambda line: "\n".join(texts[line.id])).items():
            told._note(effects=text)

    def _apply_status(self, lines):
        if not self.commercial_status_id:
            return []
        lines._give_status(self.commercial_status_id)
        return [(self.env._("Status: %s", self.commercial_status_id.name), lines)]

    def _apply_points(self, lines):
        """Each action has what its line gives."""
        if not self.points:
            return []
        lines._give_points()
        alike = lines.grouped("points").items()
        return [(self._points_text(points), told) for points, told in alike]

    # === MOVE === #

    def _apply_move(self, lines):
        lines = lines.filtered("lead_id")
        if self.move == "stay" or not lines:
            return []
        # A lost one may still be won: the customer comes back and orders.
        may_move = lines.filtered(
            lambda line: self.move == "won" or line._journey()._is_open()
        )
        said = getattr(self, f"_move_{self.move}")(may_move)
        if closed := lines - may_move:
            said.append((self.env._("Already closed: it does not move."), closed))
        return said

    def _move_next(self, lines):
        said = []
        by_stage = lines.grouped(lambda line: line._journey().playbook_stage_id)
        for stage, told in by_stage.items():
            if following := stage and stage._next():
                said += told._journey()._move_by_rule(following, told)
            else:
                said.append((self.env._("There is no next stage: it stays."), told))
        return said

    def _move_stage(self, lines):
        return lines._journey()._move_by_rule(self.target_stage_id, lines)

    def _move_won(self, lines):
        return [(self._win(line), line) for line in lines]

    def _win(self, line):
        if line._journey()._result() == "won":
            return self.env._("Already won.")
        line._journey()._close("won", line)
        return self.env._("Closed as won")

    def _move_lost(self, lines):
        for line in lines:
            line._journey()._close("lost", line, lost_reason=self.lost_reason_id)
        if self.lost_reason_id:
            text = self.env._("Closed as lost: %s", self.lost_reason_id.name)
        else:
            text = self.env._("Closed as lost")
        return [(text, lines)]

    # === TASK === #

    def _apply_task(self, lines):
        if not self.task_type_id:
            return []
        said = self._refuse_automatic_tasks(lines)
        takers = lines.browse(
            set(lines.ids).difference(*(told.ids for _, told in said))
        )
        takers = lines & takers
        return said + self._plan_and_tell(takers, "rule")

    def _refuse_automatic_tasks(self, lines):
        """Which lines are given no automatic task, and why, in words for the ledger."""
        if self.task_mode != "automatic":
            return []
        refusals = [(self._refuse_automatic_task(line), line) for line in lines]
        return [(refusal, line) for refusal, line in refusals if refusal]

    def _refuse_automatic_task(self, line):
        journey = line._journey()
        if journey and not journey._sends_messages():
            return self.env._("Its campaign is closed: nothing is sent.")
        if journey._is_looping():
            return journey._cut_loop(self.task_type_id.name)
        if line.action_id._automatic_chain(CHAIN_LIMIT) >= CHAIN_LIMIT:
            return self.env._(
                "Loop cut: %(count)s automatic tasks followed each other. Check the "
                "rules that plan %(task)s.",
                count=CHAIN_LIMIT,
                task=self.task_type_id.name,
            )
        return None

    # === CAMPAIGN === #

    def _apply_campaign(self, lines):
        campaign = self.spawn_campaign_id
        if not campaign:
            return []
        return [(campaign._spawn(Event.of_line(line)), line) for line in lines]
