"""Hears when a customer is angry, so that a person answers and not a cheerful bot."""

import re

_ABUSE = re.compile(
    r"\b(arschloch|arschlöcher|verarsch\w*|wichser|saftladen|scheiß\w*|scheiss\w*|drecks\w*|fick\w*|idioten|vollidiot\w*|"
    r"betrüger|abzocke\w*|frechheit|unverschämt\w*|unfassbar schlecht|schnauze voll|zum kotzen|"
    r"fuck\w*|bullshit|asshole\w*|bastards?|scam(?:mers?)?|rip-?off|outrageous|disgusting|fed up|sick of (?:this|you)|"
    r"piece of (?:shit|crap)|utterly useless|worst (?:service|company|shop))\b",
    re.IGNORECASE,
)
_THREAT = re.compile(
    r"\b(anwalt|anzeige erstatten|verbraucherzentrale|verklag\w*|schlichtungsstelle|"
    r"lawyer|sue you|legal action|trading standards)\b",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    r"\b(nie wieder|immer noch nicht|schon wieder|seit wochen|seit tagen|reicht (?:es|mir|jetzt)|lächerlich|"
    r"katastrophe|"
    r"never again|still (?:not|no)|again and again|for weeks|ridiculous|unacceptable|enough is enough)\b",
    re.IGNORECASE,
)
_LOUD_WORDS = 3
_LOUD_LETTERS = 12
_LOUD_SHARE = 0.8


def is_angry(text: str) -> bool:
    """True for abuse, for a threat with the law, and for shouting (capitals, `!!`) that goes with a complaint."""
    if _ABUSE.search(text) or _THREAT.search(text):
        return True
    signs = [_shouts(text), text.count("!") > 1, _COMPLAINT.search(text) is not None]
    return sum(signs) > 1


def _shouts(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    return len(letters) >= _LOUD_LETTERS and len(text.split()) >= _LOUD_WORDS and capitals / len(letters) >= _LOUD_SHARE
