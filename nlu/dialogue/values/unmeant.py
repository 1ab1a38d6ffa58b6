"""Words that name what is not wanted: "black" in "blue instead of black", and in "I got black instead of blue"."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import dropwhile, pairwise, takewhile

from conversation.understanding import Entity, Understanding
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Span, places_of
from nlu.dialogue.tokens import Token, tokenize

_Stretch = tuple[int, int]
_MARKS = ",;.!?\n"
_FEW = 4
"""So many words may stand between what is not wanted and the word that says so."""


def named_in_vain(text: str, lexicon: Lexicon) -> list[_Stretch]:
    """The stretches whose words name what is not wanted, whatever else the text names."""
    tokens = tokenize(text)
    exchanged = lexicon.instead.any_in(tokens)
    refused = [*lexicon.unwanted.find(tokens), *(s for s in lexicon.none_of.find(tokens) if _leads_on(text, tokens, s))]
    if not exchanged and not refused:
        return []
    found = [out for out, _ in _exchanges(text, lexicon)]
    return [*found, *(s for span in refused if (s := _refused(text, tokens, span, lexicon)) is not None)]


def had_already(text: str, lexicon: Lexicon) -> list[_Stretch]:
    """The stretches that tell what is there already: not wanted, if something else is named."""
    tokens = tokenize(text)
    if not lexicon.came.any_in(tokens):
        return []
    parts = [tokens[first:last] for first, last in pairwise(_borders(text, tokens, lexicon))]
    return [(part[0].start, part[-1].end) for part in parts if part and _has(part, lexicon)]


def without_unmeant(understanding: Understanding, lexicon: Lexicon) -> Understanding:
    """The understanding without the entities that only name what is not wanted; where something is wanted instead in
    words that the engine does not know, these are the entity. Of numbers nothing is left out: other rules tell which of
    them hold.
    """
    text, entities = understanding.text, understanding.entities
    worded = [e for e in entities if not any(map(str.isdigit, text[e.start : e.end]))]
    if not worded:
        return understanding
    gone = [e for e in worded if _within(e, named_in_vain(text, lexicon))]
    had = had_already(text, lexicon) if len(worded) - len(gone) > 1 else []
    for one in [e for e in worded if e not in gone and _within(e, had)]:
        if any(e.entity == one.entity and e not in gone and not _within(e, had) for e in worded):
            gone.append(one)
    if not gone:
        return understanding
    kept = tuple(e for e in entities if e not in gone)
    more = [new for new in _put_in_place(text, gone, lexicon) if all(new.entity != e.entity for e in kept)]
    return replace(understanding, entities=(*kept, *more[:1]))


def _put_in_place(text: str, gone: Sequence[Entity], lexicon: Lexicon) -> list[Entity]:
    """What the text wants in place of entities, as such."""
    found: list[Entity] = []
    for out, new in _exchanges(text, lexicon):
        named = next((e for e in gone if new is not None and out[0] <= e.start < out[1]), None)
        if named is not None and new is not None:
            found.append(replace(named, value=text[new[0] : new[1]], start=new[0], end=new[1]))
    return found


def _within(one: Entity, stretches: Sequence[_Stretch]) -> bool:
    return any(start <= one.start < end for start, end in stretches)


def _exchanges(text: str, lexicon: Lexicon) -> list[tuple[_Stretch, _Stretch | None]]:
    """What goes of each "X instead of Y", and what is wanted in its place: X, or Y where X is what came."""
    tokens = tokenize(text)
    found: list[tuple[_Stretch, _Stretch | None]] = []
    for span in lexicon.instead.find(tokens):
        behind = _behind(text, tokens, span, lexicon)
        if behind is None:
            continue
        other = _other_side(text, tokens, span, behind[1], lexicon)
        if not _tells_what_came(text, tokens, span, lexicon):
            found.append((behind, other))
        elif other is not None:
            found.append((other, behind))
    return found


def _other_side(text: str, tokens: Sequence[Token], span: Span, end: int, lexicon: Lexicon) -> _Stretch | None:
    """The words that stand against those behind "instead of": right before it, or behind them ("instead of black I want
    blue").
    """
    first, last = _part(text, tokens, span.first)
    small = _leading(tokens, lexicon)
    after = [n for n in range(span.last + 1, last) if tokens[n].start >= end]
    before = list(range(first, span.first))
    wishes = bool(after) and after[0] in small
    for side in (after, before[::-1]) if wishes else (before[::-1], after):
        run = list(dropwhile(small.__contains__, side))
        run = list(takewhile(lambda n: n not in small and not _is_long_number(tokens[n]), run))[:_FEW]
        if run:
            return tokens[min(run)].start, tokens[max(run)].end
    return None


def _leading(tokens: Sequence[Token], lexicon: Lexicon) -> frozenset[int]:
    """Where words stand that lead to what is wanted or tell that it came."""
    lists = (lexicon.came, lexicon.speaker, lexicon.request, lexicon.possible, lexicon.supposed, lexicon.copula)
    more = (lexicon.contrast, lexicon.connectors, lexicon.articles, lexicon.fillers, lexicon.please)
    into = frozenset(n for n, t in enumerate(tokens) if t.folded in lexicon.into.words and len(t.folded) > 1)
    return places_of((*lists, *more), tokens) | into


def _is_long_number(token: Token) -> bool:
    return token.is_number and len(token.folded) > _FEW - 1


def _behind(text: str, tokens: Sequence[Token], span: Span, lexicon: Lexicon) -> _Stretch | None:
    """The few words behind a "not" or "instead of", up to a mark or to where it goes on."""
    first = last = span.last + 1
    goes_on = (lexicon.contrast, lexicon.connectors, lexicon.came, lexicon.speaker, lexicon.request)
    while last < len(tokens) and last < first + _FEW:
        marked = any(mark in text[tokens[last - 1].end : tokens[last].start] for mark in _MARKS)
        if marked or any(phrases.at(tokens, last) is not None for phrases in goes_on):
            break
        last += 1
    return (tokens[first].start, tokens[last - 1].end) if last > first else None


def _refused(text: str, tokens: Sequence[Token], span: Span, lexicon: Lexicon) -> _Stretch | None:
    """What is not wanted: behind the word that says so, else before it ("a repair I don't want")."""
    if (behind := _behind(text, tokens, span, lexicon)) is not None:
        return behind
    first = max(_part(text, tokens, span.first)[0], span.first - _FEW)
    return (tokens[first].start, tokens[span.first].start) if first < span.first else None


def _leads_on(text: str, tokens: Sequence[Token], span: Span) -> bool:
    """Whether a no stands right before another word: "but no repair", not "no, repair", and not "no replacement" at
    the beginning, where a comma may be missing.
    """
    after = span.last + 1
    if span.first == 0 and len(span) == 1 and tokens[0].folded == "no":
        return False
    return after < len(tokens) and not text[tokens[span.last].end : tokens[after].start].strip()


def _tells_what_came(text: str, tokens: Sequence[Token], span: Span, lexicon: Lexicon) -> bool:
    """Whether the part around an exchange, or the one before it, tells of what is there."""
    first, last = _part(text, tokens, span.first)
    part = tokens[first:last]
    if lexicon.came.any_in(part) or _wishes(part, lexicon) or not first:
        return _has(part, lexicon)
    return _has(tokens[_part(text, tokens, first - 1)[0] : first], lexicon)


def _has(part: Sequence[Token], lexicon: Lexicon) -> bool:
    return lexicon.came.any_in(part) and not _wishes(part, lexicon)


def _wishes(part: Sequence[Token], lexicon: Lexicon) -> bool:
    wished = places_of((lexicon.request, lexicon.possible, lexicon.supposed), part)
    return bool(wished - lexicon.instead.places(part))


def _part(text: str, tokens: Sequence[Token], place: int) -> tuple[int, int]:
    """The places of the first word between two marks around a word, and of the first behind it."""
    first, last = place, place + 1
    while first > 0 and not any(mark in text[tokens[first - 1].end : tokens[first].start] for mark in _MARKS):
        first -= 1
    while last < len(tokens) and not any(mark in text[tokens[last - 1].end : tokens[last].start] for mark in _MARKS):
        last += 1
    return first, last


def _borders(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> list[int]:
    """Where parts begin: behind a mark, at a connecting word or a "but"."""
    joins = {s.first for ph in (lexicon.connectors, lexicon.contrast) for s in ph.find(tokens)}
    marked = {n for n in range(1, len(tokens)) if any(m in text[tokens[n - 1].end : tokens[n].start] for m in _MARKS)}
    return sorted({0, *joins, *marked, len(tokens)})
