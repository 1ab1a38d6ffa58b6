"""The words of a language for days, times and numbers, from its folder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, reduce
from pathlib import Path

from nlu.dialogue.lexicon import FOLDER
from nlu.embedded.spelling import one_slip

_OFFSETS = {"today": 0, "tomorrow": 1, "yesterday": -1, "after_tomorrow": 2, "before_yesterday": -2}
_UNITS = {"day": 1, "week": 7, "month": 30}
_TELLING = (*_OFFSETS, *_UNITS, "clock", "half", "noon")
"""Without a figure, a month, a weekday or one of these there is no day and no time."""
_LEADS = ("on", "from", "until", "and")
_ONES = 10
_A_LONG_WORD = 5


@dataclass(frozen=True)
class Calendar:
    """Looks words up; all words in the spelling of the word lists (`ä` as `ae`)."""

    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    words: Mapping[str, frozenset[str]]
    numbers: Mapping[str, int]
    units: frozenset[str]
    measures: frozenset[str] = frozenset()
    leads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What of its own language may stand before a short name of a day ("bis do", which "to do" is not)."""

    def month(self, word: str) -> int | None:
        """1 to 12."""
        return self.months.get(word)

    def weekday(self, word: str) -> int | None:
        """0 (Monday) to 6."""
        found = self.weekdays.get(word)
        return None if found is None else found - 1

    def offset(self, word: str) -> int | None:
        """Days from today for `tomorrow` and its like."""
        return next((days for name, days in _OFFSETS.items() if self.has(name, word)), None)

    def unit(self, word: str) -> int:
        """The days of a day, week or month; 0 for any other word."""
        return self._days_of.get(word, 0)

    @cached_property
    def _days_of(self) -> Mapping[str, int]:
        """The days of each word for a day, week or month; of a word in two lists the first counts."""
        return {word: days for name, days in reversed(_UNITS.items()) for word in self.words.get(name, ())}

    def number(self, word: str) -> int | None:
        """A number in digits or words (`einundzwanzig` too)."""
        if word.isdigit():
            return int(word) if len(word) <= _ONES else None
        if word in self.numbers:
            return self.numbers[word]
        for joint in ("und", "-"):
            ones, found, tens = word.partition(joint)
            if found and self.numbers.get(tens, 0) >= _ONES * 2 and 0 < self.numbers.get(ones, 0) < _ONES:
                return self.numbers[tens] + self.numbers[ones]
        return None

    def counts(self, words: frozenset[str]) -> bool:
        """Whether one of the words may be a day, a time or a number, or a part of one."""
        return not self._known.isdisjoint(words) or any("und" in word for word in words)

    @cached_property
    def _known(self) -> frozenset[str]:
        listed = (word for name in _TELLING for word in self.words.get(name, ()))
        return frozenset((*self.months, *self.weekdays, *self.numbers, *listed))

    def has(self, name: str, word: str) -> bool:
        return word in self.words.get(name, frozenset())

    def nearly(self, name: str, word: str) -> bool:
        """Whether the word is one of a list but for a slip of the finger."""
        likely = len(word) >= _A_LONG_WORD - 1
        return likely and any(len(o) >= _A_LONG_WORD and one_slip(word, o) for o in self.words.get(name, ()))

    def joins(self, word: str) -> bool:
        """Whether the word joins both ends of a span."""
        return self.has("until", word) or self.has("and", word)

    def is_of(self, word: str) -> bool:
        return self.has("of", word)

    def is_word(self, short: str, before: str) -> bool:
        """Whether the name of a day or month is also an ordinary word, and the word before it leads to no day."""
        return self.has("short", short) and before not in self.leads.get(short, frozenset())

    def beside(self, other: "Calendar") -> "Calendar":
        """With the words of another language; where both have one, this language's counts."""
        names = {*self.words, *other.words}
        return Calendar(
            months={**other.months, **self.months},
            weekdays={**other.weekdays, **self.weekdays},
            words={n: self.words.get(n, frozenset()) | other.words.get(n, frozenset()) for n in names},
            numbers={**other.numbers, **self.numbers},
            units=self.units | other.units,
            measures=self.measures | other.measures,
            leads={**other.leads, **self.leads},
        )


@cache
def calendar(languages: tuple[str, ...]) -> Calendar:
    """The words of these languages, the first of which counts where they differ: people mix them."""
    return reduce(Calendar.beside, [_calendar(language) for language in languages])


@cache
def _calendar(language: str) -> Calendar:
    """The words of `language`; of English, if there are none."""
    folder = FOLDER / language
    folder = folder if (folder / "calendar.txt").is_file() else FOLDER / "en"
    lists = dict(_entries(folder / "calendar.txt"))
    lead = frozenset(word for name in _LEADS for word in lists.get(name, "").split())
    return Calendar(
        months=_counted(lists.pop("months")),
        weekdays=_counted(lists.pop("weekdays")),
        words={name: frozenset(words.split()) for name, words in lists.items()},
        numbers={word: int(number) for number, *words in _lines(folder / "numbers.txt") for word in words},
        units=frozenset(word for words in _lines(folder / "units.txt") for word in words),
        measures=frozenset(word for words in _lines(folder / "measures.txt") for word in words),
        leads=dict.fromkeys(lists.get("short", "").split(), lead),
    )


def everywhere(name: str) -> str:
    """A pattern of the words that any language lists under `name`, for what is found by its form."""
    found = (
        words.split() for file in sorted(FOLDER.glob("*/calendar.txt")) for n, words in _entries(file) if n == name
    )
    return "|".join(sorted({spelt(word) for words in found for word in words}))


def units_everywhere() -> str:
    """A pattern of what may stand after a quantity in any language."""
    files = sorted(FOLDER.glob("*/units.txt"))
    return "|".join(sorted({spelt(word) for file in files for words in _lines(file) for word in words}))


def spelt(word: str) -> str:
    """A pattern of a listed word as it is written: `stueck` is `stück` too."""
    escaped = re.escape(word)
    for listed, written in (("ae", "ä"), ("oe", "ö"), ("ue", "ü"), ("ss", "ß")):
        escaped = escaped.replace(listed, f"(?:{listed}|{written})")
    return escaped


def _entries(file: Path) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [(name.strip(), words.strip()) for name, _, words in pairs if name.strip()]


def _counted(listed: str) -> dict[str, int]:
    return {word: number for number, group in enumerate(listed.split("|"), start=1) for word in group.split()}


def _lines(file: Path) -> list[list[str]]:
    lines = (line.split() for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [line for line in lines if line]
