"""Which of a client's languages a text is in; the thread keeps its own until a sentence says otherwise."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import numpy as np

_WORD = re.compile(r"[^\W\d_]+")
_PRIOR_WEIGHT = 3.0
_A_SENTENCE = 3
_A_LONG_SENTENCE = 5
_SURE_OF_FOREIGN_WORDS = 2
_GERMAN = """
aber alle als am an auch auf aus bei bin bis bitte bist da danke das dass dein deine dem den der des dich die
dir doch du ein eine einem einen einer er es etwas euch euer eure für gerne gibt habe haben habt hallo hat hier
ich ihr ihre ihren im in ist ja jetzt kann kannst kein keine können könnt leider mein meine meinem meinen
meiner mich mir mit möchte muss nach nein nicht noch nur ob oder ohne schon sehr seid sein seine seit sich sie
sind so soll über um und uns unser vom von vor wann war warum was weil welche wenn wer werden wie wieder will
wir wird wo wohin zu zum zur
brauch brauche hätte hätt neue neuen neuer neues mal moin servus
gesagt gsagt geht glaub hab habs halt hob nix ned net nit nimmer passt reicht sag sagt statt
"""
_ENGLISH = """
a about all am an and any are as at be been but by can could did do does don for from get got had has have
hello her here his how i if in into is it its just like me my need no not now of off on only or our out please
she should so some still tell than thanks that the their them then there these they this those to too until us
want was we were what when where which who why will with without would yes yet you your
didn doesn don ll said shall starts starting ve wants
"""
_BOTH = "am an as has her i im is no so was will"
# How one language writes a small word of the other, in chats and dialects ("mittwoch hab i gsagt", "im 20140").
# The small words that make a sentence; names, goods and places have none. Those of both languages decide nothing.
_SMALL_WORDS: Mapping[str, frozenset[str]] = {
    "de": frozenset(_GERMAN.split()) - frozenset(_BOTH.split()),
    "en": frozenset(_ENGLISH.split()) - frozenset(_BOTH.split()),
}
_GERMAN_ERRANDS = """
abholen abrechnen absagen abmelden anfragen anlegen anmelden bestellen bestellung beantragen buchen buchung einreichen
erstatten kaufen kaputt krank krankmelden krankmeldung kündigen lieferung liefern mahnung melden rechnung reklamieren
reparieren rückgabe rücksendung sperren stornieren stornierung termin umbuchen umtauschen umtausch urlaub verlängern
verloren verschieben zurückgeben zurückschicken zurückziehen ändern änderung
montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember
"""
_ENGLISH_ERRANDS = """
book booking broken cancel cancellation change claim collect complaint damaged delivery exchange invoice late lost
missing order orders payment postpone receipt refund renew repair report request reschedule return returns sick
withdraw monday tuesday wednesday thursday friday saturday sunday january february march may june july october december
"""
# What is wanted, where no small word is: the whole of "4 stools bestellen" beside names of goods.
_ERRANDS: Mapping[str, frozenset[str]] = {
    "de": frozenset(_GERMAN_ERRANDS.split()),
    "en": frozenset(_ENGLISH_ERRANDS.split()),
}
_NAMES_OF_LANGUAGES = {"deutsch": "de", "german": "de", "englisch": "en", "english": "en"}
_ASKING = """
auf in bitte please sprechen sprichst sprecht spricht speak speaking spoken do does can could may we i you he sie du
ihr ich kann kannst könnt können wir man jemand anyone someone switch to talk reden weiter continue wechseln schreib
schreiben write answer antworte antworten mit mir me with only nur lieber rather geht das auch s it is possible
"""
_AROUND_THEM = frozenset(_ASKING.split())
_NOT = frozenset(("no", "not", "don", "t", "kein", "keine", "nicht", "nix"))


@dataclass(frozen=True, slots=True)
class LanguageDetector:
    """Detects among `languages` (ISO 639-1, the first is the client's default)."""

    languages: tuple[str, ...]
    _identifier: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("a client needs at least one language, such as ('en',)")
        if len(self.languages) > 1:
            object.__setattr__(self, "_identifier", _restricted(self.languages))

    def detect(self, text: str, prior: str | None = None) -> str:
        """The likeliest language. `prior`, the thread's language, stays for names, numbers and a word or two: only what
        is clearly a sentence of another language changes it.
        """
        if prior in self.languages and len(_WORD.findall(text)) < _A_SENTENCE:
            return str(prior)
        found = self.guess(text, prior)
        return found if prior not in self.languages or clearly(text, found, str(prior)) else str(prior)

    def guess(self, text: str, prior: str | None = None) -> str:
        """For the first words of a thread: `prior`, such as the browser's language, only outweighs a doubtful word."""
        default = prior if prior in self.languages else self.languages[0]
        words = _WORD.findall(text)
        if self._identifier is None or not words:
            return default
        if (spoken := self._by_small_words(words, prior)) is not None:
            return spoken
        ranked = _ranked(self.languages, " ".join(words))
        scores = {language: score - ranked[0][1] for language, score in ranked}
        if prior in scores:
            scores[prior] += _PRIOR_WEIGHT * max(1.0, 4.0 / len(words))
        elif len(words) == 1 and np.ptp(list(scores.values())) < _PRIOR_WEIGHT:
            return default
        return max(self.languages, key=lambda language: scores.get(language, -np.inf))

    def _by_small_words(self, words: Sequence[str], prior: str | None) -> str | None:
        """The one language whose small words are among the words, which are otherwise names of goods and numbers, else
        what is wanted; two of them against the prior. None if these words do not tell.
        """
        own = _own_small_words(self.languages)
        if own is None:
            return None
        folded = [word.casefold() for word in words]
        counts = {language: sum(word in small for word in folded) for language, small in own.items()}
        if not any(counts.values()):
            counts = {name: sum(w in _ERRANDS.get(name, ()) for w in folded) for name in self.languages}
        spoken = [language for language, count in counts.items() if count]
        if len(spoken) != 1:
            return None
        enough = 1 if prior in (None, spoken[0]) else _SURE_OF_FOREIGN_WORDS
        return spoken[0] if counts[spoken[0]] >= enough else None

    def wished(self, text: str) -> str | None:
        """The language that a message asks to go on in ("English please", "kein Deutsch"), None if it does not."""
        words = [word.casefold() for word in _WORD.findall(text)]
        named = {_NAMES_OF_LANGUAGES[word] for word in words if word in _NAMES_OF_LANGUAGES}
        others = [word for word in words if word not in _NAMES_OF_LANGUAGES]
        if len(named) != 1 or not all(word in _AROUND_THEM or word in _NOT for word in others):
            return None
        (language,) = named
        if _NOT.intersection(others):
            rest = [other for other in self.languages if other != language]
            return rest[0] if len(rest) == 1 else None
        return language if language in self.languages else None

    def detect_all(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[str]:
        """detect() for a batch."""
        priors = prior if prior is not None else [None] * len(texts)
        return [self.detect(text, before) for text, before in zip(texts, priors, strict=True)]


def clearly(text: str, language: str, thread: str, *, free: bool = False) -> bool:
    """Whether the text is a sentence of `language` rather than of the thread's: by small words where both languages'
    are known, else by its length. `free`: any words may stand there (a company, an address), so it takes more of them.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    if language == thread:
        return True
    if language not in _SMALL_WORDS or thread not in _SMALL_WORDS:
        return len(words) >= (_A_LONG_SENTENCE if free else _A_SENTENCE)
    own, other = _SMALL_WORDS[language], _SMALL_WORDS[thread]
    evidence = sum(word in own and word not in other for word in words)
    against = sum(word in other and word not in own for word in words)
    return evidence - against >= (_SURE_OF_FOREIGN_WORDS if free else 1)


@cache
def _own_small_words(languages: tuple[str, ...]) -> Mapping[str, frozenset[str]] | None:
    """The small words of each language that not all of them have; None if those of one are not known."""
    if not all(language in _SMALL_WORDS for language in languages):
        return None
    shared = frozenset.intersection(*(_SMALL_WORDS[language] for language in languages))
    return {language: _SMALL_WORDS[language] - shared for language in languages}


@lru_cache(maxsize=256)  # one message is asked about several times: before it is parted, in the engine, and after it
def _ranked(languages: tuple[str, ...], text: str) -> tuple[tuple[str, float], ...]:
    return tuple(_restricted(languages).rank(text))


@cache
def _restricted(languages: tuple[str, ...]) -> Any:
    """Shared by all clients who speak the same languages: it only reads."""
    identifier = copy.copy(_identifier())
    try:
        identifier.set_languages(list(languages))
    except ValueError as unknown:
        raise ValueError(f"{unknown}: use ISO 639-1 codes such as en, de, fr") from unknown
    return identifier


@cache
def _identifier() -> Any:
    """The model of this process, all languages; 4.5 MB, loaded when a client first has two languages."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - only clients with two languages need it

    return LanguageIdentifier.from_model_file(MODEL_FILE)
