"""A yes to a process's own question with what it will ask next, told in the same breath."""

from collections.abc import Sequence

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, SetSlot
from nlu.dialogue.levels import edges, names
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.questions import is_truth
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.serving import is_running
from nlu.dialogue.tokens import Token
from nlu.dialogue.values.assign import Filled
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import meant
from nlu.dialogue.writes import writes_from
from nlu.flows import Flow

_A_WORD = 3
_SOME = 2


def with_values(situation: Situation, message: Clause) -> list[Command]:
    """The yes, the typed values behind it and, in words, the next free answer: "yes. order 100206, the battery is
    weak". Nothing if something is asked or denied, or another process that writes is named.
    """
    question, pack = situation.question, situation.context.pack
    if question is None or question.collect is None or question.expects or situation.is_consent:
        return []
    begins = situation.context.lexicon.plain_yes.at(message.tokens, 0)
    if begins is None or not is_truth(pack, question) or question.flow is None or _does_more(situation, message):
        return []
    rest = stretch(message, message.tokens[begins.last].end, len(message.text))
    filled = answers.values_in(situation.context, rest, situation.unfilled)
    if not filled:
        return []
    told = _told(situation, rest, filled, question.flow)
    values = {question.collect.slot: True, **{one.slot: one.value for one in filled}, **told}
    return [SetSlot(name, value, evidence=evidence(message, "value")) for name, value in values.items()]


def _does_more(situation: Situation, message: Clause) -> bool:
    """Whether the message asks, denies or wants something of its own."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    if message.is_question or any(c.is_question or c.asks_about for c in situation.clauses):
        return True
    lists = (lexicon.no, lexicon.hold, lexicon.cancel, lexicon.undo, lexicon.correction, lexicon.wh)
    if any(phrases.any_in(tokens) for phrases in lists) or lexicon.contrast.any_in(tokens[1 : 1 + _SOME]):
        return True
    return any(_is_other(situation, clause) for clause in (message, *situation.clauses))


def _is_other(situation: Situation, clause: Clause) -> bool:
    """Whether a clause names another process that writes."""
    context = situation.context
    flow = context.pack.triggers.get(clause.strict_intent)
    if flow is None or is_running(context, flow) or not writes_from(context.pack, flow, flow.first):
        return False
    return names.names_it(situation, clause.strict_intent, clause)


def _told(situation: Situation, rest: Clause, filled: Sequence[Filled], flow: Flow) -> dict[str, object]:
    """What the words beside the values answer of the process's free questions."""
    wish = next_free(situation, flow)
    left = _telling(situation, rest, filled)
    if wish is None or len(left) < _SOME:
        return {}
    first, last = edges.next_words(situation, left, filled)
    value = wish.slot.fit(meant(rest.text[first:last], situation.context.lexicon))
    return {wish.slot.name: value} if value is not None and wish.accepts(value) else {}


def next_free(situation: Situation, flow: Flow, but: Wanted | None = None) -> Wanted | None:
    """The next question of a process that takes any words and has no answer yet, other than one that is answered."""
    held = situation.context.tracker.slots
    known = but.slot.name if but is not None else ""
    wishes = (w for w in wants(situation.context, flow) if w.slot.name != known)
    open_ = (w for w in wishes if held.get(w.slot.name) is None and not is_formless(w))
    return next((w for w in open_ if w.free and not w.is_typed and not w.titles), None)


def _telling(situation: Situation, rest: Clause, filled: Sequence[Filled]) -> list[Token]:
    """The words outside of the values and of what names them, if they say something."""
    lexicon, tokens = situation.context.lexicon, rest.tokens
    slots = {one.slot for one in filled}
    labels = frozenset(label for w in situation.unfilled if w.slot.name in slots for label in w.labels)
    pieces = _pieces(rest, filled)
    own = [piece for piece in pieces if _says(piece, lexicon, labels)]
    longest = max(own, key=len, default=())
    return [t for t in longest if t in tokens]


def _pieces(rest: Clause, filled: Sequence[Filled]) -> list[list[Token]]:
    """The words between marks, connecting words and values."""
    found: list[list[Token]] = [[]]
    joins = {n for span in rest.lexicon.connectors.find(rest.tokens) for n in range(span.first, span.last + 1)}
    end = 0
    for n, token in enumerate(rest.tokens):
        value = any(f.start < token.end and token.start < f.end for f in filled)
        if value or n in joins or any(mark in rest.text[end : token.start] for mark in ",.;:\n"):
            found.append([])
        if not value and n not in joins:
            found[-1].append(token)
        end = token.end
    return found


def _says(piece: Sequence[Token], lexicon: Lexicon, labels: frozenset[str]) -> bool:
    """Whether a piece is more than small words and the name of a value."""
    lists = (lexicon.fillers, lexicon.copula, lexicon.articles, lexicon.yes, lexicon.thanks, lexicon.please)
    empty = places_of(lists, piece)
    words = [t for n, t in enumerate(piece) if n not in empty and len(t.folded) >= _A_WORD]
    return sum(not _names(t, labels) for t in words) >= _SOME


def _names(token: Token, labels: frozenset[str]) -> bool:
    return any(token.folded.startswith(label[:6]) or label.startswith(token.folded) for label in labels)
