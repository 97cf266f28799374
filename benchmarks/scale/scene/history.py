"""Years of work: an opportunity of each entity, five actions each, a task open on most.

One campaign has taken up the whole base. Its first opportunities are the product's own
work, and so is an outcome that a salesperson records; the others are inserted by SQL
after their pattern, which is compared. Odoo's activities, as many as there are open
tasks, stand on the same opportunities, for the same people and days.
"""

from .base import TEAMS
from .database import check, check_count, insert_copies, next_id, number, vacuum
from .playbooks import (
    CALL,
    E_MAIL,
    SMS,
    VISIT,
    add_idle_rule,
    generate_first,
    make_campaign,
    make_playbook,
    people,
)

NAME = "history"
WHOLE_BASE = "[('industry_id', '!=', False)]"
# Of ten opportunities each: n is the number of the entity.
IS_WON = "n / 10 % 10 = 0"
IS_LOST = "n / 10 % 10 = 1"
HAS_TWO_TASKS = "n / 10 % 10 IN (2, 3)"
# The first team has a tenth of the work, the others share the rest.
NUMBER_OF_TEAM = "CASE WHEN n % 10 = 0 THEN 0 ELSE n % 3 + 1 END"
TEAM = f"(ARRAY{{teams}})[1 + {NUMBER_OF_TEAM}]"
USER = f"(ARRAY{{users}})[1 + {NUMBER_OF_TEAM} + n / 100 % 5 * {TEAMS}]"
# Ten days back, twenty ahead, in the working hours of the east of America.
MOMENT = (
    "date_trunc('day', now() AT TIME ZONE 'UTC') + interval '13 hours'"
    " + ({n} / 7 % 30 - 10) * interval '1 day' + {n} / 11 % 32 * interval '15 minutes'"
)
ENTITIES = """
    (SELECT entity.*, row_number() OVER (ORDER BY id)::int AS n
       FROM res_partner entity
      WHERE industry_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM crm_lead
                         WHERE partner_id = entity.id AND crm_campaign_id = {campaign})
    ) entity"""
LEAD_OF_ENTITY = {
    "partner_id": "entity.id",
    "name": "'{title} · ' || entity.complete_name",
    "contact_name": "entity.name",
    "email_from": "entity.email",
    "email_normalized": "entity.email_normalized",
    "email_domain_criterion": "'@' || split_part(entity.email_normalized, '@', 2)",
    "phone": "entity.phone",
    "phone_sanitized": "entity.phone_sanitized",
    "street": "entity.street",
    "zip": "entity.zip",
    "city": "entity.city",
    "state_id": "entity.state_id",
    "country_id": "entity.country_id",
}


def run(env, size):
    """Fill the tables."""
    clear_desks(env)
    History(env, size).make()


def clear_desks(env):
    """What earlier jobs have left open is nobody's work any more."""
    env["crm.campaign"].search([("state", "=", "running")]).action_close()
    env["crm.action"].search([("state", "=", "planned")]).cancel()


class History:
    """The campaign that has taken up everybody."""

    def __init__(self, env, size):
        self.env = env
        self.size = size
        self.campaign = self.launch()
        self.stages = self.campaign.playbook_id.stage_ids.sorted("sequence")
        self.users = people(env).sorted("id")
        self.teams = env["crm.team"].search([("name", "=like", "Scale%")], order="id")

    def make(self):
        """Opportunities, ledger, actions and activities, in this order."""
        pattern = self.campaign.lead_ids.sorted("id")[0]
        done = pattern.action_ids
        started = pattern.transition_ids
        done.with_user(pattern.user_id).done(
            self.env.ref("crm_playbook.outcome_no_answer").id
        )
        answered = pattern.transition_ids - started
        following = pattern.action_ids - done
        check(answered.rule_id and following, "the rule has not answered")
        first_lead = next_id(self.env, "crm_lead")
        self.insert_leads(pattern)
        self.compare_leads(pattern)
        self.insert_lines(first_lead, started, answered)
        self.insert_actions(first_lead, done, following)
        self.insert_activities(pattern)
        self.env["crm.campaign.figure.delta"]._rebuild()
        self.check_work()
        vacuum(
            self.env,
            *("crm_lead", "crm_action", "crm_transition", "mail_activity"),
        )

    def launch(self):
        """The campaign and its first opportunities, as the product makes them."""
        playbook = make_playbook(self.env, NAME, CALL, E_MAIL, SMS, VISIT)
        add_idle_rule(self.env, playbook)
        self.env["crm.playbook.rule"].create(
            {
                "playbook_id": playbook.id,
                "outcome_id": self.env.ref("crm_playbook.outcome_no_answer").id,
                "task_type_id": self.env.ref("crm_playbook.action_type_call").id,
                "task_delay_days": 1,
                "points": 1,
            }
        )
        campaign = make_campaign(
            self.env, NAME, playbook, WHOLE_BASE, frequency="daily"
        )
        generate_first(campaign)
        check(campaign.lead_ids, "launching has made no opportunity")
        return campaign

    def insert_leads(self, pattern):
        """An opportunity of each entity that has none yet."""
        closed = f"({IS_WON} OR {IS_LOST})"
        now = "now() AT TIME ZONE 'UTC'"
        first = next_id(self.env, "crm_lead")
        insert_copies(
            self.env,
            "crm_lead",
            pattern=f"pattern.id = {pattern.id}",
            source=ENTITIES.format(campaign=self.campaign.id),
            values=self.lead_of_entity()
            | {
                "id": f"{first} - 1 + n",
                "user_id": USER.format(users=self.users.ids),
                "team_id": TEAM.format(teams=self.teams.ids),
                "playbook_stage_id": self.stage("4 + n / 1000"),
                "stage_visit": "5",
                "stage_entered_at": f"{now} - n % 20 * interval '1 day'",
                "won_status": f"CASE WHEN {IS_WON} THEN 'won'"
                f" WHEN {IS_LOST} THEN 'lost' ELSE 'pending' END",
                "active": f"NOT ({IS_LOST})",
                "probability": f"CASE WHEN {IS_WON} THEN 100 ELSE 0 END",
                "date_closed": f"CASE WHEN {closed} THEN {now} END",
            },
        )

    def compare_leads(self, pattern):
        """Fail unless the product fills the same columns alike."""
        entity = pattern.partner_id.id
        for name, term in self.lead_of_entity().items():
            found = number(
                self.env,
                f"SELECT {term} IS NOT DISTINCT FROM lead.{name} FROM crm_lead lead "
                f"JOIN res_partner entity ON entity.id = lead.partner_id "
                f"WHERE entity.id = {entity} AND lead.id = {pattern.id}",
            )
            check(found, f"crm_lead.{name} is not {term}")

    def lead_of_entity(self):
        """The columns that follow from the entity."""
        return {
            name: term.format(title=self.campaign.name)
            for name, term in LEAD_OF_ENTITY.items()
        }

    def insert_lines(self, first_lead, started, answered):
        """Two lines of each opportunity: how it began, and what was answered last."""
        common = {
            "partner_id": "lead.partner_id",
            "lead_id": "lead.id",
            "user_id": "lead.user_id",
        }
        first = next_id(self.env, "crm_transition")
        self.insert_for_leads(
            *("crm_transition", first_lead, started),
            common | {"id": f"{first} + lead.id - {first_lead}"},
        )
        first = next_id(self.env, "crm_transition")
        self.insert_for_leads(
            *("crm_transition", first_lead, answered),
            common
            | {
                "id": f"{first} + lead.id - {first_lead}",
                "event_key": "'outcome/history/' || lead.id",
                "from_stage_id": "lead.playbook_stage_id",
                "action_id": "NULL",
            },
        )

    def insert_actions(self, first_lead, done, following):
        """Five actions of each: done ones, and one or two that are planned."""
        first = next_id(self.env, "crm_action")
        n = f"(lead.id - {first_lead} + 1)"
        has_two = HAS_TWO_TASKS.replace("n", n, 1)
        is_open = f"lead.won_status = 'pending' AND (k = 4 OR k = 3 AND {has_two})"
        common = {
            "id": f"{first} + (lead.id - {first_lead}) * 5 + k",
            "partner_id": "lead.partner_id",
            "lead_id": "lead.id",
            "user_id": "lead.user_id",
            "team_id": "lead.team_id",
            "playbook_stage_id": self.stage(f"k + {n} / 1000"),
            "stage_visit": "k + 1",
            "planned_by": "'stage'",
            "transition_id": "NULL",
        }
        self.insert_for_leads(
            *("crm_action", first_lead, done),
            common
            | {
                "date_start": "lead.stage_entered_at - (6 - k) * interval '2 days'",
                "done_at": "lead.stage_entered_at - (5 - k) * interval '2 days'",
                "done_by_id": "lead.user_id",
            },
            steps=f"JOIN generate_series(0, 4) k ON NOT ({is_open})",
        )
        self.insert_for_leads(
            *("crm_action", first_lead, following),
            common
            | {
                "planned_by": "CASE WHEN k = 4 THEN 'stage' ELSE 'person' END",
                "date_start": MOMENT.format(n=n),
            },
            steps=f"JOIN generate_series(3, 4) k ON {is_open}",
        )

    def insert_activities(self, pattern):
        """Odoo's own: one for each open task."""
        activity = self.env["mail.activity"].create(
            {
                "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "res_id": pattern.id,
                "user_id": pattern.user_id.id,
            }
        )
        # PostgreSQL does not know yet what this transaction has inserted.
        self.env.cr.execute("ANALYZE crm_lead, crm_action")
        first = next_id(self.env, "mail_activity")
        insert_copies(
            self.env,
            "mail_activity",
            pattern=f"pattern.id = {activity.id}",
            source=f"""(SELECT task.*, lead.name,
                               row_number() OVER (ORDER BY task.id)::int AS n
                          FROM crm_action task
                          JOIN crm_lead lead ON lead.id = task.lead_id
                         WHERE task.crm_campaign_id = {self.campaign.id}
                           AND task.state = 'planned') task""",
            values={
                "id": f"{first} - 1 + n",
                "res_id": "task.lead_id",
                "res_name": "task.name",
                "user_id": "task.user_id",
                "date_deadline": "task.date_start::date",
            },
        )
        activity.unlink()

    def insert_for_leads(self, table, first_lead, pattern, values, steps=""):
        """Insert rows for the opportunities that were inserted."""
        insert_copies(
            self.env,
            table,
            pattern=f"pattern.id = {pattern.id}",
            source=f"crm_lead lead {steps}",
            values=values,
            which=f"lead.id >= {first_lead}",
        )

    def stage(self, number_term):
        """The stage of a number, one after the other."""
        return f"(ARRAY{self.stages.ids})[({number_term}) % {len(self.stages)} + 1]"

    def check_work(self):
        """Fail unless everybody is in the campaign, with tasks as many as entities."""
        check_count(
            self.env,
            self.size,
            "SELECT count(*) FROM crm_lead WHERE crm_campaign_id = %s",
            self.campaign.id,
        )
        tasks = "FROM crm_action WHERE crm_campaign_id = %s"
        made = number(self.env, f"SELECT count(*) {tasks}", self.campaign.id)
        check(made > 4.5 * self.size, f"only {made:,} actions")
        is_open = f"{tasks} AND state = 'planned'"
        left = number(self.env, f"SELECT count(*) {is_open}", self.campaign.id)
        check(abs(left - self.size) < 0.1 * self.size, f"{left:,} open tasks")
