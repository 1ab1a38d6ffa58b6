"""Words that name what is not wanted: what came instead, what goes, what is refused beside a yes."""

import pytest

from tests.nlu.dialogue.club_pack import known, member


@pytest.mark.parametrize(
    ("language", "text", "colour"),
    [
        ("en", "exchange 100250, i got black instead of blue", "blue"),
        ("en", "exchange 100250, they sent me green instead of red", "red"),
        ("en", "exchange 100250 for blue instead of black", "blue"),
        ("en", "exchange 100250, instead of black i want blue", "blue"),
        ("en", "exchange 100250, should be blue instead of black", "blue"),
        ("en", "exchange 100250, i got black instead of turquoise", "turquoise"),
        ("de", "umtausch 100250, schwarz statt blau bekommen", "blau"),
        ("de", "umtausch 100250: falsche farbe bekommen, schwarz statt blau", "blau"),
        ("de", "umtausch 100250: statt blau kam schwarz", "blau"),
        ("de", "umtausch 100250 gegen blau statt schwarz", "blau"),
        ("de", "umtausch 100250 statt schwarz will ich blau", "blau"),
        ("de", "umtausch 100250, sollte blau sein statt schwarz", "blau"),
        ("de", "umtausch 100250 gegen türkis statt schwarz", "türkis"),
        ("de", "umtausch 100250, blau", "blau"),
    ],
)
async def test_an_exchange_is_for_what_is_wanted(language, text, colour):
    c = member(language)
    await c.says(text)
    assert known(c)["colour"] == colour


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "yes, i dont want a repair"),
        ("en", "yes. but no repair please"),
        ("de", "ja, keine reparatur"),
        ("de", "ja, reparatur will ich nicht"),
    ],
)
async def test_a_yes_that_denies_another_choice_writes_what_is_shown(language, text):
    c = member(language)
    await c.says("damage 100250, replacement" if language == "en" else "schaden 100250, ersatz")
    await c.says(text)
    written = [call.slots["wish"] for call in c.actions.calls if call.name == "action_damage"]
    assert written == ["replacement"]


@pytest.mark.parametrize("text", ["i dont want a repair", "ich will keine reparatur"])
async def test_denying_another_choice_without_a_yes_changes_nothing(text):
    c = member()
    await c.says("damage 100250, replacement")
    await c.says(text)
    assert known(c)["wish"] == "replacement"
    assert not [call for call in c.actions.calls if call.name == "action_damage"]


@pytest.mark.parametrize("text", ["yes, but i dont want a replacement", "no, a repair, no replacement please"])
async def test_denying_what_is_shown_writes_nothing(text):
    c = member()
    await c.says("damage 100250, replacement")
    await c.says(text)
    assert not [call for call in c.actions.calls if call.name == "action_damage"]
