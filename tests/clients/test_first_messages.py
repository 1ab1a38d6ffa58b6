"""What a message of several sentences answers, on the sample pack: nothing said is asked for again."""

import pytest

from app.variations import NOW, sample_actions
from nlu.bot import Bot
from tests.clients.packs import model, pack
from tests.nlu.talker import Talker

MESSAGES = [
    (
        "Beim Auspacken ist mir eine Delle aufgefallen, Bestellung 100250, Delle im Oberrohr, Lack ist auch ab",
        {"order_number": "100250", "damage": "Delle im Oberrohr, Lack ist auch ab"},
        "damage_wish",
    ),
    (
        "there's a scratch on my new bike, order 100213, deep scratch on the top tube",
        {"order_number": "100213", "damage": "deep scratch on the top tube"},
        "damage_wish",
    ),
    ("THERE'S A SCRATCH ON MY NEW BIKE, ORDER 100213", {"order_number": "100213"}, "damage"),
    (
        "mein packet ist beschädigt angekomen. 100240. das schutzblech ist verbogen. ein Preisnachlass wäre okay",
        {"order_number": "100240", "damage": "das schutzblech ist verbogen", "damage_wish": "discount"},
        "",
    ),
    ("my parcl arived damaged, 100203, a discount would be ok", {"damage_wish": "discount"}, "damage"),
    (
        "the box was open and my lock is missing, order 100203, the lock and both keys are missing",
        {"damage": "the lock and both keys are missing"},
        "damage_wish",
    ),
    (
        "I need an appointment at the workshop. a ten year old Scott. flat tyre at the back. Friday",
        {"bike": "a ten year old Scott", "problem": "flat tyre at the back"},
        "",
    ),
    (
        "werkstatttermin\nein altes Hercules\nplatten hinten und licht geht net",
        {"bike": "ein altes Hercules", "problem": "platten hinten und licht geht net"},
        "preferred_day",
    ),
    ("mein fahrrad müsste in die werkstatt, wann habt ihr frei, Donnerstag wäre gut", {}, "bike"),
    ("servus, i brauch an termin für mei alpen city. am pfinsta, oiso donnerstag", {"bike": "alpen city"}, "problem"),
    ("umtauschen bitte 100 210. L", {"order_number": "100210", "exchange_for": "L"}, ""),
]


@pytest.mark.parametrize(("text", "slots", "asked"), MESSAGES)
async def test_a_first_message_answers_what_will_be_asked(text: str, slots: dict[str, str], asked: str) -> None:
    known = pack("alpenrad")
    async with sample_actions(known) as actions:
        customer = Talker(Bot.load(known, model("alpenrad"), actions))
        await customer.says(text)
    assert customer.last is not None
    told = customer.last.tracker["slots"]
    assert {name: told.get(name) for name in slots} == slots
    assert asked == "" or told.get(asked) is None


LATER = [
    (("can I still return it if it doesn't fit", "yes please. 100263. too small"), {"return_reason": "too_small"}),
    (("can I still return it if it doesn't fit", "ok do it then, 100263\ndont like it"), {"return_reason": "dislike"}),
    (
        ("kann ich das noch zurückgeben wenns nicht passt", "ok dann mach das, 100213\ngefällt mir nicht"),
        {"order_number": "100213", "return_reason": "dislike"},
    ),
    (
        ("Termin W4033 absagen bitte", "ach ne, lieber verschieben. Freitag"),
        {"appointment_wish": "move", "preferred_day": "2026-11-27"},
    ),
    (
        ("need someone to look at my bike", "have you got the Alpen Tour in stock right now?"),
        {"bike": None},
    ),
]


@pytest.mark.parametrize(("lines", "slots"), LATER)
async def test_what_follows_a_yes_or_a_correction_is_taken(lines: tuple[str, ...], slots: dict[str, str]) -> None:
    known = pack("alpenrad")
    async with sample_actions(known) as actions:
        customer = Talker(Bot.load(known, model("alpenrad"), actions))
        for line in lines:
            await customer.says(line)
    assert customer.last is not None
    told = customer.last.tracker["slots"]
    assert {name: told.get(name) for name in slots} == slots


@pytest.mark.parametrize(
    "lines",
    [
        ("where is my money for 100238", "I still haven't got it though", "I still haven't got it though"),
        ("been waiting 3 weeks for my money on 100238", "sorry, 100218 not 100238"),
    ],
)
async def test_what_is_awaited_stays_awaited(lines: tuple[str, ...]) -> None:
    known = pack("alpenrad")
    async with sample_actions(known) as actions:
        customer = Talker(Bot.load(known, model("alpenrad"), actions))
        customer.now = NOW
        for line in lines:
            await customer.says(line)
    assert customer.last is not None
    assert customer.last.tracker["expects"] == "watch"


PUT_RIGHT = [
    (("bestellung 100241 stornieren bitte", "hat, ich meinte 100251"), {"order_number": "100251"}),
    (("Bitte 100220 gegen Größe L, ach nein, S tauschen",), {"exchange_for": "S"}),
    (("Termin W4033 absagen bitte", "ach ne, lieber verschieben, Freitag"), {"preferred_day": "2026-11-27"}),
    (
        ("change address of order 100241 tae lindwurmstr 88, 80337 munich",),
        {"new_address": "lindwurmstr 88, 80337 munich"},
    ),
    (
        ("need someone to look at my bike\nthe city one\nmakes noise. also saddle wobbly\ndunno, thurs",),
        {"bike": "the city one", "problem": "makes noise. also saddle wobbly"},
    ),
]


@pytest.mark.parametrize(("lines", "slots"), PUT_RIGHT)
async def test_what_is_put_right_holds(lines: tuple[str, ...], slots: dict[str, str]) -> None:
    await test_what_follows_a_yes_or_a_correction_is_taken(lines, slots)
