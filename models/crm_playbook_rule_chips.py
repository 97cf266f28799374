from odoo import models


class CrmPlaybookRule(models.Model):
    """A rule on a small space: each effect as a chip."""

    _inherit = "crm.playbook.rule"

    def _chips(self):
        """Its effects, the next task first: list of ``{"kind", "text"}``."""
        self.ensure_one()
        chips = []
        if self.task_type_id:
            words = [self.task_type_id.name, self._delay_text(), self._assignee_text()]
            chips.append({"kind": "task", "text": " · ".join(filter(None, words))})
        if self.commercial_status_id:
            chips.append({"kind": "status", "text": self.commercial_status_id.name})
        if self.points:
            chips.append({"kind": "points", "text": self._points_text(self.points)})
        if self.move != "stay":
            chips.append({"kind": self.move, "text": self._move_text()})
        if self.spawn_campaign_id:
            chips.append({"kind": "campaign", "text": self.spawn_campaign_id.name})
        if self._tells():
            chips.append({"kind": "tell", "text": self._told_text()})
        return chips
