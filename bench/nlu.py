"""Measures the embedded engine on Rasa NLU files and prints Markdown tables: quality, speed, memory, robustness.

    python -m bench.nlu [--train nlu_train.yml --test nlu_test.yml …] [--no-encoder] [--quick]
                        [--rasa [config.yml]]

Without files it measures the sample packs: of each intent every fifth example is kept out of the training and tested.
Texts under `nlu_fallback` in a test file are out of scope. Timings are wall time on this machine as it is: the load
average and the best of repeated runs are printed, so that a noisy neighbour can be told from a slow engine. With
`--rasa` the real Rasa learns the same files (`make rasa-environment` first) and stands beside it in one more table.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from clients import PACKS
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.model import EmbeddedModel
from nlu.embedded.training import train_model
from nlu.engine import Engine, guessed
from nlu.evaluate import Trained, auroc, judge, train_rasa
from nlu.rasa.project import STANDARD_CONFIG
from nlu.training_data import Example, TrainingData, load_training_data

FALLBACK = "nlu_fallback"
BATCH = 64
CLIENTS = 20
CALLERS = 16


def main() -> None:
    arguments = parsed()
    encoder = None if arguments.no_encoder else shared_encoder()
    if encoder is not None:
        encoder.encode(["hello"])
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, encoder {encoder.name if encoder else 'none'}\n")
    sets = [
        (train.stem, load_training_data([train]), load_training_data([test]))
        for train, test in zip(arguments.train, arguments.test, strict=True)
    ] or [held_out(pack.name, load_training_data([pack / "nlu"])) for pack in PACKS]
    trained = [(name, *fit(data, encoder), data, test) for name, data, test in sets]
    print_quality(trained)
    each = print_speed(trained)
    if arguments.rasa is not None:
        print_beside_rasa(trained, each, arguments.rasa)
    if not arguments.quick:
        print_robustness(trained)
        print_near_misses(sets, encoder)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, action="append", default=[])
    parser.add_argument("--test", type=Path, action="append", default=[])
    parser.add_argument("--no-encoder", action="store_true", help="spelling alone")
    parser.add_argument("--quick", action="store_true", help="without robustness and near misses")
    beside = "the real Rasa beside it, with this config.yml"
    parser.add_argument("--rasa", type=Path, nargs="?", const=STANDARD_CONFIG, metavar="CONFIG", help=beside)
    arguments = parser.parse_args()
    if len(arguments.train) != len(arguments.test):
        parser.error("give one --test for each --train")
    return arguments


def held_out(name: str, data: TrainingData) -> tuple[str, TrainingData, TrainingData]:
    """The set split in two: of each intent every fifth example is for the test."""
    seen: Counter[str] = Counter()
    kept: list[Example] = []
    tested: list[Example] = []
    for example in data.examples:
        seen[example.intent] += 1
        (tested if seen[example.intent] % 5 == 0 else kept).append(example)
    return name, replace(data, examples=tuple(kept)), replace(data, examples=tuple(tested))


def fit(data: TrainingData, encoder: Encoder | None) -> tuple[EmbeddedEngine, float]:
    begun = time.perf_counter()
    model = train_model(data, encoder)
    return EmbeddedEngine(model, encoder), time.perf_counter() - begun


def print_quality(trained: Sequence[tuple[str, EmbeddedEngine, float, TrainingData, TrainingData]]) -> None:
    rows = []
    for name, engine, seconds, data, test in trained:
        size = len(engine.model.to_bytes())
        figures = judge(Trained(engine, seconds, size), data, test.examples)
        scope, answers = figures["out_of_scope"], figures["auto_answer"]
        rows.append(
            (
                name,
                len(data.examples),
                percent(figures["accuracy"]),
                percent(figures["macro_f1"]),
                percent(figures["ece"]),
                percent(scope["auroc"]),
                percent(scope["recall_at_5"]),
                f"{percent(answers['coverage'])} at {percent(answers['precision'])}",
                f"{seconds:.1f}",
                f"{size / 1e6:.2f}",
            )
        )
    heads = "set|examples|accuracy|macro F1|ECE|OOS AUROC|OOS recall at 5 %|answers itself|training s|file MB"
    table("Quality", heads.split("|"), rows)


def print_speed(trained: Sequence[tuple[str, EmbeddedEngine, float, TrainingData, TrainingData]]) -> list[float]:
    """Returns the megabytes that each further client takes, by set; measured once, for freed memory is used again."""
    rows, each = [], []
    for name, engine, _, _, test in trained:
        texts = [example.text for example in test.examples]
        sample = texts[:: max(1, len(texts) // 256)][:256]
        singles = np.min([[timed(engine, [text]) for text in sample] for _ in range(3)], axis=0)
        batches = min(
            sum(timed(engine, sample[at : at + BATCH]) for at in range(0, len(sample), BATCH)) for _ in range(3)
        )
        p50, p99 = np.percentile(singles, (50, 99))
        each.append(memory_each(engine))
        rows.append((name, f"{p50:.2f}", f"{p99:.2f}", f"{batches / len(sample):.2f}", f"{each[-1]:.2f}"))
    heads = "set|one message p50 ms|p99 ms|each of 64 ms|MB per further client"
    table("Speed and memory (best of three)", heads.split("|"), rows)
    return each


def print_beside_rasa(
    trained: Sequence[tuple[str, EmbeddedEngine, float, TrainingData, TrainingData]],
    further: Sequence[float],
    config: Path,
) -> None:
    rows = []
    for (name, engine, seconds, data, test), each in zip(trained, further, strict=True):
        size = len(engine.model.to_bytes())
        alone = resident() / 1e6
        memory = [f"{alone + (clients - 1) * each:.0f}" for clients in (1, 2, 10)]
        rows.append(beside(name, Trained(engine, seconds, size), data, test, memory))
        with train_rasa(data, 0.03, config) as taught:
            row = beside(name, taught, data, test, [])
            server = sum(resident(pid) for pid in children()) / 1e6
            rows.append((*row[:-1], " / ".join(f"{clients * server:.0f}" for clients in (1, 2, 10))))
    heads = "set|engine|accuracy|ECE|OOS AUROC|answers itself|training s|one caller p50 / p99 ms"
    heads += f"|{CALLERS} callers p50 / p99 ms|texts/s|MB for 1 / 2 / 10 clients"
    table(f"Side by side (Rasa with {config.name}, load {os.getloadavg()[0]:.1f})", heads.split("|"), rows)


def beside(
    name: str, trained: Trained, data: TrainingData, test: TrainingData, memory: Sequence[str]
) -> tuple[str, ...]:
    figures = judge(trained, data, test.examples)
    texts = [example.text for example in test.examples]
    sample = texts[:: max(1, len(texts) // 256)][:256]
    alone = [timed(trained.engine, [text]) for text in sample]
    begun = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        together = list(pool.map(lambda text: timed(trained.engine, [text]), sample))
    rate = len(sample) / (time.perf_counter() - begun)
    answers = figures["auto_answer"]
    return (
        name,
        trained.engine.name,
        percent(figures["accuracy"]),
        percent(figures["ece"]),
        percent(figures["out_of_scope"]["auroc"]),
        f"{percent(answers['coverage'])} at {percent(answers['precision'])}",
        f"{trained.train_s:.1f}",
        " / ".join(f"{value:.1f}" for value in np.percentile(alone, (50, 99))),
        " / ".join(f"{value:.1f}" for value in np.percentile(together, (50, 99))),
        f"{rate:.0f}",
        " / ".join(memory),
    )


def children() -> list[int]:
    """Processes of ours that run now: the Rasa server."""
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()]


def timed(engine: Engine, texts: Sequence[str]) -> float:
    begun = time.perf_counter()
    engine.parse(texts)
    return (time.perf_counter() - begun) * 1000


def memory_each(engine: EmbeddedEngine) -> float:
    """Resident memory that each further client with an equal model adds, after it has answered once."""
    kept = engine.model.to_bytes()
    gc.collect()
    before = resident()
    clients = [EmbeddedEngine(EmbeddedModel.from_bytes(kept), engine.encoder) for _ in range(CLIENTS)]
    for client in clients:
        client.parse(["hello there"])
    return (resident() - before) / CLIENTS / 1e6


def resident(pid: int | str = "self") -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def print_robustness(trained: Sequence[tuple[str, EmbeddedEngine, float, TrainingData, TrainingData]]) -> None:
    heads = ["set", *HABITS]
    rows = []
    for name, engine, _, _, test in trained:
        inside = [example for example in test.examples if example.intent != FALLBACK][::3]
        rows.append((name, *(percent(accuracy(engine, inside, habit)) for habit in HABITS.values())))
    table("Accuracy when people type as they do", heads, rows)


def accuracy(engine: EmbeddedEngine, examples: Sequence[Example], habit: Callable[[str, random.Random], str]) -> float:
    dice = random.Random(7)
    texts = [habit(example.text, dice) for example in examples]
    made = [one for at in range(0, len(texts), BATCH) for one in engine.parse(texts[at : at + BATCH])]
    return float(np.mean([guessed(one).name == example.intent for one, example in zip(made, examples, strict=True)]))


def print_near_misses(sets: Sequence[tuple[str, TrainingData, TrainingData]], encoder: Encoder | None) -> None:
    """A quarter of the intents is kept out of the training; their test texts must look out of scope."""
    rows = []
    for name, data, test in sets:
        if len(data.examples) > 3000:
            continue
        scores = []
        for seed in range(3):
            hidden = set(random.Random(seed).sample(sorted(data.intents), len(data.intents) // 4))
            known = tuple(example for example in data.examples if example.intent not in hidden)
            engine, _ = fit(replace(data, examples=known), encoder)
            inside = [example.text for example in test.examples if example.intent not in {*hidden, FALLBACK}]
            outside = [example.text for example in test.examples if example.intent in hidden]
            scores.append(auroc(scopes(engine, inside), scopes(engine, outside)))
        rows.append((name, percent(float(np.mean(scores))), percent(min(scores)), percent(max(scores))))
    table("A quarter of the intents unknown: AUROC", ["set", "mean of 3 draws", "worst", "best"], rows)


def scopes(engine: EmbeddedEngine, texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    made = [one for at in range(0, len(texts), BATCH) for one in engine.parse(texts[at : at + BATCH])]
    return np.array([one.extra["scope"] for one in made])


def typo(text: str, dice: random.Random) -> str:
    """Two neighbouring letters change places in the longest word."""
    word = max(text.split(), key=len, default="")
    if len(word) < 4:
        return text
    at = dice.randrange(1, len(word) - 2)
    return text.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :], 1)


def missing_letter(text: str, dice: random.Random) -> str:
    word = max(text.split(), key=len, default="")
    if len(word) < 4:
        return text
    at = dice.randrange(1, len(word) - 1)
    return text.replace(word, word[:at] + word[at + 1 :], 1)


def missing_space(text: str, dice: random.Random) -> str:
    blanks = [place for place, char in enumerate(text) if char == " "]
    if not blanks:
        return text
    at = dice.choice(blanks)
    return text[:at] + text[at + 1 :]


def plain_umlauts(text: str, _: random.Random) -> str:
    for marked, plain in {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}.items():
        text = text.replace(marked, plain)
    return text


def dictated(text: str, _: random.Random) -> str:
    """As voice input writes it: lower case, no punctuation."""
    return " ".join("".join(char if char.isalnum() or char in "'’" else " " for char in text.lower()).split())


HABITS: dict[str, Callable[[str, random.Random], str]] = {
    "as it is": lambda text, _: text,
    "swapped letters": typo,
    "missing letter": missing_letter,
    "missing space": missing_space,
    "ALL CAPS": lambda text, _: text.upper(),
    "emoji": lambda text, _: f"{text} 🙏😀",
    "dictated": dictated,
    "polite": lambda text, _: f"Hi there, {text} Thanks!",
    "umlauts as ae": plain_umlauts,
}


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    print(f"### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print()


if __name__ == "__main__":
    main()
