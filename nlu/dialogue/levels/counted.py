"""A count with the thing it counts right behind it: "4 jabra evolve2", "wir brauchen im lager zwei stehpulte"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, StartFlow
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.assign import Filled
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import meant
from nlu.embedded.spelling import one_slip
from nlu.flows import Flow

_A_WORD, _SOME, _LONG = 3, 2, 4
_MOST_WORDS = 4
_COUNT = "quantity"
_PIECE = re.compile(r"[^,;\n]+")
_MODEL = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
"""A word of letters and digits, as models have."""
_BORDERS = ",;:.!?\n"


def things(situation: Situation, part: Clause, flow: Flow) -> dict[str, Any]:
    """The count and the thing it counts, of a process that asks for both; nothing if the text has no such pair."""
    wishes = [w for w in wants(situation.context, flow) if not is_formless(w)]
    count = next((w for w in wishes if _COUNT in w.kinds and w.is_declared), None)
    thing = thing_of(wishes)
    if count is None or thing is None:
        return {}
    typed = [w for w in wishes if w.is_typed]
    found = answers.values_in(situation.context, part, typed, held={})
    counts = [one for one in found if one.slot == count.slot.name]
    if len(counts) != 1:
        return {}
    text = behind(situation, part, counts[0], found, flow)
    value = thing.slot.fit(meant(text, situation.context.lexicon)) if text else None
    if value is None or not thing.accepts(value):
        return {}
    return {thing.slot.name: value, count.slot.name: counts[0].value}


def thing_of(wishes: Sequence[Wanted]) -> Wanted | None:
    """The question for what is counted: the free one that is asked right before the count."""
    place = next((n for n, w in enumerate(wishes) if _COUNT in w.kinds), 0)
    before = wishes[place - 1] if place else None
    return before if before is not None and before.free and not before.is_typed and not before.titles else None


def behind(situation: Situation, part: Clause, count: Filled, found: Sequence[Filled], flow: Flow) -> str:
    """The words behind a count up to a mark, whom it is for, another value, or what only names the wish."""
    run: list[Token] = []
    end = count.end
    for place, token in enumerate(part.tokens):
        if token.start < count.end:
            continue
        if any(mark in part.text[end : token.start] for mark in _BORDERS) or _is_border(situation, part, place, found):
            break
        run.append(token)
        end = token.end
    if not run or _is_rate(situation, run[0]):
        return ""
    run = _trimmed(situation, run, flow)
    if not any(len(t.folded) >= _A_WORD for t in run):
        return ""
    return part.text[run[0].start : run[-1].end]


def _is_rate(situation: Situation, first: Token) -> bool:
    """Whether the count goes on with what it is a count per ("600 a year", "600 im jahr")."""
    lexicon = situation.context.lexicon
    return _in(first, (lexicon.articles, lexicon.prepositions, lexicon.into))


def _is_border(situation: Situation, part: Clause, place: int, found: Sequence[Filled]) -> bool:
    lexicon, token = situation.context.lexicon, part.tokens[place]
    if any(one.start <= token.start < one.end for one in found):
        return True
    if lexicon.receiver.at(part.tokens, place) is not None:
        return _leads_to_a_value(situation, part, place + 1, found)
    lists = (lexicon.connectors, lexicon.contrast, lexicon.reasons)
    return any(phrases.at(part.tokens, place) is not None for phrases in lists)


def _leads_to_a_value(situation: Situation, part: Clause, place: int, found: Sequence[Filled]) -> bool:
    """Whether another value follows; else whom it is for stays with the thing, so that it is not lost."""
    articles = situation.context.lexicon.articles.places(part.tokens)
    after = next((t for n, t in enumerate(part.tokens) if n >= place and n not in articles), None)
    spans = [(f.start, f.end) for f in found] + [(e.start, e.end) for e in part.understanding.entities]
    return after is not None and any(start <= after.start < end for start, end in spans)


def _trimmed(situation: Situation, run: list[Token], flow: Flow) -> list[Token]:
    """The run without small words at its edges and the word for the wish behind it ("4 docks bestellen bitte")."""
    lexicon = situation.context.lexicon
    title = frozenset(
        stem(t.folded) for t in tokenize(situation.context.title(f"utter_title_{_intent(situation, flow)}"))
    )
    small = (lexicon.please, lexicon.fillers, lexicon.request, lexicon.prepositions, lexicon.articles, lexicon.into)
    while len(run) > 1 and (_in(run[-1], small) or stem(run[-1].folded) in title):
        run = run[:-1]
    while len(run) > 1 and _in(run[0], (lexicon.fillers,)):
        run = run[1:]
    return run


def _in(token: Token, lists: Sequence[Any]) -> bool:
    return any(token.folded in phrases.words for phrases in lists)


def _intent(situation: Situation, flow: Flow) -> str:
    triggers: Mapping[str, Flow] = situation.context.pack.triggers
    return next((intent for intent, one in triggers.items() if one is flow), "")


def kept(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """The commands; the one process that begins with the count and the thing of the message that nothing else took."""
    starts = [c for c in made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 and not starts[0].again else None
    if flow is None or situation.context.tracker.stack:
        return list(made)
    found = things(situation, message, flow)
    given = starts[0].slots
    if not _is_exact(situation, flow, found):
        found = _with_model(situation, message, flow, found)
    if not _is_exact(situation, flow, found):
        return list(made)
    if any(name in given and str(given[name]) not in str(value) for name, value in found.items()):
        return list(made)
    return [replace(c, slots={**c.slots, **found}) if c is starts[0] else c for c in made]


def _with_model(situation: Situation, message: Clause, flow: Flow, found: Mapping[str, Any]) -> dict[str, Any]:
    """The thing with the next few words behind a comma that say which one it is ("two monitors for HR, dell p2723")."""
    thing = thing_of([w for w in wants(situation.context, flow) if not is_formless(w)])
    kind = str(found.get(thing.slot.name) or "") if thing is not None else ""
    place = message.text.find(kind) if kind else -1
    if thing is None or place < 0:
        return dict(found)
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    for match in _PIECE.finditer(message.text, message.text.find(",", place)):
        text = match[0].strip(" ,")
        part = stretch(message, match.start(), match.end())
        if (
            0 < len(part.tokens) <= _MOST_WORDS
            and _MODEL.search(text)
            and not answers.values_in(situation.context, part, typed, held={})
        ):
            return {**found, thing.slot.name: thing.slot.fit(f"{kind}, {text}")}
    return dict(found)


def _is_exact(situation: Situation, flow: Flow, found: Mapping[str, Any]) -> bool:
    """Whether the thing is told by more than its kind ("two new chairs"), of which the process still has to ask the
    very one: by a word with a number, or two that no examples have, not even with a slip.
    """
    thing = thing_of([w for w in wants(situation.context, flow) if not is_formless(w)])
    value = str(found.get(thing.slot.name) or "") if thing is not None else ""
    words = [t.folded for t in tokenize(value) if len(t.folded) >= _A_WORD]
    numbered = any(c.isdigit() for word in words for c in word)
    return numbered or sum(not _is_known(word, situation.context.pack.words) for word in words) >= _SOME


def _is_known(word: str, known: frozenset[str]) -> bool:
    if word in known or len(word) < _LONG:
        return word in known
    return any(abs(len(one) - len(word)) <= 1 and one[:1] == word[0] and one_slip(word, one) for one in known)
