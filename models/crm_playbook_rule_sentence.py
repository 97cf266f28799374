from odoo import api, fields, models


class CrmPlaybookRule(models.Model):
    """A rule reads as a sentence: when this happens, that follows."""

    _inherit = "crm.playbook.rule"

    sentence = fields.Char(compute="_compute_sentence")

    @api.depends(
        "trigger",
        "action_type_id",
        "outcome_id",
        "attempts",
        "idle_hours",
        "score_min",
        "score_max",
        "commercial_status_id",
        "points",
        "move",
        "target_stage_id",
        "lost_reason_id",
        "spawn_campaign_id",
        "task_type_id",
        "task_delay_days",
        "task_delay_hours",
        "assignee",
        "assignee_user_id",
        "assignee_partner_id",
        "assignee_role_id",
    )
    @api.depends_context("lang")
    def _compute_sentence(self):
        for rule in self:
            effects = ", ".join(rule._effect_texts()) or self.env._("nothing follows")
            rule.sentence = f"{rule._trigger_text()} → {effects}"

    @api.depends("sentence")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = rule.sentence

    def _trigger_text(self):
        action = self.action_type_id.name or self.env._("an action")
        outcome = self.outcome_id.name or ""
        if self.trigger == "outcome":
            return self.env._(
                "When %(action)s ends with %(outcome)s", action=action, outcome=outcome
            )
        if self.trigger == "attempts" and outcome:
            return self.env._(
                "When %(action)s ends with %(outcome)s %(count)s times or more "
                "in the stage",
                action=action,
                outcome=outcome,
                count=self.attempts,
            )
        if self.trigger == "attempts":
            return self.env._(
                "When %(action)s was done %(count)s times or more in the stage",
                action=action,
                count=self.attempts,
            )
        if self.trigger == "idle":
            return self.env._("After %g hours in the stage", self.idle_hours)
        if self.trigger == "survey_done":
            return self.env._(
                "When the survey is answered with %(low)g to %(high)g %%",
                low=self.score_min,
                high=self.score_max,
            )
        return {
            "mail_opened": self.env._("When the e-mail is opened"),
            "mail_clicked": self.env._("When a link of the e-mail is clicked"),
            "mail_replied": self.env._("When the e-mail is answered"),
            "mail_bounced": self.env._("When the e-mail cannot be delivered"),
            "sms_failed": self.env._("When the SMS cannot be delivered"),
            "order_confirmed": self.env._("When an order is confirmed"),
            "invoice_paid": self.env._("When an invoice is paid"),
        }.get(self.trigger, "")

    def _effect_texts(self):
        texts = []
        if self.task_type_id:
            texts.append(
                self.env._(
                    "plan %(task)s %(delay)s for %(assignee)s",
                    task=self.task_type_id.name,
                    delay=self._delay_text() or self.env._("at once"),
                    assignee=self._assignee_text(),
                )
            )
        if self.commercial_status_id:
            texts.append(self.env._("status %s", self.commercial_status_id.name))
        if self.points:
            texts.append(self._points_text(self.points))
        if self.move != "stay":
            texts.append(self._move_text())
        if self.spawn_campaign_id:
            texts.append(self.env._("start campaign %s", self.spawn_campaign_id.name))
        return texts

    def _points_text(self, points):
        if points == 1:
            return self.env._("1 point")
        return self.env._("%s points", points)

    def _move_text(self):
        if self.move == "stage":
            return self.env._("go to stage %s", self.target_stage_id.name)
        if self.move == "lost" and self.lost_reason_id:
            return self.env._("close as lost (%s)", self.lost_reason_id.name)
        return {
            "next": self.env._("go to the next stage"),
            "won": self.env._("close as won"),
            "lost": self.env._("close as lost"),
        }[self.move]
