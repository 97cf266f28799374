"""A company with many entities and twenty salespeople, as committed data.

The entities are inserted by SQL with the columns that ``res.partner.create`` writes,
which is compared for one of them.
"""

from odoo import Command

from .database import check, insert_copies, next_id, owned_columns, vacuum

# The segment of the generation is one of the ten groups.
GROUPS = 10
TEAMS = 4
PEOPLE = 20
ZONE = "America/New_York"
AREA_CODES = (205, 212, 303, 312, 404, 415, 503, 617, 713, 808)
# How an entity's columns follow from its number {n}, where they are its own.
OWN_COLUMNS = {
    "id": "{first} + n",
    "commercial_partner_id": "{first} + n",
    "name": "'Entity ' || n",
    "complete_name": "'Entity ' || n",
    "name_key": "n || ' entity'",
    "email": "'entity' || n || '@mail' || n % 500 || '.example'",
    "email_normalized": "'entity' || n || '@mail' || n % 500 || '.example'",
    "phone": "'+1 ' || {area} || '-' || {exchange} || '-' || {subscriber}",
    "phone_sanitized": "'+1' || {area} || {exchange} || {subscriber}",
    "street": "n % 900 + 1 || ' Main Street'",
    "zip": "lpad((n % 90000 + 10000)::text, 5, '0')",
}


def run(env, size):
    """Make the entities and the people who work with them."""
    env.company.write(
        {"website": "https://www.company.example", "phone": "+12125550100"}
    )
    make_people(env)
    make_entities(env, size)
    vacuum(env, "res_partner")


def make_people(env):
    """A sales manager, and twenty salespeople in four teams."""
    people = [f"scale_person_{number}" for number in range(PEOPLE)]
    salespeople = make_users(env, people, "sales_team.group_sale_salesman")
    manager = make_users(env, ["scale_manager"], "sales_team.group_sale_manager")
    env["crm.team"].create(
        [
            {
                "name": f"Scale team {team}",
                "user_id": manager.id,
                "member_ids": [Command.set(salespeople[team::TEAMS].ids)],
            }
            for team in range(TEAMS)
        ]
    )


def make_users(env, logins, group):
    """Users who have but this group."""
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "login": login,
                    "name": login.replace("_", " ").capitalize(),
                    "email": f"{login}@company.example",
                    "tz": ZONE,
                    "group_ids": [Command.set(env.ref(group).ids)],
                }
                for login in logins
            ]
        )
    )


def make_entities(env, size):
    """Insert the entities: each takes what is not its own from a pattern."""
    patterns = make_patterns(env)
    first = next_id(env, "res_partner")
    words = {
        "first": first,
        "area": f"('{{{','.join(map(str, AREA_CODES))}}}'::int[])[n % 10 + 1]",
        "exchange": "(200 + n / 10000)",
        "subscriber": "lpad((n % 10000)::text, 4, '0')",
    }
    insert_copies(
        env,
        "res_partner",
        pattern=f"pattern.id = (ARRAY{patterns.ids})[n % {GROUPS} + 1]",
        values={name: term.format(**words) for name, term in OWN_COLUMNS.items()},
        source=f"generate_series(0, {size} - 1) n",
    )
    env.cr.execute("ANALYZE res_partner")
    patterns.unlink()
    compare_with_orm(env, first + size // 2)


def make_patterns(env):
    """One entity of each group, as ``create`` makes it."""
    country = env.ref("base.us")
    groups = env["res.partner.industry"].search([], limit=GROUPS)
    return env["res.partner"].create(
        [
            {
                "name": group.name,
                "email": f"pattern{group.id}@mail.example",
                "phone": f"+1 212-201-{group.id:04}",
                "street": "1 Main Street",
                "city": state.name,
                "zip": "10000",
                "country_id": country.id,
                "state_id": state.id,
                "industry_id": group.id,
                "lang": "en_US",
                "tz": ZONE,
            }
            for group, state in zip(groups, country.state_ids[:GROUPS], strict=True)
        ]
    )


def compare_with_orm(env, partner_id):
    """Fail unless ``create`` would have filled the same columns alike."""
    columns = owned_columns(env, "res_partner")
    own = {"id", "commercial_partner_id", "create_date", "write_date"}
    own.add("calendar_last_notif_ack")  # a moment, too
    given = ["name", "email", "phone", "street", "city", "zip", "country_id"]
    given += ["state_id", "industry_id", "lang", "tz"]
    inserted = env["res.partner"].browse(partner_id)
    created = inserted.create(_written(inserted, given))
    env.flush_all()
    env.cr.execute(
        f"SELECT {', '.join(columns)} FROM res_partner WHERE id = ANY(%s) ORDER BY id",
        ([inserted.id, created.id],),
    )
    by_sql, by_orm = env.cr.dictfetchall()
    for name in set(columns) - own:
        check(by_sql[name] == by_orm[name], f"res_partner.{name}: {by_sql} {by_orm}")
    created.unlink()


def _written(record, names):
    return {
        name: record._fields[name].convert_to_write(record[name], record)
        for name in names
    }
