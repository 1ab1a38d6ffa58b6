"""Utterances that belong to no client: training on them with empty targets teaches a model what is not its business."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def generic_utterances() -> tuple[str, ...]:
    """The lines of generic.txt (English and German), without comments; read once."""
    lines = Path(__file__).with_name("generic.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
