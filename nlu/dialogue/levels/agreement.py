"""A yes beside something else in the same message: what confirms a write holds only if nothing speaks against it."""

from collections.abc import Sequence

from nlu.dialogue import done
from nlu.dialogue.acts import asks, begins_asking
from nlu.dialogue.answers import ONLY_BARE, WRITING
from nlu.dialogue.commands import Affirm, Ask, Cancel, CannotHandle, Command, Courtesy, Deny, Evidence, Hold, SetSlot, StartFlow
from nlu.dialogue.levels import talk
from nlu.dialogue.levels.another import after_yes
from nlu.dialogue.levels.situation import Situation
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.serving import may_begin
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.writes import writes_from

_POLITE = frozenset({"affirm", "thanks", "goodbye"})
_FAIR = 0.4
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
    if question is not None and not yes and _is_swallowed(situation, made):
        return [*made, CannotHandle("rest", evidence=made[0].evidence)]
    if question is None or not yes:
        return list(made)
    rest = [clause for clause in situation.unread if _says_more(clause)]
    kind = {clause.text for clause in situation.clauses if not _says_more(clause)}
    others = [c for c in made if not isinstance(c, Affirm) and not _is_kind(c, kind)]
    if question.expects in ONLY_BARE:
        return others if rest or any(not isinstance(c, Courtesy) for c in others) else list(made)
    writes = question.is_consent or question.expects in WRITING
    if not writes or not (rest or any(_doubts(context, c) for c in others)):
        return [*yes, *others]
    others = [c for c in others if not isinstance(c, Deny)]
    if any(_doubts(context, c) for c in others):
        waits = all(isinstance(c, StartFlow | SetSlot) for c in others) and any(_writes(context, c) for c in others)
        return [*others, CannotHandle("rest", evidence=yes[0].evidence)] if waits else others
    evidence = Evidence(rest[0].text) if rest else yes[0].evidence
    if rest and all(_asks(clause) for clause in rest):
        return [*others, Ask(evidence=evidence)]
    return [*others, CannotHandle("rest", evidence=evidence)]


def _is_swallowed(situation: Situation, made: Sequence[Command]) -> bool:
    """Whether a yes to a write was said in one breath with another matter and nothing else ("yes and I need a copy")."""
    question = situation.question
    if question is None or not (question.is_consent or question.expects in WRITING):
        return False
    only = bool(made) and all(isinstance(c, StartFlow | SetSlot) for c in made)
    return only and after_yes(situation, tokenize(situation.context.text)) > 0


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
    writes = question is not None and (question.is_consent or question.expects in WRITING)
    place = (after_yes(situation, clause.tokens) if writes else 0) or _after_hold(clause)
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
        asked = asks(command.evidence.clause, context.lexicon)
        apart = context.tracker.expects in WRITING and _is_elsewhere(context, command)
        return (asked and not apart) or not may_begin(context, command.intent)
    return isinstance(command, Deny | Hold | Ask | Cancel | CannotHandle)


def _is_elsewhere(context: TurnContext, start: StartFlow) -> bool:
    """Whether a question is about another thing than the write that the yes takes back: it has a number of its own."""
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
    if lexicon.says_little(clause.text):
        return any(lists.any_in(tokens) for lists in (lexicon.no, lexicon.negation, lexicon.hold))
    ranking = clause.understanding.ranking
    sure = bool(ranking) and clause.understanding.in_scope and ranking[0].confidence >= _FAIR
    kind = sure and ranking[0].name in _POLITE
    doubtful = any(lists.any_in(tokens) for lists in (lexicon.no, lexicon.negation, lexicon.hold, lexicon.contrast))
    return clause.is_question or doubtful or not kind
