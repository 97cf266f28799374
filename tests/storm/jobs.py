"""What a worker does: each job is a function of the name of the database."""

import logging
import os
import signal
import time
from functools import partial

from odoo import SUPERUSER_ID, api, http
from odoo.modules.registry import Registry
from odoo.service.model import call_kw

from . import messages, people, scene

CRONS = {
    "generate": ("crm.campaign", "_cron_generate"),
    "run_due": ("crm.action", "_cron_run_due"),
    "watch_idle": ("crm.lead", "_cron_watch_idle"),
    "move_between_stages": ("crm.playbook.stage.move", "_cron_move"),
    "carry_over": ("crm.cycle", "_cron_carry_over"),
    "run_operations": ("crm.operation.run", "_cron_run"),
    "send_mail": ("mail.mail", "process_email_queue"),
    "send_sms": ("sms.sms", "_process_queue"),
    "send_mailings": ("mailing.mailing", "_process_mass_mailing_queue"),
    "answer_skipped": ("crm.action", "_cron_answer_skipped"),
}
QUEUES = ("send_mail", "send_sms", "send_mailings")
# Where the size of a batch stands, under each of its names.
BATCHES = {
    "crm_campaign_generation": ("BATCH", "FIRST_BATCH"),
    "crm_action_scheduler": ("BATCH",),
    "event_idle": ("BATCH",),
    "crm_playbook_stage_move": ("BATCH",),
    "crm_operation_run": ("BATCH",),
    "crm_cycle_carry_over": ("BATCH",),
}
SECONDS_WITHOUT_DATABASE = 0.2

_logger = logging.getLogger("storm")


def set_scene(database, batch, **options):
    """Make entities, playbooks and campaigns, as ``scene.py`` says."""
    _set_batches(batch)
    campaigns = _in_transaction(database, lambda env: scene.set_scene(env, **options))
    # Who has sent a message before is quicker at the next.
    _run_cron(database, "run_due")
    return campaigns


def rounds(database, crons, batch, count=None):
    """Run scheduled actions again and again, as a cron process of Odoo does.

    :param crons: names out of ``CRONS``, in the order in which they run
    :param batch: how large batches are
    :param count: after how many rounds it ends; never by itself, if empty
    :return: what went wrong, as texts: which cron, and the error
    """
    _set_batches(batch)
    starter, errors = os.getppid(), []
    while count != 0 and os.getppid() == starter:
        for cron in crons:
            try:
                _run_cron(database, cron)
            except Exception as error:
                _logger.warning("%s", cron, exc_info=True)
                errors.append(f"{cron}: {error}")
                time.sleep(SECONDS_WITHOUT_DATABASE)
        count = count and count - 1
    return errors


def run_due(database, batch):
    """Run the scheduler of due tasks once.

    :return: how many it did
    """
    _set_batches(batch)
    return _in_transaction(database, lambda env: env["crm.action"]._run_due())


def queue_messages(database, recipients):
    """Have a message for each address or number written into Odoo's queues."""
    _in_transaction(database, lambda env: messages.plan(env, recipients))
    _run_cron(database, "run_due")


def send_messages(database, receiver):
    """Run Odoo's own queues once.

    :param receiver: the URL of the mail server or SMS provider that they send to
    """
    _in_transaction(database, lambda env: messages.direct(env, receiver))
    for queue in QUEUES:
        _run_cron(database, queue)


def send_again(database, address):
    """Have somebody send again what is in doubt for the entity with an address."""
    doubtful = [("is_in_doubt", "=", True), ("partner_id.email", "=", address)]
    _in_transaction(
        database, lambda env: env["crm.action"].search(doubtful).send_again()
    )


def tidy_up(database, seed, count):
    """Have people archive, merge and delete entities.

    :return: what they did, and whom they kept, as ``people.py`` tells it
    """
    return people.tidy_up(partial(_in_transaction, database), seed, count)


def take_turn(database, model, method, seconds, batch, ids=()):
    """Do what a job of queue_job does, for so many seconds."""
    _set_batches(batch)
    scene.module("queue").TURN_SECONDS = seconds
    _in_transaction(database, lambda env: getattr(env[model].browse(ids), method)())


def call(database, model, method, *arguments):
    """Have the manager call a method from outside, as XML-RPC does.

    :return: what it returned
    """
    name, password = scene.MANAGER, scene.MANAGER
    user = http.dispatch_rpc("common", "login", (database, name, password))
    login = (database, user, password)
    return http.dispatch_rpc("object", "execute_kw", (*login, model, method, arguments))


def hold(database, model, method, *arguments):
    """Call a method in a transaction that stays open until the worker is killed.

    Or until it is let go, and then commits. An advisory lock with the number of the
    process tells that the method has returned.
    """
    with Registry(database).cursor() as cr:
        records = api.Environment(cr, SUPERUSER_ID, {})[model]
        call_kw(records, method, arguments, {})
        cr.flush()
        signal.signal(signal.SIGUSR1, lambda *_: None)
        cr.execute("SELECT pg_advisory_xact_lock(%s)", [os.getpid()])
        signal.pause()


def _run_cron(database, name):
    model, method = CRONS[name]
    _in_transaction(database, lambda env: getattr(env[model], method)())


def _in_transaction(database, work):
    registry = Registry(database).check_signaling()
    with registry.cursor() as cr:
        return work(api.Environment(cr, SUPERUSER_ID, {}))


def _set_batches(size):
    for module, names in BATCHES.items():
        for name in names:
            setattr(scene.module(module), name, size)
