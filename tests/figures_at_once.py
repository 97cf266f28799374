"""Run in Odoo's shell: several transactions change and fold the same figures at once.

Writes, as JSON, for each of them how many actions of the campaign are done by its
figures, and where the figures are wrong.
"""

import json
import sys

from odoo.api import Environment

env = globals()["env"]  # which Odoo's shell holds ready
told = {}

outcome = env["crm.outcome"].create({"name": "Test done"})
call = env["crm.action.type"].create(
    {"name": "Test call", "outcome_ids": [(6, 0, outcome.ids)]}
)
playbook = env["crm.playbook"].create({"name": "Test playbook"})
env["crm.playbook.stage"].create(
    {"name": "First", "playbook_id": playbook.id, "task_type_id": call.id}
)
partners = env["res.partner"].create([{"name": f"Entity {n}"} for n in range(4)])
segment = env["crm.segment"].create(
    {"name": "Test segment", "domain": f"[('id', 'in', {partners.ids})]"}
)
campaign = env["crm.campaign"].create(
    {
        "name": "Test campaign",
        "playbook_id": playbook.id,
        "segment_id": segment.id,
        "user_id": env.ref("base.user_admin").id,
    }
)
campaign.action_launch()
action_ids = campaign.action_ids.ids
env.cr.commit()


class Person:
    """Somebody with a transaction of their own, who waits for nobody."""

    def __init__(self):
        self.cursor = env.registry.cursor()
        self.cursor.execute("SET lock_timeout = '2s'")
        self.env = Environment(self.cursor, env.uid, {})
        self.deltas = self.env["crm.campaign.figure.delta"]
        self.cursor.execute("SELECT FROM crm_campaign")  # from now on, the same view

    def does(self, number):
        self.env["crm.action"].browse(action_ids[number]).done(outcome.id)
        self.env.flush_all()
        return self

    def folds(self):
        self.deltas._fold(campaign.id)
        return self

    def folds_if_free(self):
        self.deltas._fold_if_free(campaign.id)
        return self

    def counts_anew(self):
        self.deltas._rebuild()
        return self

    def ends(self):
        self.cursor.commit()
        self.cursor.close()

    def breaks_off(self):
        self.cursor.close()


def look(name):
    env.cr.rollback()
    env.invalidate_all()
    differences = env["crm.campaign.figure.delta"]._differences()
    told[name] = [campaign.done_action_count, differences]


one, two = Person().does(0), Person().does(1)
two.ends()
one.ends()
look("two people")

one, two = Person().does(2), Person().folds()
two.ends()
one.ends()
look("folding besides")

one, two = Person().folds(), Person().folds()
one.ends()
two.ends()
look("two folding")

one, two = Person(), Person()
one.folds().ends()
two.folds_if_free().ends()
look("folding with an older view")

Person().folds().breaks_off()
look("folding broken off")

one, two = Person().does(3), Person().counts_anew()
two.ends()
one.ends()
look("counting anew besides")

Person().folds().ends()
env.cr.rollback()
told["lines left"] = env["crm.campaign.figure.delta"].search_count([])
sys.stdout.write(json.dumps(told))
