from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MONDAY
from .test_crm_action_mirror import HOUR, MirrorCase
from .test_engine_properties import stories

days = st.integers(0, 40)
hours = st.integers(0, 23)
people = st.integers(0, 2)  # the salesperson, a colleague, nobody
guests = st.integers(0, 3)  # of two possible guests, which: as bits

changes = st.one_of(
    st.tuples(st.just("reschedule_action"), days, hours),
    st.tuples(st.just("free_action"), days),
    st.tuples(st.just("time_action"), days, hours),
    st.tuples(st.just("reassign_action"), people),
    st.tuples(st.just("invite_to_action"), guests),
    st.tuples(st.just("cancel_action")),
    st.tuples(st.just("do_action")),
    st.tuples(st.just("move_activity"), days),
    st.tuples(st.just("reassign_activity"), people),
    st.tuples(st.just("cancel_activity")),
    st.tuples(st.just("tick_off_activity")),
    st.tuples(st.just("archive_activity")),
    st.tuples(st.just("plan_activity_as_meeting"), days, hours),
    st.tuples(st.just("move_event"), days, hours, st.integers(0, 5)),
    st.tuples(st.just("begin_event_earlier"), hours),
    st.tuples(st.just("make_event_last_all_day")),
    st.tuples(st.just("reassign_event"), people),
    st.tuples(st.just("invite_to_event"), guests),
    st.tuples(st.just("archive_event")),
    st.tuples(st.just("restore_event")),
    st.tuples(st.just("delete_event")),
    st.tuples(st.just("hand_over_lead"), people),
    st.tuples(st.just("close_lead")),
    st.tuples(st.just("reopen_lead")),
)


@tagged("post_install", "-at_install")
class TestMirrorProperties(MirrorCase):
    """Action, activity and calendar event agree, in whichever of them one changes what.

    Everything is done as the leader of the team, who may; what is refused must change
    nothing, which the agreement shows as well.
    """

    @stories(60)
    @given(
        is_of_lead=st.booleans(),
        is_timed=st.booleans(),
        story=st.lists(changes, min_size=3, max_size=10),
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
        mirror = name.rsplit("_", 1)[-1]
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_{name}")(*details)
        except UserError as refusal:
            self.assertTrue(str(refusal), mirror)

    def _check_done_stays_done(self):
        if self.action.sudo().done_at:
            self.assertEqual(self.action.sudo().state, "done")

    # === IN THE ACTION === #

    def _reschedule_action(self, day, hour):
        self.action.reschedule(self._moment(day, hour))

    def _free_action(self, day):
        moment = self._moment(day, 7)
        self.action.write({"mode": "free", "date_start": moment, "date_end": False})

    def _time_action(self, day, hour):
        moment = self._moment(day, hour)
        self.action.write(
            {"mode": "planned", "date_start": moment, "date_end": moment + HOUR}
        )

    def _reassign_action(self, person):
        if user := self._person(person):
            self.action.reassign(user.id)
        else:
            self.action._give_back()

    def _invite_to_action(self, which):
        self.action.guest_ids = self._guests(which)

    def _cancel_action(self):
        self.action.cancel()

    def _do_action(self):
        self.action.done(self.interested.id)

    # === IN ITS ACTIVITY === #

    def _move_activity(self, day):
        self._mirrored_activity().date_deadline = self._day(day)

    def _reassign_activity(self, person):
        self._mirrored_activity().user_id = self._person(person)

    def _cancel_activity(self):
        self._mirrored_activity().action_cancel()

    def _tick_off_activity(self):
        self._mirrored_activity().action_feedback("Ticked off")

    def _archive_activity(self):
        self._mirrored_activity().action_archive()

    def _plan_activity_as_meeting(self, day, hour):
        activity = self._mirrored_activity()
        moment = self._moment(day, hour)
        self.env["calendar.event"].with_user(self.leader).create(
            {
                "name": "A meeting for it",
                "start": moment,
                "stop": moment + 2 * HOUR,
                "user_id": activity.user_id.id,
                "partner_ids": [(6, 0, activity.user_id.partner_id.ids)],
                "activity_ids": [(6, 0, activity.ids)],
            }
        )

    # === IN ITS CALENDAR EVENT === #

    def _move_event(self, day, hour, length):
        moment = self._moment(day, hour)
        self._mirrored_event().write({"start": moment, "stop": moment + length * HOUR})

    def _begin_event_earlier(self, hour):
        event = self._mirrored_event()
        if event:
            event.start = event.start - hour * HOUR

    def _make_event_last_all_day(self):
        event = self._mirrored_event()
        if event:
            event.write(
                {
                    "allday": True,
                    "start_date": event.start.date(),
                    "stop_date": event.start.date(),
                }
            )

    def _reassign_event(self, person):
        self._mirrored_event().user_id = self._person(person)

    def _invite_to_event(self, which):
        event = self._mirrored_event()
        event.partner_ids = event.user_id.partner_id | self._guests(which)

    def _archive_event(self):
        self._mirrored_event().action_archive()

    def _restore_event(self):
        event = self._mirrored_event().with_context(active_test=False)
        event.filtered(lambda event: not event.active).active = True

    def _delete_event(self):
        self._mirrored_event().unlink()

    # === IN ITS OPPORTUNITY === #

    def _hand_over_lead(self, person):
        self.lead.sudo().user_id = self._person(person)

    def _close_lead(self):
        self.lead.sudo().action_set_lost()

    def _reopen_lead(self):
        if not self.lead.sudo().active:
            self.lead.sudo().action_restore()

    # === HELPERS === #

    def _mirrored_activity(self):
        return self._activity(self.action, self.leader)

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
