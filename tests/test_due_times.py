from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import tagged

from .common import MessageCase
from .test_engine_properties import stories

UTC = ZoneInfo("UTC")
QUARTER = timedelta(minutes=15)
MORNING, AFTERNOON = (9, 13), (14, 18)
ZONES = [
    "Asia/Tokyo",  # UTC+9, without summer time
    "America/Los_Angeles",  # UTC-8
    "Europe/Madrid",
    "Asia/Kathmandu",  # UTC+5:45
    "Australia/Lord_Howe",  # summer time of half an hour
    "America/Santiago",  # the clocks change at midnight
]
# When clocks change in one of them (UTC).
CHANGES = [
    *(datetime(2026, 3, 8, 10), datetime(2026, 11, 1, 9)),
    *(datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)),
    *(datetime(2026, 4, 4, 15), datetime(2026, 10, 3, 15, 30)),
    *(datetime(2026, 4, 5, 3), datetime(2026, 9, 6, 4)),
]
moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1))
moments_about_a_change = st.builds(
    datetime.__add__,
    st.sampled_from(CHANGES),
    st.timedeltas(-timedelta(days=3), timedelta(hours=3)),
)
# In the zone of who does the task: now, the delay in days and hours, and the due time.
CLOCKS = [
    # The clocks go on in Madrid: 29 March 2026 lacks the hour from two to three.
    ("Europe/Madrid", "2026-03-28 09:00", 1, 0, "2026-03-29 09:00"),
    ("Europe/Madrid", "2026-03-28 23:00", 0, 24, "2026-03-30 00:00"),
    ("Europe/Madrid", "2026-03-29 01:30", 0, 1, "2026-03-29 03:30"),
    ("Europe/Madrid", "2026-03-28 02:30", 1, 0, "2026-03-29 03:30"),
    # They go back: 25 October 2026 has that hour twice.
    ("Europe/Madrid", "2026-10-24 09:00", 1, 0, "2026-10-25 09:00"),
    ("Europe/Madrid", "2026-10-24 23:00", 0, 24, "2026-10-25 22:00"),
    ("Europe/Madrid", "2026-10-25 02:30", 0, 0, "2026-10-25 02:30"),
    ("Europe/Madrid", "2026-10-25 02:30", 1, 0, "2026-10-26 02:30"),
    ("Europe/Madrid", "2026-10-25 02:30", 0, 1, "2026-10-25 02:30 again"),
    ("Europe/Madrid", "2026-10-25 02:30 again", 0, 1, "2026-10-25 03:30"),
    # California has its own days for that: 8 March and 1 November.
    ("America/Los_Angeles", "2026-03-07 17:00", 1, 0, "2026-03-08 17:00"),
    ("America/Los_Angeles", "2026-03-07 20:00", 0, 24, "2026-03-08 21:00"),
    ("America/Los_Angeles", "2026-10-31 17:00", 1, 0, "2026-11-01 17:00"),
    # Tokyo has none. Its day begins while it is still yesterday in Greenwich.
    ("Asia/Tokyo", "2026-03-29 01:30", 1, 0, "2026-03-30 01:30"),
    ("Asia/Tokyo", "2026-01-01 08:30", 1, 0.5, "2026-01-02 09:00"),
    # Ends of months.
    ("America/Los_Angeles", "2026-01-31 18:00", 1, 0, "2026-02-01 18:00"),
    ("Asia/Tokyo", "2026-01-31 05:00", 30, 0, "2026-03-02 05:00"),
    ("Europe/Madrid", "2026-12-31 23:30", 1, 1, "2027-01-02 00:30"),
    # Leap years.
    ("Asia/Tokyo", "2028-02-28 07:00", 1, 0, "2028-02-29 07:00"),
    ("America/Los_Angeles", "2028-02-28 19:00", 1, 0, "2028-02-29 19:00"),
    ("Europe/Madrid", "2028-02-29 10:00", 1, 0, "2028-03-01 10:00"),
    ("Europe/Madrid", "2028-02-29 10:00", 366, 0, "2029-03-01 10:00"),
    ("Europe/Madrid", "2027-02-28 10:00", 1, 0, "2027-03-01 10:00"),
]
# The same for tasks planned inside working hours: Monday to Friday, 9 to 13 and 14 to
# 18, without Wednesday 4 March 2026.
WORKING_HOURS = [
    ("Asia/Tokyo", "2026-03-02 08:00", 0, 0, "2026-03-02 09:00"),
    ("America/Los_Angeles", "2026-03-02 08:00", 0, 0, "2026-03-02 09:00"),
    ("Europe/Madrid", "2026-03-02 10:37", 0, 0, "2026-03-02 10:45"),
    ("Europe/Madrid", "2026-03-02 12:50", 0, 0, "2026-03-02 14:00"),
    ("America/Los_Angeles", "2026-03-02 17:50", 0, 0, "2026-03-03 09:00"),
    ("Asia/Tokyo", "2026-03-02 17:50", 1, 0, "2026-03-05 09:00"),
    ("Europe/Madrid", "2026-03-03 16:45", 0, 0, "2026-03-03 16:45"),
    # A visit of an hour does not fit any more.
    ("Europe/Madrid", "2026-03-03 17:15", 0, 0, "2026-03-05 09:00"),
    ("Europe/Madrid", "2026-03-03 10:00", 1, 0, "2026-03-05 09:00"),
    # Over the weekend on which the clocks change.
    ("Europe/Madrid", "2026-03-27 18:00", 0, 0, "2026-03-30 09:00"),
    ("Europe/Madrid", "2026-10-23 18:00", 0, 0, "2026-10-26 09:00"),
    ("America/Los_Angeles", "2026-03-06 18:00", 0, 0, "2026-03-09 09:00"),
    # Month ends and leap days.
    ("Asia/Tokyo", "2026-01-30 18:00", 0, 0, "2026-02-02 09:00"),
    ("Europe/Madrid", "2028-02-28 18:00", 0, 0, "2028-02-29 09:00"),
]


def in_utc(zone, text):
    """The moment of a wall clock; the second one where an hour comes twice."""
    clock = datetime.fromisoformat(text.removesuffix(" again"))
    clock = clock.replace(tzinfo=ZoneInfo(zone), fold=text.endswith(" again"))
    return clock.astimezone(UTC).replace(tzinfo=None)


def on_clock(zone, moment):
    """What the clocks of a zone show at a moment."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def clock_shows(zone, clock):
    """Whether the clocks of a zone ever show that."""
    moment = clock.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    return on_clock(zone, moment) == clock


@tagged("post_install", "-at_install")
class TestDueTimes(MessageCase):
    """Tasks fall due when the clock on the wall of who does them says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Test hours",
                "tz": "UTC",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": f"{day} {begin}",
                                "dayofweek": str(day),
                                "hour_from": begin,
                                "hour_to": end,
                                "day_period": period,
                            }
                        )
                        for day in range(5)
                        for period, (begin, end) in (
                            ("morning", MORNING),
                            ("afternoon", AFTERNOON),
                        )
                    ),
                ],
            }
        )
        cls.env["resource.resource"].create(
            {
                "name": cls.seller.name,
                "user_id": cls.seller.id,
                "calendar_id": cls.calendar.id,
            }
        )

    # === EXAMPLES === #

    def test_delays_follow_the_clock_of_who_does_the_task(self):
        for zone, now, days, hours, due in CLOCKS:
            for mode in ("free", "automatic"):
                with self.subTest(zone=zone, now=now, days=days, hours=hours):
                    start, _end = self._dates(
                        *(zone, in_utc(zone, now), mode, days, hours)
                    )
                    self.assertEqual(start, in_utc(zone, due))

    def test_planned_hours_are_working_hours_of_who_does_the_task(self):
        for zone, now, days, hours, due in WORKING_HOURS:
            with self.subTest(zone=zone, now=now, days=days, hours=hours):
                self._take_leave(zone, "2026-03-04 00:00", "2026-03-05 00:00")
                start, end = self._dates(
                    *(zone, in_utc(zone, now), "planned", days, hours)
                )
                self.assertEqual(start, in_utc(zone, due))
                self.assertEqual(end - start, self.visit._length())

    def test_automatic_task_is_done_at_its_hour_over_the_change_of_clocks(self):
        self.first.task_delay_days = 1
        for zone, now, due in (
            ("Europe/Madrid", "2026-03-28 09:00", "2026-03-29 09:00"),
            ("America/Los_Angeles", "2026-10-31 17:00", "2026-11-01 17:00"),
            ("Asia/Tokyo", "2026-03-28 01:00", "2026-03-29 01:00"),
        ):
            with self.subTest(zone=zone):
                self.seller.tz = zone
                due = in_utc(zone, due)
                with self._at(in_utc(zone, now)):
                    task = self._start().action_ids
                for moment, state in (
                    (due - timedelta(minutes=1), "planned"),
                    (due, "done"),
                ):
                    with self._at(moment):
                        self._run_cron("ir_cron_run_due_actions")
                    self.assertEqual(task.state, state)

    # === PROPERTIES === #

    @stories(150)
    @given(
        zone=st.sampled_from(ZONES),
        now=st.one_of(moments, moments_about_a_change),
        mode=st.sampled_from(["planned", "free", "automatic"]),
        days=st.one_of(st.integers(0, 3), st.integers(0, 400)),
        quarters=st.one_of(st.just(0), st.integers(0, 200)),
    )
    def test_due_times_keep_their_promises(self, zone, now, mode, days, quarters):
        now = now.replace(microsecond=0)
        start, end = self._dates(zone, now, mode, days, quarters / 4)
        self.assertGreaterEqual(start, now)
        if mode == "planned":
            asked, _end = self._dates(zone, now, "free", days, quarters / 4)
            self._check_first_working_quarter(zone, asked, start)
            self.assertEqual(end - start, self.visit._length())
        else:
            self._check_delay(zone, now, start, days, quarters)
            self.assertFalse(end)

    def _check_delay(self, zone, now, start, days, quarters):
        """Days are counted on the calendar, at the same hour; hours as they pass."""
        if not days:
            self.assertEqual(start - now, quarters * QUARTER)
            return
        same_hour = on_clock(zone, now) + timedelta(days=days)
        if clock_shows(zone, same_hour):
            reached = on_clock(zone, start - quarters * QUARTER)
            self.assertEqual(reached, same_hour)

    def _check_first_working_quarter(self, zone, asked, start):
        clock = on_clock(zone, start)
        self.assertEqual((clock.minute % 15, clock.second), (0, 0))
        self.assertTrue(self._works_at(zone, start))
        self.assertGreaterEqual(start, asked)
        earlier = start - QUARTER
        while earlier >= asked:
            self.assertFalse(self._works_at(zone, earlier))
            earlier -= QUARTER

    def _works_at(self, zone, moment):
        clock = on_clock(zone, moment)
        hour = clock.hour + clock.minute / 60
        length = self.visit.duration
        fits = any(begin <= hour <= end - length for begin, end in (MORNING, AFTERNOON))
        return clock.weekday() < 5 and fits

    # === HELPERS === #

    def _dates(self, zone, now, mode, days, hours):
        """When a task asked for now would start and end."""
        self.seller.tz = zone
        plan = self.env["crm.playbook.stage"].new(
            {
                "task_type_id": self.visit.id,
                "task_mode": mode,
                "task_delay_days": days,
                "task_delay_hours": hours,
            }
        )
        with self._at(now):
            [dates] = plan._task_dates(self.seller, self.env.company)
            return dates

    def _take_leave(self, zone, begin, end):
        """The only leave of the seller."""
        self.calendar.leave_ids.unlink()
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "resource_id": self.seller.resource_ids.id,
                "date_from": in_utc(zone, begin),
                "date_to": in_utc(zone, end),
            }
        )
