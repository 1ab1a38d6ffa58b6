"""`switchboard sla due` as a table: what is typed, and when it is due."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sla.calendar import Calendar
from sla.due import due_report
from sla.errors import CalendarError, SlaError
from sla.hours import DAYS, Hours, Window, parse_hours

BUSY_WEEK = "mon-fri 08:00-12:00,13:30-18:00; sat 09:00-13:00; sun 22:00-06:00"
OFFICE = "mon-fri 09:00-17:00"


def ask(**options):
    given = {"timezone": "Europe/Berlin", "hours": BUSY_WEEK, "start": "2026-11-23T16:59:30Z", "budget": "90m"}
    return due_report(**given | options)


DUE = [
    ("the contract's example", {}, "2026-11-24T08:29:30Z"),
    ("over the lunch break", {"start": "2026-11-24T10:30:00Z", "budget": "1h"}, "2026-11-24T13:00:00Z"),
    ("exactly at closing", {"start": "2026-11-23T16:00:00Z", "budget": "1h"}, "2026-11-23T17:00:00Z"),
    ("one second after closing", {"start": "2026-11-23T16:00:00Z", "budget": "3601s"}, "2026-11-24T07:00:01Z"),
    ("starting at closing", {"start": "2026-11-23T17:00:00Z", "budget": "1s"}, "2026-11-24T07:00:01Z"),
    ("microseconds survive", {"start": "2026-11-23T16:59:30.000001Z"}, "2026-11-24T08:29:30.000001Z"),
    ("an offset start", {"start": "2026-11-23T17:59:30+01:00"}, "2026-11-24T08:29:30Z"),
    ("past midnight into Monday", {"start": "2026-11-22T20:00:00Z", "budget": "9h"}, "2026-11-23T08:00:00Z"),
    ("a holiday", {"hours": OFFICE, "holiday": ["2026-11-24"], "budget": "1h"}, "2026-11-25T09:00:00Z"),
    (
        "a Bavarian holiday",
        {"hours": OFFICE, "holidays": "DE-BY", "start": "2026-12-24T15:00:00Z", "budget": "2h"},
        "2026-12-28T09:00:00Z",
    ),
    (
        "a holiday takes what Sunday carried into it",
        {"holiday": ["2026-11-23"], "start": "2026-11-22T21:00:00Z", "budget": "3h"},
        "2026-11-24T08:00:00Z",
    ),
    (
        "what a holiday's own night carries into the next date stays",
        {"holiday": ["2026-11-22"], "start": "2026-11-22T20:00:00Z", "budget": "1h"},
        "2026-11-23T00:00:00Z",
    ),
    (
        "a holiday closes 24/7",
        {"hours": "24/7", "holiday": ["2026-11-24"], "start": "2026-11-23T22:30:00Z", "budget": "1h"},
        "2026-11-24T23:30:00Z",
    ),
    (
        "a pause moves it",
        {"start": "2026-11-24T08:00:00Z", "budget": "1h", "pause": ["2026-11-24T08:30:00Z/2026-11-24T08:45:00Z"]},
        "2026-11-24T09:15:00Z",
    ),
    (
        "overlapping pauses count once, pauses outside hours not at all",
        {
            "start": "2026-11-24T08:00:00Z",
            "budget": "1h",
            "pause": [
                "2026-11-24T08:30:00Z/2026-11-24T08:45:00Z",
                "2026-11-24T08:40:00Z/2026-11-24T08:50:00Z",
                "2026-11-23T18:00:00Z/2026-11-24T06:00:00Z",
            ],
        },
        "2026-11-24T09:20:00Z",
    ),
    (
        "a pause from the very due time on does not matter",
        {"start": "2026-11-24T08:00:00Z", "budget": "1h", "pause": ["2026-11-24T09:00:00Z/2026-11-24T10:00:00Z"]},
        "2026-11-24T09:00:00Z",
    ),
    (
        "a pause that holds the start",
        {"start": "2026-11-24T08:00:00Z", "budget": "1h", "pause": ["2026-11-24T07:00:00Z/2026-11-24T09:00:00Z"]},
        "2026-11-24T10:00:00Z",
    ),
    (
        "spring: a night shift is an hour shorter",
        {"hours": "sat 22:00-06:00", "start": "2026-03-28T21:00:00Z", "budget": "7h"},
        "2026-03-29T04:00:00Z",
    ),
    (
        "autumn: a night shift is an hour longer",
        {"hours": "sat 22:00-06:00", "start": "2026-10-24T20:00:00Z", "budget": "9h"},
        "2026-10-25T05:00:00Z",
    ),
    (
        "an opening at a missing time is an hour later",
        {"hours": "sun 02:30-05:00", "start": "2026-03-28T12:00:00Z", "budget": "1s"},
        "2026-03-29T01:30:01Z",
    ),
    (
        "a closing at a doubled time is its first occurrence",
        {"hours": "sun 00:00-02:30; mon 10:00-11:00", "start": "2026-10-24T22:00:00Z", "budget": "9001s"},
        "2026-10-26T09:00:01Z",
    ),
    (
        "an opening at a doubled time is its first occurrence",
        {"hours": "sun 02:30-04:00", "start": "2026-10-24T22:00:00Z", "budget": "150m"},
        "2026-10-25T03:00:00Z",
    ),
    (
        "Lord Howe moves by half an hour",
        {
            "timezone": "Australia/Lord_Howe",
            "hours": "sun 00:00-06:00",
            "start": "2026-04-04T00:00:00Z",
            "budget": "390m",
        },
        "2026-04-04T19:30:00Z",
    ),
    (
        "Chatham keeps its three quarters",
        {"timezone": "Pacific/Chatham", "hours": OFFICE, "start": "2026-06-01T06:00:00Z", "budget": "1h"},
        "2026-06-01T21:15:00Z",
    ),
    (
        "Samoa skipped a whole Friday, whose times are read a day later",
        {"timezone": "Pacific/Apia", "hours": "fri 08:00-18:00", "start": "2011-12-30T09:00:00Z", "budget": "1h"},
        "2011-12-30T19:00:00Z",
    ),
    ("days are 24 running hours", {"hours": "24/7", "budget": "2d"}, "2026-11-25T16:59:30Z"),
    ("years", {"hours": "24/7", "budget": "36500d"}, "2126-10-30T16:59:30Z"),
    ("compound budget", {"hours": "24/7", "budget": "1d 2h 3m 4.5s"}, "2026-11-24T19:02:34.500000Z"),
]


@pytest.mark.parametrize(("options", "due"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_it_is_due(options, due):
    assert ask(**options)["due"] == due


UNTIL = [
    ("an hour in", {"start": "2026-11-24T08:00:00Z", "until": "2026-11-24T09:00:00Z"}, 3600),
    ("before the start", {"until": "2026-11-01T00:00:00Z"}, 0),
    ("at the start", {"until": "2026-11-23T16:59:30Z"}, 0),
    (
        "inside a pause",
        {
            "start": "2026-11-24T08:00:00Z",
            "until": "2026-11-24T08:50:00Z",
            "pause": ["2026-11-24T08:30:00Z/2026-11-24T09:30:00Z"],
        },
        1800,
    ),
    ("to the fraction", {"start": "2026-11-24T08:00:00.25Z", "until": "2026-11-24T08:00:01Z"}, 0.75),
    ("a working week", {"hours": OFFICE, "start": "2026-11-23T00:00:00Z", "until": "2026-11-30T00:00:00Z"}, 144_000),
]


@pytest.mark.parametrize(("options", "elapsed"), [row[1:] for row in UNTIL], ids=[row[0] for row in UNTIL])
def test_the_business_seconds_until(options, elapsed):
    assert ask(**options)["elapsed_s"] == elapsed


WRONG = [
    ({"start": "2026-11-23T16:59:30"}, "no time zone"),
    ({"start": "yesterday"}, "not a time"),
    ({"start": "0001-01-01T00:00:00+05:00"}, "years"),
    ({"start": "9999-12-31T23:59:59Z"}, "years"),
    ({"budget": "0m"}, "more than zero"),
    ({"budget": "-5m"}, "not an amount"),
    ({"budget": ""}, "not an amount"),
    ({"budget": "90"}, "not an amount"),
    ({"budget": "5m1h"}, "not an amount"),
    ({"budget": "999999999d"}, "9998"),
    ({"budget": "9" * 40 + "d"}, "longer"),
    ({"timezone": "Berlin"}, "IANA"),
    ({"timezone": "../etc/passwd"}, "IANA"),
    ({"hours": ""}, "no window"),
    ({"hours": " ; "}, "no window"),
    ({"hours": "mon-fri"}, "'mon-fri'"),
    ({"hours": "08:00-12:00"}, "'08:00-12:00'"),
    ({"hours": "mon 08:00-12:00; xyz 08:00-12:00"}, "'xyz 08:00-12:00'"),
    ({"hours": "mon 08:00-08:00"}, "starts where it ends"),
    ({"hours": "mon 24:00-06:00"}, "not on the clock"),
    ({"hours": "mon 08:00-24:30"}, "not on the clock"),
    ({"hours": "mon 08:60-12:00"}, "not on the clock"),
    ({"hours": "mon 8-12"}, "not a window"),
    ({"hours": "mon 08:00-12:00,"}, "not a window"),
    ({"hours": "mon-wed-fri 08:00-12:00"}, "not a range of days"),
    ({"hours": "24/7; sat 08:00-12:00"}, "stands alone"),
    ({"holiday": ["2026-13-01"]}, "not a date"),
    ({"holidays": "DE-ZZ"}, "holiday region"),
    ({"holidays": "ZZ"}, "holiday region"),
    ({"pause": ["2026-11-24T08:00:00Z"]}, "START/END"),
    ({"pause": ["2026-11-24T08:00:00Z/2026-11-24T07:00:00Z"]}, "before it starts"),
    ({"pause": ["2026-11-24T08:00:00/2026-11-24T09:00:00"]}, "no time zone"),
    ({"until": "2026-11-24T08:00:00"}, "no time zone"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_a_wrong_option_gives_one_clear_line(options, words):
    with pytest.raises(SlaError) as caught:
        ask(**options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_timeline_says_what_ran_paused_and_was_closed():
    report = ask(
        hours=OFFICE,
        start="2026-11-23T15:00:00Z",
        budget="2h",
        holiday=["2026-11-24"],
        pause=["2026-11-23T15:15:00Z/2026-11-23T15:30:00Z"],
    )
    assert [(s["state"], s.get("reason"), s["elapsed_s"]) for s in report["timeline"]] == [
        ("running", None, 900),
        ("paused", "pause", 0),
        ("running", None, 1800),
        ("closed", "outside hours", 0),
        ("closed", "holiday", 0),
        ("closed", "outside hours", 0),
        ("running", None, 4500),
    ]
    assert report["timeline"][0]["from"] == "2026-11-23T15:00:00Z"
    assert report["timeline"][-1]["to"] == report["due"] == "2026-11-25T09:15:00Z"


def test_public_holidays_reach_as_far_as_a_budget_of_years():
    far = ask(hours="mon-sun 12:00-12:01", holidays="DE-BY", budget="24h", start="2026-01-01T00:00:00Z")
    assert far["due"].startswith("2030-0")


def test_days_wrap_and_case_does_not_matter():
    week = parse_hours("FRI-Mon 08:00-24:00; Wed,thursday 22:00-00:00").week
    assert [DAYS[n] for n in range(7) if week[n]] == ["mon", "wed", "thu", "fri", "sat", "sun"]
    assert week[0] == (Window(480, 1440),)
    assert week[2] == (Window(1320, 1440),)


def test_overlapping_windows_are_one():
    assert parse_hours("mon 08:00-12:00,11:00-14:00; mon 14:00-15:00").week[0] == (Window(480, 900),)


def test_an_own_opening_stands_on_a_closed_date():
    day = date(2026, 12, 24)
    calendar = Calendar(
        "Europe/Berlin", parse_hours(OFFICE), closed={day: "Betriebsruhe"}, openings={day: (Window(600, 720),)}
    )
    assert calendar.due(datetime(2026, 12, 24, 8, tzinfo=UTC), timedelta(hours=1)) == datetime(
        2026, 12, 24, 10, tzinfo=UTC
    )


def test_a_calendar_of_openings_only_says_when_it_has_run_out():
    day = date(2026, 12, 24)
    calendar = Calendar("UTC", Hours(), openings={day: (Window(600, 720),)})
    start = datetime(2026, 12, 1, tzinfo=UTC)
    assert calendar.elapsed(start, start + timedelta(days=9000)) == timedelta(hours=2)
    with pytest.raises(CalendarError, match="never used up"):
        calendar.due(start, timedelta(hours=3))
    with pytest.raises(CalendarError, match="never opens"):
        calendar.next_opening(datetime(2027, 1, 1, tzinfo=UTC))
