"""Do something for real, look what came of it, and undo all of it."""

from contextlib import closing, contextmanager

from odoo.tools.misc import Callbacks

# What waits on a cursor for the end of its transaction.
QUEUES = ("precommit", "postcommit", "prerollback", "postrollback")


@contextmanager
def rehearsal(cr):
    """Whatever is done inside is undone: rows, cache, and all that would leave later.

    What was asked before to be done after the commit (mails to send, others to wake)
    still is; what is asked inside is forgotten with its cause. What Odoo sends at once,
    to devices, looks whether this is a rehearsal (``mail_thread.py``).
    """
    savepoint = cr.savepoint()
    waiting = {name: getattr(cr, name) for name in QUEUES}
    for name in QUEUES:
        setattr(cr, name, Callbacks())
    cr.is_rehearsing = True
    try:
        with closing(savepoint):
            yield
    finally:
        cr.is_rehearsing = False
        for name, queue in waiting.items():
            setattr(cr, name, queue)


def is_rehearsing(cr):
    """Whether what is done now will be undone."""
    return getattr(cr, "is_rehearsing", False)
