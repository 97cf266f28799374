"""Run by ``workers.py``: loads Odoo once, and forks a process for each worker.

Whoever starts it asks for workers through a socket, by the name of a job of
``jobs.py``. With the name comes the end of a pipe: the worker writes its result there,
and whatever ends it closes the pipe. A job may also be done by the loading process
itself, so that the workers after it have in their memory what it left there. When it
forks, no connection to PostgreSQL is open.
"""

import gc
import json
import logging
import os
import random
import socket
import sys
import traceback

from odoo import sql_db
from odoo.modules.registry import Registry
from odoo.service.server import load_server_wide_modules
from odoo.tools import config

from . import jobs

LONGEST_COMMAND = 1 << 16

_logger = logging.getLogger(__name__)


def main(control, *words):
    """Load Odoo, say so, and do as asked until nobody can ask any more."""
    config.parse_config(list(words), setup_logging=True)
    load_server_wide_modules()
    [database] = config["db_name"]
    Registry(database)
    with socket.socket(fileno=int(control)) as asking:
        asking.sendall(b"ready")
        while True:
            text, ends, *_unused = socket.recv_fds(asking, LONGEST_COMMAND, 1)
            if not text:
                return
            _do(asking, database, *ends, **json.loads(text))


def _do(asking, database, end, is_forked, **wanted):
    """Tell the number of the process that does a job."""
    sql_db.close_all()
    process = _fork(database, end, wanted) if is_forked else os.getpid()
    asking.sendall(str(process).encode())
    if not is_forked:
        _work(database, end, **wanted)
    os.close(end)


def _fork(database, end, wanted):
    # What is in memory now stays as it is: the worker shares it instead of copying.
    gc.freeze()
    process = os.fork()
    if not process:
        random.seed()
        # PostgreSQL shows whose connection it is by the number of the process.
        Registry(database)._db = sql_db.db_connect(database)
        _work(database, end, **wanted)
        # Nothing of what the loading process has to put in order is done here. It does
        # not wait either: a worker that has ended keeps its number until all end, so
        # that whoever kills it late hits no other process.
        os._exit(0)
    return process


def _work(database, end, job, arguments, options):
    try:
        answer = {"result": getattr(jobs, job)(database, *arguments, **options)}
    except Exception:
        _logger.exception("%s", job)
        answer = {"error": traceback.format_exc()}
    with os.fdopen(end, "w", closefd=False) as result:
        json.dump(answer, result)


if __name__ == "__main__":
    main(*sys.argv[1:])
