"""Variations of the packs' conversation tests: prints the table, with `--write` into docs/dialogue.md."""

import argparse
import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from app.variations import vary_pack
from nlu.variations.report import Figures, Report

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "dialogue.md"
PACKS = ("clients/alpenrad", "clients/kontor", "tests/insurer")
BEGIN, END = "<!-- bench/variations.py begins -->", "<!-- bench/variations.py ends -->"
HEAD = "| pack | kind | played | same | handed over | wrong write | lost | dead end | repeated |"


def main() -> None:
    given = argparse.ArgumentParser(prog="python -m bench.variations", description=__doc__)
    given.add_argument("--write", action="store_true", help="put the table into docs/dialogue.md")
    given.add_argument("--seed", type=int, default=0)
    chosen = given.parse_args()
    lines = [HEAD, "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    for pack in PACKS:
        began = time.perf_counter()
        report, _ = asyncio.run(vary_pack(ROOT / pack, chosen.seed, shown=0))
        print(f"{pack}: {report.in_a_line()} ({time.perf_counter() - began:.0f} s)")
        lines += _rows(Path(pack).name, report)
    print("\n".join(lines))
    if chosen.write:
        text = DOCS.read_text("utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        DOCS.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")


def _rows(pack: str, report: Report) -> Iterator[str]:
    for kind, figures in report.kinds.items():
        yield f"| {pack} | {kind} | {figures.played} | {' | '.join(_cells(figures))} |"


def _cells(figures: Figures) -> list[str]:
    return [
        f"{count} ({count / figures.played:.1%})" if count and figures.played else "0"
        for count in figures.as_plain().values()
    ]


if __name__ == "__main__":
    main()
