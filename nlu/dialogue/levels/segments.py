"""The stretches of a first message that may answer questions in words, told from the one that names the matter."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nlu.dialogue import answers
from nlu.dialogue.commands import StartFlow
from nlu.dialogue.levels import edges
from nlu.dialogue.levels.described import describes
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.problems import problem_in
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.assign import Filled
from nlu.dialogue.values.composite import missing, read_parts
from nlu.flows import Flow

_SEGMENT = re.compile(r"(?:(?!,\s|:\s|(?<=\w\w\w)\.\s)[^\n;])+")
_ALL = re.compile(r"(?s:.+)")
_A_WORD = 3
_SOME = 2
_A_NAME = 5
_ADDRESS = ("street", "postcode", "town")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a clause. `tells`: of a problem; `names`: at most what it is with; `described`: a thing, which is no
    choice of buttons.
    """

    clause: Clause
    start: int
    end: int
    tells: bool = False
    names: bool = False
    described: bool = False

    @property
    def text(self) -> str:
        return self.clause.text[self.start : self.end]


def telling(situation: Situation, segments: Sequence[Segment], start: StartFlow, flow: Flow) -> Sequence[Segment]:
    """The segments from the first that tells of a problem on, and the few words before it that may name what it is
    with. Where more is told behind a typed value, what stands before it in the customer's own person ("there's a dent
    in my frame, order 100250, ...") only named the matter.
    """
    lexicon, opening = situation.context.lexicon, _opening(situation, start)
    told = [
        replace(one, tells=reports(one.text, lexicon) or (one.clause is not opening and _is_near(one.clause, start)))
        for one in segments
    ]
    first = next((n for n, one in enumerate(told) if one.tells), -1)
    if first < 0:
        return told
    names = [replace(one, names=True) for one in told[:first] if len(tokenize(one.text)) <= _A_NAME]
    told = told[first:]
    values = typed_in(situation, told[0].clause, flow)
    behind = [o.clause is not told[0].clause or any(told[0].end <= v.start < o.start for v in values) for o in told]
    if lexicon.own.any_in(tokenize(told[0].text)) and any(
        apart and one.tells for apart, one in zip(behind, told, strict=True)
    ):
        told = told[behind.index(True) :]
    return [*names, *told]


def segments_of(situation: Situation, start: StartFlow, flow: Flow) -> Iterator[Segment]:
    """Clauses that nobody read, as a whole if no value is in them, and the parts between commas of the others."""
    opening = _opening(situation, start)
    alone = not any(isinstance(c, StartFlow) and c is not start for c in situation.made)
    for clause in situation.clauses:
        begins = clause is opening
        if not begins and not (alone and clause in situation.unread) and not _goes_on(situation, clause, start):
            continue
        found = typed_in(situation, clause, flow)
        pieces = _pieces(situation, clause.text, flow)
        if not begins and not found:
            yield Segment(clause, 0, len(clause.text))
            continue
        if begins and not found and ": " not in clause.text:  # no list of values, but one sentence
            yield from _described(situation, start, clause, pieces)
            continue
        naming = _naming(situation, start, pieces, found) if begins else None
        for piece in pieces:
            if (piece is naming and not gives_address(situation, piece[0], flow)) or (
                naming is not None and _leads_up(piece, naming, situation.context.lexicon)
            ):
                continue
            inside = [one for one in found if piece.start() < one.end and one.start < piece.end()]
            own = [t for t in clause.tokens if piece.start() <= t.start and t.end <= piece.end()]
            left = [t for t in own if not any(f.start < t.end and t.start < f.end for f in inside)]
            telling_ = edges.telling(situation, clause, inside) if inside else own
            told = sum(t in left for t in telling_)
            if not inside or (len(left) >= _A_WORD and len(left) > len(own) - len(left) and told >= _SOME):
                yield Segment(clause, piece.start(), piece.end())
            elif min(len(left), told) >= _SOME and not any(left[0].start < f.start < left[-1].end for f in inside):
                yield Segment(clause, left[0].start, left[-1].end)


def _pieces(situation: Situation, text: str, flow: Flow) -> list[re.Match[str]]:
    """The parts of a text between its marks; two that are a whole address only together are one."""
    found: list[re.Match[str]] = []
    for piece in _SEGMENT.finditer(text):
        if not piece[0].strip(" ,"):
            continue
        both = _ALL.fullmatch(text, found[-1].start(), piece.end()) if found else None
        if (
            both is not None
            and gives_address(situation, both[0], flow)
            and not gives_address(situation, found[-1][0], flow)
        ):
            found[-1] = both
            continue
        found.append(piece)
    return found


def _described(
    situation: Situation, start: StartFlow, clause: Clause, pieces: Sequence[re.Match[str]]
) -> Iterator[Segment]:
    """What stands behind the piece that asks for the matter, from where a thing is described on ("we need a new
    supplier, Bergmann Print, they're in Graz").
    """
    lexicon = situation.context.lexicon
    naming = _naming(situation, start, pieces, [])
    if naming is None or not _asks_for(naming[0], lexicon):
        return
    for piece in pieces:
        tokens = tokenize(piece[0])
        if piece.start() > naming.start() and describes(lexicon, tokens):
            yield Segment(clause, tokens[0].start + piece.start(), len(clause.text), described=True)
            return


def gives_address(situation: Situation, text: str, flow: Flow) -> bool:
    """Whether a piece has a whole address, and the process no question that is put together of the parts of one: then
    it says what is wanted in words ("my new address is Bergstr. 5, 22089 Hamburg").
    """
    if any(wish.collect is not None and wish.collect.parts for wish in wants(situation.context, flow)):
        return False
    context = situation.context
    return not missing(_ADDRESS, read_parts(text, _ADDRESS, context.today, context.languages))


def typed_in(situation: Situation, clause: Clause, flow: Flow) -> list[Filled]:
    """The typed values of the process in a clause."""
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    return answers.values_in(situation.context, clause, typed, held={})


def _opening(situation: Situation, start: StartFlow) -> Clause | None:
    """The clause that names the matter: of those that do, the first that does not only tell what is wrong."""
    own = [c for c in situation.clauses if c.text == start.evidence.clause or _is_near(c, start)]
    lexicon = situation.context.lexicon
    return next((c for c in own if not reports(c.text, lexicon)), own[0] if own else None)


def _is_near(clause: Clause, start: StartFlow) -> bool:
    return clause.strict_intent == start.intent


def _goes_on(situation: Situation, clause: Clause, start: StartFlow) -> bool:
    """Whether a clause that is near the matter, too, does not name it but tells more of it."""
    return _is_near(clause, start) and not (clause.is_question or _asks_for(clause.text, situation.context.lexicon))


def _naming(
    situation: Situation, start: StartFlow, pieces: Sequence[re.Match[str]], found: Sequence[Filled]
) -> re.Match[str] | None:
    """The piece that says which matter it is: of those that name it one in the customer's own person ("we have a new
    colleague"), else the shortest; of those that tell what is wrong the first; else the first that says something.
    """
    names = names_of(situation, start.intent, shared=True).words
    lexicon = situation.context.lexicon
    worded = [p for p in pieces if not _is_value(p, found)]
    told = [piece for piece in worded if reports(piece[0], lexicon)]
    others = [p for p in worded if p not in told]
    asking = [p for p in others if _asks_for(p[0], lexicon)]
    asking = asking or [p for p in others if told and lexicon.first_person.at(tokenize(p[0]), 0) is not None]
    naming = [piece for piece in worded if _is_named(tokenize(piece[0]), names)]
    for likely in ([p for p in asking if p in naming], asking, [p for p in naming if p not in told]):
        if likely:
            return min(likely, key=lambda piece: (not _speaks(piece[0], lexicon), len(tokenize(piece[0]))))
    valued = [p for p in pieces if p not in worded and is_name(named(tokenize(p[0])), names)]
    if told and valued:
        return valued[0]  # what tells what is wrong need not say what is wanted, too
    if told:
        return next((p for p in told if p in naming), told[0])
    return next((p for p in pieces if not lexicon.says_little(p[0])), pieces[0] if pieces else None)


def _speaks(text: str, lexicon: Lexicon) -> bool:
    """Whether a piece begins with whoever speaks and says something of them."""
    tokens = tokenize(text)
    return len(tokens) > _A_WORD and lexicon.first_person.at(tokens, 0) is not None


def _leads_up(piece: re.Match[str], naming: re.Match[str], lexicon: Lexicon) -> bool:
    """Whether a piece only tells the customer's own story before the matter is named ("they broke into our flat, ...")
    and no problem in so many words.
    """
    before = piece.end() <= naming.start()
    return before and lexicon.own.any_in(tokenize(piece[0])) and not reports(piece[0], lexicon)


def _is_named(tokens: Sequence[Token], names: frozenset[str]) -> bool:
    """Whether one of the words is a name, or one that is put together of it (`Garantiefall`)."""
    words = named(tokens)
    return bool(words & names) or any(w.startswith(name) for name in names if len(name) > _A_NAME for w in words)


def _is_value(piece: re.Match[str], found: Sequence[Filled]) -> bool:
    """Whether a piece is a value, with at most the name of what it is before it ("order 100213")."""
    inside = [one for one in found if piece.start() < one.end and one.start < piece.end()]
    tokens = tokenize(piece[0])
    begin = piece.start()
    left = [t for t in tokens if not any(f.start < begin + t.end and begin + t.start < f.end for f in inside)]
    return bool(inside) and len(left) <= 1


def _asks_for(text: str, lexicon: Lexicon) -> bool:
    tokens = tokenize(text)
    return len(tokens) > _A_WORD and lexicon.request.any_in(tokens)


def reports(text: str, lexicon: Lexicon) -> bool:
    """Whether a piece tells of a problem in words of its own."""
    return len(tokenize(text)) >= _SOME and problem_in(text, lexicon) is not None
