"""Two schedulers at once against one: each in a process of its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from .line import Line
from .scene.database import Wrong

# How many schedulers run in each round.
ROUNDS = (1, 2, 2, 1)
ENTITIES_FOR_A_MESSAGE = 50
FEWEST = 2000
WARM = 120
PATIENCE = 0.1


class AtOnce:
    """Runs the same number of due e-mail tasks by one and by two schedulers."""

    def __init__(self, scale):
        self.scale = scale
        self.count = max(scale.size // ENTITIES_FOR_A_MESSAGE, FEWEST)

    def measure(self):
        """The line of the table."""
        self.scale.step(
            "jobs.schedulers", "prepare", rounds=len(ROUNDS), count=self.count
        )
        seconds = {1: [], 2: []}
        for turn, schedulers in enumerate(ROUNDS):
            seconds[schedulers].append(self._play(turn, schedulers))
        line = Line(
            name="schedulers",
            count=self.count,
            seconds=min(seconds[2]),
            peer_seconds=min(seconds[1]),
            sample=self.count,
        )
        return [asdict(line)]

    def _play(self, turn, schedulers):
        """How long so many schedulers take for the tasks of a round."""
        with TemporaryDirectory() as folder, ThreadPoolExecutor(schedulers) as threads:
            signal = Path(folder)
            running = []
            for number in range(schedulers):
                running.append(threads.submit(self._run_one, signal, str(number)))
                self._wait_for(signal / str(number), running)
            self._make_due(turn)
            (signal / "go").touch()
            spans = [span for one in running for span in one.result()]
        self._check(turn)
        return max(span["end"] for span in spans) - min(span["begin"] for span in spans)

    def _run_one(self, signal, name):
        return self.scale.step("jobs.schedulers", signal=str(signal), name=name)

    def _wait_for(self, file, running):
        """Wait until a scheduler is warm; one that failed says why."""
        deadline = time.monotonic() + WARM
        while not file.exists():
            if running[-1].done():
                running[-1].result()
            if time.monotonic() > deadline:
                (file.parent / "go").touch()
                raise Wrong("a scheduler does not become ready")
            time.sleep(PATIENCE)

    def _make_due(self, turn):
        self._number(
            f"""WITH due AS (
                   UPDATE crm_action
                      SET date_start = now() AT TIME ZONE 'UTC' - interval '1 minute'
                     FROM scale_task task
                    WHERE task.id = crm_action.id AND round = {turn} RETURNING 1)
               SELECT count(*) FROM due"""
        )

    def _check(self, turn):
        """Fail unless each task is done, and by one of them only."""
        done = self._number(
            f"""SELECT count(*)
                  FROM scale_task task
                  JOIN crm_action action ON action.id = task.id
                  JOIN mailing_trace trace ON trace.crm_action_id = task.id
                 WHERE round = {turn} AND state = 'done'"""
        )
        if done != self._number(
            f"SELECT count(*) FROM scale_task WHERE round = {turn}"
        ):
            raise Wrong(f"{done} tasks of round {turn} are done once")

    def _number(self, query):
        [(number,)] = self.scale.database.rows(query)
        return int(number)
