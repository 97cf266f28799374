"""With OCA's ``queue_job`` installed, the crons hand their work out as its jobs.

A job is a turn at the work of a cron, on whatever host has room for it. Like a cron it
does batch after batch, commits each, and stops when its time is up; what is left goes
on in its next turn. One that is killed leaves its batch as it was, and queue_job starts
it again. ``queue_job`` itself is imported only where its models are there.
"""

import time
from contextlib import contextmanager
from functools import partial
from math import ceil

from odoo import api, models
from odoo.fields import Domain

from . import crm_action_scheduler
from .engine import unless_in_the_way

CHANNEL = "crm_playbook"
# How long a job works: well within what Odoo allows a request, by the clock and by the
# processor, if it is not configured otherwise.
TURN_SECONDS = 30
# How long a job waits for whoever is in its way.
WAIT_SECONDS = 60
# However much there is to do: more at once would only be in each other's way.
MOST_JOBS = 32
UNFINISHED = ("wait_dependencies", "pending", "enqueued", "started")


def hands_out(env):
    """Whether a cron hands its work out: there is a queue, and this is no job of it."""
    return "queue.job" in env and "crm_playbook_turn_end" not in env.context


def hand_out(records, method, description, count=1):
    """Make jobs, until ``count`` of them wait or are at work.

    It begins its transaction, or follows another of the same method: the first of a
    method may have to roll back.

    :param str method: what a job calls on ``records``
    :param str description: what a person reads of it
    """
    while not unless_in_the_way(records.env, partial(_tell_queue, records, method)):
        pass  # another host told it at this moment: there is less to tell now
    keys = [f"{records}.{method}/{number}" for number in range(MOST_JOBS)]
    of_these = Domain("identity_key", "in", keys) & Domain("state", "in", UNFINISHED)
    used = records.env["queue.job"].sudo().search(of_these).mapped("identity_key")
    free = [key for key in keys if key not in used]
    for key in free[: max(count - len(used), 0)]:
        job = records.with_delay(description=description, identity_key=key)
        getattr(job, method)()


@contextmanager
def turn(records):
    """A job's turn: the same records, whose work is told how much time is left.

    When its time is up, queue_job starts the job again for another one.
    """
    end = time.monotonic() + TURN_SECONDS
    yield records.with_context(crm_playbook_turn_end=end)
    records.env["ir.cron"]._commit_progress()
    if time.monotonic() >= end:
        reason = records.env._("There is more to do: it goes on in another turn.")
        raise _again(reason, seconds=1, ignore_retry=True)


def in_the_way(env):
    """What ends a job that had time, and yet could not do all.

    It is started again after a while; after a few times it is failed.
    """
    reason = env._("Somebody else works on the same: it goes on in a while.")
    return _again(reason, seconds=WAIT_SECONDS)


def _again(reason, **when):
    from odoo.addons.queue_job.exception import RetryableJobError

    return RetryableJobError(reason, **when)


def _tell_queue(records, method):
    """Tell queue_job once of a method; an administrator may change it then."""
    env = records.env
    channel = _made_once(
        env["queue.job.channel"],
        "queue_job_channel",
        {"name": CHANNEL, "parent_id": env.ref("queue_job.channel_root").id},
    )
    functions = env["queue.job.function"]
    _made_once(
        functions,
        f"queue_job_function{method}",
        {
            "name": functions.job_function_name(records._name, method),
            "channel_id": channel.id,
            "allow_commit": True,
        },
    )


def _made_once(model, name, values):
    """A record as though it were data of the add-on, with which it goes.

    In ``install_mode``, queue_job takes the one that an administrator has made already.
    """
    xml_id = f"crm_playbook.{name}"
    made = model.env.ref(xml_id, raise_if_not_found=False)
    model = model.sudo().with_context(install_mode=True)
    data = {"xml_id": xml_id, "noupdate": True, "values": values}
    return made or model._load_records([data])


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _commit_progress(self, processed=0, *, remaining=None, deactivate=False):
        """A cron has the time that Odoo gives it, a job that of its turn."""
        seconds = super()._commit_progress(
            processed, remaining=remaining, deactivate=deactivate
        )
        end = self.env.context.get("crm_playbook_turn_end")
        return max(end - time.monotonic(), 0) if end else seconds


class CrmAction(models.Model):
    _inherit = "crm.action"

    @api.model
    def _cron_run_due(self):
        if not hands_out(self.env):
            return super()._cron_run_due()
        batches = ceil(self._count_due() / crm_action_scheduler.BATCH)
        hand_out(self, "_job_run_due", self.env._("Playbook: do due tasks"), batches)
        return 0

    @api.model
    def _job_run_due(self):
        """Do due tasks that no other job has."""
        with turn(self) as actions:
            done = actions._cron_run_due()
        if self._take_due(1, []):
            raise in_the_way(self.env)
        return self.env._("%s tasks", done)

    @api.model
    def _cron_answer_skipped(self):
        if not hands_out(self.env):
            return super()._cron_answer_skipped()
        wait = self.search_count(self._skip_pending_domain(), limit=1)
        description = self.env._("Playbook: go on after skipped messages")
        return hand_out(self, "_job_answer_skipped", description, wait)

    @api.model
    def _job_answer_skipped(self):
        with turn(self) as actions:
            actions._cron_answer_skipped()
        if self.search_count(self._skip_pending_domain(), limit=1):
            raise in_the_way(self.env)


class CrmCampaign(models.Model):
    _inherit = "crm.campaign"

    @api.model
    def _cron_generate(self):
        """One job a campaign: its batches lock it, so that they go one by one."""
        if not hands_out(self.env):
            return super()._cron_generate()
        for campaign in self._due_for_generation():
            description = self.env._("Playbook: generate %s", campaign.name)
            hand_out(campaign, "_job_generate", description)
        return None

    def _job_generate(self):
        """Generate the campaign, if its time is not over while the job waited."""
        own = Domain("id", "in", self.ids)
        with turn(self._due_for_generation(own)) as campaigns:
            for campaign in campaigns:
                campaign._run_generation()
        if not all(campaigns.mapped("is_generated")):
            raise in_the_way(self.env)

    def _tell_not_generated(self, error):
        """Those who look after jobs are told besides those of the campaign."""
        told = super()._tell_not_generated(error)
        if "crm_playbook_turn_end" in self.env.context:
            self.env["ir.cron"]._commit_progress()
            raise error
        return told


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _cron_watch_idle(self):
        if not hands_out(self.env):
            return super()._cron_watch_idle()
        description = self.env._("Playbook: watch idle opportunities")
        return hand_out(self, "_job_watch_idle", description)

    @api.model
    def _job_watch_idle(self):
        with turn(self) as leads:
            leads._cron_watch_idle()


class CrmCycle(models.Model):
    _inherit = "crm.cycle"

    @api.model
    def _cron_carry_over(self):
        """One job a cycle: its batches lock it, so that they go one by one."""
        if not hands_out(self.env):
            return super()._cron_carry_over()
        for cycle in self._to_carry_over():
            description = self.env._("Playbook: carry over into %s", cycle.name)
            hand_out(cycle, "_job_carry_over", description)
        return None

    def _job_carry_over(self):
        """Go on with the cycle, if it is not closed while the job waited."""
        with turn(self._to_carry_over() & self) as cycles:
            cycles._carry_over_rest()
        if self._to_carry_over() & self:
            raise in_the_way(self.env)


class CrmOperationRun(models.Model):
    _inherit = "crm.operation.run"

    @api.model
    def _cron_run(self):
        """What is due begins here; one job a run goes on with it."""
        if not hands_out(self.env):
            return super()._cron_run()
        self.env["crm.operation"]._start_due()
        for run in self._under_way():
            name = run.sudo().operation_id.name
            hand_out(run, "_job_run", self.env._("Playbook: run operation %s", name))
        return None

    def _job_run(self):
        """Go on with the run, if it is not over while the job waited."""
        with turn(self) as runs:
            runs._run_in_turns()
        if self._under_way() & self:
            raise in_the_way(self.env)
