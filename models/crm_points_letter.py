from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .audience import SALESPEOPLE
from .crm_transition_points import NOT_CORRECTED
from .res_users_hours import naive

BATCH = 50
# So late a letter is still sent, after a time in which nothing ran.
LATEST = timedelta(days=1)


class CrmPointsLetter(models.Model):
    """The letter that tells a person the points of the week that has ended.

    One for each person and week, as the database promises; it is made in the same
    transaction as its e-mail, which Odoo's own queue sends. It is due when the
    clock of the person says so: the week is the one that ended on that clock.
    """

    _name = "crm.points.letter"
    _description = "Letter on the Points of a Week"
    _order = "first_day desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one("res.users", "Person", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    figures = fields.Json(help="What it tells, as of when it was made.")

    _one_a_week = models.Constraint(
        "UNIQUE (user_id, first_day)", "A person has one letter on each week."
    )

    # === SCHEDULER === #

    @api.model
    def _cron_write(self):
        """Write the letters that are due; each batch of people is one transaction."""
        progress = self.env["ir.cron"]._commit_progress
        due = self._due()
        progress(remaining=sum(len(people) for people in due.values()))
        for (company, zone, first_day), people in due.items():
            for start in range(0, len(people), BATCH):
                batch = people[start : start + BATCH]
                letters = self.with_company(company)._write_letters(
                    company, zone, first_day, batch
                )
                letters._post()
                if not progress(len(batch)):
                    return

    @api.model
    def _due(self):
        """Whose letter is due: {(company, zone, first day of the week): people}."""
        due = defaultdict(self.env["res.users"].browse)
        companies = self.env["res.company"].search([("crm_points_letter", "=", True)])
        for company in companies:
            for person in self._readers(company):
                zone = person._zone(company)
                if first_day := self._week_due(company, zone):
                    due[company, zone, first_day] |= person
        return {key: self._without_letter(*key, due[key]) for key in due}

    @api.model
    def _week_due(self, company, zone):
        """The first day of the week of which a letter is due in a zone, if one is."""
        now = pytz.utc.localize(fields.Datetime.now())
        today = now.astimezone(zone).date()
        for day in (today, today - timedelta(days=1)):
            if company._first_day_of_week(day) == day:
                moment = self._moment_due(company, zone, day)
                if moment <= now < moment + LATEST:
                    return day - timedelta(days=7)
        return None

    @api.model
    def _moment_due(self, company, zone, day):
        minutes = min(round(company.crm_points_letter_hour * 60), 24 * 60 - 1)
        return zone.localize(datetime.combine(day, time(*divmod(minutes, 60))))

    @api.model
    def _readers(self, company):
        """Who gets letters: who sells, is in a team or leads one, and has an e-mail."""
        salespeople = self.env.ref(SALESPEOPLE)
        teams = Domain("company_id", "in", [company.id, False])
        in_team = self.env["crm.team"].search(teams)
        return self.env["res.users"].search(
            Domain("id", "in", (in_team.member_ids | in_team.user_id).ids)
            & Domain("company_id", "=", company.id)
            & Domain("share", "=", False)
            & Domain("all_group_ids", "in", salespeople.id)
            & Domain("email", "not in", [False, ""])
        )

    @api.model
    def _without_letter(self, _company, _zone, first_day, people):
        written = self.search(
            [("user_id", "in", people.ids), ("first_day", "=", first_day)]
        )
        return people - written.user_id

    # === WRITING === #

    @api.model
    def _write_letters(self, company, zone, first_day, people):
        """Write the letters of people who have none yet; whoever else does it, once."""
        figures = self._figures(company, zone, first_day, people)
        last_day = first_day + timedelta(days=6)
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO crm_points_letter
                       (user_id, company_id, first_day, last_day, create_uid,
                        create_date, write_uid, write_date)
                   SELECT person, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', %s,
                          now() AT TIME ZONE 'UTC'
                     FROM unnest(%s) AS person
                    ORDER BY person
                   ON CONFLICT (user_id, first_day) DO NOTHING
                   RETURNING id""",
                company.id,
                first_day,
                last_day,
                self.env.uid,
                self.env.uid,
                people.ids,
            )
        )
        letters = self.browse(letter_id for (letter_id,) in rows)
        for letter in letters:
            letter.figures = figures[letter.user_id]
        return letters

    def _post(self):
        """Put their e-mails in Odoo's queue."""
        if self:
            template = self.env.ref("crm_playbook.mail_template_points_letter")
            template.send_mail_batch(self.ids, force_send=False)

    # === FIGURES === #

    @api.model
    def _figures(self, company, zone, first_day, people):
        """What the letters of these people tell, {person: figures}.

        All that people did in the week is asked for once, whoever it is for.
        """
        week = self._week(zone, first_day)
        before = self._week(zone, first_day - timedelta(days=7))
        everybody = self._readers(company)
        of_company = Domain("company_id", "=", company.id)
        points = self._points(week, of_company)
        earlier = self._points(before, of_company)
        done = self._done(week, of_company)
        best = self._best(week, of_company)
        tables = self._tables(week, of_company, points, done)
        sums = {person: points.get(person, 0) for person in everybody}
        sums |= points
        goals = self._goals(people, first_day + timedelta(days=6))
        return {
            person: {
                "points": points.get(person, 0),
                "change": points.get(person, 0) - earlier.get(person, 0),
                "rank": 1 + sum(of > sums.get(person, 0) for of in sums.values()),
                "people": len(sums),
                "done": sum(count for _type, count in done.get(person, ())),
                "types": [
                    {"name": self._named(kind, person), "count": count}
                    for kind, count in done.get(person, ())
                ],
                "best": self._best_told(best.get(person), person),
                "goals": [
                    goal.with_context(lang=person.lang)._told()
                    for goal in goals.get(person, ())
                ],
                "tables": [
                    {"team": self._named(team, person), **table}
                    for team, table in tables.items()
                    if team.user_id == person
                ],
            }
            for person in people
        }

    @api.model
    def _week(self, zone, first_day):
        """When the week begins and ends in the zone, in UTC."""
        return tuple(
            naive(zone.localize(datetime.combine(day, time.min)))
            for day in (first_day, first_day + timedelta(days=7))
        )

    @api.model
    def _given(self, week, of_company):
        start, end = week
        return (
            Domain("points", "!=", 0)
            & Domain("date", ">=", start)
            & Domain("date", "<", end)
            & of_company
        )

    @api.model
    def _points(self, week, of_company):
        """{person: points}"""
        groups = self.env["crm.transition"]._read_group(
            self._given(week, of_company), ["user_id"], ["points:sum"]
        )
        return dict(groups)

    @api.model
    def _done(self, week, of_company):
        """{person: [(type of action, how many were done), the most first]}"""
        groups = self.env["crm.action"]._read_group(
            self.env["crm.agenda"]._done_within(*week)
            & Domain("mode", "!=", "automatic")
            & of_company,
            ["user_id", "action_type_id"],
            ["__count"],
            order="__count desc",
        )
        done = defaultdict(list)
        for person, kind, count in groups:
            done[person].append((kind, count))
        return done

    @api.model
    def _best(self, week, of_company):
        """{person: the line that gave most}; of what was corrected, none."""
        lines = self.env["crm.transition"].search(
            self._given(week, of_company) & Domain("points", ">", 0) & NOT_CORRECTED,
            order="points, id desc",
        )
        return {line.user_id: line for line in lines}

    @api.model
    def _tables(self, week, of_company, points, done):
        """{team: what its leader reads}, of teams that somebody leads.

        Points are those that people earned while they were in the team.
        """
        teams = self.env["crm.team"].search([("user_id", "!=", False)])
        earned = defaultdict(dict)
        groups = self.env["crm.transition"]._read_group(
            self._given(week, of_company) & Domain("team_id", "in", teams.ids),
            ["team_id", "user_id"],
            ["points:sum"],
        )
        for team, person, total in groups:
            earned[team][person] = total
        ranked = self.env["crm.leaderboard"]._ranked
        tables = {}
        for team in teams:
            sums = earned[team]
            rows = ranked({*team.member_ids.ids, *(p.id for p in sums)}, _ids(sums), {})
            for row in rows:
                person = self.env["res.users"].browse(row["id"])
                row["name"] = person.name
                row["done"] = sum(count for _type, count in done.get(person, ()))
            tables[team] = {"rows": rows, "total": sum(sums.values())}
        return tables

    @api.model
    def _goals(self, people, day):
        """{person: goals of the last day of the week}"""
        goals = people._goals_of(day)
        goals._count_now()
        return goals.grouped("user_id")

    @api.model
    def _best_told(self, line, person):
        if not line:
            return False
        names = (line.action_id.action_type_id, line.outcome_id)
        what = " · ".join(self._named(name, person) for name in names if name)
        return {
            "what": what or line.with_context(lang=person.lang).display_name,
            "entity": line.partner_id.name or "",
            "points": line.points,
        }

    @api.model
    def _named(self, record, person):
        """The name of a record in the language of who reads it."""
        return record.with_context(lang=person.lang).name or ""

    # === TIDYING === #

    @api.autovacuum
    def _gc_letters(self):
        """What was told long ago is of no use to anybody."""
        longer_ago = fields.Date.today() - timedelta(days=90)
        self.search([("first_day", "<", longer_ago)], limit=1000).unlink()


def _ids(by_record):
    return {record.id: value for record, value in by_record.items()}
