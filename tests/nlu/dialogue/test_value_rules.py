"""Values in conversations: corrections at a confirmation, all at once, free answers, composite ones."""

import pytest

from tests.nlu.dialogue.hire_pack import hirer, slots_of

FILLED = (
    "I want to hire tools",
    "a drill",
    "2",
    "4200",
    "7 December",
    "9 December",
    "yes",
    "84.50",
)


async def confirming():
    c = hirer()
    for text in FILLED:
        said = await c.says(text)
    assert said == ["utter_confirm"]
    return c


class TestACorrectionAtTheConfirmation:
    @pytest.mark.parametrize(
        ("text", "changed"),
        [
            ("nope wrong account, 4300", {"account": "4300"}),
            ("no, 3 pieces", {"pieces": "3"}),
            ("94.50 not 84.50", {"deposit": "94.50"}),
            ("nicht 84,50 sondern 94,50", {"deposit": "94.50"}),
            ("account 4300 instead of 4200", {"account": "4300"}),
            ("almost, but 4300 and not 4200", {"account": "4300"}),
            ("make it 4 pieces", {"pieces": "4"}),
            ("until the 10th", {"last_day": "2026-12-10"}),
            ("not 9 December, but 11 December", {"last_day": "2026-12-11"}),
            ("no wait, until Thursday", {"last_day": "2026-12-10"}),
            ("a saw instead of a drill", {"tool": "a saw"}),
            ("not a drill but a saw", {"tool": "a saw"}),
            ("nein, 3 Stück und Konto 4300", {"pieces": "3", "account": "4300"}),
            ("whoops it was 95", {"deposit": "95"}),
        ],
    )
    async def test_corrects_and_asks_again(self, text, changed):
        c = await confirming()
        before = slots_of(c)
        assert (await c.says(text))[-1] == "utter_confirm"
        assert slots_of(c) == before | changed
        assert not c.actions.calls
        assert "utter_hired" in await c.says("yes")

    async def test_also_when_asked_what_to_change(self):
        c = await confirming()
        assert await c.says("no") == ["utter_ask_change"]
        assert await c.says("account 4300") == ["utter_confirm"]
        assert slots_of(c)["account"] == "4300"

    async def test_a_value_beside_a_no_to_another_question_is_not_lost(self):
        c = hirer()
        for text in (*FILLED[:6],):
            await c.says(text)
        await c.says("no, and it's 3 pieces")
        assert slots_of(c)["pieces"] == "3"

    async def test_a_number_of_what_is_asked_next_is_not_lost(self):
        c = hirer()
        for text in FILLED[:6]:
            await c.says(text)
        assert await c.says("no, 84.50") == ["utter_confirm"]
        assert (slots_of(c)["insured"], slots_of(c)["deposit"]) == (False, "84.50")

    async def test_the_digits_of_a_day_are_no_sum(self):
        c = await confirming()
        await c.says("almost, it was until 10.12.")
        assert (slots_of(c)["last_day"], slots_of(c)["deposit"]) == ("2026-12-10", "84.50")

    async def test_sums_are_shown_in_the_customers_way(self):
        c = hirer("de")
        for text in ("ich will etwas leihen", "ein Bohrer", "2", "4200", "7.12.", "9.12.", "ja"):
            await c.says(text)
        await c.says("1284,5")
        assert "1.284,50" in c.texts[-1]

    async def test_no_confirmation_shows_the_yes(self):
        c = await confirming()
        assert "confirm" not in c.texts[-1].casefold()


class TestAllAtOnce:
    @pytest.mark.parametrize(
        ("text", "slots"),
        [
            (
                "hire, 3 pieces, account 4200, 7 December to 9 December, 84.50 euros, insured yes",
                {
                    "pieces": "3",
                    "account": "4200",
                    "first_day": "2026-12-07",
                    "last_day": "2026-12-09",
                    "deposit": "84.50",
                    "insured": True,
                },
            ),
            ("I'd like to hire\na large drill\n3 pieces", {"tool": "a large drill", "pieces": "3"}),
            (
                "hire please, 3 pieces, a drill, a saw and a hammer",
                {"pieces": "3", "tool": "a drill, a saw and a hammer"},
            ),
            ("hire please, 3 pieces, a drill", {"pieces": "3", "tool": "a drill"}),
            ("Ich will was leihen. Einen Bohrer. Konto 4200", {"tool": "Einen Bohrer", "account": "4200"}),
            ("sick until Friday", {"back_on": "2026-12-04"}),
            ("I'm sick and can't come today", {}),
            (
                "shoes please. Am Deich 17, 25813 Husum. size XL",
                {"address": "Am Deich 17, 25813 Husum", "size": "XL"},
            ),
        ],
    )
    async def test_a_first_message_fills_what_it_holds(self, text, slots):
        c = hirer()
        await c.says(text)
        assert slots_of(c) == slots

    @pytest.mark.parametrize("rest", ["thanks", "it's urgent?", "please", "bye", "thanks, Anna"])
    async def test_courtesy_and_questions_are_no_values(self, rest):
        c = hirer()
        await c.says(f"I want to hire 3 pieces, {rest}")
        assert slots_of(c) == {"pieces": "3"}


class TestFreeAnswers:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("a drill please", "a drill"),
            ("egal irgendwas von Bosch", "irgendwas von Bosch"),
            ("sorry was in a meeting. a drill", "a drill"),
            ("sorry war kurz weg, ein Bohrer", "ein Bohrer"),
            ("a saw - scratch that, a drill", "a drill"),
            ("eine Säge, ach nein, ein Bohrer", "ein Bohrer"),
        ],
    )
    async def test_take_what_is_meant(self, text, value):
        c = hirer()
        await c.says("hire")
        await c.says(text)
        assert slots_of(c)["tool"] == value

    @pytest.mark.parametrize("text", ["what would that cost me?", "please undo that", "mach das bitte rückgängig"])
    async def test_take_no_question_and_no_undo(self, text):
        c = hirer()
        await c.says("hire")
        await c.says(text)
        assert "tool" not in slots_of(c)

    @pytest.mark.parametrize(
        "text", ["XL please", "it's XL", "XL", "S, quatsch, XL", "Size S, no sorry, XL", "size xl"]
    )
    async def test_a_button_is_named_by_what_tells_it_apart(self, text):
        c = hirer()
        await c.says("shoes")
        await c.says(text)
        assert slots_of(c)["size"] == "XL"

    @pytest.mark.parametrize("text", ["ne doch M", "nah M", "no, M", "M statt XL", "size M instead"])
    async def test_and_put_right_by_it(self, text):
        c = hirer()
        for one in ("shoes", "XL", "Am Deich 17, 25813 Husum"):
            await c.says(one)
        assert await c.says(text) == ["utter_confirm"]
        assert slots_of(c)["size"] == "M"


class TestCompositeValues:
    @pytest.mark.parametrize(
        ("texts", "address"),
        [
            (("Hauptstr. 5, Rosenheim", "83022"), "Hauptstr. 5, 83022 Rosenheim"),
            (("12 High Street, munich", "80331"), "12 High Street, 80331 munich"),
            (("83022 rosenheim", "hauptstr 12a"), "hauptstr 12a, 83022 rosenheim"),
            (("goethestraße 12, 80336 münchen", "ne 12b"), "goethestraße 12b, 80336 münchen"),
            (("Am Deich 17, 25813 Husum", "Hausnummer 19"), "Am Deich 19, 25813 Husum"),
            (("Am Deich 17, 25813 Husum", "no, 25814"), "Am Deich 17, 25814 Husum"),
            (("Am Deich 17, 25813 Husum", "it's Tönning not Husum"), "Am Deich 17, 25813 Tönning"),
            (("Am Deich 17, 25813 Husum", "doch Am Deich 14"), "Am Deich 14, 25813 Husum"),
            (("AM DEICHSTR. 3, 18439 STRALSUND",), "AM DEICHSTR. 3, 18439 STRALSUND"),
            (("Am Deich 17", "25813", "Husum"), "Am Deich 17, 25813 Husum"),
        ],
    )
    async def test_add_up_and_are_put_right_in_part(self, texts, address):
        c = hirer()
        for one in ("shoes", "XL", *texts):
            said = await c.says(one)
        assert said[-1] == "utter_confirm"
        assert slots_of(c)["address"] == address

    async def test_part_of_one_given_in_the_first_message_is_put_right(self):
        c = hirer()
        await c.says("shoes please. Am Deich 17, 25813 Husum. size XL")
        assert await c.says("no, Am Deich 19") == ["utter_confirm"]
        assert slots_of(c)["address"] == "Am Deich 19, 25813 Husum"


@pytest.mark.parametrize("text", ["nicht 100241, sondern 100234", "sorry, 100234", "I meant 100234"])
async def test_a_flow_that_wrote_nothing_runs_again_with_the_value_put_right(text):
    c = hirer()
    await c.says("where is my order 100241")
    assert (await c.says(text))[0] == "utter_order"
    assert c.actions.calls[-1].slots["order_number"] == "100234"


@pytest.mark.parametrize(
    "text", ["sorry, it's infos@x.example", "no, infos@x.example", "infos@x.example not info@x.example"]
)
async def test_a_free_answer_that_was_an_address_is_put_right_by_another(text):
    c = hirer()
    for one in ("sick until Friday", "info@x.example"):
        await c.says(one)
    assert await c.says(text) == ["utter_confirm"]
    assert slots_of(c)["note"] == "infos@x.example"
