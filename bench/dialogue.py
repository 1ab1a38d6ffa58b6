"""What the dialogue costs and holds, beside the tree before it was rewritten: CPU per message, and containment of the
demo's simulation. Run: python -m bench.dialogue [--against REVISION] [--write]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nlu.conversation_tests import pack_tests
from nlu.pack import load_pack

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "dialogue.md"
BEFORE = "3dd544a"
"""The last tree whose dialogue decided by intents."""
PACKS = ("alpenrad", "kontor")
BEGIN, END = "<!-- bench/dialogue.py begins -->", "<!-- bench/dialogue.py ends -->"
HEAD = "| pack | CPU per message, before → now | ratio | resolved by the bot, before → now | handed over | left open |"


def main() -> None:
    """Prints a row a pack; each tree plays the same lines, one after the other, the median of so many runs counts."""
    given = argparse.ArgumentParser(prog="python -m bench.dialogue", description=__doc__)
    given.add_argument("--against", default=BEFORE, help="the revision to compare with")
    given.add_argument("--runs", type=int, default=3)
    given.add_argument("--write", action="store_true", help="put the table into docs/dialogue.md")
    chosen = given.parse_args()
    with _tree(chosen.against) as before:
        rows = [_row(pack, before, chosen.runs) for pack in PACKS]
    lines = [HEAD, "|---|---|--:|---|---|---|", *rows]
    print("\n".join(lines))
    if chosen.write:
        text = DOCS.read_text("utf-8")
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        DOCS.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{tail}", "utf-8")


@contextmanager
def _tree(revision: str) -> Iterator[Path]:
    """The files of a revision, in a folder that goes again."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def _row(pack_id: str, before: Path, runs: int) -> str:
    lines = {"conversations": _conversations(pack_id), "stories": _stories(pack_id)}
    pairs = [(_played(before, pack_id, lines), _played(ROOT, pack_id, lines)) for _ in range(runs)]
    old, new = pairs[-1]
    was, now = (statistics.median(pair[side]["ms"] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(pair[1]["ms"] / pair[0]["ms"] for pair in pairs)
    share = [f"{one['resolved'] / one['stories']:.0%}" for one in (old, new)]
    return (
        f"| {pack_id} | {was:.2f} ms → {now:.2f} ms | {ratio:.2f} | {share[0]} → {share[1]} of {new['stories']} "
        f"| {old['handed_over']} → {new['handed_over']} | {old['open']} → {new['open']} |"
    )


def _conversations(pack_id: str) -> list[list[str]]:
    """What customers type in the pack's conversation tests, buttons apart."""
    tests = pack_tests(load_pack(ROOT / "clients" / pack_id, {}))
    typed = ([step.text for step in test.steps if step.kind == "user"] for test in tests)
    return [said for texts in typed if (said := [t for t in texts if not t.startswith("/")])]


def _stories(pack_id: str) -> list[list[str]]:
    simulation: Any = load_pack(ROOT / "clients" / pack_id, {}).files.node("simulation.yml").plain()
    return [story["says"] for story in simulation["stories"]]


def _played(tree: Path, pack_id: str, lines: dict[str, list[list[str]]]) -> dict[str, Any]:
    player = (ROOT / "bench" / "dialogue_parts" / "player.py").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-c", player, pack_id], cwd=tree, input=json.dumps(lines), text=True, check=True,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(tree)},
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
