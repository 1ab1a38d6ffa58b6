"""A yes is only a yes when nothing else is said: it may write into somebody's system."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.polarity import polarity

CANCEL = {"de": "Soll ich die Bestellung 100235 wirklich stornieren?", "en": "Shall I really cancel order 100235?"}


def _read(language: str, text: str):
    return polarity(text, lexicon(language), CANCEL[language], ["100235"])


@pytest.mark.parametrize(
    "text",
    ["ja", "Ja bitte", "jaaa", "ja genau", "passt so", "Ja, stornieren", "ja bitte die bestellung stornieren", "ok mach das",
     "klar, gerne", "in Ordnung", "ja das stimmt alles", "ja danke", "warum nicht", "ja kein Problem", "bitte", "👍", "jo passt",
     "ja ich bin mir sicher", "JA!!!", "Ja, 100235", "stimmt so, danke", "genau, danke und tschüss", "ja gut", "alles klar", "ja, bitte storniere sie"],
)  # fmt: skip
def test_german_yes(text):
    assert _read("de", text).sense is True


@pytest.mark.parametrize(
    "text",
    ["yes", "yes please", "yeah go ahead", "sure, cancel it", "ok do it", "that's right", "that works for me", "yep thanks",
     "Yes, I'm sure", "please do", "no problem", "why not", "fine by me", "YES!", "yes cancel order 100235 please", "sounds good", "k", "👌"],
)  # fmt: skip
def test_english_yes(text):
    assert _read("en", text).sense is True


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("de", t) for t in ("bitte nicht stornieren", "passt nicht", "nein", "ne lass mal", "auf keinen fall", "nein danke",
           "nicht stornieren", "das will ich nicht", "nein, 2 Stück", "nee die 100236", "lieber nicht", "bitte nicht", "stornier das bloß nicht", "👎", "das stimmt so nicht")),
        *(("en", t) for t in ("no", "don't cancel it", "please don't", "nope leave it", "not yet", "no thanks", "no, 2 of them", "that's wrong", "I don't want that", "never")),
    ],
)  # fmt: skip
def test_no_and_what_is_denied(language, text):
    assert _read(language, text).sense is False


@pytest.mark.parametrize(
    ("language", "text", "rest"),
    [
        ("de", "nein, 2 Stück", "2 Stück"),
        ("de", "ja aber erst nächste Woche", "aber erst nächste Woche"),
        ("en", "fine but make it 4", "but make it 4"),
        ("de", "ja und wann kommt das Geld", "und wann kommt das Geld"),
        ("en", "yes and change the address too", "and change the address"),
        ("en", "94.50 not 84.50", "94.50 not 84.50"),
    ],
)
def test_what_else_is_said_is_kept(language, text, rest):
    found = _read(language, text)
    assert found.sense is not True
    assert found.rest == rest


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("de", t) for t in ("ok warte", "ja moment noch", "okay was kostet das", "ja aber", "ja?", "ja, morgen", "vielleicht", "weiß nicht", "ok dann 3",
           "ja nur die eine", "ja nein", "Bestellung 100236", "kann ich das noch ändern?", "ja wenn das Geld zurückkommt", "ja falls noch möglich", "geht klar wenn ihr es schafft", "ja, aber nicht die Schuhe", "ja ausser der zweiten")),
        *(("en", t) for t in ("ok wait", "yes but", "yes if it's free", "sure, how much is it?", "ok what does it cost", "ok 4", "maybe", "yes except the shoes",
           "let me check", "yes not", "right, but the other one", "yes on monday", "yes?", "only if free")),
    ],
)  # fmt: skip
def test_a_yes_with_anything_else_is_no_yes(language, text):
    assert _read(language, text).sense is not True


@pytest.mark.parametrize("language", ["de", "en"])
def test_typos_in_a_negation_never_make_a_yes(language):
    for text in {
        "de": ("ja nihct stornieren", "bitte ncht", "ja nciht"),
        "en": ("yes dnot cancel", "plese dont", "yes nto"),
    }[language]:
        assert _read(language, text).sense is not True


@pytest.mark.parametrize("text", ["na", "Na.", "naa", "nö"])
def test_a_regional_no_that_stands_alone_is_one(text):
    assert polarity(text, lexicon("de").beside(lexicon("en"))).sense is False


@pytest.mark.parametrize("text", ["na klar", "na gut", "na dann ja"])
def test_what_leads_to_a_yes_is_no_no(text):
    assert polarity(text, lexicon("de").beside(lexicon("en"))).sense is not False
