"""Client packs shipped as examples, and the little system they call."""

from pathlib import Path

PACKS = (Path(__file__).parent / "alpenrad", Path(__file__).parent / "kontor")
