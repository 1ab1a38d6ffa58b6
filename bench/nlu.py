"""Measures the embedded engine against its goals and prints every figure as Markdown: quality, speed, memory, habits.

    python -m bench.nlu                                  the sets in ../shared/data, and the sample packs
    python -m bench.nlu --data FOLDER                    the same files elsewhere
    python -m bench.nlu --train a.yml --test b.yml …     your own Rasa NLU files as well (repeat both)
    python -m bench.nlu --quick                          without the full sets (minutes of training)
    python -m bench.nlu --write                          puts the tables into docs/nlu.md, between its markers

Texts under `nlu_fallback` in a test file are out of scope. Times are wall time on this machine as it is, the quickest
of five rounds; beside them stand CPU time and how long one fixed piece of arithmetic took throughout the run, so that a
noisy neighbour can be told from a slow engine. `python -m bench.nlu_rasa` puts the real Rasa beside it.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.entity_set import marked_sentences
from bench.habits import Habit, habits
from clients import PACKS
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.model import EmbeddedModel
from nlu.embedded.threads import serve_on_one_core
from nlu.embedded.training import train_model
from nlu.engine import Engine, guessed
from nlu.entities import EntityExtractor
from nlu.evaluate import Trained, auroc, judge, latency
from nlu.training_data import Example, TrainingData, load_training_data

FALLBACK = "nlu_fallback"
BATCH = 64
CLIENTS = 20
ROUNDS = 5
HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "nlu.md"
BEGIN, END = "<!-- bench/nlu.py writes below -->", "<!-- bench/nlu.py wrote above -->"
PUBLIC = {
    "BANKING77 10-shot": ("banking77_10shot.yml", "banking77_test.yml"),
    "CLINC150 10-shot": ("clinc150_10shot.yml", "clinc150_test.yml"),
    "BANKING77 full": ("banking77_train.yml", "banking77_test.yml"),
    "CLINC150 full": ("clinc150_train.yml", "clinc150_test.yml"),
}
LINES: list[str] = []


def say(line: str = "") -> None:
    """Prints a line, and keeps it for --write."""
    print(line, flush=True)
    LINES.append(line)


def table(title: str, heads: str, rows: Sequence[Sequence[object]]) -> None:
    """One Markdown table; heads are parted by |."""
    if not rows:
        return
    columns = heads.split("|")
    say(f"### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        say(f"| {' | '.join(map(str, row))} |")
    say()


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}"


@dataclass
class Spin:
    """The noise of the machine: one fixed piece of arithmetic, timed again and again through the run."""

    taken: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    def turn(self) -> None:
        matrix = np.full((256, 256), 0.5, dtype=np.float32)
        for _ in range(5):
            begun = time.perf_counter()
            for _ in range(20):
                matrix @ matrix
            self.taken.append((time.perf_counter() - begun) * 1000)
        self.loads.append(os.getloadavg()[0])

    def told(self) -> str:
        low, middle, high = np.min(self.taken), np.median(self.taken), np.max(self.taken)
        return (
            f"the same arithmetic took {low:.1f} ms at best, {middle:.1f} in the middle, {high:.1f} at worst; "
            f"load {min(self.loads):.1f} to {max(self.loads):.1f}"
        )


@dataclass(frozen=True)
class Measured:
    """A set with its engine, and what was found."""

    name: str
    data: TrainingData
    test: TrainingData
    engine: EmbeddedEngine
    train_s: float
    train_cpu_s: float
    figures: dict[str, Any]
    each_mb: float | None


def main() -> None:
    arguments = parsed()
    begun, spin = time.perf_counter(), Spin()
    serve_on_one_core()
    encoder = None if arguments.no_encoder else shared_encoder()
    if encoder is not None:
        encoder.encode(["hello"])
    spin.turn()
    found = [measured(name, data, test, encoder, spin) for name, data, test in sets_of(arguments)]
    by_name = {one.name: one for one in found}
    goals = Goals(by_name, encoder, spin)
    near = near_misses([one for one in found if len(one.data.examples) <= 3000], encoder)
    german = german_transfer(by_name.get("CLINC150 10-shot"))
    goals.measure(near, german)
    say(machine(encoder))
    say()
    table("Goals", "goal|must|stretch|measured|must|stretch", goals.rows)
    print_quality(found)
    print_speed(found, spin)
    table("A quarter of the intents unknown (near misses): AUROC", "set|mean of 3 draws|worst|best", near_rows(near))
    print_habits(found)
    print_entities()
    spin.turn()
    say(f"Noise: {spin.told()}. The run took {(time.perf_counter() - begun) / 60:.0f} minutes.")
    if arguments.write:
        write()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--train", type=Path, action="append", default=[])
    parser.add_argument("--test", type=Path, action="append", default=[])
    parser.add_argument("--no-encoder", action="store_true", help="spelling alone")
    parser.add_argument("--quick", action="store_true", help="without the full sets")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/nlu.md")
    arguments = parser.parse_args()
    if len(arguments.train) != len(arguments.test):
        parser.error("give one --test for each --train")
    return arguments


def sets_of(arguments: argparse.Namespace) -> list[tuple[str, TrainingData, TrainingData]]:
    """What there is to measure: the public sets, the files named, and the packs with every fifth example held out."""
    pairs = {}
    for name, files in PUBLIC.items():
        if arguments.quick and name.endswith("full"):
            continue
        paths = [arguments.data / file for file in files]
        if all(path.exists() for path in paths):
            pairs[name] = paths
        else:
            print(
                f"{name} is not measured: {paths[0]} or {paths[1].name} is missing; --data names its folder",
                file=sys.stderr,
            )
    pairs |= {train.stem: [train, test] for train, test in zip(arguments.train, arguments.test, strict=True)}
    loaded = [(name, load_training_data([train]), load_training_data([test])) for name, (train, test) in pairs.items()]
    return [*loaded, *(held_out(pack.name, load_training_data([pack / "nlu"])) for pack in PACKS)]


def held_out(name: str, data: TrainingData) -> tuple[str, TrainingData, TrainingData]:
    """The set split in two: of each intent every fifth example is for the test."""
    seen: Counter[str] = Counter()
    kept: list[Example] = []
    tested: list[Example] = []
    for example in data.examples:
        seen[example.intent] += 1
        (tested if seen[example.intent] % 5 == 0 else kept).append(example)
    return name, replace(data, examples=tuple(kept)), replace(data, examples=tuple(tested))


def fit(data: TrainingData, encoder: Encoder | None) -> EmbeddedEngine:
    """As a pack is trained, entities included; `encoder` None: by spelling alone."""
    extractor = EntityExtractor.learn(data)
    extras = {"languages": ["en", "de"], "entities": extractor.to_json()}
    return EmbeddedEngine(train_model(data, encoder, extras=extras, beside=extractor.arrays()), encoder)


def timed_fit(data: TrainingData, encoder: Encoder | None, rounds: int = 1) -> tuple[EmbeddedEngine, float, float]:
    """With the quickest round's seconds on the wall and of CPU."""
    wall, cpu = [], []
    for _ in range(rounds):
        begun, worked = time.perf_counter(), time.process_time()
        engine = fit(data, encoder)
        wall.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - worked)
    return engine, min(wall), min(cpu)


def measured(name: str, data: TrainingData, test: TrainingData, encoder: Encoder | None, spin: Spin) -> Measured:
    print(f"… {name}", file=sys.stderr, flush=True)
    engine, wall, cpu = timed_fit(data, encoder)
    spin.turn()
    # told now: what a larger training frees would be used again, and hide what a client takes
    each = memory_each(engine) if name.endswith("10-shot") else None
    figures = judge(Trained(engine, wall, len(engine.model.to_bytes())), data, test.examples)
    return Measured(name, data, test, engine, wall, cpu, figures, each)


def machine(encoder: Encoder | None) -> str:
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    return (
        f"Measured on {os.cpu_count()} cores of {model}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"encoder {encoder.name if encoder else 'none'}, load {os.getloadavg()[0]:.1f} at the end of training."
    )


def _lines(file: str) -> list[str]:
    path = Path(file)
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


@dataclass
class Goals:
    """The engine's goals, one row each: what must be, what would be better, what was measured, and whether it holds."""

    found: dict[str, Measured]
    encoder: Encoder | None
    spin: Spin
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def measure(self, near: dict[str, list[float]], german: tuple[float, int] | None) -> None:
        self.accuracy("BANKING77 10-shot", 82, 85)
        self.accuracy("BANKING77 full", 93, 94)
        self.accuracy("CLINC150 full", 95, 96)
        if full := self.found.get("CLINC150 full"):
            scope = full.figures["out_of_scope"]
            self.least("CLINC150 full, out-of-scope AUROC", 97, 98, scope["auroc"] * 100)
            self.least("CLINC150 full, recall at 5 % in-scope rejection", 88, 92, scope["recall_at_5"] * 100)
        for name, scores in near.items():
            if name in PUBLIC:
                self.least(f"near out-of-scope AUROC, {name}", 82, 87, float(np.mean(scores)) * 100)
        public = [one for one in self.found.values() if one.name in PUBLIC]
        for one in public:
            self.most(f"ECE, {one.name}, %", 3, 2, one.figures["ece"] * 100)
        for one in public:
            if one.name.endswith("10-shot"):
                self.answers(one)
        if german is not None:
            self.rows.append(
                (
                    "German from English examples only",
                    "86.7 on another set",
                    "-",
                    f"{german[0]:.1f} of {german[1]} texts",
                    "?",
                    "-",
                )
            )
        self.speed()
        self.training()
        if (ten := self.found.get("BANKING77 10-shot")) is not None and ten.each_mb is not None:
            self.most("memory per further client at 770 examples, MB", 5, 2, ten.each_mb)

    def accuracy(self, name: str, must: float, stretch: float) -> None:
        if name in self.found:
            self.least(f"{name}, accuracy", must, stretch, self.found[name].figures["accuracy"] * 100)

    def answers(self, one: Measured) -> None:
        share, right = (100 * (one.figures["auto_answer"][key] or 0) for key in ("coverage", "precision"))
        held = [share >= least and right >= 95 for least in (55, 65)]
        name = f"automatic answers, {one.name}: coverage at precision ≥ 95"
        self.rows.append((name, "≥ 55", "≥ 65", f"{share:.1f} at {right:.1f}", *map(_sign, held)))

    def speed(self) -> None:
        one = self.found.get("BANKING77 10-shot") or next(iter(self.found.values()), None)
        if one is None:
            return
        texts = [example.text for example in one.test.examples]
        taken = latency(one.engine, texts, ROUNDS)
        self.spin.turn()
        with_it = "with the encoder" if self.encoder else "without the encoder"
        self.most(
            f"one message {with_it}, p50 ms (CPU {taken['cpu']:.2f})", 3, 1.5 if self.encoder else 0.4, taken["p50"]
        )
        self.most(f"one message {with_it}, p99 ms", 10, 4, taken["p99"])
        self.most("batch of 64, ms each", 1, 0.7, taken["batch"])
        if self.encoder:
            plain = latency(fit(one.data, None), texts, ROUNDS)
            self.most(f"one message without the encoder, p50 ms (CPU {plain['cpu']:.2f})", 3, 0.4, plain["p50"])

    def training(self) -> None:
        if (full := self.found.get("BANKING77 full")) is not None:
            seen: Counter[str] = Counter()
            some = [one for one in full.data.examples if (seen.update([one.intent]), seen[one.intent])[1] <= 13]
            _, wall, cpu = timed_fit(replace(full.data, examples=tuple(some)), self.encoder, 3)
            self.most(f"training, {len(some)} examples, s (CPU {cpu:.1f})", 2, 1, wall)
            name = f"training, {len(full.data.examples)} examples, s (CPU {full.train_cpu_s:.0f})"
            self.most(name, 60, 15, full.train_s)

    def least(self, name: str, must: float, stretch: float, value: float) -> None:
        self.rows.append(
            (name, f"≥ {must}", f"≥ {stretch}", f"{value:.1f}", _sign(value >= must), _sign(value >= stretch))
        )

    def most(self, name: str, must: float, stretch: float, value: float) -> None:
        self.rows.append(
            (name, f"≤ {must}", f"≤ {stretch}", f"{value:.2f}", _sign(value <= must), _sign(value <= stretch))
        )


def _sign(held: bool) -> str:
    return "held" if held else "missed"


def print_quality(found: Sequence[Measured]) -> None:
    rows = []
    for one in found:
        figures = one.figures
        scope, answers = figures["out_of_scope"], figures["auto_answer"]
        rows.append(
            (
                one.name,
                len(one.data.examples),
                percent(figures["accuracy"]),
                percent(figures["macro_f1"]),
                percent(figures["ece"]),
                percent(scope["auroc"]),
                percent(scope["recall_at_5"]),
                f"{percent(answers['coverage'])} at {percent(answers['precision'])}",
                f"{one.train_s:.1f} / {one.train_cpu_s:.1f}",
                f"{figures['model_bytes'] / 1e6:.2f}",
            )
        )
    heads = (
        "set|examples|accuracy|macro F1|ECE|OOS AUROC|OOS recall at 5 %|answers itself|training s, wall / CPU|file MB"
    )
    table("Quality", heads, rows)


def print_speed(found: Sequence[Measured], spin: Spin) -> None:
    rows = []
    for one in found:
        taken = latency(one.engine, [example.text for example in one.test.examples], ROUNDS)
        spin.turn()
        rows.append((one.name, *(f"{taken[key]:.2f}" for key in ("p50", "p99", "cpu", "batch"))))
    table(f"Speed (quickest of {ROUNDS} rounds)", "set|one message p50 ms|p99 ms|CPU ms|each of 64 ms", rows)


def timed(engine: Engine, texts: Sequence[str]) -> float:
    """Milliseconds that one call took."""
    begun = time.perf_counter()
    engine.parse(texts)
    return (time.perf_counter() - begun) * 1000


def memory_each(engine: EmbeddedEngine) -> float:
    """Megabytes of resident memory that each further client with an equal model adds, after it has answered once."""
    kept = engine.model.to_bytes()
    EmbeddedEngine(EmbeddedModel.from_bytes(kept), engine.encoder).parse(["hello there"])  # what the first alone costs
    gc.collect()
    before = resident()
    clients = [EmbeddedEngine(EmbeddedModel.from_bytes(kept), engine.encoder) for _ in range(CLIENTS)]
    for client in clients:
        client.parse(["hello there"])
    return (resident() - before) / CLIENTS / 1e6


def resident(pid: int | str = "self") -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def print_habits(found: Sequence[Measured]) -> None:
    """Right guesses and answers given, in percent. Courtesies stand around texts of three words or more: "yes, thanks"
    is another answer than "yes".
    """
    rows = []
    for one in found:
        if len(one.data.examples) > 3000:
            continue
        inside = [example for example in one.test.examples if example.intent != FALLBACK]
        parts = {language: [x for x in inside if x.file.endswith(f"{language}.yml")] for language in ("en", "de")}
        if not parts["de"]:
            parts = {"en": inside[:: max(1, len(inside) // 600)]}
        for language, texts in parts.items():
            shown = [habit_told(one.engine, texts, habit) for habit in habits(language).values()]
            rows.append((f"{one.name} {language}" if len(parts) > 1 else one.name, len(texts), *shown))
    table(
        "As people type: right guesses, and in brackets answered by itself (%)",
        "set|texts|" + "|".join(habits("en")),
        rows,
    )


def habit_told(engine: EmbeddedEngine, examples: Sequence[Example], habit: Habit) -> str:
    dice = random.Random(7)
    made = parsed_all(engine, [habit(example.text, dice) for example in examples])
    right = np.mean([guessed(one).name == example.intent for one, example in zip(made, examples, strict=True)])
    return f"{right * 100:.1f} ({np.mean([one.answerable for one in made]) * 100:.1f})"


def parsed_all(engine: EmbeddedEngine, texts: Sequence[str]) -> list[Any]:
    return [one for at in range(0, len(texts), BATCH) for one in engine.parse(texts[at : at + BATCH])]


def near_misses(found: Sequence[Measured], encoder: Encoder | None) -> dict[str, list[float]]:
    """A quarter of the intents is kept out of the training; their test texts must look out of scope."""
    out = {}
    for one in found:
        scores = []
        for seed in range(3):
            hidden = set(random.Random(seed).sample(sorted(one.data.intents), len(one.data.intents) // 4))
            known = tuple(example for example in one.data.examples if example.intent not in hidden)
            engine = fit(replace(one.data, examples=known), encoder)
            inside = [example.text for example in one.test.examples if example.intent not in {*hidden, FALLBACK}]
            outside = [example.text for example in one.test.examples if example.intent in hidden]
            scores.append(auroc(scopes(engine, inside), scopes(engine, outside)))
        out[one.name] = scores
    return out


def near_rows(near: dict[str, list[float]]) -> list[tuple[str, ...]]:
    return [
        (name, percent(float(np.mean(some))), percent(min(some)), percent(max(some))) for name, some in near.items()
    ]


def scopes(engine: EmbeddedEngine, texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([one.extra["scope"] for one in parsed_all(engine, texts)])


def german_transfer(english: Measured | None) -> tuple[float, int] | None:
    """Accuracy in percent on our own German sentences of an engine that learned from English ones alone."""
    if english is None:
        return None
    texts = load_training_data([HERE / "data" / "clinc_german.yml"]).examples
    made = parsed_all(english.engine, [example.text for example in texts])
    right = [guessed(one).name == example.intent for one, example in zip(made, texts, strict=True)]
    return float(np.mean(right)) * 100, len(texts)


def print_entities() -> None:
    """Spans with all of entity, place and role right; python-crfsuite beside it, where it is installed."""
    rows = []
    for count in (100, 300):
        begun, worked = time.perf_counter(), time.process_time()
        extractor = EntityExtractor.learn(TrainingData(marked_sentences(count)))
        taken = f"{time.perf_counter() - begun:.2f} / {time.process_time() - worked:.2f}"
        for name, tested in (
            ("seen", marked_sentences(300, 77)),
            ("never seen", marked_sentences(400, 9, unseen=True)),
        ):
            rows.append((count, name, *spans_told(extractor, tested), taken))
    heads = "sentences learned|values and sentences|precision|recall|F1|ms a text|training s, wall / CPU"
    table("Entities (bench/entity_set.py)", heads, rows)


def spans_told(extractor: EntityExtractor, tested: Sequence[Example]) -> tuple[str, ...]:
    found = right = wanted = 0
    begun = time.perf_counter()
    made = [extractor.extract(example.text) for example in tested]
    each = (time.perf_counter() - begun) * 1000 / len(tested)
    for example, entities in zip(tested, made, strict=True):
        true = {(one.entity, one.start, one.end, one.role) for one in example.entities}
        mine = {(e.entity, e.start, e.end, e.role) for e in entities if e.extractor != "BuiltInRecogniser"}
        found, right, wanted = found + len(mine), right + len(mine & true), wanted + len(true)
    precision, recall = right / max(found, 1), right / wanted
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return percent(precision), percent(recall), percent(f1), f"{each:.2f}"


def write() -> None:
    """The tables into docs/nlu.md, in the place of the last ones."""
    text = DOCS.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{DOCS} lacks the lines {BEGIN} and {END}: put them where the tables belong")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    DOCS.write_text(f"{before}{BEGIN}\n\n" + "\n".join(LINES) + f"\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
