"""What is open is given up for another process: denied by its name ("not an expense, an advance"), or because the
message begins as a correction ("oh wait, I meant the invoice").
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Cancel, Command, Courtesy, StartFlow
from nlu.dialogue.levels import leftovers, matters
from nlu.dialogue.levels.another import after_yes
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, evidence, wants
from nlu.dialogue.negation import negated
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named, refused
from nlu.dialogue.serving import is_process, is_running, may_begin
from nlu.dialogue.tokens import Token
from nlu.dialogue.values.kinds import Wanted
from nlu.emoji import MOOD
from nlu.flows import Flow

_LIKELY, _BY_FAR = 0.6, 4.0
_KINDS = frozenset({"money", "quantity", "date", "start", "end", "email", "phone", "iban"})


def instead(situation: Situation, message: Clause) -> list[Command]:
    """Leaving what is open and the start of the other, with what was said for the first that the other asks as well."""
    stack, lexicon = situation.context.tracker.stack, situation.context.lexicon
    if not stack or lexicon.hypothetical.any_in(message.tokens) or _answers(situation, message):
        return []
    running = [frame.intent for frame in stack if frame.intent]
    place = None if message.is_question else _denied_at(situation, message, running)
    if place is not None:
        intent = _wanted(situation, message, message.tokens[place + 1 :], running)
    else:
        intent = _turned_to(situation, message, running)
    flow = situation.context.pack.triggers.get(intent)
    if flow is None:
        return []
    slots = {**_carried(situation, running, flow), **matters.slots_for(situation, flow, message)}
    start = StartFlow(intent, slots, evidence=evidence(message, "engine"))
    return [Cancel(evidence=evidence(message)), *_as_first(situation, start)]


def _answers(situation: Situation, message: Clause) -> bool:
    """Whether it says yes to what is shown, or names another choice of one of its values ("rather a discount")."""
    question, context = situation.question, situation.context
    if question is None or not (question.is_consent or question.expects == "change_what"):
        return False
    if after_yes(situation, message.tokens):
        return True
    chosen = {w.slot.name for w in situation.given if w.titles}
    return any(one.slot in chosen for one in answers.corrections(context, message, situation.given))


def insisted(situation: Situation, message: Clause) -> list[Command]:
    """The open question once more, where a message only says that it is about what is open and about nothing else ("no,
    it's not an expense, I want an advance"): that answers nothing.
    """
    context, stack = situation.context, situation.context.tracker.stack
    if not stack or message.is_question or not situation.takes_free_text:
        return []
    running = [frame.intent for frame in stack if frame.intent]
    others = [name for name in context.pack.triggers if name not in running and _may(situation, name)]
    place = _denied_at(situation, message, others)
    rest = named(message.tokens[place + 1 :]) if place is not None else frozenset()
    if not any(is_name(rest, _names(situation, intent)) for intent in running):
        return []
    given = answers.values_in(context, message, situation.unfilled)
    return [] if given else [Courtesy(MOOD, evidence=evidence(message))]


def _as_first(situation: Situation, start: StartFlow) -> list[Command]:
    """The start with what the words beside it answer, as if nothing had been open."""
    context = situation.context
    anew = replace(context, tracker=replace(context.tracker, stack=[]))
    first = Situation(anew, None, situation.clauses, made=[start])
    leftovers.take(first)
    return first.made


def _turned_to(situation: Situation, message: Clause, running: Sequence[str]) -> str:
    """The other process that a message names behind words of correction, if it is surely about that one and asks no
    more than whether it can be had.
    """
    context = situation.context
    clause, rest = _behind_a_repair(situation, message)
    if not rest or any(refused(clause.text, words, context.lexicon) is not None for words in (rest, clause.tokens)):
        return ""
    intent = _likeliest(situation, clause) or _likeliest(situation, message)
    flow = context.pack.triggers.get(intent)
    if flow is None:
        return ""
    labels = {word for i in running for wish in wants(context, context.pack.triggers[i]) for word in wish.labels}
    if not is_name(frozenset(named(rest) - labels), _names(situation, intent)):
        return ""
    if (message.asks_about or message.is_question) and not matters.in_clause(situation, flow, message):
        return ""
    return intent


def _behind_a_repair(situation: Situation, message: Clause) -> tuple[Clause, Sequence[Token]]:
    """The first clause that says something and its words behind the correction that it, or the message, begins with;
    no words, if none does.
    """
    lexicon, cued = situation.context.lexicon, False
    for clause in situation.clauses:
        tokens = clause.tokens
        cues = lexicon.repair.places(tokens) | lexicon.correction.places(tokens)
        small = cues | lexicon.fillers.places(tokens) | lexicon.interjections.places(tokens)
        begin = next((n for n in range(len(tokens)) if n not in small), len(tokens))
        goes_on = lexicon.connectors.places(tokens)  # "oh and"
        cued = cued or any(n in cues - goes_on for n in range(begin))
        if begin < len(tokens):
            return clause, tokens[begin:] if cued else ()
    return message, ()


def _denied_at(situation: Situation, message: Clause, intents: Sequence[str]) -> int | None:
    """The place of the first word that names one of these matters, behind a no of its own sentence."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    denied = negated(message.text, tokens, lexicon)
    first = min((n for n in range(len(tokens)) if n in denied.by), default=None)
    if first is None:
        return None
    for n in range(first + 1, len(tokens)):
        own = named([tokens[n]])
        if n in denied and own and any(is_name(own, _names(situation, intent)) for intent in intents):
            return n
    return None


def _names(situation: Situation, intent: str) -> frozenset[str]:
    return names_of(situation, intent, shared=True).words


def _wanted(situation: Situation, message: Clause, rest: Sequence[Token], running: Sequence[str]) -> str:
    """The other process: the engine's for the message or one of its clauses, or the only one that the rest names."""
    words = named(rest)
    if not words:
        return ""
    likely = [name for c in (message, *situation.clauses) if (name := _likeliest(situation, c))]
    if sure := next((name for name in likely if is_name(words, _names(situation, name))), ""):
        return sure
    triggers = situation.context.pack.triggers
    others = [n for n in triggers if n not in running and _may(situation, n)]
    naming = [n for n in others if is_name(words, names_of(situation, n).words)]
    return naming[0] if len(naming) == 1 else ""


def _likeliest(situation: Situation, clause: Clause) -> str:
    """The process that a clause is most likely about, other than what is open."""
    ranking = clause.understanding.ranking
    if not ranking or not clause.understanding.in_scope:
        return ""
    after = ranking[1].confidence if len(ranking) > 1 else 0.0
    by_far = ranking[0].confidence >= _LIKELY and ranking[0].confidence >= _BY_FAR * after
    return ranking[0].name if by_far and _may(situation, ranking[0].name) else ""


def _may(situation: Situation, intent: str) -> bool:
    flow = situation.context.pack.triggers.get(intent)
    if flow is None or not is_process(flow) or is_running(situation.context, flow):
        return False
    return may_begin(situation.context, intent)


def _carried(situation: Situation, running: Sequence[str], flow: Flow) -> Mapping[str, Any]:
    """The values of what is left that the other process asks for under another name: the only one of their kind."""
    context = situation.context
    given = {name for frame in context.tracker.stack for name in frame.collected}
    shared = {w.slot.name for w in wants(context, flow)} & given
    old = [w for i in running for w in wants(context, context.pack.triggers[i]) if w.slot.name in given]
    new = wants(context, flow)
    values: dict[str, Any] = {name: context.tracker.slots.get(name) for name in shared}
    for kind in _KINDS:
        mine, other = _of_kind(old, kind), _of_kind(new, kind)
        if len(mine) == len(other) == 1 and mine[0].slot.name != other[0].slot.name:
            values[other[0].slot.name] = context.tracker.slots.get(mine[0].slot.name)
    return {name: value for name, value in values.items() if value is not None}


def _of_kind(wishes: Sequence[Wanted], kind: str) -> list[Wanted]:
    return [w for w in wishes if kind in w.kinds]
