"""One outcome recorded by a person, rule and next task included."""

from ..scene.database import check, check_count, settle
from ..scene.playbooks import (
    CALL,
    VISIT,
    entities,
    generate,
    make_campaign,
    make_playbook,
    people,
)
from ..stopwatch import Runner, line

CALLS = 300
WARM_UP = 20


def run(env, size):
    """Record some hundred outcomes, and as many of stock activities in turns."""
    return Outcome(env, min(CALLS, size // 50)).play()


class Outcome:
    """``crm.action.done`` against ``mail.activity.action_feedback``.

    As the salesperson to whom the opportunities belong, each call a transaction of its
    own that begins with nothing in the cache, as a request does.
    """

    def __init__(self, env, count):
        self.env = env
        self.count = count
        self.person = people(env)[:1]
        self.product, self.peer = Runner(self.env), Runner(self.env)

    def play(self):
        """The product and the peer in turns, call by call."""
        actions, activities = self.prepare()
        for place, (action, activity) in enumerate(
            zip(actions, activities, strict=True)
        ):
            is_warm = place >= WARM_UP
            self.run_product(action, self.product if is_warm else Runner(self.env))
            self.run_peer(activity, self.peer if is_warm else Runner(self.env))
        self.check_work(actions, activities)
        return [line("outcome", 1, self.product, self.peer, measure="mean")]

    def run_product(self, action, runner):
        """The person says that nobody answered."""
        env = self.fresh_env()
        outcome = env.ref("crm_playbook.outcome_no_answer").id
        with runner.round(1):
            env["crm.action"].browse(action).done(outcome, note="Nobody there")
            env.cr.commit()

    def run_peer(self, activity, runner):
        """The person says so of an activity."""
        env = self.fresh_env()
        with runner.round(1):
            env["mail.activity"].browse(activity).action_feedback("Nobody there")
            env.cr.commit()

    def fresh_env(self):
        """The environment of the person, as at the beginning of a request."""
        self.env.cr.commit()
        self.env.transaction.reset()
        return self.env(user=self.person.id, su=False)

    def prepare(self):
        """Calls of the person's opportunities, half of them as Odoo's activities."""
        playbook = make_playbook(self.env, "outcome", CALL, VISIT)
        self.env["crm.playbook.rule"].create(
            {
                "stage_id": playbook.stage_ids[0].id,
                "outcome_id": self.env.ref("crm_playbook.outcome_no_answer").id,
                "task_type_id": self.env.ref("crm_playbook.action_type_call").id,
                "task_delay_days": 1,
                "points": 1,
            }
        )
        count = self.count + WARM_UP
        campaign = make_campaign(
            self.env,
            "outcome",
            playbook,
            entities(self.env, 0, 2 * count),
            user_id=self.person.id,
            assignment="responsible",
        )
        generate(campaign)
        leads = campaign.lead_ids.sorted("id")
        activities = self.env["mail.activity"].create(
            [self.prepare_activity(lead) for lead in leads[count:]]
        )
        settle(self.env)
        return leads[:count].action_ids.ids, activities.ids

    def prepare_activity(self, lead):
        """A call of an opportunity, as Odoo plans it."""
        return {
            "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
            "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
            "res_id": lead.id,
            "user_id": self.person.id,
        }

    def check_work(self, actions, activities):
        """Fail unless each was recorded, answered by the rule, and planned anew."""
        self.env.transaction.reset()
        check_count(
            self.env,
            len(actions),
            """SELECT count(*)
                 FROM crm_action called
                 JOIN crm_transition line ON line.action_id = called.id
                 JOIN crm_action following ON following.transition_id = line.id
                WHERE called.id = ANY(%s) AND called.state = 'done'
                  AND line.rule_id IS NOT NULL AND following.state = 'planned'
                  AND following.user_id = %s AND called.points = 1""",
            *(actions, self.person.id),
        )
        left = self.env["mail.activity"].browse(activities).exists()
        check(not left.filtered("active"), f"{len(left)} activities are still open")
