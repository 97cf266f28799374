from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MONDAY
from .test_crm_action_mirror import HOUR, MirrorCase
from .test_engine_properties import stories

days = st.integers(0, 40)
hours = st.integers(0, 23)
people = st.integers(0, 2)  # the salesperson, a colleague, nobody
guests = st.integers(0, 3)  # of two possible guests, which: as bits

# What leaves the task to be done, and so something to change after it.
goes_on = st.one_of(
    st.tuples(st.just("reschedule_action"), days, hours),
    st.tuples(st.just("free_action"), days),
    st.tuples(st.just("time_action"), days, hours),
    st.tuples(st.just("plan_action"), days, hours, st.integers(1, 4)),
    st.tuples(st.just("change_activity"), days, people),
    st.tuples(st.just("change_event"), days, hours, people, guests),
    st.tuples(st.just("reassign_action"), people),
    st.tuples(st.just("invite_to_action"), guests),
    st.tuples(st.just("move_activity"), days),
    st.tuples(st.just("reassign_activity"), people),
    st.tuples(st.just("plan_activity_as_meeting"), days, hours),
    st.tuples(st.just("move_event"), days, hours, st.integers(0, 5)),
    st.tuples(st.just("begin_event_earlier"), hours),
    st.tuples(st.just("make_event_last_all_day")),
    st.tuples(st.just("reassign_event"), people),
    st.tuples(st.just("invite_to_event"), guests),
    st.tuples(st.just("restore_event")),
    st.tuples(st.just("hand_over_lead"), people),
    st.tuples(st.just("reopen_lead")),
)
comes_to_an_end = st.tuples(
    st.sampled_from(
        [
            "cancel_action",
            "do_action",
            "cancel_activity",
            "tick_off_activity",
            "archive_activity",
            "archive_event",
            "delete_event",
            "close_lead",
        ]
    )
)
changes = st.one_of(goes_on, goes_on, goes_on, comes_to_an_end)


@tagged("post_install", "-at_install")
class TestMirrorProperties(MirrorCase):
    """Action, activity and calendar event agree, in whichever of them one changes what.

    Activities are changed by whoever has them, all else by the leader of the team. What
    is refused must change nothing, which the agreement shows as well; what is not
    refused is what the action says then.
    """

    @stories(60)
    @given(
        is_of_lead=st.booleans(),
        is_timed=st.sampled_from([True, True, False]),
        story=st.lists(changes, min_size=5, max_size=12),
    )
    def test_all_three_agree_after_any_story(self, is_of_lead, is_timed, story):
        with self.env.cr.savepoint() as savepoint:
            self.lead = self._create_lead().with_user(self.leader)
            task = self._visit if is_timed else self._free
            action = task(**({"lead_id": self.lead.id} if is_of_lead else {}))
            self.action = action.with_user(self.leader)
            self._check_agreement(self.action)
            for name, *details in story:
                self._change(name, *details)
                self._check_agreement(self.action)
                self._check_done_stays_done()
            savepoint.rollback()
        self.env.invalidate_all()

    def _change(self, name, *details):
        try:
            with self.env.cr.savepoint():
                wanted = getattr(self, f"_{name}")(*details)
        except UserError as refusal:
            self._check_may_be_refused(name, refusal)
            return
        self.env.invalidate_all()
        for field, value in (wanted or {}).items():
            self.assertEqual(self.action.sudo()[field], value, (name, field))

    def _check_may_be_refused(self, name, refusal):
        """A task that is over refuses changes; rights are never what is missing."""
        self.env.invalidate_all()
        self.assertNotIsInstance(refusal, AccessError, name)
        if name != "make_event_last_all_day":
            state = self.action.sudo().state
            self.assertNotEqual(state, "planned", f"{name} was refused: {refusal}")

    def _check_done_stays_done(self):
        if self.action.sudo().done_at:
            self.assertEqual(self.action.sudo().state, "done")

    # Each change says what the action should say then.

    # === IN THE ACTION === #

    def _reschedule_action(self, day, hour):
        moment = self._moment(day, hour)
        self.action.reschedule(moment)
        return {"state": "planned", "date_start": moment}

    def _free_action(self, day):
        moment = self._moment(day, 7)
        values = {"mode": "free", "date_start": moment, "date_end": False}
        self.action.write(values)
        return values

    def _time_action(self, day, hour):
        moment = self._moment(day, hour)
        values = {"mode": "planned", "date_start": moment, "date_end": moment + HOUR}
        self.action.write(values)
        return values

    def _plan_action(self, day, hour, length):
        moment = self._moment(day, hour)
        self.action.plan(moment, length)
        return {
            "state": "planned",
            "mode": "planned",
            "date_start": moment,
            "date_end": moment + length * HOUR,
        }

    def _reassign_action(self, person):
        user = self._person(person)
        if user:
            self.action.reassign(user.id)
        else:
            self.action.give_back()
        return {"user_id": user}

    def _invite_to_action(self, which):
        self.action.guest_ids = self._guests(which)
        return {"guest_ids": self._guests(which)}

    def _cancel_action(self):
        self.action.cancel()
        return {"state": "cancelled"}

    def _do_action(self):
        self.action.done(self.interested.id)
        return {"state": "done", "outcome_id": self.interested}

    # === IN ITS ACTIVITY === #

    def _move_activity(self, day):
        if activity := self._mirrored_activity():
            activity.date_deadline = self._day(day)
            activity.invalidate_recordset()
            self.assertEqual(activity.date_deadline, self._day(day))

    def _reassign_activity(self, person):
        if activity := self._mirrored_activity():
            activity.user_id = self._person(person)
            return {"user_id": self._person(person)}
        return None

    def _change_activity(self, day, person):
        if activity := self._open_activity():
            user = self._person(person)
            activity.write({"date_deadline": self._day(day), "user_id": user.id})
            return {"user_id": user}
        return None

    def _cancel_activity(self):
        if activity := self._open_activity():
            activity.action_cancel()
            return {"state": "cancelled"}
        return None

    def _tick_off_activity(self):
        if activity := self._open_activity():
            activity.action_feedback("Ticked off")
            return {"state": "done", "lacks_outcome": True, "note": "Ticked off"}
        return None

    def _archive_activity(self):
        if activity := self._open_activity():
            activity.action_archive()
            return {"state": "done", "lacks_outcome": True}
        return None

    def _plan_activity_as_meeting(self, day, hour):
        moment = self._moment(day, hour)
        activity = self._open_activity()
        if not activity:
            return None
        activity.env["calendar.event"].create(
            {
                "name": "A meeting for it",
                "start": moment,
                "stop": moment + 2 * HOUR,
                "user_id": activity.user_id.id,
                "partner_ids": [(6, 0, activity.user_id.partner_id.ids)],
                "activity_ids": [(6, 0, activity.ids)],
            }
        )
        return {"mode": "planned", "date_start": moment, "date_end": moment + 2 * HOUR}

    # === IN ITS CALENDAR EVENT === #

    def _move_event(self, day, hour, length):
        moment = self._moment(day, hour)
        end = moment + length * HOUR
        if event := self._shown_event():
            event.write({"start": moment, "stop": end})
            return {"date_start": moment, "date_end": end}
        return None

    def _begin_event_earlier(self, hour):
        if event := self._shown_event():
            start = event.start - hour * HOUR
            event.start = start
            return {"date_start": start}
        return None

    def _make_event_last_all_day(self):
        if event := self._shown_event():
            event.write(
                {
                    "allday": True,
                    "start_date": event.start.date(),
                    "stop_date": event.start.date(),
                }
            )

    def _reassign_event(self, person):
        if event := self._shown_event():
            event.user_id = self._person(person)
            return {"user_id": self._person(person)}
        return None

    def _invite_to_event(self, which):
        if event := self._shown_event():
            event.partner_ids = self._guests(which)  # whoever has it comes all the same
            return {"guest_ids": self._guests(which)}
        return None

    def _change_event(self, day, hour, person, which):
        if event := self._shown_event():
            moment, user = self._moment(day, hour), self._person(person)
            invited = self._guests(which)
            event.write(
                {
                    "start": moment,
                    "stop": moment + HOUR,
                    "user_id": user.id,
                    "partner_ids": [(6, 0, invited.ids)],
                }
            )
            return {"date_start": moment, "user_id": user, "guest_ids": invited}
        return None

    def _archive_event(self):
        if event := self._shown_event():
            event.action_archive()
            return {"state": "cancelled"}
        return None

    def _restore_event(self):
        event = self._mirrored_event().with_context(active_test=False)
        if event and not event.active and self.action.sudo().state != "done":
            event.active = True
            return {"state": "planned", "mode": "planned", "date_start": event.start}
        return None

    def _delete_event(self):
        if event := self._shown_event():
            event.unlink()
            return {"state": "cancelled"}
        return None

    # === IN ITS OPPORTUNITY === #

    def _hand_over_lead(self, person):
        self.lead.sudo().user_id = self._person(person)

    def _close_lead(self):
        self.lead.sudo().action_set_lost()
        if self.action.lead_id and not self.action.sudo().done_at:
            return {"state": "cancelled"}
        return None

    def _reopen_lead(self):
        if not self.lead.sudo().active:
            self.lead.sudo().action_restore()

    # === HELPERS === #

    def _mirrored_activity(self):
        activity = self._activity(self.action)
        return activity.with_user(activity.sudo().user_id or self.leader)

    def _open_activity(self):
        return self._mirrored_activity().filtered("active")

    def _shown_event(self):
        """The event while it is in the calendar and its task still to be done."""
        is_planned = self.action.sudo().state == "planned"
        return self._mirrored_event().filtered(
            lambda event: event.active and is_planned
        )

    def _mirrored_event(self):
        return self._event(self.action, self.leader)

    def _person(self, position):
        return (self.seller, self.other_seller, self.env["res.users"])[position]

    def _guests(self, which):
        possible = self.partner | self.leader.partner_id
        return possible.filtered(lambda guest: which >> list(possible).index(guest) & 1)

    def _day(self, day):
        return date(2026, 3, 1) + timedelta(days=day)

    def _moment(self, day, hour):
        return MONDAY.replace(hour=0) + timedelta(days=day, hours=hour)
