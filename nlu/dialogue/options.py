"""What might have been meant, to ask "did you mean …?", and which of these was chosen."""

from conversation.understanding import Understanding
from nlu.crosscheck import WELL_KNOWN
from nlu.dialogue import flow_steps
from nlu.dialogue.polarity import polarity
from nlu.dialogue.reading import Clause
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.assign import mentioned
from nlu.meaning import options

_BARE, _CHOICES = 3, 3


def options_for(context: TurnContext, understanding: Understanding, text: str) -> list[str]:
    """Two or three intents the text might mean, none if nothing fits."""
    wanting = _wanting_the_fact(context, understanding, text)
    if wanting or not understanding.in_scope:
        return wanting
    return options(understanding, _servable(context))


def chosen(context: TurnContext, clause: Clause) -> str:
    """Which of the intents in "Did you mean …?" the words pick, "" if none."""
    choices, lexicon = context.tracker.clarifying, context.lexicon
    places = (lexicon.first, lexicon.second, lexicon.third)
    named = [one for one, words in zip(choices, places, strict=False) if words.at(clause.tokens, 0) is not None]
    if not named and len(choices) == 1 and polarity(clause.text, context.lexicon).sense:
        named = choices
    return named[0] if named else ""


def _wanting_the_fact(context: TurnContext, understanding: Understanding, text: str) -> list[str]:
    """For a bare number: the likeliest of the intents whose flows would ask for it."""
    facts = frozenset(mentioned(context.pack.domain.slots, understanding))
    if not facts or len(text.split()) > _BARE:
        return []
    ranked = [one.name for one in understanding.ranking]
    wanting = [
        name
        for name, flow in context.pack.triggers.items()
        if flow.guard is None and flow_steps.step_giving(context, flow, facts)
    ]
    order = {name: place for place, name in enumerate(ranked)}
    return sorted(wanting, key=lambda name: order.get(name, len(order)))[:_CHOICES]


def _servable(context: TurnContext) -> frozenset[str]:
    pack = context.pack
    known = {*pack.triggers, *pack.data.intents, *pack.domain.intents} - WELL_KNOWN
    return frozenset(n for n in known if n in pack.triggers or pack.domain.direct_response(n))
