"""What nobody read of a message of which the rest was understood: guessed at, or said to be not understood."""

from collections.abc import Sequence

from nlu.dialogue import answers
from nlu.dialogue.acts import Act
from nlu.dialogue.answers import ONLY_BARE
from nlu.dialogue.commands import (
    Affirm,
    Ask,
    CannotHandle,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Guess,
    SetParts,
    SetSlot,
    StartFlow,
)
from nlu.dialogue.levels import matters, names
from nlu.dialogue.levels.situation import LONG_WORDS, Situation, evidence, is_formless, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import is_running, may_begin
from nlu.dialogue.values.readings import readings
from nlu.domain import SlotType

_FAIR = 0.5
_REQUESTS = -1.0
_ASKS = 1.0


def of(situation: Situation) -> list[Command]:
    """One command a clause that wants something and that nothing made before is about; those clauses are read then.
    Interjections, and statements that belong to what is served, want nothing.
    """
    if not any(isinstance(c, Ask | StartFlow | SetSlot | CorrectSlot | SetParts) for c in situation.made):
        return []
    found: list[Command] = []
    for clause in list(situation.unread):
        command = _of_clause(situation, clause)
        if command is not None:
            found.append(command)
            situation.unread.remove(clause)
    return found


def beside_a_close(situation: Situation, made: Sequence[Command]) -> list[Clause]:
    """The clauses that ask for something while the rest of the message is only thanks, a goodbye or a no to whether
    there is anything else: these close nothing.
    """
    question = situation.question
    if question is not None and question.expects not in ONLY_BARE:
        return []
    if not made or not all(isinstance(c, Courtesy | Affirm | Deny) for c in made):
        return []
    return [
        c
        for c in situation.unread
        if len(c.tokens) >= LONG_WORDS
        and not c.lexicon.says_little(c.text)
        and (c.is_question or c.asks_about or c.act.odds <= _REQUESTS)
    ]


def only_closes(situation: Situation) -> bool:
    """Whether after "anything else?" what nobody read only leads up to a thanks or goodbye ("ok, I'll call them.
    Thanks"): statements that complain of nothing and are nobody's matter.
    """
    question = situation.question
    ends = question is not None and question.expects in ONLY_BARE
    last = situation.clauses[-1] not in situation.unread
    polite = last and any(isinstance(c, Courtesy) and c.kind in ("thanks", "goodbye") for c in situation.made)
    plain = (c.act.act is Act.STATES and not c.is_question and not c.problem for c in situation.unread)
    return ends and polite and all(plain) and not any(_is_matter(situation, c) for c in situation.unread)


def _is_matter(situation: Situation, clause: Clause) -> bool:
    return _guess(clause) in situation.context.pack.triggers


def _of_clause(situation: Situation, clause: Clause) -> Command | None:
    guess = _guess(clause)
    if guess and (_is_about(situation, guess) or names.only_goes_on(situation, clause, guess)):
        return None
    flow = situation.context.pack.triggers.get(guess)
    if flow is not None and _belongs(situation, clause, guess):
        return None
    if flow is not None and may_begin(situation.context, guess) and not clause.asks_about and _has_words(clause):
        return Guess(guess, matters.slots_for(situation, flow, clause), evidence=evidence(clause, "engine"))
    if len(clause.tokens) < LONG_WORDS or clause.lexicon.says_little(clause.text):
        return None
    if clause.is_question and clause.act.odds >= _ASKS:
        alone = not any(isinstance(c, Ask | StartFlow) for c in situation.made)
        return Ask(evidence=evidence(clause)) if alone else CannotHandle("part", evidence=evidence(clause))
    told = clause.problem is not None and not _takes_reasons(situation)
    asked_for = clause.act.odds <= _REQUESTS and clause.lexicon.request.any_in(clause.tokens)
    return CannotHandle("part", evidence=evidence(clause)) if told or asked_for else None


def _guess(clause: Clause) -> str:
    """The likeliest matter of a clause that is not sure, "" if it may be anything."""
    ranking = clause.understanding.ranking
    fair = bool(ranking) and clause.understanding.in_scope and ranking[0].confidence >= _FAIR
    return ranking[0].name if fair else ""


def _has_words(clause: Clause) -> bool:
    """Whether the clause is more than a number and words that say nothing."""
    silent = clause.lexicon.fillers.places(clause.tokens)
    return any(len(t.folded) >= LONG_WORDS and not t.is_number for p, t in enumerate(clause.tokens) if p not in silent)


def _belongs(situation: Situation, clause: Clause, guess: str) -> bool:
    """Whether a clause only tells more of what else the message is about, though it sounds like another matter."""
    if names.says_its_number(clause) or _only_tells(situation, clause):
        return True
    return not names.names_it(situation, guess, clause) and _gives_values(situation, clause)


def _gives_values(situation: Situation, clause: Clause) -> bool:
    """Whether a clause has a typed value for the matter that begins or is asked about, or a day of something."""
    triggers = situation.context.pack.triggers
    flows = [triggers.get(c.intent) for c in situation.made if isinstance(c, Ask | StartFlow)]
    typed = [w for flow in flows if flow is not None for w in wants(situation.context, flow) if w.is_typed]
    if clause.is_question or clause.asks_about or not typed:
        return False
    found = answers.values_in(situation.context, clause, [w for w in typed if not is_formless(w)], held={})
    return bool(found) or bool(readings(clause.text, "date", situation.context.today, situation.context.languages))


def _only_tells(situation: Situation, clause: Clause) -> bool:
    """Whether a statement has no number but what the matter that begins has taken, and beside it at most the name of
    that number or what happened once ("order 100206", "heute kam 100240", "sent 100210 back ages ago").
    """
    lexicon, tokens = clause.lexicon, clause.tokens
    numbers = {clause.text[t.start : t.end] for t in tokens if t.is_number}
    if clause.is_question or clause.asks_about or not numbers:
        return False
    taken = {str(v) for c in situation.made if isinstance(c, StartFlow) for v in c.slots.values()}
    if not all(any(number in value for value in taken) for number in numbers):
        return False
    small = frozenset().union(*(p.places(tokens) for p in (lexicon.fillers, lexicon.copula, lexicon.articles)))
    words = [t for n, t in enumerate(tokens) if n not in small and not t.is_number]
    if len(words) <= 1:
        return True
    return not lexicon.request.any_in(tokens) and any(
        p.any_in(tokens) for p in (lexicon.events, lexicon.receives, lexicon.past)
    )


def _is_about(situation: Situation, intent: str) -> bool:
    """Whether what was made of the other clauses, or what is open, serves that intent."""
    flow = situation.context.pack.triggers.get(intent)
    begun = any(isinstance(c, Ask | StartFlow) and c.intent == intent for c in situation.made)
    return begun or (flow is not None and is_running(situation.context, flow))


def _takes_reasons(situation: Situation) -> bool:
    """Whether something open or begun asks for words or a kind, which a complaint beside it may well be."""
    pack, stack = situation.context.pack, situation.context.tracker.stack
    begun = (pack.triggers.get(c.intent) for c in situation.made if isinstance(c, StartFlow))
    flows = [flow for flow in (*begun, *(pack.flows.get(frame.flow) for frame in stack)) if flow is not None]
    wishes = (wish for flow in flows for wish in wants(situation.context, flow))
    return any(wish.free or wish.slot.type is SlotType.CATEGORICAL for wish in wishes)
