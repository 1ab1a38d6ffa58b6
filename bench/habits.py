"""The ways people type, applied to sentences of a test set: a good engine understands them all the same."""

from __future__ import annotations

import random
from collections.abc import Callable

Habit = Callable[[str, random.Random], str]

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_HELLO = {"en": ("Hi there, ", "Hello, ", "Good morning "), "de": ("Hallo zusammen, ", "Guten Tag, ", "Hallo ")}
_THANKS = {
    "en": (" Thanks a lot!", " thanks in advance", ", thank you 🙏"),
    "de": (" Vielen Dank!", " danke im Voraus", ", danke schön 🙏"),
}


def typo(text: str, dice: random.Random) -> str:
    """One slip in one word of four letters or more: two letters swapped, one missing, doubled or wrong."""
    words = text.split()
    long = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if not long:
        return text
    place = dice.choice(long)
    word = words[place]
    at = dice.randrange(1, len(word) - 1)
    wrong = dice.choice("abcdefghijklmnoprstuw")
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + wrong + word[at + 1 :],
    )
    words[place] = dice.choice(slips)
    return " ".join(words)


def missing_space(text: str, dice: random.Random) -> str:
    """Two words run together."""
    blanks = [place for place, char in enumerate(text) if char == " "]
    if not blanks:
        return text
    at = dice.choice(blanks)
    return text[:at] + text[at + 1 :]


def plain_umlauts(text: str, _: random.Random) -> str:
    """`für` as `fuer`."""
    for marked, plain in _UMLAUTS.items():
        text = text.replace(marked, plain)
    return text


def dictated(text: str, _: random.Random) -> str:
    """As voice input writes it: lower case, no punctuation."""
    return " ".join("".join(char if char.isalnum() or char in "'’" else " " for char in text.lower()).split())


def habits(language: str) -> dict[str, Habit]:
    """By name; courtesies are of the language (en, de)."""
    hello, thanks = _HELLO[language], _THANKS[language]
    return {
        "as it is": lambda text, _: text,
        "one typo": typo,
        "missing space": missing_space,
        "umlaut as ue": plain_umlauts,
        "ALL CAPS": lambda text, _: text.upper(),
        "emoji": lambda text, dice: f"{text} {dice.choice(('🙏😀', '😡', '👍🏽', '🤔🤔'))}",
        "dictated": dictated,
        "greeting before": _requests(lambda text, dice: f"{dice.choice(hello)}{text}"),
        "thanks after": _requests(lambda text, dice: f"{text}{dice.choice(thanks)}"),
        "both": _requests(lambda text, dice: f"{dice.choice(hello)}{text}{dice.choice(thanks)}"),
    }


def _requests(habit: Habit) -> Habit:
    """Only on texts of three words or more: "yes, thanks" is another answer than "yes"."""
    return lambda text, dice: habit(text, dice) if len(text.split()) >= 3 else text
