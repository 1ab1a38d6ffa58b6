"""What a Rasa model said of each fold that it had not learned, calibrated by the other folds."""

from collections.abc import Sequence

from conversation.understanding import FALLBACK_INTENT
from nlu.rasa.calibration import Calibration, Judged
from nlu.versions.folds import text_key
from nlu.versions.version import Held


def held_out(judged: Sequence[Judged]) -> tuple[Held, ...]:
    """The client's own examples, once each, `answerable` still open: it hangs on a target. Nothing if the folds are too
    few or too small to calibrate one by the others.
    """
    found: list[Held] = []
    for fold in sorted({one.fold for one in judged}):
        try:
            calibration = Calibration.fit([one for one in judged if one.fold != fold])
        except ValueError:
            return ()
        limit = calibration.scope_threshold()
        found += [_held(one, calibration, limit) for one in judged if one.fold == fold and one.text]
    return tuple(found)


def _held(one: Judged, calibration: Calibration, limit: float) -> Held:
    intent = one.intent or FALLBACK_INTENT
    if not one.ranking:
        return Held(text_key(one.text), intent, "", 0.0, in_scope=False, answerable=False)
    confidence, scope = calibration.judge(one.ranking)
    return Held(
        text_key(one.text),
        intent,
        one.ranking[0].name,
        round(confidence, 5),
        in_scope=scope >= limit,
        answerable=False,
    )
