"""Knows a bare thanks or goodbye, which answers nothing and must not reopen a conversation."""

from __future__ import annotations

from nlu.embedded.text import fold

_CORE_WORDS = """
thanks thank thx ty tysm cheers bye goodbye ciao danke dankeschoen dank merci tschuess tschau tschoe servus
wiedersehen wiederhoeren bedanke
"""
_OTHER_WORDS = """
ok okay oki alright great perfect super cool nice good fine wonderful awesome brilliant you u so very much a lot for
your the help again that is was all have day evening weekend see later and to kind regards best everything guys team
alles klar gut prima toll klasse wunderbar bestens perfekt vielen lieben herzlichen schoen schoenen tag abend noch
wochenende ihnen dir euch fuer die ihre deine hilfe schnelle nette auf bis bald dann und sehr mich ich mal das wars
war es ja jap yes yep no nein lg vg mfg gruss gruesse liebe viele na know well now
"""
_CORE = frozenset(_CORE_WORDS.split())
_AROUND = frozenset(_OTHER_WORDS.split())
_LONGEST = 12


def is_courtesy(text: str) -> bool:
    """Whether `text` (English or German) only says thanks or goodbye; a question, or other words, make it more."""
    if "?" in text:
        return False
    words = fold(text).split()
    if not words or len(words) > _LONGEST or not _CORE.intersection(words):
        return False
    return all(word in _CORE or word in _AROUND for word in words)
