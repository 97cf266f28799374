import logging

from odoo import api, fields, models
from odoo.tools import SQL

from .engine import CONFLICTS, as_engine, in_turns, unless_in_the_way
from .event import Event

BATCH = 200

_logger = logging.getLogger(__name__)


class ActionFailed(Exception):
    """The entity cannot be reached so; says which failure it is."""

    def __init__(self, failure, reason=None):
        super().__init__(failure)
        self.failure = failure
        self.reason = reason


class CrmAction(models.Model):
    """How automatic tasks are done when they fall due.

    A scheduler takes a batch by locking its rows, skipping what another one has, and
    does it in one transaction: one that is killed leaves its batch as it was. Within
    the batch, tasks of the same kind are done together; where that goes wrong, half of
    them and the other half, until the one at fault is alone.
    """

    _inherit = "crm.action"

    @api.model
    def _cron_run_due(self):
        """Do the due automatic tasks. One that fails is set aside and says why.

        :return: how many were done or set aside
        """
        taken = self._run_due()
        if taken:
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return taken

    @api.model
    def _run_due(self):
        """Do due tasks while there are some, and time.

        Where somebody else is in the way of a batch, a smaller one is tried; a task
        that is alone and still in the way stays due until the next round.

        :return: how many were done or set aside
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self._count_due())
        taken, size, left_alone = 0, BATCH, []
        while due := self._take_due(size, left_alone):
            if unless_in_the_way(self.env, due._run_batch):
                taken += len(due)
                size = BATCH
                if not progress(len(due)):
                    break
            elif size == 1:
                left_alone += due.ids
                size = BATCH
            else:
                size = max(len(due) // 4, 1)
        return taken

    @api.model
    def _count_due(self):
        [(count,)] = self.env.execute_query(SQL("SELECT count(*) FROM %s", self._due()))
        return count

    @api.model
    def _take_due(self, size, left_alone):
        """Lock the next due tasks that no other scheduler has.

        It is the first statement of its transaction: what it sees is what there is.
        Where another scheduler ends a batch in the same moment, it looks again.
        """
        self.env.flush_all()
        query = SQL(
            "SELECT task.id FROM %s AND NOT task.id = ANY(%s)"
            " ORDER BY task.date_start, task.id LIMIT %s"
            " FOR NO KEY UPDATE OF task SKIP LOCKED",
            self._due(),
            left_alone,
            size,
        )
        try:
            self.env.cr.execute(query, log_exceptions=False)
        except CONFLICTS:
            self.env.cr.rollback()
            return self._take_due(size, left_alone)
        return self.browse([action_id for (action_id,) in self.env.cr.fetchall()])

    @api.model
    def _due(self):
        """The tasks the scheduler does now: none of a campaign that does not run."""
        return SQL(
            "crm_action task"
            " LEFT JOIN crm_campaign campaign ON campaign.id = task.crm_campaign_id"
            " WHERE task.state = 'planned' AND task.mode = 'automatic'"
            " AND task.date_start <= %s"
            " AND (campaign.id IS NULL OR campaign.state = 'running')",
            fields.Datetime.now(),
        )

    def _run_batch(self):
        """Do a batch of locked tasks, but what the answer to one of them cancels."""
        for turn in in_turns(self, lambda task: task._journey()):
            due = self.browse(task.id for task in turn if task.state == "planned")
            for alike in due.grouped(lambda task: task._kind()).values():
                alike._run_together()

    def _kind(self):
        """What tasks have in common that are done together."""
        return (
            self.channel,
            self.action_type_id,
            self.playbook_stage_id,
            self.crm_campaign_id,
        )

    def _run_together(self):
        """Do tasks of one kind; whatever happens, they leave the queue."""
        try:
            with self.env.cr.savepoint():
                self._run()
        except CONFLICTS:
            raise  # a retry cures it: the tasks are not at fault
        except Exception as error:
            if len(self) == 1:
                _logger.warning("Action %s failed", self.id, exc_info=True)
                self._fail_and_tell("error", _reason_of(error))
                # Where even that is impossible, it is no matter of the next task.
                self.env.flush_all()
                return
            _logger.info("%s actions are done by halves", len(self), exc_info=True)
            middle = len(self) // 2
            self[:middle]._run_together()
            self[middle:]._run_together()

    def _run(self):
        """Do the tasks by their channel, but those whose entity cannot be reached."""
        reached = self.filtered(lambda action: action._is_reached_or_fails())
        if reached:
            getattr(reached, f"_run_{reached[0].channel}")()
            reached._complete_all(reached.action_type_id.sent_outcome_id)

    def _is_reached_or_fails(self):
        """Whether the entity can and may be written to; if not, it is set aside."""
        try:
            getattr(self, f"_check_{self.channel}")()
        except ActionFailed as failed:
            self._fail_and_tell(failed.failure, failed.reason)
            return False
        return True

    def _complete_all(self, outcome):
        """Bring tasks to done with one outcome, and have the rules answer."""
        for alike in self.grouped(lambda a: (a.user_id, a.company_id)).values():
            alike._move_to("done", **alike[0]._prepare_done_values(outcome))
        self.env["crm.playbook.rule"]._tell_all(
            [Event.of_action("outcome", action) for action in as_engine(self)]
        )

    def _fail_and_tell(self, failure, reason):
        self._fail(failure, reason)
        trigger = "sms_failed" if self.channel == "sms" else "mail_bounced"
        if failure != "error":
            event = Event.of_action(
                trigger,
                as_engine(self),
                key=f"{trigger}/{self.id}/{self.failure_count}",
            )
            self.env["crm.playbook.rule"]._tell(event)


def _reason_of(error):
    """What went wrong, and what brought that about: the first line of each."""
    lines = []
    while error:
        line = str(error).partition("\n")[0] or type(error).__name__
        if not any(line in told for told in lines):
            lines.append(line)
        error = error.__cause__
    return ": ".join(lines)
