"""Keeps arrays of models in files that are mapped rather than read: a machine's processes share their pages, and the
kernel drops what nobody asks for.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Array = NDArray[Any]
MOST_MODELS = 2_000
_SMALL = 16_384  # bytes below which a file of its own is not worth it


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of this machine, made when first needed; it may be emptied at any time, also while in use."""

    folder: Path
    most: int = MOST_MODELS

    def mapped(self, name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """The same arrays, the larger ones mapped read-only from files under `name` (a hash of the model).

        Each file is compared with its array before it is used, and written again if it differs. Where the folder cannot
        be written the arrays stay in memory, and the log says so.
        """
        try:
            own = self._own(name)
            return {
                key: array if array.nbytes < _SMALL else _mapped(own / f"{key}.npy", array)
                for key, array in arrays.items()
            }
        except OSError as error:
            log.warning("models stay in memory, for %s cannot be used: %s", self.folder, error)
            return dict(arrays)

    def _own(self, name: str) -> Path:
        own = self.folder / name
        if not own.is_dir():
            own.mkdir(parents=True, mode=0o700)
            self._make_room()
        os.utime(own)
        return own

    def _make_room(self) -> None:
        """The longest unused go. A map outlives its file, so a model in use is not harmed."""
        models = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in models[self.most :]:
            shutil.rmtree(old, ignore_errors=True)


def _mapped(path: Path, array: Array) -> Array:
    found = _read(path)
    if found is None or found.dtype != array.dtype or found.shape != array.shape or not np.array_equal(found, array):
        _write(path, array)
        found = _read(path)
    return array if found is None else found


def _read(path: Path) -> Array | None:
    """A plain array over the map: numpy's memmap class costs time at every step."""
    try:
        found: Array = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return found


def _write(path: Path, array: Array) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        np.save(file, array, allow_pickle=False)
    Path(file.name).replace(path)
