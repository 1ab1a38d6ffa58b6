"""Hears danger: an urgent intent at a low threshold, or the words for it, unless denied or only imagined."""

from nlu.dialogue.negation import negated
from nlu.dialogue.reading import Clause

LOW = 0.25
_WORDS = 0.02


def urgent_intent(clause: Clause, urgent: frozenset[str]) -> str:
    """The urgent intent of a clause, "" if there is none. A word of danger needs the engine only to name the intent."""
    if not urgent or not clause.tokens:
        return ""
    ranked = [(one.confidence, one.name) for one in clause.understanding.ranking if one.name in urgent]
    confidence, name = max(ranked, default=(0.0, ""))
    said = clause.lexicon.danger.find(clause.tokens)
    denied = negated(clause.text, clause.tokens, clause.lexicon)
    real = [span for span in said if not any(place in denied for place in span.own)]
    if clause.is_hypothetical or (said and not real) or (clause.asks_about and not real):
        return ""
    if name and confidence >= LOW and clause.understanding.in_scope and (real or not denied.by or clause.problem):
        return name
    if real and (not name or confidence >= _WORDS):
        return name or min(urgent)
    return ""
