"""Finds entities: by the client's regexes, lookups, examples and a tagger trained on these, and what all share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversation.understanding import Entity
from nlu.embedded.tagger import Span, Tagged, Tagger
from nlu.embedded.tagger_training import train_tagger
from nlu.embedded.tokens import Hint, Token, tokens
from nlu.patterns.pattern import Budget, Pattern, compile_pattern
from nlu.recognisers import Found, recognise
from nlu.training_data import TrainingData

_WORD = re.compile(r"\w+")
_SPACED_DIGITS = re.compile(r"(?<![\w.,:/+-])\+?\d+(?:[ \u00a0]\d+)+(?![\w:/-]|[.,]\d)")
_LONGEST_TEXT = 2000
_SHORTEST_LEARNED = 3
_UNTHINKABLE = 0.05  # the chance of its entity below which an example's phrase means something else here
_LIKELY = 0.5
_ANY_DAY = date(2000, 1, 3)


def today_utc() -> date:
    """The default anchor of relative dates."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class EntityExtractor:
    """One client's ways of finding entities; made from training data, kept as JSON and arrays inside a model.

    `lookups` and `learned` map phrases (lower case, one blank between words) to entity names; `roles` maps an entity
    and the word before it to the role and group that the examples give it there; `tagger` finds values nobody listed.
    """

    patterns: tuple[tuple[str, str], ...] = ()
    lookups: Mapping[str, tuple[str, ...]] | None = None
    learned: Mapping[str, tuple[str, ...]] | None = None
    synonyms: Mapping[str, str] | None = None
    roles: Mapping[str, tuple[str | None, str | None]] | None = None
    tagger: Tagger | None = None

    @classmethod
    def learn(cls, data: TrainingData, entities: Iterable[str] | None = None) -> EntityExtractor:
        """From the training data; `entities`, the domain's names, keeps regexes and lookups of other names out.

        The tagger learns entities that may have any value: neither those whose form a regex lays down, nor those whose
        examples mostly stand for something else (a choice from a list, where a new spelling would have no value).
        """
        allowed = None if entities is None else set(entities)
        lookups = _phrases(
            (value, name) for name, values in data.lookups.items() for value in values if _named(name, allowed)
        )
        marked = [(example, note) for example in data.examples for note in example.entities]
        learned = _phrases(
            (example.text[note.start : note.end], note.entity)
            for example, note in marked
            if note.end - note.start >= _SHORTEST_LEARNED and _named(note.entity, allowed)
        )
        votes: dict[str, Counter[tuple[str | None, str | None]]] = defaultdict(Counter)
        for example, note in marked:
            before = _word_before(example.text, note.start)
            votes[f"{note.entity} {before}"][(note.role, note.group)] += 1
        roles = {key: ballot.most_common(1)[0][0] for key, ballot in sorted(votes.items())}
        listed = cls(
            patterns=tuple((regex.name, regex.pattern) for regex in data.regexes if _named(regex.name, allowed)),
            lookups=lookups,
            learned=learned,
            synonyms=dict(data.synonyms),
            roles={key: role for key, role in roles.items() if role != (None, None)},
        )
        opened = _open(data, allowed) - {name for name, _ in listed.patterns}
        return replace(listed, tagger=train_tagger(data.examples, opened.__contains__, listed.hints))

    def hints(self, text: str) -> list[Hint]:
        """What lists, patterns and recognisers find in a text, for the tagger to weigh."""
        text = text[:_LONGEST_TEXT]
        return _hints(self._listed(text), recognise(text, _ANY_DAY))

    def extract(self, text: str, today: Callable[[], date] = today_utc) -> tuple[Entity, ...]:
        """Entities in order of place, as Rasa returns them. The client's own names win over what is built in."""
        text = text[:_LONGEST_TEXT]
        own, shared = self._listed(text), recognise(text, today())
        if self.tagger is None:
            own += self._by_phrase(text, self.learned or {}, "ExampleEntityExtractor", own)
        else:
            words = tokens(text, _hints(own, shared))
            (tagged,) = self.tagger.tag([words])
            own = [self._cast(entity, words, tagged) for entity in self._with_spans(text, own, words, tagged)]
        built_in = [
            Entity(found.entity, found.value, found.start, found.end, "BuiltInRecogniser")
            for found in shared
            if not any(_overlap(found.start, found.end, mine) for mine in own)
        ]
        return tuple(sorted((*own, *built_in), key=lambda entity: (entity.start, -entity.end, entity.entity)))

    def _listed(self, text: str) -> list[Entity]:
        own = self._by_pattern(text)
        return own + self._by_phrase(text, self.lookups or {}, "LookupEntityExtractor", own)

    def _with_spans(self, text: str, own: list[Entity], words: Sequence[Token], tagged: Tagged) -> list[Entity]:
        """Beside what is listed: phrases of the examples, unless they mean something else here, and what the tagger
        believes, which may hold such a phrase of the same entity and more.
        """
        phrases = [
            entity
            for entity in self._by_phrase(text, self.learned or {}, "ExampleEntityExtractor", own)
            if self._thinkable(entity, words, tagged)
        ]
        assert self.tagger is not None
        for span in self.tagger.believed(tagged):
            made = self._spanned(text, words, span)
            within = [one for one in phrases if _overlap(made.start, made.end, one)]
            known = [one for one in own if _overlap(made.start, made.end, one)]
            if known or not all(_exceeds(made, one) for one in within):
                continue
            phrases = [one for one in phrases if one not in within] + [made]
        return own + phrases

    def _thinkable(self, entity: Entity, words: Sequence[Token], tagged: Tagged) -> bool:
        assert self.tagger is not None
        part, chance = self.tagger.part(tagged, entity.entity, _first_word(words, entity.start))
        return part is None or chance >= _UNTHINKABLE

    def _spanned(self, text: str, words: Sequence[Token], span: Span) -> Entity:
        start, end = words[span.first].start, words[span.last].end
        found = self._entity(span.label.entity, text, start, end, "TaggerEntityExtractor")
        return replace(found, role=span.label.role, group=span.label.group, confidence=span.confidence)

    def _cast(self, entity: Entity, words: Sequence[Token], tagged: Tagged) -> Entity:
        """The entity in the role that the whole sentence gives it, if that is clear."""
        if entity.confidence is not None or self.tagger is None or not self.tagger.trusts(entity.entity):
            return entity
        part, chance = self.tagger.part(tagged, entity.entity, _first_word(words, entity.start))
        return entity if part is None or chance < _LIKELY else replace(entity, role=part.role, group=part.group)

    @cached_property
    def _compiled(self) -> tuple[tuple[str, Pattern], ...]:
        return tuple((name, compile_pattern(pattern, ignore_case=True)) for name, pattern in self.patterns)

    @cached_property
    def _longest(self) -> int:
        return max((key.count(" ") + 1 for key in (*(self.lookups or {}), *(self.learned or {}))), default=0)

    def _by_pattern(self, text: str) -> list[Entity]:
        found: list[Entity] = []
        budget = Budget()
        for name, pattern in self._compiled:
            for fit in pattern.finds(text, budget):
                start, end = fit.value_span
                if end > start and not any(_overlap(start, end, one) and one.entity == name for one in found):
                    found.append(self._entity(name, text, start, end, "RegexEntityExtractor"))
        return found + self._by_spaced_digits(text, {one.entity for one in found})

    def _by_spaced_digits(self, text: str, known: set[str]) -> list[Entity]:
        """`100 234` where a pattern asks for `100234`, unless the text has the thing as it should be written."""
        found: list[Entity] = []
        for match in _SPACED_DIGITS.finditer(text):
            closed = re.sub(r"\s", "", match[0])
            for name, pattern in self._compiled:
                if name not in known and pattern.fits(closed):
                    entity = self._entity(name, text, match.start(), match.end(), "RegexEntityExtractor")
                    found.append(replace(entity, value=(self.synonyms or {}).get(closed, closed)))
                    break
        return found

    def _by_phrase(
        self, text: str, phrases: Mapping[str, tuple[str, ...]], extractor: str, taken: Sequence[Entity]
    ) -> list[Entity]:
        words = list(_WORD.finditer(text)) if phrases else []
        found: list[Entity] = []
        place = 0
        while place < len(words):
            step = 1
            for length in range(min(self._longest, len(words) - place), 0, -1):
                start, end = words[place].start(), words[place + length - 1].end()
                names = phrases.get(_key(text[start:end]), ())
                fresh = [name for name in names if not any(_overlap(start, end, one) for one in taken)]
                if fresh:
                    found += [self._entity(name, text, start, end, extractor) for name in fresh]
                    step = length
                    break
            place += step
        return found

    def _entity(self, name: str, text: str, start: int, end: int, extractor: str) -> Entity:
        surface = text[start:end]
        value = (self.synonyms or {}).get(surface.lower(), surface)
        role, group = (self.roles or {}).get(f"{name} {_word_before(text, start)}", (None, None))
        return Entity(name, value, start, end, extractor, role, group)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a model's header."""
        kept = {
            "patterns": [list(pair) for pair in self.patterns],
            "lookups": {key: list(names) for key, names in (self.lookups or {}).items()},
            "learned": {key: list(names) for key, names in (self.learned or {}).items()},
            "synonyms": dict(self.synonyms or {}),
            "roles": {key: list(role) for key, role in (self.roles or {}).items()},
        }
        return kept if self.tagger is None else {**kept, "tagger": self.tagger.to_json()}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The tagger's numbers, to be kept beside to_json()."""
        return {} if self.tagger is None else self.tagger.arrays()

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> EntityExtractor:
        """The extractor back from to_json() and arrays(); without the latter it has no tagger."""
        return cls(
            patterns=tuple((name, pattern) for name, pattern in kept.get("patterns", ())),
            lookups={key: tuple(names) for key, names in kept.get("lookups", {}).items()},
            learned={key: tuple(names) for key, names in kept.get("learned", {}).items()},
            synonyms=dict(kept.get("synonyms", {})),
            roles={key: (role, group) for key, (role, group) in kept.get("roles", {}).items()},
            tagger=Tagger.restored(kept["tagger"], arrays) if arrays and kept.get("tagger") else None,
        )


def _named(name: str, allowed: set[str] | None) -> bool:
    return allowed is None or name in allowed


def _phrases(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for phrase, name in pairs:
        if key := _key(phrase):
            names[key][name] = None
    return {key: tuple(found) for key, found in names.items()}


def _key(phrase: str) -> str:
    return " ".join(_WORD.findall(phrase.lower()))


def _word_before(text: str, start: int) -> str:
    words = _WORD.findall(text[max(0, start - 40) : start].lower())
    return words[-1] if words else ""


def _open(data: TrainingData, allowed: set[str] | None) -> set[str]:
    """Entities whose examples mostly mean what they say."""
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for example in data.examples:
        for note in example.entities:
            verdicts[note.entity].append(example.text[note.start : note.end].lower() == note.value.lower())
    return {name for name, same in verdicts.items() if _named(name, allowed) and np.mean(same) >= 0.5}


def _hints(listed: Sequence[Entity], shared: Sequence[Found]) -> list[Hint]:
    own = [Hint(one.start, one.end, one.entity) for one in listed]
    return own + [Hint(one.start, one.end, f"any {one.entity}") for one in shared]


def _first_word(words: Sequence[Token], start: int) -> int:
    return next((place for place, word in enumerate(words) if word.end > start), len(words))


def _exceeds(outer: Entity, inner: Entity) -> bool:
    within = outer.start <= inner.start and inner.end <= outer.end
    return outer.entity == inner.entity and within and outer.end - outer.start > inner.end - inner.start


def _overlap(start: int, end: int, other: Entity) -> bool:
    return start < other.end and other.start < end
