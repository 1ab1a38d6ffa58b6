"""The draw: anyone can repeat it, nobody can choose it, and every answer has the same chance."""

import hashlib
from collections import Counter
from datetime import UTC, datetime

import pytest

from conversation.ids import ClientId
from nlu.audit.sampling import draw, seed_of, size_for
from nlu.audit.week import Week

CLIENT = ClientId("alpenrad")
MESSAGES = [f"message-{n}" for n in range(500)]


def drawn(week: Week, messages=MESSAGES, size: int = 100) -> list[str]:
    return draw(seed_of(CLIENT, week), messages, size, str)


def test_a_doubter_draws_the_same_sample_again_with_two_lines_of_any_language():
    by_hand = sorted(MESSAGES, key=lambda m: hashlib.sha256(f"alpenrad:2026-W47\n{m}".encode()).hexdigest())[:100]
    assert drawn(Week(2026, 47)) == by_hand == drawn(Week(2026, 47), MESSAGES[::-1])
    assert drawn(Week(2026, 48)) != by_hand


def test_few_answers_are_all_judged():
    assert sorted(drawn(Week(2026, 47), MESSAGES[:7])) == sorted(MESSAGES[:7])


def test_every_answer_has_the_same_chance():
    counts = Counter(
        m for number in range(400) for m in drawn(Week(2000, 1 + number % 52), [f"{number}-{m}" for m in range(50)], 10)
    )
    places = Counter(int(m.split("-")[1]) for m in counts)
    assert sum(places.values()) == 4000
    assert all(40 <= places[n] <= 125 for n in range(50))  # 80 expected; six standard deviations


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        ("2026-11-22T23:09:59Z", "2026-W46"),  # Monday 00:09:59 in Berlin: ten minutes for what is still being answered
        ("2026-11-22T23:10:00Z", "2026-W47"),
        ("2026-11-29T22:59:00Z", "2026-W47"),
        ("2027-01-04T12:00:00Z", "2026-W53"),
    ],
)
def test_a_week_is_over_on_monday_in_the_clients_own_zone(moment: str, week: str):
    assert str(Week.last_over(datetime.fromisoformat(moment), "Europe/Berlin")) == week


def test_the_week_in_which_clocks_change_has_an_hour_more():
    start, end = Week.parse("2026-W43").span("Europe/Berlin")
    assert (start, end) == (datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))


@pytest.mark.parametrize("text", ["2026-47", "2026-W54", "last", "", "2026-W4", "2026-W471"])
def test_what_is_no_week_is_refused_in_one_line(text: str):
    with pytest.raises(ValueError, match="write it as 2026-W47"):
        Week.parse(text)


def test_the_size_follows_from_the_wanted_width():
    assert size_for(0.02, 10**9) == 280  # 1.96² · 0.03 · 0.97 / 0.02²
    assert size_for(0.02, 50) == 50
    with pytest.raises(ValueError, match="between 0 and 1"):
        size_for(2, 100)
