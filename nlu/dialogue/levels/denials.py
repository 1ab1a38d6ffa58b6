"""A yes to what is shown with what is not wanted beside it: "yes, but no repair", where a replacement is shown."""

from nlu.dialogue.commands import Affirm, CannotHandle, Command
from nlu.dialogue.levels.another import after_yes, empty_places
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.values.assign import Filled
from nlu.dialogue.values.candidates import candidates
from nlu.dialogue.values.unmeant import named_in_vain


def of_others(situation: Situation, message: Clause) -> list[Command]:
    """The yes, if all that stands beside it denies a choice other than the one that is shown; without a yes what is
    shown is shown again. Nothing if what is shown is denied, or something else is said.
    """
    if not situation.is_consent or message.is_question:
        return []
    denied = _denied(situation, message)
    held = situation.context.tracker.slots
    if not denied or any(one.value == held.get(one.slot) for one in denied):
        return []
    begins = after_yes(situation, message.tokens)
    if _says_more(situation, message, denied, begins):
        return []
    proof = evidence(message, "value")
    return [Affirm(evidence=proof)] if begins else [CannotHandle("rest", evidence=proof)]


def _denied(situation: Situation, message: Clause) -> list[Filled]:
    """The values of choices that are shown which the message says are not wanted."""
    vain = named_in_vain(message.text, situation.context.lexicon)
    if not vain:
        return []
    context = situation.context
    choices = [w for w in situation.given if w.titles and not (w.kinds or w.has_form)]
    found = (
        one
        for wish in choices
        for one in candidates(message.text, message.understanding, wish, context.today, context.languages)
    )
    return [one for one in found if any(start <= one.start < end for start, end in vain)]


def _says_more(situation: Situation, message: Clause, denied: list[Filled], begins: int) -> bool:
    """Whether a word stands behind the yes that is neither of these values nor only denies or leads to them."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    lists = (lexicon.none_of, lexicon.unwanted, lexicon.negation, lexicon.contrast, lexicon.instead, lexicon.speaker)
    small = places_of((*lists, lexicon.first_person, lexicon.interjections), tokens)
    empty = empty_places(lexicon, tokens) | small
    return any(
        n not in empty and not any(one.start <= t.start < one.end for one in denied)
        for n, t in enumerate(tokens)
        if n >= begins
    )
