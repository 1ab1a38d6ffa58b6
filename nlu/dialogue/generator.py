"""Makes commands of a message: the port, and our own generator, which is deterministic and local."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from conversation.conversation import HandoffReason
from conversation.understanding import RankedIntent
from nlu.anger import is_angry
from nlu.dialogue.clauses import is_number
from nlu.dialogue.commands import (
    Affirm,
    Ask,
    Cancel,
    CannotHandle,
    Change,
    Clarify,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Guess,
    Handoff,
    Hold,
    Report,
    SetLanguage,
    SetParts,
    SetSlot,
    StartFlow,
    Undo,
    Urgent,
    WhichWrite,
)
from nlu.dialogue.levels import (
    additions,
    addressees,
    agreement,
    amendments,
    another,
    articles,
    asides,
    assent,
    beside,
    complaints,
    corrections,
    counted,
    denials,
    described,
    ends,
    exchange,
    free_text,
    labels,
    leftovers,
    lines,
    matters,
    one_by_one,
    refusals,
    restated,
    several,
    shifts,
    siblings,
    switches,
    talk,
    telegram,
    told,
    trouble,
    turned,
    unread,
    values,
    whether_done,
    which,
)
from nlu.dialogue.levels.names import names_it
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.options import options_for
from nlu.dialogue.questions import is_truth, open_question
from nlu.dialogue.reading import Clause, read
from nlu.dialogue.serving import may_begin
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.wording import is_excuse, is_outcry
from nlu.emoji import MOOD, meant_by_emoji
from nlu.language import LanguageDetector

_Level = Callable[[Situation, Clause], list[Command]]
_LIKELY, _SOME = 0.6, 2
_A_GUESS, _BY_FAR = 0.3, 2.5
"""How sure the likeliest of several must be, and how much surer than the next."""
_FACTS = (SetSlot, CorrectSlot, SetParts, StartFlow)
"""What goes along when a person takes over at once."""


class CommandGenerator(Protocol):
    """Where commands come from. One that asks a language model may stand beside ours."""

    def commands(self, context: TurnContext) -> list[Command]:
        """What the message of this turn tells the dialogue to do, in the order of its clauses. Never empty."""
        ...


@dataclass(frozen=True)
class LocalGenerator:
    """A pure function of the message's clauses, their understanding, the open question, the flow stack and what was
    just reported. Each clause is read in a fixed order: danger, a person, a typed value, a correction, changing what
    was done, a problem, a question or request, free text, courtesy.
    """

    languages: LanguageDetector

    def commands(self, context: TurnContext) -> list[Command]:
        """See CommandGenerator."""
        one, made = self._at_once(context), self._read(context)
        if one is None or any(isinstance(c, Urgent) for c in made):
            return made
        return [one, *(c for c in made if isinstance(one, Handoff) and isinstance(c, _FACTS))]

    def _read(self, context: TurnContext) -> list[Command]:
        clauses = (
            [articles.whole(context)]
            if articles.is_one_question(context)
            else read(context.understanding, context.text, context.lexicon)
        )
        situation = Situation(context, trouble.asked(context, clauses), clauses)
        made = one_by_one.parted(situation, shifts.in_that_week(situation, _message(situation)))
        return trouble.instead(situation, turned.noted(situation, ends.in_order(situation, made)))

    def _at_once(self, context: TurnContext) -> Command | None:
        """What the message as a whole is, whatever its clauses say; only danger comes before."""
        if context.pack.profile.bot.anger and is_angry(context.text):
            return Handoff(HandoffReason.ANGER)
        if sign := meant_by_emoji(context.text):
            return _of_emoji(context, sign)
        if language := self.languages.wished(context.text):
            return SetLanguage(language)
        return None


_LEVELS: tuple[_Level, ...] = (
    talk.urgent,
    talk.wish_for_person,
    corrections.regretted,
    trouble.of,
    refusals.of,
    values.of,
    corrections.of,
    corrections.of_done,
    talk.leaving,
    whether_done.of,
    matters.problem,
    labels.within,
    matters.of,
    free_text.keep,
    talk.courtesy,
)


_ALWAYS: tuple[_Level, ...] = (talk.urgent, talk.wish_for_person)
"""Levels that even an excuse goes through."""


def _of_emoji(context: TurnContext, sign: str) -> Command:
    """A thumb answers a yes/no question; a mood is no failed try."""
    question = open_question(context.pack, context.tracker)
    if sign == "thanks":
        return Courtesy("thanks")
    if sign == MOOD or (question is not None and not is_truth(context.pack, question)):
        return Courtesy(MOOD)
    if question is not None and not question.is_consent and not question.expects and question.collect is not None:
        return SetSlot(question.collect.slot, sign == "affirm")
    return Affirm() if sign == "affirm" else Deny()


def _message(situation: Situation) -> list[Command]:
    """What the message says: the same matter twice as a whole, else clause by clause."""
    message = articles.whole(situation.context)
    situation.clauses = asides.parted(situation, agreement.parted(situation))
    both = (
        which.answer(situation, message)
        or whether_done.of(situation, message)
        or several.in_answer(situation, message)
        or restated.message(situation, message)
        or trouble.whole(situation)
        or denials.of_others(situation, message)
        or addressees.of(situation, message)
        or additions.of(situation, message)
        or another.beside_a_yes(situation, message)
        or siblings.instead(situation, message)
        or switches.instead(situation, message)
        or switches.insisted(situation, message)
        or assent.with_values(situation, message)
        or turned.chosen(situation, message)
        or shifts.of(situation, message)
        or corrections.of_earlier(situation, message)
        or another.beside_a_question(situation, message)
        or several.put_right(situation, message)
        or amendments.given(situation, message)
        or labels.given(situation, message)
    )
    if both and not _is_grave(situation):
        return both
    made = labels.anew(situation, message, _clause_by_clause(situation))
    listed = lines.given(situation, message, made)
    if listed and not _fills_more(made, listed):
        return complaints.kept(situation, listed)
    made = telegram.rest(situation, message, several.in_start(situation, message, made))
    made = counted.kept(situation, message, complaints.kept(situation, made))
    return told.with_facts(situation, described.whole(situation, described.instead(situation, message, made)))


def _fills_more(made: Sequence[Command], listed: Sequence[Command]) -> bool:
    """Whether the clauses gave the same process more than its parts as a list do."""
    starts = [c for c in made if isinstance(c, StartFlow)]
    others = [c for c in listed if isinstance(c, StartFlow)]
    same = len(starts) == len(others) == 1 and starts[0].intent == others[0].intent
    return same and set(starts[0].slots) > set(others[0].slots)


def _clause_by_clause(situation: Situation) -> list[Command]:
    for clause in exchange.take(situation):
        _read(situation, clause)
    return _all_of(situation)


def _read(situation: Situation, clause: Clause) -> None:
    """Adds what one clause says."""
    for level in _LEVELS if not _excuses(situation, clause) else _ALWAYS:
        found = level(situation, clause)
        if found:
            situation.made += [*found, *matters.also_told(situation, clause, found)]
            if any(isinstance(c, Cancel) for c in found):
                situation.question = None  # it is left: what else is said answers it no more
            return
    if not _excuses(situation, clause):
        situation.unread.append(clause)


def _is_grave(situation: Situation) -> bool:
    """Whether danger or the wish for a person is in the message."""
    return any(level(situation, clause) for clause in situation.clauses for level in _ALWAYS)


def _excuses(situation: Situation, clause: Clause) -> bool:
    """Whether it only excuses what took so long, before what is meant, or only cries out."""
    if len(situation.clauses) < _SOME:
        return False
    lexicon = situation.context.lexicon
    return is_excuse(clause.text, lexicon) or is_outcry(clause.text, lexicon)


def _all_of(situation: Situation) -> list[Command]:
    """All that was said; at least that nothing was understood."""
    if not any(isinstance(c, Cancel) for c in situation.made):
        free_text.take(situation)
    situation.made = beside.settled(situation, corrections.without_headings(situation, situation.made))
    leftovers.without_values(situation)
    leftovers.take(situation)
    situation.made += unread.of(situation)
    situation.made = additions.kept(situation, situation.made)
    made = exchange.with_twins(situation, agreement.settled(situation, _without_echoes(situation.made)))
    if left := unread.beside_a_close(situation, [*made, *situation.sense]):
        situation.unread = left
        return _doubtful(situation)
    if situation.sense and not any(
        isinstance(c, Ask | StartFlow | Change | Undo | WhichWrite | Report | Handoff | Urgent) for c in made
    ):
        return [*situation.sense, *(c for c in made if isinstance(c, SetSlot | CorrectSlot))]
    if made and not all(isinstance(c, Courtesy | Hold) for c in made):
        return [c for c in made if not isinstance(c, Courtesy | Hold)] or made
    if situation.unread and not unread.only_closes(situation):
        return _doubtful(situation)
    return made or [CannotHandle()]


def _doubtful(situation: Situation) -> list[Command]:
    """Nothing was sure: what it might be, if nothing is open; else an answer that is none."""
    if answered := agreement.instead_of_an_answer(situation) or _no_answer(situation):
        return answered
    first, options = _doubted(situation)
    facts = values.mentioned_facts(situation, articles.whole(situation.context))
    if (answer := _asked_as(situation, first, options)) is not None:
        return [answer, *facts]
    if likely := _as_likeliest(situation, first, options) if options else _named_with_values(situation, first):
        return likely
    if (answer := _of_what_was_done(situation, first)) is not None:
        return [answer]
    return [*_choice_of(situation, options, facts), *facts]


def _doubted(situation: Situation) -> tuple[Clause, list[str]]:
    """The clause nobody read that may mean something, and what; else the first that is more than a number."""
    worded = [c for c in situation.unread if not is_number(c.tokens, c.lexicon) and len(c.tokens) > 1]
    for clause in worded or situation.unread:
        if found := options_for(situation.context, clause.understanding, situation.context.text):
            return clause, found
    return (worded or situation.unread)[0], []


def _no_answer(situation: Situation) -> list[Command]:
    """What is no answer to the question of a process: a question, or nothing that was understood. Nothing, if none is
    open.
    """
    if situation.question is None or situation.question.expects:
        return []
    asks = (c for c in situation.unread if c.asks_a_fact or (situation.is_consent and c.is_question))
    question = next(asks, None)
    if question is not None:
        return [Ask(evidence=evidence(question))]
    return [CannotHandle("rest" if situation.is_consent else "no_value", evidence=evidence(situation.unread[0]))]


def _asked_as(situation: Situation, clause: Clause, options: Sequence[str]) -> Ask | StartFlow | None:
    """The article of one of the matters that a question may be about, if what stands above it asks in the same way for
    something that the question names ("and what's an inspection these days"); what the customer asks of themselves is
    rather looked up ("how many days have I left").
    """
    if not (clause.is_question or clause.asks_about):
        return None
    context = situation.context
    if options and matters.looks_up(context, options[0]) and context.lexicon.first_person.any_in(clause.tokens):
        return StartFlow(options[0], evidence=evidence(clause, "engine"))
    for name in options:
        passage = context.pack.knowledge.echoed(name, clause.text, context.language)
        if passage is not None:
            return Ask(name, passage, evidence=evidence(clause, "engine"))
    return None


def _named_with_values(situation: Situation, clause: Clause) -> list[Command]:
    """What a clause says in a list of values that the engine finds strange ("expenses: parking 12, number 20145"): the
    likeliest process, if it is named and has two of the values, or what is asked for is a count of something.
    """
    ranking, triggers = clause.understanding.ranking, situation.context.pack.triggers
    name = ranking[0].name if ranking and ranking[0].confidence >= _LIKELY else ""
    if name not in triggers or situation.context.tracker.stack or clause.asks_about or clause.problem is not None:
        return []
    values_of_it = matters.slots_for(situation, triggers[name], clause)
    orders = clause.lexicon.request.any_in(clause.tokens) and counted.things(situation, clause, triggers[name])
    if not orders and (len(values_of_it) < _SOME or not names_it(situation, name, clause)):
        return []
    intent = RankedIntent(name, ranking[0].confidence)
    sure = replace(clause, understanding=replace(clause.understanding, intent=intent, answerable=True))
    return [c for c in matters.of(situation, sure) if isinstance(c, StartFlow)]


def _choice_of(situation: Situation, options: Sequence[str], facts: list[Command]) -> list[Command]:
    """Which of several was meant, with what each could work with added to the facts; a single one is offered."""
    told = evidence(situation.unread[0], "engine")
    if len(options) == 1:
        kind = Guess if may_begin(situation.context, options[0]) else StartFlow
        return [kind(options[0], evidence=told)]
    if options:
        whole = articles.whole(situation.context)
        known = {c.slot for c in facts if isinstance(c, SetSlot)}
        triggers = situation.context.pack.triggers
        for flow in (triggers[name] for name in options if name in triggers):
            more = {n: v for n, v in matters.slots_for(situation, flow, whole).items() if n not in known}
            facts += [SetSlot(name, value, evidence=evidence(whole)) for name, value in more.items()]
            known |= set(more)
        return [Clarify(tuple(options), evidence=told)]
    return [CannotHandle(evidence=evidence(situation.unread[0]))]


def _of_what_was_done(situation: Situation, clause: Clause) -> Ask | None:
    """A short question about what was just done ("and how long does that take?"): its article, or an honest word."""
    if situation.context.tracker.stack or not situation.context.tracker.topic or not articles.refers_back(clause):
        return None
    passage = articles.of_the_topic(situation, clause)
    if passage is None and not clause.asks_a_fact:
        return None
    return Ask(situation.context.tracker.topic if passage else "", passage, evidence=evidence(clause))


def _as_likeliest(situation: Situation, clause: Clause, options: Sequence[str]) -> list[Command]:
    """What the clause says if it means the likeliest option: where it is the only one, since a choice of one is none,
    or by far the likeliest and named with a value of its process.
    """
    order = {one.name: one.confidence for one in clause.understanding.ranking}
    changed = [c for name in options if (c := siblings.fitting(situation, name, clause)) in options and c != name]
    if len(set(changed)) == 1:
        order[changed[0]] = max(order.get(name, 0.0) for name in options)
        options = changed[:1]
    first, *others = sorted(options, key=lambda name: -order.get(name, 0.0))
    if order.get(first, 0.0) < _A_GUESS:
        return []
    intent = RankedIntent(first, order[first])
    sure = replace(clause, understanding=replace(clause.understanding, intent=intent, answerable=True))
    flow = situation.context.pack.triggers.get(first)
    by_far = all(order[first] >= _BY_FAR * order.get(name, 0.0) for name in others)
    named = flow is not None and bool(matters.in_clause(situation, flow, sure))
    worded = any(not t.is_number for t in clause.tokens)
    if others and not (by_far and named and worded):
        return []
    found = matters.of(situation, sure)
    return found if any(isinstance(c, StartFlow | Ask) for c in found) else []


def _without_echoes(commands: Sequence[Command]) -> list[Command]:
    """Each start, value and question once."""
    kept: list[Command] = []
    for one in commands:
        if isinstance(one, StartFlow) and any(isinstance(k, StartFlow) and k.intent == one.intent for k in kept):
            continue
        if isinstance(one, SetSlot) and any(isinstance(k, SetSlot) and k.slot == one.slot for k in kept):
            continue
        if isinstance(one, Ask) and one.passage and any(isinstance(k, Ask) and k.passage == one.passage for k in kept):
            continue
        kept.append(one)
    return kept
