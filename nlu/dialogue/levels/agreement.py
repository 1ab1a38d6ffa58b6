"""A yes beside something else in the same message: what confirms a write holds only if nothing speaks against it."""

from collections.abc import Sequence
from dataclasses import replace

from nlu.dialogue import done
from nlu.dialogue.acts import asks, begins_asking
from nlu.dialogue.answers import ONLY_BARE, WRITING
from nlu.dialogue.commands import (
    Affirm,
    Ask,
    Cancel,
    CannotHandle,
    Command,
    Courtesy,
    Deny,
    Evidence,
    Hold,
    SetSlot,
    StartFlow,
)
from nlu.dialogue.levels import talk
from nlu.dialogue.levels.another import after_yes, likely_matter
from nlu.dialogue.levels.matters import slots_for
from nlu.dialogue.levels.names import names_it
from nlu.dialogue.levels.situation import Situation, is_only
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.questions import Question
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.serving import may_begin
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.writes import writes_from

_POLITE = frozenset({"affirm", "thanks", "goodbye"})
_FAIR, _LIKELY = 0.4, 0.8
_NEAR = 2
"""Behind a moment asked for, so many words may lead up to the question: "moment, erst noch"."""
_A_REASON = 3
"""So many words say what a moment is for, not only that one is asked for."""
_A_QUESTION = 3
"""So few words behind a yes ask nothing by themselves."""


def settled(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands of a message without a yes that the rest of it puts in doubt.

    - a yes that would write: dropped if a question, a no, a wait or words nobody understood stand beside it; a further
      request does not touch it
    - a yes to "anything else?": dropped if more was said, since it only led up to that
    """
    question, context = situation.question, situation.context
    yes = [c for c in made if isinstance(c, Affirm)]
    if question is None or not yes:
        return _put_off(context, made) if _goes_on(situation, made) else list(made)
    rest = [clause for clause in situation.unread if _says_more(clause)]
    kind = {clause.text for clause in situation.clauses if not _says_more(clause)}
    others = [c for c in made if not isinstance(c, Affirm) and not _is_kind(c, kind)]
    if question.expects in ONLY_BARE:
        return others if rest or any(not isinstance(c, Courtesy) for c in others) else list(made)
    if not _is_written_by(question) or not (rest or any(_doubts(context, c) for c in others)):
        return [*yes, *others]
    others = [c for c in others if not isinstance(c, Deny)]
    further = _likely_matters(situation, rest)
    if further or any(_doubts(context, c) for c in others):
        return _put_off(context, [*others, *further])
    return [*others, _in_doubt(yes[0], rest)]


def _in_doubt(yes: Affirm, rest: Sequence[Clause]) -> Command:
    """What stands beside a yes and was not understood: a question, a part that has nothing to do with it, or its own
    rest.
    """
    if rest and all(_asks(clause) for clause in rest):
        return Ask(evidence=Evidence(rest[0].text))
    apart = bool(rest) and yes.evidence.clause != rest[0].text and not _contradicts(rest[0].text, rest[0].lexicon)
    return CannotHandle("part" if apart else "rest", evidence=Evidence(rest[0].text) if rest else yes.evidence)


def _goes_on(situation: Situation, made: Sequence[Command]) -> bool:
    """Whether a message to what is shown only goes on to another matter, in one breath with a yes ("yes and I need a
    copy") or without an answer ("I also need a copy").
    """
    if not _is_written_by(situation.question):
        return False
    lexicon, tokens = situation.context.lexicon, tokenize(situation.context.text)
    only = bool(made) and all(isinstance(c, StartFlow | SetSlot) for c in made)
    more = lexicon.connectors.at(tokens, 0) is not None or lexicon.another.any_in(tokens)
    return only and (more or after_yes(situation, tokens) > 0)


def instead_of_an_answer(situation: Situation) -> list[Command]:
    """What the clauses want that nobody was sure of, where they answer nothing that is shown."""
    if not _is_written_by(situation.question):
        return []
    return _put_off(situation.context, _likely_matters(situation, situation.unread))


def _likely_matters(situation: Situation, clauses: Sequence[Clause]) -> list[Command]:
    """The processes that clauses want by far the likeliest, though not surely."""
    context, triggers = situation.context, situation.context.pack.triggers
    found: list[Command] = []
    for clause in clauses:
        name = likely_matter(clause)
        chance = clause.understanding.ranking[0].confidence if clause.understanding.ranking else 0.0
        if may_begin(context, name) and (chance >= _LIKELY or names_it(situation, name, clause)):
            slots = slots_for(situation, triggers[name], clause)
            found.append(StartFlow(name, slots, evidence=Evidence(clause.text, chance, "engine")))
    return found


def _put_off(context: TurnContext, commands: Sequence[Command]) -> list[Command]:
    """The commands with the matters for later, if one of them writes or is about another number; what only looks
    something up is an answer.
    """
    starts = [c for c in commands if isinstance(c, StartFlow)]
    waits = any(_writes(context, c) or _is_elsewhere(context, c) for c in starts)
    if not waits or any(isinstance(c, Cancel) for c in commands):
        return list(commands)
    return [replace(c, later=True) if isinstance(c, StartFlow) else c for c in commands]


def _is_written_by(question: Question | None) -> bool:
    """Whether a yes to the question writes."""
    return question is not None and (question.is_consent or question.expects in WRITING)


def parted(situation: Situation) -> list[Clause]:
    """The clauses with a yes to a write, or a moment asked for, apart from the question that follows it without a mark:
    "yes do i need it", "moment first: how long is it".
    """
    if situation.question is None:
        return list(situation.clauses)
    return [part for clause in situation.clauses for part in _parted(situation, clause)]


def _parted(situation: Situation, clause: Clause) -> list[Clause]:
    question = situation.question
    if talk.urgent(situation, clause):
        return [clause]
    place = (after_yes(situation, clause.tokens) if _is_written_by(question) else 0) or _after_hold(clause)
    if not 0 < place < len(clause.tokens):
        return [clause]
    rest = stretch(clause, clause.tokens[place].start, len(clause.text))
    if clause.lexicon.says_little(rest.text):
        return [clause]
    if len(rest.tokens) < _A_QUESTION or not (place == _after_hold(clause) or _asks(rest)):
        return [clause]
    return [stretch(clause, 0, clause.tokens[place - 1].end), rest]


def _after_hold(clause: Clause) -> int:
    """The place behind a moment asked for at the beginning; 0 if it does not begin so."""
    lexicon, tokens = clause.lexicon, clause.tokens
    waits = lexicon.hold.at(tokens, 0)
    reasons = [s for s in lexicon.hold.find(tokens) if s.first > 0 and (s.gap or len(s) >= _A_REASON)]
    if waits is None or (reasons and "?" not in clause.text):
        return 0  # it says itself what the moment is for: "moment, da muss ich erst fragen"
    near = range(waits.last + 1, min(waits.last + 1 + _NEAR, len(tokens)))
    return next((n for n in near if lexicon.wh.at(tokens, n) or lexicon.about.at(tokens, n)), 0)


def _asks(clause: Clause) -> bool:
    """Whether a clause asks something, with or without a mark, a connecting word before it or none."""
    joins = clause.lexicon.connectors.at(clause.tokens, 0)
    tokens = clause.tokens[joins.last + 1 :] if joins else clause.tokens
    return clause.is_question or clause.asks_about or begins_asking(tokens, clause.lexicon)


def _doubts(context: TurnContext, command: Command) -> bool:
    """Whether what stands beside a yes has to be dealt with before anything is written."""
    if isinstance(command, StartFlow):
        if _contradicts(command.evidence.clause, context.lexicon) or _waits(command.evidence.clause, context.lexicon):
            return True
        asked = asks(command.evidence.clause, context.lexicon)
        apart = context.tracker.expects in WRITING and _is_elsewhere(context, command)
        return (asked and not apart) or not may_begin(context, command.intent)
    return isinstance(command, Deny | Hold | Ask | Cancel | CannotHandle)


def _contradicts(text: str, lexicon: Lexicon) -> bool:
    """Whether it begins by contrast with what was agreed to, and does not only add to it ("but I also need a copy")."""
    tokens = tokenize(text)
    joins = lexicon.connectors.at(tokens, 0)
    places = (0, joins.last + 1 if joins is not None else 0)
    return any(lexicon.contrast.at(tokens, n) for n in places) and not lexicon.another.any_in(tokens)


def _waits(text: str, lexicon: Lexicon) -> bool:
    """Whether it asks for a moment first ("wait, I need a copy before that")."""
    return lexicon.hold.at(tokenize(text), 0) is not None


def _is_elsewhere(context: TurnContext, start: StartFlow) -> bool:
    """Whether a question is about another thing than what is shown, or than the write that the yes takes back: it has
    a number of its own.
    """
    written = done.last_open(context)
    held = {**(done.facts_of(written) if written is not None else {}), **context.tracker.slots}
    return any(held.get(name) not in (None, value) for name, value in start.slots.items())


def _writes(context: TurnContext, command: Command) -> bool:
    """Whether a process that is wanted writes; one that only looks something up answers a question at once."""
    flow = context.pack.triggers.get(command.intent) if isinstance(command, StartFlow) else None
    return flow is not None and bool(writes_from(context.pack, flow, flow.first))


def _is_kind(command: Command, kind: set[str]) -> bool:
    return isinstance(command, CannotHandle) and command.evidence.clause in kind


def _says_more(clause: Clause) -> bool:
    """Whether a clause nobody understood is more than a kind word."""
    lexicon, tokens = clause.lexicon, clause.tokens
    if is_only(clause, lexicon.told | lexicon.praise, lexicon.fillers):
        return False  # "yes, I already said that"
    if lexicon.says_little(clause.text):
        return any(lists.any_in(tokens) for lists in (lexicon.no, lexicon.negation, lexicon.hold))
    ranking = clause.understanding.ranking
    sure = bool(ranking) and clause.understanding.in_scope and ranking[0].confidence >= _FAIR
    kind = sure and ranking[0].name in _POLITE
    doubtful = any(lists.any_in(tokens) for lists in (lexicon.no, lexicon.negation, lexicon.hold, lexicon.contrast))
    return clause.is_question or doubtful or not kind
