"""Measures the embedded engine and the real Rasa side by side, in one run on the same files, as Markdown tables.

    python -m bench.nlu_rasa [--train train.yml --test test.yml …] [--config config.yml …] [--diet EPOCHS]
                             [--clients 1 2 10] [--no-memory] [--write SLOT]

Without files it measures the sample packs, every fifth example held out. Rasa learns with each `--config` (by default
the one in nlu/rasa: n-grams and logistic regression); with `--diet` it learns the first set with its default pipeline
too, for so many epochs. What a customer's message would meet is measured: through Switchboard's own client, calibrated
on held-out folds. Training is told in seconds on the wall and in CPU seconds of the process that trains, for a wall
clock on a shared machine says little. `--write` puts the tables into docs/nlu.md between `<!-- rasa SLOT -->` and
`<!-- /rasa SLOT -->`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.nlu import held_out, percent, resident, timed
from clients import PACKS
from nlu.embedded.encoder import shared_encoder
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.model import EmbeddedModel
from nlu.engine import Engine
from nlu.evaluate import Trained, judge
from nlu.rasa.engine import RasaEngine
from nlu.rasa.project import STANDARD_CONFIG
from nlu.rasa.server import served_as
from nlu.rasa.training import FOLDS, learn
from nlu.rasa.workshop import Serving, Workshop, python_hint
from nlu.training_data import Example, TrainingData, load_training_data

CALLERS = 16
SAMPLE = 256
TIMES = 3
TARGET = 0.03
PATIENCE_S = 60.0
MEGABYTE = 1e6
SPARE_MEMORY = 4e9
DOCS = Path(__file__).parents[1] / "docs" / "nlu.md"
QUALITY = (
    "set|engine|accuracy|ECE|OOS AUROC|OOS recall at 5 %|answers itself|training s (with calibration)|CPU s of both"
)
SPEED = f"set|engine|one caller p50 / p95 ms|texts/s|{CALLERS} callers p50 / p95 ms|texts/s|{CALLERS} in one batch ms"
DIET = """
recipe: default.v1
assistant_id: switchboard
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: {epochs}
  constrain_similarities: true
  random_seed: 7
- name: EntitySynonymMapper
"""


@dataclass(frozen=True)
class Task:
    """What is learned, and what is asked."""

    name: str
    data: TrainingData
    test: Sequence[Example]


@dataclass(frozen=True)
class Rival:
    """A pipeline of Rasa's."""

    name: str
    config: str


@dataclass(frozen=True)
class Learned:
    """An engine, what its training took, and its model as a file on disk (Rasa's below the workshop's home)."""

    engine: Engine
    train_s: float
    calibrate_s: float
    cpu_s: float
    size: int
    kept: str


def main() -> None:
    arguments = parsed()
    workshop = Workshop.found()
    if workshop is None or workshop.python is None:
        print(f"no Rasa here, nothing to compare: `make rasa-environment` (Python 3.10: {python_hint()})")
        return
    begun = os.getloadavg()[0]
    tables = Tables()
    with TemporaryDirectory() as folder:
        tasks, rivals = tasks_of(arguments), rivals_of(arguments)
        for task in tasks:
            compare(task, rivals, workshop, tables, Path(folder))
        if arguments.diet:
            compare_rasa(tasks[0], diet(arguments.diet), workshop, tables)
        if not arguments.no_memory:
            remember(tasks[0].name, tables, workshop, arguments.clients)
    for _, _, _, kept in tables.models:
        workshop.drop((kept,))
    noise = (
        f"{os.cpu_count()} shared cores, load {begun:.1f} at the beginning and {os.getloadavg()[0]:.1f} at the end; "
    )
    noise += f"latencies are the best of {TIMES}; Rasa is calibrated on {FOLDS} folds."
    text = f"{noise}\n\n{tables.markdown()}"
    print(text)
    if arguments.write:
        write(arguments.write, text)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, action="append", default=[])
    parser.add_argument("--test", type=Path, action="append", default=[])
    parser.add_argument(
        "--config", type=Path, action="append", default=[], help="a pipeline of Rasa's; several may be given"
    )
    parser.add_argument("--diet", type=int, metavar="EPOCHS", help="Rasa's default pipeline too, for the first set")
    parser.add_argument(
        "--clients", type=int, nargs="+", default=[1, 2, 10], help="of the first set, kept in memory at once"
    )
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--write", metavar="SLOT", help="put the tables into docs/nlu.md")
    arguments = parser.parse_args()
    if len(arguments.train) != len(arguments.test):
        parser.error("give one --test for each --train")
    return arguments


def tasks_of(arguments: argparse.Namespace) -> list[Task]:
    if not arguments.train:
        split = [held_out(pack.name, load_training_data([pack / "nlu"])) for pack in PACKS]
        return [Task(name, data, test.examples) for name, data, test in split]
    pairs = zip(arguments.train, arguments.test, strict=True)
    return [Task(train.stem, load_training_data([train]), load_training_data([test]).examples) for train, test in pairs]


def rivals_of(arguments: argparse.Namespace) -> list[Rival]:
    files = arguments.config or [STANDARD_CONFIG]
    return [Rival("Rasa LogReg" if f == STANDARD_CONFIG else f"Rasa {f.name}", f.read_text("utf-8")) for f in files]


def diet(epochs: int) -> Rival:
    return Rival(f"Rasa DIET, {epochs} epochs", DIET.format(epochs=epochs))


def compare(task: Task, rivals: Sequence[Rival], workshop: Workshop, tables: Tables, folder: Path) -> None:
    own = learn_embedded(task, folder / f"{task.name}.model")
    measure(task, "embedded", own, tables)
    for rival in rivals:
        compare_rasa(task, rival, workshop, tables)


def compare_rasa(task: Task, rival: Rival, workshop: Workshop, tables: Tables) -> None:
    with learn_rasa(task, rival, workshop) as learned:
        measure(task, rival.name, learned, tables)


def remember(name: str, tables: Tables, workshop: Workshop, clients: Sequence[int]) -> None:
    """The memory of so many clients with models of the set `name`."""
    tables.counts = clients
    for task, engine, embedded, kept in tables.models:
        if task == name:
            find = embedded_memory if embedded else partial(rasa_memory, workshop)
            tables.memory.append((task, engine, *(find(kept, count) for count in clients)))
            told(tables.memory[-1])


def learn_embedded(task: Task, kept: Path) -> Learned:
    EmbeddedEngine.warm_up()
    begun, cpu = time.perf_counter(), time.process_time()
    engine = EmbeddedEngine.train(task.data, target=TARGET)
    taken = time.perf_counter() - begun
    model = engine.model.to_bytes()
    kept.write_bytes(model)
    return Learned(engine, taken, 0.0, time.process_time() - cpu, len(model), str(kept))


@contextmanager
def learn_rasa(task: Task, rival: Rival, workshop: Workshop) -> Iterator[Learned]:
    with workshop.serve("", 0, secrets.token_urlsafe(16), "bench", deadline=PATIENCE_S) as serving:
        cpu = cpu_seconds(serving)
        lesson = learn(serving.server, rival.config, task.data)
        workshop.drop(lesson.leftover)
        engine = RasaEngine(serving.server, lesson.model, target=TARGET, patience=PATIENCE_S)
        used = cpu_seconds(serving) - cpu
        yield Learned(engine, lesson.train_s, lesson.calibrate_s, used, len(lesson.archive), lesson.model.file)


def measure(task: Task, name: str, learned: Learned, tables: Tables) -> None:
    figures = judge(Trained(learned.engine, learned.train_s, learned.size), task.data, task.test)
    scope, answers = figures["out_of_scope"], figures["auto_answer"]
    trained = f"{learned.train_s:.1f} ({learned.train_s + learned.calibrate_s:.1f})"
    shares = [figures["accuracy"], figures["ece"], scope["auroc"], scope["recall_at_5"]]
    itself = f"{percent(answers['coverage'])} at {percent(answers['precision'])}"
    tables.quality.append((task.name, name, *map(percent, shares), itself, trained, f"{learned.cpu_s:.1f}"))
    told(tables.quality[-1])
    tables.speed.append((task.name, name, *speed(learned.engine, [example.text for example in task.test])))
    told(tables.speed[-1])
    tables.models.append((task.name, name, learned.engine.name == "embedded", learned.kept))


def speed(engine: Engine, texts: Sequence[str]) -> tuple[str, ...]:
    """One after the other, sixteen callers at once with a text each, and sixteen texts in one batch, as a worker takes
    them when sixteen messages wait.
    """
    sample = texts[:: max(1, len(texts) // SAMPLE)][:SAMPLE]

    def ask(text: str) -> float:
        return timed(engine, [text])

    def batches() -> list[float]:
        return [timed(engine, sample[at : at + CALLERS]) for at in range(0, len(sample), CALLERS)]

    with ThreadPoolExecutor(CALLERS) as pool:
        alone, rate = best(lambda: [ask(text) for text in sample], len(sample))
        together, shared = best(lambda: list(pool.map(ask, sample)), len(sample))
    batch, _ = best(batches, len(sample))
    return quantiles(alone), f"{rate:.0f}", quantiles(together), f"{shared:.0f}", f"{np.median(batch):.1f}"


def best(run: Callable[[], list[float]], texts: int) -> tuple[list[float], float]:
    """The milliseconds of the fastest of some runs, and its texts in a second."""
    found = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        taken = run()
        found.append((time.perf_counter() - begun, taken))
    seconds, taken = min(found)
    return taken, texts / seconds


def quantiles(taken: Sequence[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in np.percentile(taken, (50, 95)))


def embedded_memory(kept: str, clients: int) -> str:
    """A fresh process with so many clients' models, each of which has answered."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        rss, pss = pool.apply(_with_clients, (kept, clients))
    return f"{rss / MEGABYTE:.0f} ({pss / MEGABYTE:.0f})"


def _with_clients(kept: str, clients: int) -> tuple[float, float]:
    archive, encoder = Path(kept).read_bytes(), shared_encoder()
    engines = [EmbeddedEngine(EmbeddedModel.from_bytes(archive), encoder) for _ in range(clients)]
    for engine in engines:
        engine.parse(["hello there"])
    return resident(), proportional("self")


def rasa_memory(workshop: Workshop, model: str, clients: int) -> str:
    """So many servers at once, each of which has answered; "-" where they would not fit."""
    with ExitStack() as stack:
        servers: list[Serving] = []
        for number in range(clients):
            if available() < SPARE_MEMORY:
                return f"- (no memory for more than {number})"
            made = workshop.serve(
                served_as(model), 0, secrets.token_urlsafe(16), f"bench-{number}", deadline=PATIENCE_S
            )
            servers.append(stack.enter_context(made))
            servers[-1].server.parse("hello there", time.monotonic() + PATIENCE_S)
        rss, pss = (sum(find(serving.process.pid) for serving in servers) for find in (resident, proportional))
    return f"{rss / MEGABYTE:.0f} ({pss / MEGABYTE:.0f})"


def proportional(pid: int | str) -> float:
    """Bytes in memory, those that several processes share divided among them (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("Pss:"))


def available() -> float:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable:"))


def cpu_seconds(serving: Serving) -> float:
    """What the server and its ended children have used."""
    fields = Path(f"/proc/{serving.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def told(row: Sequence[str]) -> None:
    """On standard error, for those who wait."""
    print(" | ".join(row), file=sys.stderr, flush=True)


class Tables:
    """The rows as they come."""

    def __init__(self) -> None:
        self.quality: list[Sequence[str]] = []
        self.speed: list[Sequence[str]] = []
        self.memory: list[Sequence[str]] = []
        self.counts: Sequence[int] = ()
        self.models: list[tuple[str, str, bool, str]] = []

    def markdown(self) -> str:
        parts = [_table(QUALITY, self.quality), _table(SPEED, self.speed)]
        if self.memory:
            heads = "|".join(f"{count} client{'s' if count > 1 else ''}" for count in self.counts)
            parts.append(
                "MB resident, in brackets with shared pages divided (PSS); one process against one server a client:"
            )
            parts.append(_table(f"set|engine|{heads}", self.memory))
        return "\n\n".join(parts)


def _table(heads: str, rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads.split("|"), *rows)]
    return "\n".join((lines[0], "|---" * len(heads.split("|")) + "|", *lines[1:]))


def write(slot: str, text: str) -> None:
    """Replaces what stands between the slot's markers. SystemExit where there are none."""
    before, opened, rest = DOCS.read_text("utf-8").partition(f"<!-- rasa {slot} -->\n")
    _, closed, after = rest.partition(f"<!-- /rasa {slot} -->")
    if not opened or not closed:
        sys.exit(
            f"{DOCS} has no lines <!-- rasa {slot} --> and <!-- /rasa {slot} -->: add them where the tables belong"
        )
    DOCS.write_text(f"{before}{opened}{text}\n{closed}{after}", "utf-8")


if __name__ == "__main__":
    main()
