"""Of two numbers of the same look the one that is taken back is gone, whatever is said in between."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.self_repair import struck

LEXICON = lexicon("de").beside(lexicon("en"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("100251 oder warte, 100261", "100261"),
        ("100225 oder warte ich guck nochmal.. ne 100265", "100265"),
        ("100223 glaub ich, moment.. ne das war das schloss, 100243", "100243"),
        ("rückgabe für 100223, moment.. ne das war das schloss, 100243, zu klein", "rückgabe für 100243, zu klein"),
        ("order 100251 or wait, 100261", "order 100261"),
        ("100251, hold on.. no that was the lamp, 100261", "100261"),
        ("UA-8143 nein warte, UA-8144", "UA-8144"),
        ("W4021 or was it, hang on, W4022", "W4022"),
        ("20131, äh moment, ich bin ja 20132", "20132"),
        ("stornier 100223 nein 100243", "stornier 100243"),
        ("bestellung 100223 war nur der helm. falsch, es geht um 100243", "bestellung 100243 war nur der helm."),
        ("order 100251 or hang on, i mean the other one.. 100261", "order 100261"),
        ("100250, äh warte, falsche mail, 100233", "100233"),
        ("100251, ich meine die andere, 100261", "100261"),
        ("S-24-123456, wait, S-24-123457", "S-24-123457"),
        ("re 2026 0442 - quatsch, re 2026 0440", "re 2026 0440"),
        ("invoice 2026 0442, sorry, 2026 0440 please", "invoice 2026 0440 please"),
        ("100 234 nein, 100 235", "100 235"),
        ("100221 nein stop 100225, ach nein, 100223", "100223"),
        ("order 100221, no wait 100225, scratch that, 100223 please", "order 100223 please"),
        ("until 2 January 2029 - scratch that, 31 December 2028", "until 31 December 2028"),
        ("bis 2. Januar 2029, ach nein, 31. Dezember 2028", "bis 31. Dezember 2028"),
        ("leave 3 july 2028 to 10 July 2028 - scratch that, 7 july 2028", "leave 3 july 2028 to 7 july 2028"),
        ("urlaub 3. Juli bis 10. Juli, quatsch, 7. Juli", "urlaub 3. Juli bis 7. Juli"),
    ],
)
def test_the_number_taken_back_is_gone(text, left):
    assert struck(text, LEXICON) == left


@pytest.mark.parametrize(
    "text",
    [
        "100223 und 100243",
        "100223, sorry, und noch 100243",
        "100223 ist noch nicht da, ich warte seit wochen, 100243 auch nicht",
        "100223 hab ich ne frage, 100243",
        "100223 hab ich bezahlt, nein, nicht 100243",
        "100223 nicht 100243",
        "100223 and 12345",
    ],
)
def test_where_both_may_be_meant_both_stay(text):
    assert struck(text, LEXICON) == text
