"""Finds a text's entities: by the client's regexes, lookups and annotated examples, and what all clients share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from conversation.understanding import Entity
from nlu.recognisers import recognise
from nlu.training_data import TrainingData

_WORD = re.compile(r"\w+")
_SPACED_DIGITS = re.compile(r"(?<![\w.,:/+-])\+?\d+(?:[ \u00a0]\d+)+(?![\w:/-]|[.,]\d)")
_LONGEST_TEXT = 2000
_SHORTEST_LEARNED = 3


def today_utc() -> date:
    """The default anchor of relative dates."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class EntityExtractor:
    """One client's ways of finding entities; made from training data, kept as JSON inside a model.

    `lookups` and `learned` map phrases (lower case, one blank between words) to entity names; `roles` maps an entity
    and the word before it to the role and group that the examples give it there.
    """

    patterns: tuple[tuple[str, str], ...] = ()
    lookups: Mapping[str, tuple[str, ...]] | None = None
    learned: Mapping[str, tuple[str, ...]] | None = None
    synonyms: Mapping[str, str] | None = None
    roles: Mapping[str, tuple[str | None, str | None]] | None = None

    @classmethod
    def learn(cls, data: TrainingData, entities: Iterable[str] | None = None) -> EntityExtractor:
        """From the training data; `entities`, the domain's names, keeps regexes and lookups of other names out."""
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
        return cls(
            patterns=tuple((regex.name, regex.pattern) for regex in data.regexes if _named(regex.name, allowed)),
            lookups=lookups,
            learned=learned,
            synonyms=dict(data.synonyms),
            roles={key: role for key, role in roles.items() if role != (None, None)},
        )

    def extract(self, text: str, today: Callable[[], date] = today_utc) -> tuple[Entity, ...]:
        """Entities in order of place, as Rasa returns them. The client's own names win over what is built in."""
        text = text[:_LONGEST_TEXT]
        own = self._by_pattern(text)
        own += self._by_phrase(text, self.lookups or {}, "LookupEntityExtractor", own)
        own += self._by_phrase(text, self.learned or {}, "ExampleEntityExtractor", own)
        shared = [
            Entity(found.entity, found.value, found.start, found.end, "BuiltInRecogniser")
            for found in recognise(text, today())
            if not any(_overlap(found.start, found.end, mine) for mine in own)
        ]
        return tuple(sorted((*own, *shared), key=lambda entity: (entity.start, -entity.end, entity.entity)))

    @cached_property
    def _compiled(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in self.patterns)

    @cached_property
    def _longest(self) -> int:
        return max((key.count(" ") + 1 for key in (*(self.lookups or {}), *(self.learned or {}))), default=0)

    def _by_pattern(self, text: str) -> list[Entity]:
        found: list[Entity] = []
        for name, pattern in self._compiled:
            for match in pattern.finditer(text):
                start, end = match.span(1) if pattern.groups == 1 and match[1] is not None else match.span()
                if end > start and not any(_overlap(start, end, one) and one.entity == name for one in found):
                    found.append(self._entity(name, text, start, end, "RegexEntityExtractor"))
        return found + self._by_spaced_digits(text, {one.entity for one in found})

    def _by_spaced_digits(self, text: str, known: set[str]) -> list[Entity]:
        """`100 234` where a pattern asks for `100234`, unless the text has the thing as it should be written."""
        found: list[Entity] = []
        for match in _SPACED_DIGITS.finditer(text):
            closed = re.sub(r"\s", "", match[0])
            for name, pattern in self._compiled:
                if name not in known and pattern.fullmatch(closed):
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
        return {
            "patterns": [list(pair) for pair in self.patterns],
            "lookups": {key: list(names) for key, names in (self.lookups or {}).items()},
            "learned": {key: list(names) for key, names in (self.learned or {}).items()},
            "synonyms": dict(self.synonyms or {}),
            "roles": {key: list(role) for key, role in (self.roles or {}).items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> EntityExtractor:
        """The extractor back from to_json()."""
        return cls(
            patterns=tuple((name, pattern) for name, pattern in kept.get("patterns", ())),
            lookups={key: tuple(names) for key, names in kept.get("lookups", {}).items()},
            learned={key: tuple(names) for key, names in kept.get("learned", {}).items()},
            synonyms=dict(kept.get("synonyms", {})),
            roles={key: (role, group) for key, (role, group) in kept.get("roles", {}).items()},
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


def _overlap(start: int, end: int, other: Entity) -> bool:
    return start < other.end and other.start < end
