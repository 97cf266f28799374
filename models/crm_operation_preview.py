import logging
from collections import Counter

from psycopg2 import OperationalError

from odoo import models
from odoo.exceptions import UserError

from .crm_segment import UNREADABLE
from .engine import as_engine
from .rehearsal import rehearsal

# For so many it is told what would follow.
EXAMPLES = 5

_logger = logging.getLogger(__name__)


class CrmOperation(models.Model):
    """What an operation would do, told before it is run.

    Whom it would find and leave out is counted as a run does it; what would follow is
    done for a few by the engine, read in the ledger, and undone.
    """

    _inherit = "crm.operation"

    # === CONTRACT === #

    def preview(self):
        """What ``run`` would do now; nothing is written.

        :return: ``{"problem", "found", "done", "left_out", "examples"}``: why it cannot
            run, or an empty text; how many would be found and worked on; how many left
            out, as list of ``{"reason", "text", "count"}``; of five what would follow,
            as list of ``{"id", "name", "facts"}``, facts as of ``crm.action.preview``
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        operation = self._acting_for(self.env.user)
        try:
            operation._check_ready()
            found = operation._found().with_env(operation.env)
        except UNREADABLE as error:
            return self._told(str(error))
        left_out, _refusals = operation._sort_out(found)
        waiting = [one for one in found.ids if one not in left_out]
        examples = found.browse(waiting[:EXAMPLES])
        return self._told("", len(found), left_out, self._examples(examples))

    def _told(self, problem, found=0, left_out=None, examples=()):
        counts = Counter((left_out or {}).values())
        labels = self.env["crm.operation.target"]._reason_labels()
        return {
            "problem": problem,
            "found": found,
            "done": found - counts.total(),
            "left_out": [
                {"reason": reason, "text": labels[reason], "count": count}
                for reason, count in counts.most_common()
            ],
            "examples": list(examples),
        }

    def _examples(self, records):
        """What would follow for each of these: it is done, read, and undone."""
        if not records:
            return []
        try:
            with rehearsal(self.env.cr):
                targets = self._rehearse(records)
                return [target._told() for target in targets]
        except OperationalError:
            raise  # the whole request is tried again
        except UserError as error:
            return self._unexplained(records, str(error))
        except Exception as error:
            _logger.warning("The preview failed", exc_info=True)
            return self._unexplained(records, str(error) or type(error).__name__)

    def _rehearse(self, records):
        runs = as_engine(self.env["crm.operation.run"])
        # One that is under way besides would keep another one away.
        run = runs.create(
            {"operation_id": self.id, "user_id": self.env.uid, "state": "stopped"}
        )
        run._note_targets(run._acting(), records.ids, {})
        targets = run.target_ids.search([("run_id", "=", run.id)])
        run._do(targets)
        self.env.flush_all()
        self.env.invalidate_all()
        return targets.with_env(self.env).sudo()

    def _unexplained(self, records, reason):
        item = self.env["crm.action"]._item("error", reason)
        return [
            {"id": record.id, "name": record.display_name, "facts": [item]}
            for record in records
        ]


class CrmOperationTarget(models.Model):
    _inherit = "crm.operation.target"

    def _told(self):
        """What followed for one, as plain data."""
        record = self._worked_on()
        return {
            "id": record.id,
            "name": record.display_name,
            "facts": [self.env["crm.action"]._item(*fact) for fact in self._facts()],
        }

    def _facts(self):
        if self.state == "failed":
            return [("error", self.failure)]
        line = self.transition_id
        if not line:
            return [("nothing", self.env._("Nothing follows"))]
        texts = (line.effects or "").splitlines()
        return [("remark", text) for text in texts] + line._tasks_besides()


class CrmTransition(models.Model):
    _inherit = "crm.transition"

    def _tasks_besides(self):
        """What is planned that the words of the line do not tell: by a stage that was
        entered, or by the campaign that was started.
        """
        of_stage = self.planned_action_ids.filtered(lambda a: a.planned_by == "stage")
        started = self.search(
            [
                ("operation_run_id", "=", self.operation_run_id.id),
                ("trigger", "=", "started"),
                ("partner_id", "=", self.partner_id.id),
            ]
        )
        return (of_stage | started.planned_action_ids)._task_facts()
