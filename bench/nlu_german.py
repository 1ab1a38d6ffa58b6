"""German beside the plain recipe the engine grew from: the same texts, learned by both, in one run.

    python -m bench.nlu_german [--english clinc150_10shot.yml]

The recipe: kernel ridge on exp(2 (0.7 cos(sentence) + 0.3 cos(TF-IDF) - 1)), λ = 0.1; words, pairs, letters by 2 to 5.
"""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.nlu import HERE, held_out, table
from clients import PACKS
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.engine import EmbeddedEngine
from nlu.engine import guessed
from nlu.training_data import Example, TrainingData, load_training_data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = Path("../shared/data/clinc150_10shot.yml")
    parser.add_argument("--english", type=Path, default=usual, help="CLINC150's ten-shot file; left out if missing")
    english = parser.parse_args().english
    encoder = shared_encoder()
    if encoder is None:
        parser.error("the encoder is not installed")
    rows = []
    if english.exists():
        own = load_training_data([HERE / "data" / "clinc_german.yml"]).examples
        rows.append(("CLINC150, from English", len(own), *both(load_training_data([english]), own, encoder)))
    for pack in PACKS:
        german, other = (load_training_data([pack / "nlu" / f"{language}.yml"]) for language in ("de", "en"))
        _, kept, tested = held_out(pack.name, german)
        rows.append((f"{pack.name}, from German", len(tested.examples), *both(kept, tested.examples, encoder)))
        rows.append((f"{pack.name}, from English", len(german.examples), *both(other, german.examples, encoder)))
    table("German: right guesses, %", "set|texts|the recipe|the engine", rows)


def both(data: TrainingData, tested: Sequence[Example], encoder: Encoder) -> tuple[str, str]:
    """Accuracy in percent of the recipe and of the engine."""
    made = EmbeddedEngine.train(data, ("de", "en")).parse([example.text for example in tested])
    ours = [guessed(one).name for one in made]
    return share(recipe(data.examples, tested, encoder), tested), share(ours, tested)


def share(guesses: Sequence[str], tested: Sequence[Example]) -> str:
    right = [guess == example.intent for guess, example in zip(guesses, tested, strict=True)]
    return f"{100 * float(np.mean(right)):.1f}"


def recipe(learned: Sequence[Example], tested: Sequence[Example], encoder: Encoder) -> list[str]:
    """The recipe's guesses."""
    intents = sorted({example.intent for example in learned})
    counted = [grams(example.text) for example in learned]
    seen = Counter(gram for one in counted for gram in one)
    places = {gram: place for place, gram in enumerate(seen)}
    rarity = np.log((1 + len(counted)) / (1 + np.array(list(seen.values())))) + 1

    def spelled(counts: Sequence[Counter[str]]) -> np.ndarray:
        rows = np.zeros((len(counts), len(places)))
        for row, one in zip(rows, counts, strict=True):
            for gram, count in one.items():
                if gram in places:
                    row[places[gram]] = 1 + np.log(count)
        rows *= rarity
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    base, asked = spelled(counted), spelled([grams(example.text) for example in tested])
    meant, heard = (encoder.encode([example.text for example in some]) for some in (learned, tested))
    kernel = np.exp(2 * (0.7 * meant @ meant.T + 0.3 * base @ base.T - 1))
    targets = np.array([[example.intent == intent for intent in intents] for example in learned], dtype=float)
    weights = np.linalg.solve(kernel + 0.1 * np.eye(len(kernel)), targets)
    scores = np.exp(2 * (0.7 * heard @ meant.T + 0.3 * asked @ base.T - 1)) @ weights
    return [intents[place] for place in scores.argmax(axis=1)]


def grams(text: str) -> Counter[str]:
    """Words, pairs of words, and letters by two to five within words."""
    words = re.findall(r"\w+", text.lower())
    found = Counter([*words, *map(" ".join, pairwise(words))])
    for word in words:
        padded = f" {word} "
        found.update(f"#{padded[i : i + n]}" for n in range(2, 6) for i in range(len(padded) - n + 1))
    return found


if __name__ == "__main__":
    main()
