"""Half hours on the client's wall clock, and histories under other terms."""

from datetime import UTC, datetime, timedelta

from sla.policy import ClockKind
from sla.report import Contact, half_hour_of, half_hours, heatmap, table_of
from sla.whatif import compare
from tests.sla.story import MONDAY, Story, policy

LATER = MONDAY + timedelta(days=30)
PERIOD = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


def test_a_heatmap_is_by_local_weekday_and_hour():
    sunday_night = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert heatmap([sunday_night, MONDAY], "Europe/Berlin") == {(0, 0): 1, (0, 10): 1}


def test_half_hours_follow_the_wall_clock_and_keep_a_doubled_hour_apart():
    assert half_hour_of(datetime(2026, 6, 1, 0, 20, tzinfo=UTC), "Asia/Kathmandu") == datetime(
        2026, 6, 1, 0, 15, tzinfo=UTC
    )
    first, second = (datetime(2026, 10, 25, hour, 10, tzinfo=UTC) for hour in (0, 1))
    rows = half_hours([Contact("a", "q", "de", first), Contact("a", "q", "de", second)], "Europe/Berlin")
    assert [row.local_start for row in rows] == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]


def test_half_hours_count_contacts_and_agents():
    contacts = [
        Contact("a", "q", "de", MONDAY, handled=True, handling_s=100, in_sla=True),
        Contact("a", "q", "de", MONDAY, handled=True, handling_s=200, in_sla=False),
        Contact("a", "q", "de", MONDAY, abandoned=True),
        Contact("a", "q", "en", MONDAY),
    ]
    online = {"ann": [(MONDAY, MONDAY + timedelta(hours=1))], "ben": [(MONDAY, MONDAY + timedelta(minutes=15))]}
    german, english = half_hours(contacts, "Europe/Berlin", online)
    assert (german.offered, german.handled, german.abandoned, german.in_sla) == (3, 2, 1, 1)
    assert (german.handling_s, german.staffed) == (150, 1.5)
    assert english.offered == 1
    head, row = table_of([german])
    assert head == [
        "start",
        "local_start",
        "client",
        "queue",
        "language",
        "offered",
        "handled",
        "abandoned",
        "in_sla",
        "handling_s",
        "staffed",
    ]
    assert row == ["2026-11-23T09:00:00Z", "2026-11-23T10:00+01:00", "a", "q", "de", 3, 2, 1, 1, 150.0, 1.5]


def test_what_if_shows_the_same_history_under_another_target():
    histories = [Story().customer(0).handoff(0).detect(14).agent(wait).events for wait in (4, 10, 20)]
    stricter = policy(targets=[{"first_response": "5m"}])
    first = compare(histories, policy(), stricter, PERIOD, LATER)[0]
    assert first.kind is ClockKind.FIRST_RESPONSE
    assert (first.actual.met, first.actual.missed) == (2, 1)
    assert (first.other.met, first.other.missed) == (1, 2)


def test_recorded_alarms_do_not_leak_into_other_terms():
    history = Story().customer(0).handoff(0).detect(15).events
    gentler = policy(targets=[{"first_response": "30d"}])
    other = compare([history], policy(), gentler, PERIOD, MONDAY + timedelta(minutes=16))[0].other
    assert (other.missed, other.open) == (0, 1)
