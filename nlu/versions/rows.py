"""Evaluations and held-out examples as plain values and back, for whoever keeps or prints them."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nlu.versions.version import Confusion, Evaluation, Held, IntentFigures, Promise


def evaluation_to_row(evaluation: Evaluation) -> dict[str, Any]:
    """JSON values; evaluation_of() is the way back."""
    row = asdict(evaluation)
    return {**row, "promise": {**row["promise"], "words": str(evaluation.promise)}}


def evaluation_of(row: Mapping[str, Any]) -> Evaluation:
    """The evaluation back from evaluation_to_row()."""
    promise = {name: value for name, value in row["promise"].items() if name != "words"}
    return Evaluation(
        **{
            **row,
            "promise": Promise(**promise),
            "confusions": tuple(Confusion(**one) for one in row["confusions"]),
            "intents": tuple(IntentFigures(**one) for one in row["intents"]),
        }
    )


def held_to_bytes(held: Sequence[Held]) -> bytes:
    """The held-out examples in few bytes, the same for the same ones."""
    rows = [[*one[:3], round(one.confidence, 5), int(one.in_scope), int(one.answerable)] for one in held]
    return gzip.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def held_of(kept: bytes) -> tuple[Held, ...]:
    """The held-out examples back from held_to_bytes()."""
    rows = json.loads(gzip.decompress(kept))
    return tuple(Held(t, i, p, c, bool(s), bool(a)) for t, i, p, c, s, a in rows)
