"""What a clause is about: a problem with what was reported, a question, or the request for a process."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.dialogue import answers, danger
from nlu.dialogue.acts import speech_act
from nlu.dialogue.commands import Ask, Choose, Command, Courtesy, Report, SetSlot, StartFlow
from nlu.dialogue.levels import articles, names, shifts, siblings, told
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, is_only, wants
from nlu.dialogue.negation import negated
from nlu.dialogue.options import chosen
from nlu.dialogue.problems import ProblemKind
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import allowed, direct, is_process, is_running
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.assign import Filled, mentioned
from nlu.dialogue.values.composite import joined, missing, read_parts
from nlu.dialogue.wording import meant
from nlu.dialogue.writes import writes_from
from nlu.flows import Flow
from nlu.knowledge import Passage

_REQUESTS = -1.0
"""Odds from which on a clause asks for something."""


def problem(situation: Situation, clause: Clause) -> list[Command]:
    """A problem about what was just reported; a defect that has a process of its own is that process's matter."""
    tracker = situation.context.tracker
    if clause.problem is None or tracker.stack or not tracker.reported:
        return []
    flow = situation.context.pack.triggers.get(clause.strict_intent)
    other = flow is not None and flow.id != tracker.reported.get("flow")
    told = flow is not None and not is_process(flow)
    if flow is None and clause.is_question and direct(situation.context, clause.strict_intent):
        return []
    if _is_of_another(situation, clause):
        return []
    if other and (clause.problem.kind is ProblemKind.DEFECT or clause.act.odds < 0 or told):
        return []
    return [Report(clause.problem.surface, evidence=evidence(clause))]


def _is_of_another(situation: Situation, clause: Clause) -> bool:
    """Whether a problem is one with another number than that of what was reported ("my other order 100237 is late")."""
    context = situation.context
    reported = {**context.tracker.last.get("slots", {}), **context.tracker.slots}
    known = mentioned(context.pack.domain.slots, clause.understanding)
    return any(reported.get(name) not in (None, value) for name, value in known.items() if any(map(str.isdigit, value)))


def of(situation: Situation, clause: Clause) -> list[Command]:  # noqa: C901, PLR0911, PLR0912 - one case after another
    """A question about something, or the request for a process."""
    context, intent = situation.context, siblings.fitting(situation, names.meant(situation, clause), clause)
    if intent in context.pack.profile.bot.urgent_intents and _denies_danger(clause):
        return [Courtesy("all_right", evidence=evidence(clause))]
    echoed = None if looks_up(context, clause.strict_intent) else articles.of_the_topic(situation, clause)
    if echoed is not None:
        return [Ask(articles.topic_of(situation, echoed), echoed, evidence=evidence(clause, "engine"))]
    passage = articles.passage_for(situation, clause)
    flow = context.pack.triggers.get(intent)
    if names.only_goes_on(situation, clause, intent):
        return []
    for_article = articles.asks_an_article(situation, clause)
    if flow is not None and is_running(context, flow) and not (clause.asks_about or for_article):
        return []
    if flow is not None and (own := _for_what_is_open(situation, clause, flow, intent)):
        return own
    if flow is not None and allowed(context, flow):
        ahead = _of_what_is_ahead(situation, clause, flow)
        passage = ahead or passage
        general = ahead is not None or (for_article and not in_clause(situation, flow, clause))  # an id starts it
        if is_process(flow) and (general or _only_asks(situation, clause, flow, passage)):
            return [Ask(intent, passage, evidence=evidence(clause, "engine")), *_facts_for(situation, flow, clause)]
        if is_process(flow) and passage is None and _asks_in_passing(situation, clause, flow):
            return [Ask(intent, evidence=evidence(clause, "engine"))]
        asks = clause.is_question or _requests(situation, clause) or _adds(situation, intent, clause)
        if situation.takes_free_text and not asks:
            return []
        if passage is not None and not is_process(flow) and clause.understanding.extra.get("article"):
            return [Ask(intent, passage, evidence=evidence(clause, "engine"))]
        given = _slots_of(situation, flow, clause)
        given = {**given, **shifts.beside(situation, flow, clause, given)}
        return [StartFlow(intent, given, evidence=evidence(clause, "engine"))]
    if passage is not None and (clause.is_question or situation.question is None or not situation.takes_free_text):
        near = intent if flow is None and intent else articles.topic_of(situation, passage)
        return [Ask(near, passage, evidence=evidence(clause, "engine"))]
    if intent in ("thanks", "goodbye", "greet", "affirm", "deny", "cancel", ""):
        return choice(situation, clause)
    if situation.takes_free_text and not clause.is_question:
        return []
    if direct(context, intent):
        return [StartFlow(intent, evidence=evidence(clause, "engine"))]
    return [StartFlow(intent, evidence=evidence(clause, "engine"))] if situation.question is None else []


def _for_what_is_open(situation: Situation, clause: Clause, flow: Flow, intent: str) -> list[Command]:
    """The values of a clause that only sounds like a process that it does not name: the open one will ask for each of
    them ("should be 21 to 23 December instead", where a request is changed).
    """
    if situation.is_consent or not situation.context.tracker.stack or not situation.cue(clause):
        return []
    if names.names_it(situation, intent, clause):
        return []
    filled = answers.values_in(situation.context, clause, situation.unfilled)
    given = {one.slot for one in filled}
    if not given or set(in_clause(situation, flow, clause)) - given:
        return []
    return [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]


def _slots_of(situation: Situation, flow: Flow, clause: Clause) -> Mapping[str, Any]:
    """What the message gives a flow that begins. A question in the middle of a process that is answered at once answers
    none of the process's own ("have you got the Tour in stock?" is not the bike to be repaired).
    """
    slots = slots_for(situation, flow, clause)
    if is_process(flow) or not clause.is_question or not situation.context.tracker.stack:
        return slots
    own = {wish.slot.name for wish in wants(situation.context, flow)}
    asked = {wish.slot.name for wish in situation.unfilled}
    return {name: value for name, value in slots.items() if name in own or name not in asked}


def _adds(situation: Situation, intent: str, clause: Clause) -> bool:
    """Whether a sentence of its own behind an answer in words goes on to a matter that it names ("also my payslip")."""
    lexicon = situation.context.lexicon
    place = situation.clauses.index(clause) if clause in situation.clauses else 0
    if not place or situation.clauses[place - 1].text.rstrip()[-1:] not in tuple(".!?"):
        return False
    joins = (lexicon.connectors, lexicon.another, lexicon.sequence)
    return any(phrases.at(clause.tokens, 0) for phrases in joins) and names.names_it(situation, intent, clause)


def _requests(situation: Situation, clause: Clause) -> bool:
    """Whether it asks for something by more than a "please" at its edge, which an answer may have as well."""
    lexicon = situation.context.lexicon
    return speech_act(meant(clause.text, lexicon), lexicon).odds <= _REQUESTS


def _denies_danger(clause: Clause) -> bool:
    """Whether a clause says that there is no danger; one that imagines it asks what to do then."""
    denies = bool(negated(clause.text, clause.tokens, clause.lexicon).by)
    return denies and danger.is_denied(clause) and not clause.is_hypothetical


def _facts_for(situation: Situation, flow: Flow, clause: Clause) -> list[Command]:
    """What the message says for a process that is only asked about: it is kept for when it is wanted."""
    if situation.context.tracker.stack or situation.question is not None:
        return []
    told = slots_for(situation, flow, clause)
    return [SetSlot(name, value, evidence=evidence(clause, "value")) for name, value in told.items()]


def choice(situation: Situation, clause: Clause) -> list[Command]:
    """The answer to "did you mean": by its place or its name."""
    picked = chosen(situation.context, clause)
    return [Choose(picked, evidence=evidence(clause))] if picked else []


def looks_up(context: TurnContext, intent: str) -> bool:
    """Whether an intent is for a process that only looks something up: that answers better than any article."""
    flow = context.pack.triggers.get(intent)
    return flow is not None and is_process(flow) and not writes_from(context.pack, flow, flow.first)


def _only_asks(situation: Situation, clause: Clause, flow: Flow, passage: Passage | None) -> bool:
    """Whether a clause near a process asks about it and names nothing the process could work with. A process that only
    looks something up is the answer to most questions near it.
    """
    if not clause.asks_about or _names_something(situation, clause, flow):
        return False
    writes = writes_from(situation.context.pack, flow, flow.first)
    return bool(writes) or articles.asks_in_general(situation, clause, passage)


def _of_what_is_ahead(situation: Situation, clause: Clause, flow: Flow) -> Passage | None:
    """The passage for a question about what only follows from the open process: how long it takes, or anything if the
    pack says that it follows. As long as the process has not written, there is nothing of it to look up.
    """
    context = situation.context
    intent, stack = articles.opened(situation), context.tracker.stack
    opened = context.pack.flows.get(stack[0].flow) if stack else context.pack.triggers.get(intent)
    if opened is None or opened.id == flow.id or any(c.isdigit() for c in clause.text):
        return None
    if not writes_from(context.pack, opened, opened.first) or writes_from(context.pack, flow, flow.first):
        return None
    knowledge, asked = context.pack.knowledge, (clause.strict_intent, clause.text, context.language)
    if clause.lexicon.duration.any_in(clause.tokens):
        if (named := knowledge.echoed(*asked)) is not None and names.names_it(situation, clause.strict_intent, clause):
            return named
        own = knowledge.echoed(intent, clause.text, context.language) or _of_what_is_shown(situation, clause)
        return own or knowledge.echoed(*asked, words=0) or knowledge.about(*asked)
    asks = clause.is_question or clause.asks_about or clause.lexicon.wh.any_in(clause.tokens)
    if intent not in flow.rules.follows or not (asks or situation.is_consent):
        return None
    return _of_what_is_shown(situation, clause) or knowledge.about(*asked)


def _of_what_is_shown(situation: Situation, clause: Clause) -> Passage | None:
    return articles.of_the_open(situation, clause) if situation.is_consent else None


def _names_something(situation: Situation, clause: Clause, flow: Flow) -> bool:
    """Whether the clause has a number or a day in figures that the process works with; a kind ("too small") may well
    be asked about.
    """
    figures = any(c.isdigit() for c in clause.text)
    return figures and bool(in_clause(situation, flow, clause, loose=True))


def _asks_in_passing(situation: Situation, clause: Clause, flow: Flow) -> bool:
    """Whether a short question that refers back was taken for another process, which would first have to ask its own
    questions: that is only offered.
    """
    context = situation.context
    if not articles.refers_back(clause) or not context.tracker.topic or context.tracker.topic == clause.strict_intent:
        return False
    said = {c.slot: c.value for c in situation.made if isinstance(c, SetSlot)}
    known = {**context.tracker.slots, **slots_for(situation, flow, clause), **said}
    return any(known.get(wish.slot.name) is None for wish in wants(context, flow))


def slots_for(situation: Situation, flow: Flow, clause: Clause) -> Mapping[str, Any]:
    """What the whole message gives the slots of a flow: a first message may hold all of them."""
    context = situation.context
    own = in_clause(situation, flow, clause)
    wishes = [w for w in wants(context, flow) if w.is_typed and not is_formless(w) and w.slot.name not in own]
    filled = answers.values_in(context, context.understanding, wishes, held={})
    mine = clause.start, clause.start + len(clause.text)
    free = [f for f in filled if not mine[0] <= f.start < mine[1] and not _of_another(situation, flow, f, mine)]
    return {**_whole_composites(situation, flow), **{one.slot: one.value for one in free}, **own}


def _whole_composites(situation: Situation, flow: Flow) -> dict[str, Any]:
    """The composite values that the message gives with all their parts."""
    context = situation.context
    whole: dict[str, Any] = {}
    for wish in wants(context, flow):
        kinds = wish.collect.parts if wish.collect is not None else ()
        parts = read_parts(context.text, kinds, context.today, context.languages) if kinds else {}
        if kinds and not missing(kinds, parts):
            whole[wish.slot.name] = joined(kinds, parts)
    return whole


def in_clause(situation: Situation, flow: Flow, clause: Clause, *, loose: bool = False) -> dict[str, Any]:
    """What the clause itself gives the slots of a flow; `loose`: a day counts as an end though nothing says so."""
    context = situation.context
    wishes = [w for w in wants(context, flow) if w.is_typed and not is_formless(w)]
    held = {wish.slot.name: None for wish in wishes} if loose else {}
    filled = answers.values_in(context, clause, wishes, held=held)
    declared = [w.slot.name for w in wants(context, flow) if w.is_declared]
    known = told.loose(context, clause.understanding, flow, but=declared)
    return {**known, **{f.slot: f.value for f in filled}}


def _of_another(situation: Situation, flow: Flow, found: Filled, mine: tuple[int, int]) -> bool:
    """Whether a value stands in another clause that is a matter of its own."""
    return any(
        other.start <= found.start < other.start + len(other.text)
        and not mine[0] <= found.start < mine[1]
        and situation.context.pack.triggers.get(other.strict_intent, flow) is not flow
        and len(other.tokens) > len(tokenize(other.text[found.start - other.start : found.end - other.start])) + 1
        for other in situation.clauses
    )


def is_served(situation: Situation, clause: Clause) -> bool:
    """Whether the clause could be about something we have an answer for."""
    intent = clause.strict_intent
    known = bool(intent) and (
        intent in situation.context.pack.triggers
        or direct(situation.context, intent) is not None
        or intent == "goodbye"
    )
    return known or articles.passage_for(situation, clause) is not None


def also_told(situation: Situation, clause: Clause, found: Sequence[Command]) -> list[Command]:
    """The problem that comes with a matter: what was expected has not happened, whatever is looked up now."""
    starts = any(isinstance(c, StartFlow) for c in found)
    if not starts and _denies_before(situation, clause):
        return [Report(clause.text, evidence=evidence(clause))]
    if not starts or clause.problem is None or clause.problem.kind is ProblemKind.DEFECT:
        return []
    return [Report(clause.problem.surface, evidence=evidence(clause))]


def _denies_before(situation: Situation, clause: Clause) -> bool:
    """An ellipsis that denies what the sentence before it told: "DHL says it was delivered. It wasn't"."""
    lexicon = situation.context.lexicon
    started = any(isinstance(c, StartFlow) for c in situation.made)
    return started and is_only(clause, lexicon.negation, lexicon.fillers, lexicon.contrast, lexicon.question)
