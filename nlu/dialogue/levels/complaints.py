"""What a first message tells of a defect or a job is the answer to the question for it, which is not put then."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.clauses import MAX_CLAUSES
from nlu.dialogue.commands import Command, StartFlow
from nlu.dialogue.levels import talk
from nlu.dialogue.levels.leftovers import on_the_way
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Phrases, places_of
from nlu.dialogue.problems import ProblemKind, problems_in
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import stem, tokenize
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.domain import SlotType
from nlu.embedded.spelling import one_slip
from nlu.flows import Flow

_PIECE = re.compile(r"[^,;.!?\n]{1,400}")
_EXACT = 2
"""From so many words on that any matter of the kind has not a sentence says what is wrong."""
_A_SENTENCE = 3
_A_WORD = 3
_LONG = 5
"""A name of so many letters is known with one slip."""
_MARKS = " ,;.!\n"
_SPACE = " "


def kept(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands; the one process that begins with what the message tells of it."""
    starts = [c for c in made if isinstance(c, StartFlow) and not c.again]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 else None
    if flow is None or not is_process(flow) or situation.context.tracker.stack:
        return list(made)
    more = _told(situation, starts[0].intent, flow, _but_halves(situation, flow, starts[0]))
    return [replace(c, slots={**c.slots, **more}) if c is starts[0] else c for c in made]


def _but_halves(situation: Situation, flow: Flow, start: StartFlow) -> dict[str, Any]:
    """What the process has, without words that are only a part of the complaint they stand in. What stands before a
    value of the process's own only named the matter ("a dent in my frame, order 100250, a deep dent in the top tube").
    """
    whole = _complaint(situation, start.intent)
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]

    def is_half(value: Any) -> bool:
        if not isinstance(value, str) or _SPACE not in value or value not in whole or value == whole:
            return False
        before = stretch(_whole(situation), 0, situation.context.text.find(value))
        return not (before.text and answers.values_in(situation.context, before, typed, held={}))

    return {name: value for name, value in start.slots.items() if not is_half(value)}


def _told(situation: Situation, intent: str, flow: Flow, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of the process's question for what is wrong or to be done, in the customer's words."""
    wish = _asking(situation, flow, given)
    if wish is None or len(situation.clauses) > MAX_CLAUSES:
        return {}
    text = _without_values(situation, intent, flow, _complaint(situation, intent))
    value = wish.slot.fit(meant(text, situation.context.lexicon)) if text else None
    return {wish.slot.name: value} if value is not None and wish.accepts(value) else {}


def _asking(situation: Situation, flow: Flow, given: Mapping[str, Any]) -> Wanted | None:
    """The free question on the process's way that names a defect itself ("what is broken, or what is wrong?")."""
    context = situation.context
    for collect in on_the_way(context, flow, {**context.tracker.slots, **given}):
        wish = wanted(context.pack.domain, collect.slot, collect)
        if wish is not None and wish.slot.type is SlotType.BOOL and collect.slot not in given:
            return None  # whether it is wanted at all is asked first
        if wish is None or not wish.free or wish.titles or is_formless(wish) or collect.slot in given:
            continue
        texts = (v.text or "" for v in context.pack.domain.responses.get(collect.utter, ()))
        return wish if any(context.lexicon.defects.any_in(tokenize(text)) for text in texts) else None
    return None


def _complaint(situation: Situation, intent: str) -> str:
    """From the first to the last piece of the message that tells of a defect, or of a job beside a request."""
    context, lexicon = situation.context, situation.context.lexicon
    pieces = [stretch(_whole(situation), *span) for span in _pieces(context.text, lexicon)]
    telling = [piece for piece in pieces if _tells(piece, lexicon)]
    if telling:
        requests = [p for p in pieces if p not in telling and _requests(p)]
        if not requests and any(p.is_question for p in pieces):
            return ""  # it asks what holds for such a thing
        asking = (p.start for p in pieces if p.start > telling[-1].start and (p in requests or p.is_question))
        until = next(asking, len(context.text))
        behind = [p for p in pieces if telling[0].start <= p.start < until and p not in requests]
        behind = [p for p in behind if _says(situation, p)]
        text = context.text[telling[0].start : max(p.start + len(p.text) for p in (*telling, *behind))].strip(_MARKS)
        return text if _is_exact(situation, intent, telling) else ""
    if len(pieces) > 1 and _requests(pieces[0]):
        rest = [p for p in pieces[1:] if _says(situation, p) and len(p.tokens) > _A_SENTENCE]
        return rest[0].text.strip(_MARKS) if len(rest) == 1 else ""
    return ""


def _without_values(situation: Situation, intent: str, flow: Flow, text: str) -> str:
    """The text without the values and the names of the matter at its edges, if it holds values of the process."""
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    first = situation.context.text.find(text)
    part = stretch(_whole(situation), first, first + len(text))
    found = answers.values_in(situation.context, part, typed, held={}) if text else []
    if not found:
        return text
    lexicon, names = situation.context.lexicon, names_of(situation, intent, shared=True).words
    empty = lexicon.articles.places(part.tokens) | lexicon.fillers.places(part.tokens)
    own = [
        t
        for n, t in enumerate(part.tokens)
        if n not in empty
        and stem(t.folded) not in names
        and not any(f.start < t.end and t.start < f.end for f in found)
    ]
    left = stretch(part, own[0].start, own[-1].end) if own else None
    if left is None or (_tells(part, lexicon) and not _tells(left, lexicon)):
        return ""  # a value says what is wrong
    return left.text


def _whole(situation: Situation) -> Clause:
    context = situation.context
    return Clause(context.text, 0, context.understanding, context.lexicon)


def _pieces(text: str, lexicon: Lexicon) -> list[tuple[int, int]]:
    """The stretches between marks and before a reason."""
    found: list[tuple[int, int]] = []
    for match in _PIECE.finditer(text):
        tokens = tokenize(match[0])
        why = next(
            (span for span in lexicon.reasons.find(tokens) if span.first > 0 and span.last < len(tokens) - 1), None
        )
        cut = match.end() if why is None else match.start() + tokens[why.first].start
        behind = match.end() if why is None else match.start() + tokens[why.last + 1].start
        spans = (match.start(), cut), (behind, match.end())
        found += [(first, last) for first, last in spans if text[first:last].strip()]
    return found


def _tells(piece: Clause, lexicon: Lexicon) -> bool:
    asks = piece.is_question or piece.text.endswith("?")
    return not asks and any(p.kind is ProblemKind.DEFECT for _, p in problems_in(piece.text, lexicon))


def _requests(piece: Clause) -> bool:
    return piece.act.odds <= -1.0


def _says(situation: Situation, piece: Clause) -> bool:
    """Whether a piece states something of its own."""
    lexicon = situation.context.lexicon
    empty = lexicon.says_little(piece.text) or is_excuse(piece.text, lexicon) or talk.is_polite(situation, piece)
    numbers = any(t.is_number for t in piece.tokens)
    of_days = (lexicon.days, lexicon.rough, lexicon.fillers, lexicon.suits, lexicon.suiting)
    empty |= len(places_of(of_days, piece.tokens)) == len(piece.tokens)
    return not (empty or numbers or piece.is_question or piece.asks_about or _requests(piece))


def _is_exact(situation: Situation, intent: str, telling: Sequence[Clause]) -> bool:
    """Whether the words tell more than that something of the matter is wrong ("my parcel arrived damaged")."""
    lexicon = situation.context.lexicon
    names = names_of(situation, intent, shared=True).words
    general = _words(lexicon.events, lexicon.receives)
    near = general | _words(lexicon.fillers, lexicon.request, lexicon.happens)
    lists = (lexicon.fillers, lexicon.request, lexicon.articles, lexicon.connectors, lexicon.subjects, lexicon.negation)

    def is_known(word: str) -> bool:
        """Whether it is a word of the matter, or with one slip one that goes with any matter of the kind."""
        return not general.isdisjoint((word, stem(word))) or is_name(frozenset([stem(word)]), names) or is_slip(word)

    def is_slip(word: str) -> bool:
        return any(one_slip(word, one) for one in near)

    own: set[str] = set()
    for tokens in (piece.tokens for piece in telling):
        silent = places_of(lists, tokens)
        # What is broken counts once, in however many words ("arrived damaged").
        broken = {max(span.own) for span in lexicon.defects.find(tokens)}
        words = [(n, t.folded) for n, t in enumerate(tokens) if len(t.folded) > _A_WORD and n not in silent]
        own |= {stem(word) for n, word in words if n in broken or not is_known(word)}
    return len(own) >= _EXACT


@cache
def _words(*lists: Phrases) -> frozenset[str]:
    """The longer words of the lists, as they stand and without endings."""
    long = (word.rstrip("*") for phrases in lists for word in phrases.words if len(word) >= _LONG)
    return frozenset(form for word in long for form in (word, stem(word)))
