"""What is open is denied by its name and something else wanted in the same breath: "not an expense, an advance"."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.dialogue.commands import Cancel, Command, StartFlow
from nlu.dialogue.levels import matters
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, evidence, wants
from nlu.dialogue.negation import negated
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.serving import is_process, is_running, may_begin
from nlu.dialogue.tokens import Token
from nlu.dialogue.values.kinds import Wanted
from nlu.flows import Flow

_LIKELY, _BY_FAR = 0.6, 4.0
_KINDS = frozenset({"money", "quantity", "date", "start", "end", "email", "phone", "iban"})


def instead(situation: Situation, message: Clause) -> list[Command]:
    """Leaving what is open and the start of the other, with what was said for the first that the other asks as well."""
    stack, lexicon = situation.context.tracker.stack, situation.context.lexicon
    if not stack or message.is_question or lexicon.hypothetical.any_in(message.tokens):
        return []
    running = [frame.intent for frame in stack if frame.intent]
    place = _denied_at(situation, message, running)
    if place is None:
        return []
    rest = message.tokens[place + 1 :]
    intent = _wanted(situation, message, rest, running)
    flow = situation.context.pack.triggers.get(intent)
    if flow is None:
        return []
    slots = {**_carried(situation, running, flow), **matters.slots_for(situation, flow, message)}
    return [Cancel(evidence=evidence(message)), StartFlow(intent, slots, evidence=evidence(message, "engine"))]


def _denied_at(situation: Situation, message: Clause, running: Sequence[str]) -> int | None:
    """The place of the first word that names what is open, behind a no of its own sentence."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    denied = negated(message.text, tokens, lexicon)
    first = min((n for n in range(len(tokens)) if n in denied.by), default=None)
    if first is None:
        return None
    for n in range(first + 1, len(tokens)):
        own = named([tokens[n]])
        if n in denied and own and any(is_name(own, _names(situation, intent)) for intent in running):
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
    old = [w for i in running for w in wants(context, context.pack.triggers[i]) if w.slot.name in given]
    new = wants(context, flow)
    values: dict[str, Any] = {}
    for kind in _KINDS:
        mine, other = _of_kind(old, kind), _of_kind(new, kind)
        if len(mine) == len(other) == 1 and mine[0].slot.name != other[0].slot.name:
            values[other[0].slot.name] = context.tracker.slots.get(mine[0].slot.name)
    return {name: value for name, value in values.items() if value is not None}


def _of_kind(wishes: Sequence[Wanted], kind: str) -> list[Wanted]:
    return [w for w in wishes if kind in w.kinds]
