"""Facts that a message mentions beside what it is about: kept for whoever goes on, but no choice is made of a word."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from conversation.understanding import Understanding
from nlu.dialogue import answers
from nlu.dialogue.commands import Command, CorrectSlot, Handoff, SetParts, SetSlot, StartFlow, Urgent
from nlu.dialogue.flow_steps import asks_for
from nlu.dialogue.levels import articles
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.addresses import streets
from nlu.dialogue.values.assign import mentioned
from nlu.dialogue.values.kinds import wanted
from nlu.dialogue.values.unmeant import without_unmeant
from nlu.domain import SlotType
from nlu.flows import Flow


def loose(
    context: TurnContext, understanding: Understanding, flow: Flow | None = None, *, but: Collection[str] = ()
) -> dict[str, Any]:
    """The values that entities give any slot of the domain. A choice ("repair", "discount") is only taken for `flow`
    and what is open: elsewhere the word is a word, and would be told to people as a wish nobody had.
    """
    meant = _without_postcodes(without_unmeant(understanding, context.lexicon))
    known = mentioned(context.pack.domain.slots, meant, but=but)
    known = {name: value for name, value in known.items() if _is_accepted(context, name, value)}
    flows = (*(context.pack.flows.get(frame.flow) for frame in context.tracker.stack), flow)
    own = {name for one in flows if one is not None for name in asks_for(context, one)}
    return {name: value for name, value in known.items() if name in own or not _is_choice(context, name)}


def _without_postcodes(understanding: Understanding) -> Understanding:
    """The understanding without numbers that stand right behind a street: they are no numbers of anything else."""
    text, entities = understanding.text, understanding.entities
    figures = [e for e in entities if text[e.start : e.end].isdigit()]
    ends = [end for _, _, end in streets(text)] if figures else []
    codes = [e for e in figures if any(end < e.start and not text[end : e.start].strip(" ,\n") for end in ends)]
    return replace(understanding, entities=tuple(e for e in entities if e not in codes)) if codes else understanding


def with_facts(situation: Situation, made: list[Command]) -> list[Command]:
    """The commands; where they call a person, with the facts of the message that no other command has."""
    if not any(isinstance(c, Handoff | Urgent) for c in made):
        return made
    context, told = situation.context, evidence(articles.whole(situation.context), "value")
    known = loose(context, context.understanding)
    for clause in situation.clauses:
        open_ = [w for w in situation.unfilled if not w.free or w.kinds]
        known |= {one.slot: one.value for one in answers.values_in(context, clause, open_)}
    named = {c.slot for c in made if isinstance(c, SetSlot | CorrectSlot | SetParts)}
    named |= {name for c in made if isinstance(c, StartFlow) for name in c.slots}
    return [*made, *(SetSlot(n, v, evidence=told) for n, v in known.items() if n not in named)]


def _is_accepted(context: TurnContext, name: str, value: Any) -> bool:
    """Whether some question for the slot takes the value: half of a number ("KH" of "KH-5520913") is none."""
    collects = [c for flow in context.pack.flows.values() for c in flow.collects if c.slot == name and c.rejections]
    wishes = [wanted(context.pack.domain, name, collect) for collect in collects]
    return not wishes or any(wish is not None and wish.accepts(value) for wish in wishes)


def _is_choice(context: TurnContext, name: str) -> bool:
    """Whether the slot's question offers its values."""
    slot = context.pack.domain.slots.get(name)
    if slot is not None and slot.type is SlotType.CATEGORICAL:
        return True
    collects = (c for flow in context.pack.flows.values() for c in flow.collects if c.slot == name)
    wishes = (wanted(context.pack.domain, name, collect) for collect in collects)
    return any(wish is not None and bool(wish.titles) for wish in wishes)
