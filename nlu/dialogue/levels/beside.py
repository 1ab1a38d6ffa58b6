"""Sentences that only lead up to what is wanted: a statement beside a request begins nothing of its own."""

from collections.abc import Sequence
from dataclasses import replace

from nlu.dialogue.acts import Act
from nlu.dialogue.commands import Ask, CannotHandle, Command, Guess, SetSlot, StartFlow
from nlu.dialogue.flow_steps import asks_for
from nlu.dialogue.levels import articles, matters
from nlu.dialogue.levels.matters import looks_up
from nlu.dialogue.levels.names import names_it, names_of
from nlu.dialogue.levels.situation import Situation, evidence, wants
from nlu.dialogue.problems import ProblemKind
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import stem
from nlu.dialogue.writes import writes_from

_REQUESTS = -1.0
_FAIR = 0.3
_A_SENTENCE = 0.5
_A_WORD = 3


def settled(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands of a message without the matters that its side sentences would begin; what these say is kept for the
    matter that remains. A question behind the comma of a statement is what is wanted, and the matter then offered.
    """
    if len(situation.clauses) < 2:
        return list(made)
    made = _with_a_guess(situation, _without_arrivals(situation, made))
    asked = _asked_of_statement(situation, made)
    if asked is not None:
        return asked
    kept = list(made)
    for one in sorted(made, key=lambda c: not _is_bare_number(situation, c)):
        clause = _clause_of(situation, one)
        others = [
            c
            for c in kept
            if c is not one and isinstance(c, StartFlow | Ask) and _clause_of(situation, c) is not clause
        ]
        if isinstance(one, StartFlow) and clause is not None and _leads_up(situation, clause, one, others):
            kept = [_with(situation, c, one) for c in kept if c is not one]
            if not any(isinstance(c, StartFlow) for c in kept):
                kept += [SetSlot(name, value, evidence=one.evidence) for name, value in one.slots.items()]
    return kept


def _is_bare_number(situation: Situation, command: Command) -> bool:
    """Whether a command was made of a number alone, which begins nothing beside a sentence that does."""
    clause = _clause_of(situation, command)
    return clause is not None and bool(clause.tokens) and all(t.is_number for t in clause.tokens)


def _asked_of_statement(situation: Situation, made: Sequence[Command]) -> list[Command] | None:
    """The article that answers "my child is ill, do I have to take leave?", then the offer."""
    starts = [c for c in made if isinstance(c, StartFlow)]
    clauses = situation.clauses
    if len(starts) != 1 or len(clauses) != 2 or situation.context.tracker.stack:
        return None
    first, second = clauses
    between = situation.context.text[first.start + len(first.text) : second.start].strip()
    says = first.act.act is Act.STATES and not first.is_question and second.asks_about and between == ","
    if not says or starts[0].evidence.clause not in (first.text, second.text) or starts[0].slots:
        return None
    context = situation.context
    if context.lexicon.says_little(first.text) or looks_up(context, starts[0].intent):
        return None
    knowledge, intent = context.pack.knowledge, starts[0].intent
    own = knowledge.find(context.text, context.language, tagged=intent)
    passage = own or knowledge.about(intent, context.text, context.language) or articles.passage_for(situation, second)
    rest = [c for c in made if c is not starts[0] and not isinstance(c, Ask)]
    situation.unread = [c for c in situation.unread if c is not second]
    return [Ask(intent, passage, evidence=starts[0].evidence), *rest]


def _without_arrivals(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """Without a look-up for a sentence that only tells that something came, where the next one says what is wrong with
    it; what that most likely is about begins then.
    """
    broken = [c for c in situation.clauses if c.problem is not None and c.problem.kind is ProblemKind.DEFECT]
    came = [c for c in made if isinstance(c, StartFlow) and _arrived(situation, c, broken)]
    if not came:
        return list(made)
    kept = [_with(situation, c, came[0]) for c in made if c not in came and not isinstance(c, CannotHandle)]
    if any(isinstance(c, StartFlow) for c in kept):
        return kept
    ranking = broken[0].understanding.ranking
    likely = ranking[0].name if ranking and ranking[0].confidence >= _FAIR else ""
    flow = situation.context.pack.triggers.get(likely)
    if flow is None or not is_process(flow):
        return list(made)
    situation.unread = [c for c in situation.unread if c is not broken[0]]
    slots = {**matters.in_clause(situation, flow, broken[0]), **came[0].slots}
    return [*kept, StartFlow(likely, slots, evidence=evidence(broken[0], "engine"))]


def _with_a_guess(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands with only an offer of what the first half of a sentence seems to be about and does not name, where
    the other half goes on with what is wanted ("I'm going to Vienna and need some money up front"); without it, if the
    sentence as a whole is about that.
    """
    starts = [c for c in made if isinstance(c, StartFlow)]
    if len(starts) != 2 or len(situation.clauses) != 2 or situation.context.tracker.stack:
        return list(made)
    (first, second), clauses = starts, situation.clauses
    told = [first.evidence.clause, second.evidence.clause] == [c.text for c in clauses]
    if not told or not _goes_on_wanting(clauses[1]) or _tells_of_itself(situation, first, clauses[0]):
        return list(made)
    rest = [c for c in made if c is not first]
    ranking = situation.context.understanding.ranking
    whole = bool(ranking) and ranking[0].name == second.intent and ranking[0].confidence >= _A_SENTENCE
    return rest if whole else [*rest, Guess(first.intent, evidence=first.evidence)]


def _goes_on_wanting(clause: Clause) -> bool:
    """Whether a half goes on, without a subject of its own, with a word for wanting."""
    joins = clause.lexicon.connectors.at(clause.tokens, 0)
    wants_ = clause.lexicon.request.at(clause.tokens, joins.last + 1) if joins is not None else None
    return wants_ is not None and not clause.is_question and len(wants_) == 1


def _tells_of_itself(situation: Situation, start: StartFlow, clause: Clause) -> bool:
    """Whether a half names its matter, asks, reports a problem or has a value for it."""
    flow = situation.context.pack.triggers.get(start.intent)
    if flow is None or not is_process(flow) or clause.is_question or clause.asks_about or clause.problem is not None:
        return True
    return names_it(situation, start.intent, clause) or bool(matters.in_clause(situation, flow, clause))


def _arrived(situation: Situation, start: StartFlow, broken: Sequence[Clause]) -> bool:
    """Whether a start was made of a plain statement that something was received."""
    clause = _clause_of(situation, start)
    if clause is None or clause in broken or not broken or clause.is_question or clause.asks_about:
        return False
    lexicon, tokens = situation.context.lexicon, clause.tokens
    told = lexicon.events.any_in(tokens) or lexicon.receives.any_in(tokens)
    return told and clause.problem is None and not lexicon.negation.any_in(tokens) and not _writes(situation, start)


def _leads_up(situation: Situation, clause: Clause, start: StartFlow, others: Sequence[Command]) -> bool:
    """Whether a clause states how things are, beside one that asks for something: it looks up what it says itself, or
    is about somebody else.
    """
    context = situation.context
    wanted = [o for o in others if _is_wanted(situation, o)]
    flow = context.pack.triggers.get(start.intent)
    if _only_values(situation, clause, start, others):
        return True
    if not wanted or flow is None or not is_process(flow):
        return False
    if clause.is_question or clause.asks_about or clause.problem is not None or _joined(situation, clause):
        return False
    lexicon, tokens = context.lexicon, clause.tokens
    happened = any(lists.any_in(tokens) for lists in (lexicon.events, lexicon.receives, lexicon.happens))
    if not writes_from(context.pack, flow, flow.first):
        return happened and not lexicon.request.any_in(tokens)
    if clause.act.act is not Act.STATES:
        return False
    speaks = context.lexicon.speaker.any_in(clause.tokens[:2]) or context.lexicon.own.any_in(clause.tokens[:2])
    return not speaks and not matters.in_clause(situation, flow, clause)


def _only_values(situation: Situation, clause: Clause, start: StartFlow, others: Sequence[Command]) -> bool:
    """Whether a clause is a number that the other matter needs, with its label and hardly a word beside."""
    context, fillers = situation.context, situation.context.lexicon.fillers
    if (
        not any(t.is_number for t in clause.tokens)
        or clause.is_question
        or context.lexicon.events.any_in(clause.tokens)
    ):
        return False
    if named(clause.tokens) & names_of(situation, start.intent).words:
        return False
    flows = [context.pack.triggers.get(o.intent) for o in others if isinstance(o, StartFlow)]
    labels = frozenset(label for flow in flows if flow for wish in wants(context, flow) for label in wish.labels)
    words = [t.folded for t in clause.tokens if not t.is_number and len(t.folded) >= _A_WORD]
    labelled = [w for w in words if stem(w) in labels or w in labels]
    rest = [w for w in words if w not in fillers and w not in labelled]
    return not rest or (bool(labelled) and len(rest) == 1)


def _is_wanted(situation: Situation, other: Command) -> bool:
    clause = _clause_of(situation, other)
    return clause is not None and (
        clause.is_question
        or clause.asks_about
        or clause.act.odds <= _REQUESTS
        or (isinstance(other, StartFlow) and _writes(situation, other))
    )


def _writes(situation: Situation, start: StartFlow) -> bool:
    flow = situation.context.pack.triggers.get(start.intent)
    return flow is not None and bool(writes_from(situation.context.pack, flow, flow.first))


def _joined(situation: Situation, clause: Clause) -> bool:
    """Whether a connecting word makes the clause a matter beside the other."""
    connectors, place = situation.context.lexicon.connectors, situation.clauses.index(clause)
    after = situation.clauses[place + 1 : place + 2]
    return connectors.at(clause.tokens, 0) is not None or any(connectors.at(c.tokens, 0) for c in after)


def _with(situation: Situation, command: Command, start: StartFlow) -> Command:
    """What a side sentence says belongs to the matter that remains."""
    flow = situation.context.pack.triggers.get(command.intent) if isinstance(command, StartFlow) else None
    if flow is None or not isinstance(command, StartFlow):
        return command
    wanted = asks_for(situation.context, flow)
    return replace(command, slots={**{n: v for n, v in start.slots.items() if n in wanted}, **command.slots})


def _clause_of(situation: Situation, command: Command) -> Clause | None:
    return next((c for c in situation.clauses if c.text == command.evidence.clause), None)
