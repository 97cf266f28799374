"""Worker processes with Odoo loaded, which start in milliseconds and may be killed."""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
FORKS = f"{HERE.name}.forks"
START_SECONDS = 120
LONGEST_ANSWER = 64


class WorkerProblem(Exception):
    """A worker that did not do what it was started for."""


class Workers:
    """Starts workers on one database, from ``with`` to the end of its block.

    :param database: a ``Database`` of ``server.py``
    """

    def __init__(self, database):
        self.database = database
        self._workers = []

    def __enter__(self):
        with ExitStack() as cleanup:
            self._folder = Path(
                cleanup.enter_context(tempfile.TemporaryDirectory(prefix="storm_"))
            )
            self._control, theirs = socket.socketpair()
            cleanup.callback(self._control.close)
            with theirs, self._log.open("w") as log:
                self._process = subprocess.Popen(
                    [
                        *self.database.program("-m", FORKS, theirs.fileno()),
                        *("--data-dir", self._folder, "--log-level", "warn"),
                    ],
                    stderr=log,
                    cwd=HERE.parent,
                    pass_fds=[theirs.fileno()],
                )
            cleanup.callback(self._stop)
            self._wait_until_ready()
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_error):
        self._cleanup.close()

    def start(self, job, *arguments, **options):
        """Start a worker.

        :param job: the name of a function of ``jobs.py``
        :param arguments: what it is called with, after the name of the database
        :param options: more of that, by name
        """
        worker = self._begin(job, arguments, options)
        self._workers.append(worker)
        return worker

    def do(self, job, *arguments, **options):
        """Have a worker do a job, and return its result."""
        return self.start(job, *arguments, **options).result()

    def prepare(self, job, *arguments, **options):
        """Have the process do a job that all workers are forked from.

        What it learns by that, all of them know; it cannot be killed.

        :return: the result of the job
        """
        return self._begin(job, arguments, options, is_forked=False).result()

    def failures(self):
        """What went wrong in rounds, as the workers logged it."""
        return [line for line in self.log().splitlines() if " storm: " in line]

    def log(self):
        """What Odoo logged in all the workers, warnings and worse."""
        return self._log.read_text(errors="replace")

    def _begin(self, job, arguments, options, is_forked=True):
        reading, writing = os.pipe()
        command = {
            "job": job,
            "arguments": arguments,
            "options": options,
            "is_forked": is_forked,
        }
        socket.send_fds(self._control, [json.dumps(command).encode()], [writing])
        os.close(writing)
        process = self._control.recv(LONGEST_ANSWER)
        if not process:
            raise WorkerProblem(f"No worker starts:\n{self.log()}")
        return Worker(job, int(process), reading)

    @property
    def _log(self):
        return self._folder / "odoo.log"

    def _wait_until_ready(self):
        self._control.settimeout(START_SECONDS)
        if not self._control.recv(LONGEST_ANSWER):
            raise WorkerProblem(f"Odoo was not loaded:\n{self.log()}")

    def _stop(self):
        for worker in self._workers:
            worker.kill()
        self._control.close()
        self._process.wait()


class Worker:
    """One process, with the pipe that it closes by ending."""

    def __init__(self, job, process, pipe):
        self.job = job
        self.process = process
        self._ending = os.fdopen(pipe)
        self._answer = None

    def freeze(self):
        """Stop it where it is; PostgreSQL shows then what it was at."""
        os.kill(self.process, signal.SIGSTOP)

    def let_go(self):
        """Have a worker go on that holds what it has done."""
        os.kill(self.process, signal.SIGUSR1)

    def kill(self):
        """``kill -9``: no chance to put anything in order.

        :return: whether it was still at work
        """
        if self._answer is None:
            os.kill(self.process, signal.SIGKILL)
        return not self._end()

    def result(self, seconds=None):
        """Wait for the end.

        :param seconds: for how long; for ever, if empty
        :return: what the job returned
        :raise WorkerProblem: when it failed, was killed, or has not ended
        """
        if seconds and not select.select([self._ending], [], [], seconds)[0]:
            raise WorkerProblem(f"{self.job} has not ended after {seconds} seconds.")
        answer = self._end()
        if not answer:
            raise WorkerProblem(f"{self.job} was killed.")
        told = json.loads(answer)
        if "error" in told:
            raise WorkerProblem(f"{self.job} failed:\n{told['error']}")
        return told["result"]

    def _end(self):
        if self._answer is None:
            with self._ending:
                self._answer = self._ending.read()
        return self._answer
