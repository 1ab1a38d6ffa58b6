"""What a clause leaves for a question that takes any words."""

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, Evidence, SetSlot, StartFlow
from nlu.dialogue.levels import matters, talk
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import last_of_kind
from nlu.dialogue.serving import direct, is_process
from nlu.dialogue.wording import meant

_FAIR = 0.4
_AN_UNDO = 7
"""Up to so many words a wish to take back is no answer, whatever the question takes."""
_SURELY = 1.5


def keep(situation: Situation, clause: Clause) -> list[Command]:
    """Keeps the clause for the free question, unless it asks in its middle for something we can answer."""
    if not situation.takes_free_text or talk.is_polite(situation, clause):
        return []
    if situation.context.lexicon.unheard.any_in(clause.tokens):
        return []
    if situation.context.lexicon.undo.any_in(clause.tokens) and len(clause.tokens) <= _AN_UNDO:
        return []
    if guess := _asks_inside(situation, clause):
        return [StartFlow(guess, evidence=evidence(clause, "engine"))]
    if not (clause.is_question and (_plainly_asks(situation, clause) or matters.is_served(situation, clause))):
        situation.free.append(clause)
    return []


def _plainly_asks(situation: Situation, clause: Clause) -> bool:
    """Whether it is a question by its first word and its mark: no answer, though nothing of ours answers it."""
    fillers = situation.context.lexicon.fillers
    first = next((n for n, t in enumerate(clause.tokens) if t.folded not in fillers.words), 0)
    lists = (situation.context.lexicon.wh, situation.context.lexicon.about)
    begins = any(phrases.at(clause.tokens, first) is not None for phrases in lists)
    return begins and (clause.text.rstrip().endswith("?") or clause.act.odds >= _SURELY)


def _asks_inside(situation: Situation, clause: Clause) -> str:
    """The likeliest matter of a clause that asks in its middle ("was away, where was that shop again"):
    nobody gives that as a reason, so a fair guess will do.
    """
    asking = [span.first for span in situation.context.lexicon.wh.find(clause.tokens)]
    ranking = clause.understanding.ranking
    if not asking or not ranking or not clause.understanding.in_scope or ranking[0].confidence < _FAIR:
        return ""
    name = ranking[0].name
    flow = situation.context.pack.triggers.get(name)
    served = direct(situation.context, name) is not None or (flow is not None and not is_process(flow))
    return name if served else ""


def take(situation: Situation) -> None:
    """What is left of the message is the value of the free question, without what began it as a correction."""
    wish = situation.asked
    if (
        wish is None
        or not situation.free
        or any(isinstance(c, SetSlot) and c.slot == wish.slot.name for c in situation.made)
    ):
        return
    text = answers.bare(situation.context, situation.free)
    text = last_of_kind(situation.context, text) or meant(text, situation.context.lexicon)
    value = wish.slot.fit(text)
    if value is None or not wish.accepts(value):
        return
    situation.unread = [c for c in situation.unread if c not in situation.free]
    situation.made.append(SetSlot(wish.slot.name, value, evidence=Evidence(text, 1.0, "words")))
