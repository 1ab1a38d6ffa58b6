"""Many clients' bots in one process: what each further one costs in memory, and how long a first message waits.

    python -m bench.nlu_many [--clients 1000]

A few models are trained from the sample packs and stand for all clients: each client loads a copy of its own, checked
by its hash, once into memory and once mapped from files. Memory is the process's own (anonymous) and what is mapped,
which the kernel may drop and other processes share.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.nlu import held_out
from clients import PACKS
from nlu.embedded.encoder import shared_encoder
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.shelf import Shelf
from nlu.training_data import load_training_data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    clients = parser.parse_args().clients
    encoder = shared_encoder()
    if encoder is not None:
        encoder.encode(["hello"])
    models, texts = [], []
    for pack in PACKS:
        _, kept, tested = held_out(pack.name, load_training_data([pack / "nlu"]))
        models.append(EmbeddedEngine.train(kept).model.to_bytes())
        texts += [example.text for example in tested.examples[::10]]
    print(
        f"{clients} clients, models of {' and '.join(f'{len(model) / 1e6:.1f}' for model in models)} MB, "
        f"load {os.getloadavg()[0]:.1f}\n"
    )
    print(
        "| models | own MB each | mapped MB each | first message ms, p50 / p99 | later message ms, p50 |\n"
        "|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, shelf in (("in memory", None), ("mapped", Shelf(Path(folder)))):
            print(f"| {name} | {told(models, texts, clients, shelf)} |", flush=True)


def told(models: list[bytes], texts: list[str], clients: int, shelf: Shelf | None) -> str:
    """One row: all clients loaded and asked once, then asked again."""
    gc.collect()
    own, mapped = memory()
    engines, first = [], []
    for number in range(clients):
        begun = time.perf_counter()
        engines.append(EmbeddedEngine.load(models[number % len(models)], shelf=shelf))
        engines[-1].parse([texts[number % len(texts)]])
        first.append((time.perf_counter() - begun) * 1000)
    later = []
    for number, engine in enumerate(engines):
        begun = time.perf_counter()
        engine.parse([texts[(number + 1) % len(texts)]])
        later.append((time.perf_counter() - begun) * 1000)
    each = [(now - before) / clients / 1e6 for now, before in zip(memory(), (own, mapped), strict=True)]
    p50, p99 = np.percentile(first, (50, 99))
    return f"{each[0]:.2f} | {each[1]:.2f} | {p50:.1f} / {p99:.1f} | {np.median(later):.1f}"


def memory() -> tuple[int, int]:
    """Bytes of this process that are its own, and that are mapped from files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss")}
    return kilobytes["RssAnon"] * 1024, kilobytes["RssFile"] * 1024


if __name__ == "__main__":
    main()
