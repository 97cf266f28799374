"""Run in Odoo's shell: one step of the benchmark, in a process of its own.

Which step, and of what size, stands in the environment. Writes what the step measured
as JSON, the last line of what is printed.
"""

import json
import os
import sys
from importlib import import_module

env = globals()["env"]  # which Odoo's shell holds ready
wanted = json.loads(os.environ["SCALE"])
sys.path.insert(0, wanted["folder"])

step = import_module(f"scale.{wanted['step']}")
lines = step.run(env, wanted["size"], **wanted["options"])
env.cr.commit()
print()
print(json.dumps([line.as_dict() for line in lines or []]))
