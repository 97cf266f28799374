from collections import Counter
from datetime import timedelta
from itertools import chain

import pytz

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from .crm_campaign_generation import BATCH, FIRST_BATCH
from .crm_task_plan import ENTITIES

# So many days of work are shown, from the first one with a task.
DAYS_SHOWN = 14


class CrmCampaign(models.Model):
    """What launching would do, told before: nothing is written.

    Who enters is found by the queries of generation, their salespeople are named and
    their first tasks dated by the methods that generation calls, batch for batch, as
    though each had been made. So the counts are those of the launch that follows at
    that moment. Cost grows with the entities that enter.
    """

    _inherit = "crm.campaign"

    # === CONTRACT === #

    def dry_run(self):
        """What launching now would do; nothing is written.

        Days are those of who asks; money is in the campaign's currency.

        :return: dict of ``entering`` (how many), ``left_out`` (list of ``{"reason",
            "text", "count"}``, each entity once), ``unreachable`` (how many enter, but
            cannot get the first message), ``tasks`` (see :meth:`_told_tasks`),
            ``cost`` (``fixed``, ``first_tasks``), ``history`` (see :meth:`_history`)
            and ``expected`` (see :meth:`_expectation`), both empty where nothing of
            the playbook was ever closed
        :rtype: dict
        :raise UserError: when there is no segment or no stage
        """
        self.ensure_one()
        self.check_access("write")
        self._check_ready()
        entering = sorted(self._to_generate())
        tasks = self._rehearse_first_tasks(entering)
        history = self._history()
        return {
            "name": self.name,
            "currency_id": self.currency_id.id,
            "budget": self.budget,
            "entering": len(entering),
            "left_out": self._left_out(),
            "unreachable": self._count_unreachable(entering),
            "tasks": self._told_tasks(tasks),
            "cost": {
                "fixed": self.fixed_cost,
                "first_tasks": self._cost_of_first_tasks(len(tasks)),
            },
            "history": history,
            "expected": self._expectation(history, len(entering)) if history else {},
        }

    def action_dry_run(self):
        """Open the screen that shows it."""
        self.ensure_one()
        self.check_access("write")
        self._check_ready()
        return {
            "type": "ir.actions.client",
            "tag": "crm_playbook.dry_run",
            "name": self.env._("Dry Run: %s", self.name),
            "params": {"campaign_id": self.id},
        }

    # === WHO === #

    def _left_out(self):
        """Who of the segment has no opportunity, by the first reason that applies."""
        told, before = [], len(self._narrowed(self._segment_domain(), []))
        for reason, query in self._narrowing():
            count = len(query)
            if count < before:
                text = self._left_out_texts()[reason]
                told.append({"reason": reason, "text": text, "count": before - count})
            before = count
        return told

    def _narrowing(self):
        """Each reason with those who are left after it, a query."""
        conditions = self._launch_conditions()
        reasons = list(conditions)
        for place, reason in enumerate(reasons, 1):
            met = [conditions[one] for one in reasons[:place]]
            yield reason, self._narrowed(self._segment_domain(), met)

    def _left_out_texts(self):
        return {
            "other_company": self.env._("Belongs to another company"),
            "unwilling": self.env._("Does not want to be contacted this way"),
            "taken": self.env._("Is or was in the campaign, too lately to begin again"),
            "recorded": self.env._("Is in the control group"),
            "control": self.env._("Is in the control group"),
        }

    def _launch_domain(self, place):
        """Entities by what a launch does with them: enter, or why it leaves them out.

        :param str place: ``entering``, or a reason
        """
        self._check_ready()
        if place == "entering":
            return Domain("id", "in", self._to_generate())
        before = self._narrowed(self._segment_domain(), [])
        for reason, query in self._narrowing():
            if reason == place:
                return Domain("id", "in", before) & Domain("id", "not in", query)
            before = query
        return Domain.FALSE

    def action_view_launch(self, place):
        """Open who enters, or who is left out for a reason.

        :param str place: ``entering``, or a reason as :meth:`dry_run` tells it
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.res_partner_action"
        )
        return action | {
            "domain": [("crm_launch", "=", f"{self.id}/{place}")],
            "context": {"allowed_company_ids": self.company_id.ids},
        }

    def _count_unreachable(self, entering):
        """How many cannot get the first message, for want of an address or number."""
        stage = self.playbook_id._first_stage()
        if stage.task_mode != "automatic":
            return 0
        column = (
            "phone_sanitized" if stage.task_channel == "sms" else "email_normalized"
        )
        [(count,)] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM res_partner WHERE id = ANY(%s)"
                " AND coalesce(%s, '') = ''",
                entering,
                SQL.identifier(column),
            )
        )
        return count

    # === TASKS === #

    def _rehearse_first_tasks(self, partner_ids):
        """Who would have the first tasks, and when: as generation, batch for batch.

        :return: list of (user id, or None for nobody, start in UTC)
        """
        stage = self.playbook_id._first_stage().sudo()
        if not stage.task_type_id:
            return []
        users, companies = [], []
        for batch in _batches(partner_ids):
            besides = {
                "open_actions_besides": dict(Counter(filter(None, users))),
                "turns_besides": len(users),
            }
            plan, campaign = stage.with_context(**besides), self.with_context(**besides)
            asked = plan._asked(campaign._thought_of(batch, stage), ENTITIES["stage"])
            users += plan._share(asked)
            companies += asked["company_id"]
        dates = stage._dates_of(users, companies)
        return [(user, start) for user, (start, _end) in zip(users, dates, strict=True)]

    def _thought_of(self, partner_ids, stage):
        """Opportunities that do not exist yet, as what asks for their first task."""
        self.env.flush_all()
        return SQL(
            """unnest(%s, %s::int[]) WITH ORDINALITY AS given(partner_id, user_id, n)
         CROSS JOIN LATERAL (
                   SELECT NULL::int AS id, given.partner_id, given.user_id,
                          %s AS playbook_stage_id, 1 AS stage_visit,
                          %s AS crm_campaign_id, %s::int AS team_id,
                          %s AS company_id, true AS active, 'pending' AS won_status
               ) journey
         CROSS JOIN LATERAL (
                   SELECT NULL::int AS id, given.partner_id, journey.company_id
               ) line
          LEFT JOIN crm_action done ON false""",
            partner_ids,
            [user or None for user in self._salespeople(partner_ids)],
            stage.id,
            self.id,
            self.team_id.id or None,
            self.company_id.id,
        )

    def _told_tasks(self, tasks):
        """The first tasks by person and day, against what there is to do already.

        :return: dict of ``type``, ``mode``, ``count``, ``automatic`` (done by the
            scheduler: nobody's load), ``days`` (dates, the first ones on which there is
            something), ``people``: list of ``{"id", "name", "count", "later",
            "days"}``, nobody first; each day has ``count``, ``hours`` (of the new
            tasks), ``booked_hours`` and ``available_hours``
        """
        stage = self.playbook_id._first_stage()
        told = {
            "type": stage.task_type_id.name or "",
            "mode": stage.task_mode,
            "count": len(tasks),
            "automatic": stage.task_mode == "automatic",
            "days": [],
            "people": [],
        }
        if told["automatic"] or not tasks:
            return told
        by_day = Counter((user, self._day_of(start)) for user, start in tasks)
        dates = self._days_shown(min(day for _user, day in by_day))
        return told | {
            "days": [str(date) for date in dates],
            "people": self._told_people(by_day, dates, stage.task_type_id.duration),
        }

    def _told_people(self, by_day, dates, length):
        ids = {user for user, _day in by_day}
        people = self.env["res.users"].browse(sorted(ids - {None, False}))
        agenda = self.env["crm.agenda"]
        loads = agenda._loads(people, dates, False)
        hours = agenda._hours_by_day(people, dates)
        rows = [self.env["res.users"]] if ids & {None, False} else []
        return [
            self._told_person(person, by_day, dates, length, loads, hours)
            for person in chain(rows, people.sorted("name"))
        ]

    def _told_person(self, person, by_day, dates, length, loads, hours):
        own = Counter()
        for (user, day), count in by_day.items():
            if (user or False) == person.id:
                own[day] += count
        days = [
            {
                "count": own[day],
                "hours": own[day] * length,
                "booked_hours": loads.get((person.id, day), (0, 0))[1],
                "available_hours": hours.get((person.id, day), 0),
            }
            for day in dates
        ]
        return {
            "id": person.id or False,
            "name": person.sudo().name or self.env._("Nobody"),
            "count": own.total(),
            "later": own.total() - sum(day["count"] for day in days),
            "days": days,
        }

    def _day_of(self, moment):
        return pytz.utc.localize(moment).astimezone(self.env.tz).date()

    def _days_shown(self, first):
        return [first + timedelta(days=number) for number in range(DAYS_SHOWN)]

    def _cost_of_first_tasks(self, count):
        action_type = self.playbook_id._first_stage().sudo().task_type_id
        if not action_type:
            return 0.0
        return count * action_type.currency_id._convert(
            action_type.marginal_cost,
            self.currency_id,
            self.company_id,
            fields.Date.context_today(self),
        )


def _batches(partner_ids):
    """As launching takes entities up: a first few, then the rest."""
    first, rest = partner_ids[:FIRST_BATCH], partner_ids[FIRST_BATCH:]
    return chain([first] if first else [], split_every(BATCH, rest, list))
