"""The sample packs, loaded and trained once for all tests of a process."""

from functools import cache
from pathlib import Path

import clients
from nlu.bot import Bot
from nlu.pack import Pack, load_pack

PACKS = ("alpenrad", "kontor")


@cache
def pack(name: str) -> Pack:
    """The pack as a fresh clone has it: no variables of the environment."""
    return load_pack(Path(clients.__file__).parent / name, {})


@cache
def model(name: str) -> bytes:
    return Bot.train(pack(name))
