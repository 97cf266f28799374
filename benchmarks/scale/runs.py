"""The run of the benchmark: a database of its own, and each step in its own process."""

import importlib.util
import json
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from .at_once import AtOnce
from .scene.database import Wrong

FOLDER = Path(__file__).resolve().parent
# In the order in which they are done, with the step that sets the scene for each.
JOBS = {
    "generation": "scene.base",
    "emails": "scene.base",
    "sms": "scene.base",
    "schedulers": "scene.base",
    "idle": "scene.base",
    "outcome": "scene.base",
    "dry_run": "scene.base",
    "daily_run": "scene.history",
    "results": "scene.history",
    "agenda": "scene.history",
    "team_load": "scene.history",
    "team_panel": "scene.history",
    "customer": "scene.history",
    "entity": "scene.history",
    "forecast": "scene.pipeline",
    "forecast_as_of": "scene.pipeline",
    "waterfall": "scene.pipeline",
    # The last, since it gives somebody tasks besides.
    "my_day": "scene.history",
}
# What a scene needs to be there already.
BEFORE = {"scene.history": "scene.base"}
# Jobs that are more than one process.
IN_SEVERAL_PROCESSES = {"schedulers": AtOnce}


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


server = _load(FOLDER.parents[1] / "tests/server.py")


class Scale:
    """Runs jobs at one size."""

    def __init__(self, size, jobs, say=print, keep=False):
        self.size = size
        self.jobs = jobs
        self.say = say
        self.keep = keep
        self.database = server.Database(f"scale_{size}_{os.getpid()}")
        self.is_set = set()
        self.failures = []

    def run(self):
        """Do all jobs.

        :return: the lines of the table, as dictionaries
        """
        self.say(f"\n{self.size:,} entities, in the database {self.database.name}")
        self.database.make()
        try:
            return [line for job in self.jobs for line in self._tell(self._do(job))]
        finally:
            if not self.keep:
                self.database.drop()

    def _tell(self, lines):
        """Say at once what was measured, should the run be cut off later."""
        for line in lines:
            own, peer = line["seconds"], line["peer_seconds"]
            self.say(f"    {line['name']}: {own:.3g} s, its peer {peer:.3g} s")
        return lines

    def _do(self, job):
        """The lines of a job; none where it fails, and the others go on."""
        try:
            self._set(JOBS[job])
            if several := IN_SEVERAL_PROCESSES.get(job):
                return several(self).measure()
            return self.step(f"jobs.{job}")
        except (server.ServerProblem, Wrong) as problem:
            self.failures.append(job)
            self.say(f"  {job} FAILED: {problem}")
            return []

    def _set(self, scene):
        if scene in self.is_set:
            return
        if scene in self.failures:
            raise Wrong(f"{scene} failed before")
        if scene in BEFORE:
            self._set(BEFORE[scene])
        try:
            self.step(scene)
        except server.ServerProblem:
            self.failures.append(scene)
            raise
        self.is_set.add(scene)

    def step(self, step, function="run", **options):
        """Have a process of Odoo do a step.

        :return: what it measured, as dictionaries
        """
        wanted = {
            "folder": str(FOLDER.parent),
            "step": step,
            "function": function,
            "size": self.size,
            "options": options,
        }
        with self._clock(f"{step}.{function}"):
            text = self.database.run(FOLDER / "step.py", SCALE=json.dumps(wanted))
        return json.loads(text.splitlines()[-1])

    @contextmanager
    def _clock(self, step):
        begin = time.monotonic()
        yield
        self.say(f"  {step}: {time.monotonic() - begin:,.0f} s")
