"""Hears danger: urgent intents at a low threshold, or the words for it, unless denied or only imagined."""

from nlu.dialogue.negation import Negated, negated
from nlu.dialogue.phrases import Span
from nlu.dialogue.reading import Clause

LOW = 0.45
SURE = 0.6
_WORDS = 0.02


def urgent_intent(clause: Clause, urgent: frozenset[str]) -> str:
    """The urgent intent of a clause, "" if there is none. Urgent intents share their weight: which of them it is does
    not matter for who must come. A word of danger needs the engine only to name the intent.
    """
    if not urgent or not clause.tokens or clause.is_hypothetical or (clause.asks_about and _imagines(clause)):
        return ""
    ranked = [(one.confidence, one.name) for one in clause.understanding.ranking if one.name in urgent]
    weight, name = sum(confidence for confidence, _ in ranked), max(ranked, default=(0.0, ""))[1]
    real, denied = _words(clause)
    if _begins_asking(clause) and not (real and _tells(clause)):
        return ""
    if not real and _denies_first(clause):
        return ""
    if denied and not real and (weight < SURE or _begins_denying(clause)):
        return ""
    if name and clause.understanding.in_scope and weight >= LOW:
        return name
    return (name or min(urgent)) if real and (not name or weight >= _WORDS) else ""


def is_denied(clause: Clause) -> bool:
    """Whether a clause speaks of danger only to say that there is none."""
    real, denied = _words(clause)
    return not real and (bool(denied) or _denies_first(clause) or clause.is_hypothetical)


def _words(clause: Clause) -> tuple[list[Span], list[Span]]:
    """The words of danger that stand, and those that are denied."""
    denial = negated(clause.text, clause.tokens, clause.lexicon)
    said = clause.lexicon.danger.find(clause.tokens)
    denied = [span for span in said if any(place in denial for place in span.own)]
    return [span for span in said if span not in denied], denied


def _denies_first(clause: Clause) -> bool:
    """Whether the clause begins with what is not: "kein Riss", "there is no crack"."""
    denial: Negated = negated(clause.text, clause.tokens, clause.lexicon)
    return any(sign <= 3 for sign in denial.by) and clause.problem is None


def _begins_denying(clause: Clause) -> bool:
    """Whether a no stands at the beginning: "No, it isn't smoking", "kein Unfall"."""
    denial = negated(clause.text, clause.tokens, clause.lexicon)
    return clause.lexicon.no.at(clause.tokens, 0) is not None or any(sign <= 1 for sign in denial.by)


def _imagines(clause: Clause) -> bool:
    return any(t.folded in {"if", "wenn", "falls"} for t in clause.tokens)


def _begins_asking(clause: Clause) -> bool:
    """Whether it is a question from its first word on; one that follows a statement does not take it back."""
    return clause.asks_about and clause.lexicon.question.at(clause.tokens, 0) is not None


def _tells(clause: Clause) -> bool:
    """Whether somebody speaks of their own: "my battery", "bei mir"."""
    return any(
        t.folded in {"my", "our", "mein", "meine", "meinem", "meiner", "mir", "uns", "unser"} for t in clause.tokens
    )
