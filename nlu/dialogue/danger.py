"""Hears danger: what the product has learned of it, a pack's urgent intents and the form of what is said, weighed
together. Of an engine that tells no chance of danger: urgent intents at a low threshold, or the words for it.
"""

from collections.abc import Sequence

from nlu.dialogue import news
from nlu.dialogue.acts import Act, log_odds
from nlu.dialogue.reading import Clause
from nlu.dialogue.told_danger import ToldDanger

LOW = 0.45
PLAIN = 0.6
"""From here on the engine needs no word of danger or defect beside it, if the clause states something."""
_SURE = 0.98
"""From here on what is only bent or stuck is danger: a fork is, the axle of a trailer is not."""
_VERY_LIKELY = 0.95
"""From here on a wish is danger, too: "I just want it to stop"."""
_LIKELY = 0.9
_NO_TROUBLE = 0.2
"""The chance of a problem of any kind below which danger without a word for it must be likely."""
_WORDS = 0.02
_SOFT_WORDS = 0.1
_OTHER = 0.6
_A_STATEMENT, _A_NAME = 4, 2
"""Fewer words than the one, and no more than the other, without one of danger may be a name or a value."""
_NO_DANGER = 0.05
"""The product's chance of danger below which nothing is looked into that neither the pack nor a listed word tells."""
_ANOTHER_KIND = 0.3
"""Urgent intents whose examples are less dangerous than that to the product mean something else: they speak alone."""
_PRODUCT, _PACK, _HARD = 0.85, 0.3, 1.2
_HARMLESS, _DENIED, _REQUESTS, _ELSEWHERE, _EVEN = 3.2, 2.5, 1.1, 1.0, 0.4
"""What speaks for danger and against it, in log-odds; fitted on sentences of three packs that were held out."""
_LEAST = 0.01
"""No pack's examples are so many that less than this chance would mean anything."""
_NAMED = 2.0
"""The log-odds that one or two words need: they may be a thing or somebody's name."""


def urgent_intent(clause: Clause, urgent: frozenset[str], message: Sequence[Clause] = ()) -> str:
    """The urgent intent of a clause, "" if there is none. Urgent intents share their weight: which of them it is does
    not matter for who must come. A word of danger needs the engine only to name the intent. The rest of the `message`
    may tell that it is over, or somebody else's news.
    """
    if not urgent or not clause.tokens or clause.is_hypothetical:
        return ""
    ranked = [(one.confidence, one.name) for one in clause.understanding.ranking if one.name in urgent]
    weight, name = sum(confidence for confidence, _ in ranked), max(ranked, default=(0.0, ""))[1]
    lexicon, tokens = clause.lexicon, clause.tokens
    told = lexicon.danger.any_in(tokens) or lexicon.bearing.any_in(tokens)
    if weight < LOW and not told and (clause.danger or 0.0) < _NO_DANGER:
        return ""
    said = ToldDanger(clause)
    if clause.danger is not None and not _of_another_kind(clause, urgent, weight):
        return (name or min(urgent)) if _is_weighty(clause, said, weight, message) else ""
    if _is_harmless(clause, said, message):
        return ""
    if said.real and _heard(clause, said, name, weight):
        return name or min(urgent)
    return name if name and not said.is_denied and _is_likely(clause, said, weight) else ""


def _of_another_kind(clause: Clause, urgent: frozenset[str], weight: float) -> bool:
    """Whether the urgent intents that the engine hears mean something else than danger to somebody: a stolen card."""
    dangerous = clause.understanding.extra.get("dangerous")
    if dangerous is None or weight < LOW:
        return False
    ranking = clause.understanding.ranking
    others = sum(one.confidence for one in ranking if one.name in urgent and dangerous[one.name] < _ANOTHER_KIND)
    return others > weight / 2


def _is_weighty(clause: Clause, said: ToldDanger, weight: float, message: Sequence[Clause]) -> bool:
    """Whether what the product has learned of danger, the pack's urgent intents and listed words speak for danger more
    than its form does against it: a figure of speech, a denial, a request, something told of other times and people.
    """
    lexicon, tokens = clause.lexicon, clause.tokens
    denies = any(phrases.any_in(tokens) for phrases in (lexicon.negation, lexicon.no, lexicon.none_of, lexicon.request))
    against = denies or said.is_elsewhere or (clause.danger or 0.0) < _NO_DANGER
    if weight >= _SURE and said.real and not against and not _is_harmless(clause, said, message):
        return True  # the pack's own examples and a listed word agree: what the product has not learned says nothing
    odds = _PRODUCT * log_odds(clause.danger or 0.0) + _PACK * log_odds(max(weight, _LEAST)) + _HARD * said.is_hard
    odds -= _HARMLESS * _is_harmless(clause, said, message) + _DENIED * said.is_denied
    odds -= _REQUESTS * clause.lexicon.request.any_in(clause.tokens) + _ELSEWHERE * said.is_elsewhere + _EVEN
    names = len(clause.tokens) <= _A_NAME and not said.real
    return odds >= (_NAMED if names else 0.0)


def _is_harmless(clause: Clause, said: ToldDanger, message: Sequence[Clause]) -> bool:
    """Whether it is a figure of speech, or told of another time, thing or person."""
    return said.is_harmless or (not said.goes_on and news.is_only_told(clause, message, hard=said.is_hard))


def is_denied(clause: Clause) -> bool:
    """Whether a clause speaks of danger only to say that there is none."""
    said = ToldDanger(clause)
    return not said.real and not clause.asks_about and (said.is_denied or clause.is_hypothetical)


def _heard(clause: Clause, said: ToldDanger, name: str, weight: float) -> bool:
    """Whether a word of danger suffices: a soft one ("hospital") stands in many harmless matters."""
    if not name:
        return True
    least = _SOFT_WORDS if said.is_soft else _WORDS
    return weight >= least or clause.understanding.intent.confidence < _OTHER


def _is_likely(clause: Clause, said: ToldDanger, weight: float) -> bool:
    """Whether the engine hears danger surely enough, for a clause with none of the words."""
    trouble = clause.trouble
    if weight < LOW or not clause.understanding.in_scope or (said.only_asks and not said.tells_defect):
        return False
    if said.is_misshapen and weight < _SURE:
        return False
    if weight < _LIKELY and trouble is not None and trouble < _NO_TROUBLE:
        return False
    states = clause.act.act is Act.STATES or weight >= _VERY_LIKELY
    speaks = len(clause.tokens) >= _A_STATEMENT and states
    return said.tells_defect or (speaks and weight >= PLAIN)
