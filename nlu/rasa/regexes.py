"""What a pack's patterns find beside Rasa: the group that counts, which Rasa does not know, and what Rasa never got."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from conversation.understanding import Entity, Understanding
from nlu.patterns.pattern import Budget, Pattern, compile_pattern
from nlu.rasa.answers import RasaAnswer, heard
from nlu.rasa.backtracking import ends_soon
from nlu.rasa.engine import RasaEngine
from nlu.training_data import NamedPattern, TrainingData

EXTRACTOR = "RegexEntityExtractor"


def for_rasa(regexes: Iterable[NamedPattern]) -> list[NamedPattern]:
    """Those that Rasa's own engine finishes quickly; the others are found here alone."""
    return [regex for regex in regexes if ends_soon(regex.pattern)]


@dataclass(frozen=True)
class RegexEntities:
    """The patterns of a pack by the name of their entity, and its synonyms."""

    own: tuple[tuple[str, Pattern], ...] = ()
    withheld: tuple[tuple[str, Pattern], ...] = ()
    synonyms: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: TrainingData, entities: Iterable[str]) -> "RegexEntities":
        """Those of `data` that find one of `entities`, the domain's names."""
        names = frozenset(entities)
        regexes = [regex for regex in data.regexes if regex.name in names]
        sent = for_rasa(regexes)
        return cls(
            tuple(_compiled(regex) for regex in sent),
            tuple(_compiled(regex) for regex in regexes if regex not in sent),
            dict(data.synonyms),
        )

    def completed(self, words: str, entities: Iterable[Entity], offset: int = 0) -> tuple[Entity, ...]:
        """Rasa's entities of `words`, which begin at `offset` of the whole text, each cut to the group of its pattern,
        and what the patterns find that Rasa was not given.
        """
        budget = Budget()
        cuts = {
            (name, fit.span[0] + offset, fit.span[1] + offset): fit.value_span
            for name, pattern in self.own
            for fit in pattern.finds(words, budget)
        }
        made = [self._cut(entity, cuts, words, offset) for entity in entities]
        for name, pattern in self.withheld:
            for fit in pattern.finds(words, budget):
                start, end = fit.value_span
                if end > start and not any(_same_place(one, name, start + offset, end + offset) for one in made):
                    made.append(self._entity(name, words, start, end, offset))
        return tuple(dict.fromkeys(made))

    def _cut(self, entity: Entity, cuts: dict[Any, tuple[int, int]], words: str, offset: int) -> Entity:
        place = cuts.get((entity.entity, entity.start, entity.end))
        if place is None or entity.extractor != EXTRACTOR:
            return entity
        found = self._entity(entity.entity, words, *place, offset)
        return replace(found, role=entity.role, group=entity.group, confidence=entity.confidence)

    def _entity(self, name: str, words: str, start: int, end: int, offset: int) -> Entity:
        surface = words[start:end]
        value = self.synonyms.get(surface.lower(), surface)
        return Entity(name, value, start + offset, end + offset, EXTRACTOR)


def _compiled(regex: NamedPattern) -> tuple[str, Pattern]:
    return regex.name, compile_pattern(regex.pattern, ignore_case=True)


def _same_place(one: Entity, name: str, start: int, end: int) -> bool:
    return one.entity == name and start < one.end and one.start < end


@dataclass(frozen=True)
class RasaPackEngine(RasaEngine):
    """A Rasa server that serves a pack whose patterns are known: `regexes`."""

    regexes: RegexEntities = field(default_factory=RegexEntities)

    def _understood(self, text: str, language: str, answer: RasaAnswer) -> Understanding:
        sent = heard(text)
        entities = self.regexes.completed(sent.words, answer.entities, sent.offset)
        return super()._understood(text, language, replace(answer, entities=entities))
