"""How many cores a matrix product may take: one while serving, where threads cost time, all while training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np  # noqa: F401 - its products are what is limited here: it must be loaded before the libraries are scanned


@cache
def _pools() -> Any:
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - scans the loaded libraries

    return ThreadpoolController()


@cache
def serve_on_one_core() -> None:
    """Limit numpy's products to the calling thread from now on. Once per process; training widens it for its time."""
    _pools().limit(limits=1, user_api="blas")


@contextmanager
def all_cores() -> Iterator[None]:
    """All cores of this process inside the block."""
    with _pools().limit(limits=len(os.sched_getaffinity(0)), user_api="blas"):
        yield
