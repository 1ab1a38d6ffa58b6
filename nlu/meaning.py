"""What a message most likely means, beyond what the engine dares to answer by itself."""

from conversation.understanding import FALLBACK_INTENT, Understanding

SMALL_TALK = frozenset({"greet", "thanks", "help", "bot_challenge"})
ANSWERS = frozenset({"affirm", "deny"})
# Getting one of these wrong costs a polite sentence, not a wrong answer: a good guess is enough.
_LENIENT = SMALL_TALK | ANSWERS | {"goodbye", "cancel", "human"}
_GOOD_GUESS = 0.5
_RESERVED_GUESS = 0.4
_OPTION = 0.05
_OPTIONS = 3


def likely_intent(understanding: Understanding, *, lenient: bool = True) -> str:
    """The intent to act on, "" if none is sure enough. `lenient`: a good guess at a courtesy, a yes or no or a wish for
    a person will do; not so while free text is awaited, where any words may come.
    """
    name = understanding.intent.name
    if understanding.courtesy and name not in ("thanks", "goodbye"):
        ranked = [r.name for r in understanding.ranking if r.name in ("thanks", "goodbye")]
        return ranked[0] if ranked else "thanks"
    if understanding.answerable and name != FALLBACK_INTENT:
        return name
    best = understanding.ranking[0] if understanding.ranking else understanding.intent
    guessed = lenient and best.name in _LENIENT and best.confidence >= _GOOD_GUESS and understanding.in_scope
    return best.name if guessed else ""


def likely_reserved(understanding: Understanding, reserved: frozenset[str]) -> str:
    """The intent kept for people that this message may well be, "" if none: a person is never the wrong answer."""
    if understanding.answerable:
        return understanding.intent.name if understanding.intent.name in reserved else ""
    best = understanding.ranking[0] if understanding.ranking and understanding.in_scope else None
    return best.name if best and best.name in reserved and best.confidence >= _RESERVED_GUESS else ""


def options(understanding: Understanding, answerable: frozenset[str]) -> list[str]:
    """The two or three likeliest of the intents the bot could serve, to ask "did you mean …?"."""
    known = [r for r in understanding.ranking if r.name in answerable and r.confidence >= _OPTION]
    return [r.name for r in known[:_OPTIONS]]
