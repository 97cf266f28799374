"""Opportunities of two years, and how each stood in the forecast.

A quarter of them are open, due from two months ago to ten months from now; the others
were won or lost. Each has five states in the history, of which the product makes the
last; the earlier ones are inserted after its pattern.
"""

from .base import make_people
from .database import check, check_count, multiply, settle, vacuum

EARLIER = 4
WHO = "(ARRAY{users})[n % {count} + 1]"
CREATED = "now() AT TIME ZONE 'UTC' - (n % 730) * interval '1 day'"
IS_OPEN = "n % 4 = 0"
IS_WON = "n % 4 = 1"
CLOSED = f"least(now() AT TIME ZONE 'UTC', {CREATED} + (n % 97) * interval '1 day')"


def run(env, size):
    """Fill the tables."""
    insert_opportunities(env, size)
    env["crm.forecast.history"]._catch_up()
    insert_earlier_states(env)
    check_count(
        env,
        size * (EARLIER + 1),
        "SELECT count(*) FROM crm_forecast_history WHERE lead_id IN "
        "(SELECT id FROM crm_lead WHERE name = 'Scale pipeline')",
    )
    check(not env["crm.forecast.history"]._differences(), "the history is wrong")
    vacuum(env, "crm_lead", "crm_forecast_history")
    settle(env)


def scale_teams(env):
    """The teams of the base; made here where no other job needed it."""
    teams = env["crm.team"].search([("name", "like", "Scale team")])
    if not teams:
        make_people(env)
        return scale_teams(env)
    return teams


def insert_opportunities(env, size):
    """As many as there are entities, by a pattern."""
    teams = scale_teams(env)
    people = [(team.id, user.id) for team in teams for user in team.member_ids]
    stages = env["crm.stage"].search([("is_won", "=", False)])
    pattern = env["crm.lead"].create({"name": "Scale pipeline", "type": "opportunity"})
    multiply(
        env,
        pattern,
        size - 1,
        team_id=WHO.format(users=[one for one, _user in people], count=len(people)),
        user_id=WHO.format(users=[user for _team, user in people], count=len(people)),
        stage_id=WHO.format(users=stages.ids, count=len(stages)),
        create_date=CREATED,
        expected_revenue="100 + n % 977 * 10",
        probability=f"CASE WHEN {IS_OPEN} THEN n % 19 * 5 WHEN {IS_WON} THEN 100 "
        "ELSE 0 END",
        won_status=f"CASE WHEN {IS_OPEN} THEN 'pending' WHEN {IS_WON} THEN 'won' "
        "ELSE 'lost' END",
        active=f"{IS_OPEN} OR {IS_WON}",
        date_closed=f"CASE WHEN NOT {IS_OPEN} THEN {CLOSED} END",
        date_deadline="CURRENT_DATE - 60 + n % 360",
        forecast_category=f"CASE WHEN {IS_WON} THEN 'closed' "
        f"WHEN NOT {IS_OPEN} THEN 'omitted' "
        "ELSE (ARRAY['pipeline', 'best_case', 'commit'])[n / 4 % 3 + 1] END",
    )


def insert_earlier_states(env):
    """Between its making and now, each stood otherwise a few times."""
    env.cr.execute(
        """UPDATE crm_forecast_history row
              SET valid_from = greatest(
                      lead.create_date + interval '5 minutes',
                      now() AT TIME ZONE 'UTC' - (lead.id % 50) * interval '1 day'
                      - interval '1 hour')
             FROM crm_lead lead
            WHERE lead.id = row.lead_id AND lead.name = 'Scale pipeline'"""
    )
    env.cr.execute(
        f"""INSERT INTO crm_forecast_history
                   (lead_id, lead_key, company_id, team_id, user_id, stage_id, state,
                    category, amount, probability, weighted, date, valid_from, valid_to)
            SELECT now.lead_id, now.lead_key, now.company_id, now.team_id, now.user_id,
                   now.stage_id, 'open', 'pipeline', now.amount - 10 * n, 20,
                   (now.amount - 10 * n) / 5, lead.date_deadline - 20 * n,
                   lead.create_date + ({EARLIER} - n) * span,
                   lead.create_date + ({EARLIER} - n + 1) * span
              FROM crm_forecast_history now
              JOIN crm_lead lead ON lead.id = now.lead_id
             CROSS JOIN LATERAL (
                   SELECT (now.valid_from - lead.create_date) / {EARLIER} AS span) part
             CROSS JOIN generate_series(1, {EARLIER}) n
             WHERE lead.name = 'Scale pipeline'"""
    )
    env.cr.commit()
