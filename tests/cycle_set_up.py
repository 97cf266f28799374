"""Run in Odoo's shell: a cycle that many bought in, and the next one, just opened."""

env = globals()["env"]  # which Odoo's shell holds ready

admin = env.ref("base.user_admin")
calendar = env["crm.cycle.calendar"].create({"name": "Course"})
team = env["crm.team"].create(
    {"name": "Test team", "cycle_calendar_id": calendar.id, "user_id": admin.id}
)
last, following = env["crm.cycle"].create(
    [
        {
            "name": name,
            "calendar_id": calendar.id,
            "date_start": f"{year}-01-01",
            "date_end": f"{year}-12-31",
        }
        for name, year in (("Last", 2025), ("Next", 2026))
    ]
)
last.action_open()
partners = env["res.partner"].create(
    [{"name": f"Customer {number}"} for number in range(700)]
)
env["crm.lead"].create(
    [
        {
            "name": partner.name,
            "type": "opportunity",
            "partner_id": partner.id,
            "team_id": team.id,
            "user_id": admin.id,
            "cycle_id": last.id,
        }
        for partner in partners
    ]
).action_set_won()
following.action_open()
