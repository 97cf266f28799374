"""Run in Odoo's shell: one step of the benchmark, in a process of its own.

Which function of which module, and of what size, stands in the environment. Writes what
it measured as JSON, the last line of what is printed.
"""

import json
import os
import sys
from dataclasses import asdict
from importlib import import_module

env = globals()["env"]  # which Odoo's shell holds ready
wanted = json.loads(os.environ["SCALE"])
sys.path.insert(0, wanted["folder"])

module = import_module(f"scale.{wanted['step']}")
found = getattr(module, wanted["function"])(env, wanted["size"], **wanted["options"])
env.cr.commit()
print()
print(json.dumps([asdict(one) for one in found or []]))
