"""The words by which people name a matter, as the examples of a pack have them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.refusals import named, unwanted
from nlu.dialogue.tokens import tokenize
from nlu.training_data import Example

_OFTEN = 0.04
_AT_LEAST = 2
_SMALL = ("fillers", "question", "about", "negation", "no", "own", "please", "greeting", "unwanted", "persists", "days")
_MINE = 0.25
"""A word names an intent if so much of its use is there: "order" is said of many matters, "return" of one or two."""


@dataclass(frozen=True, slots=True)
class Names:
    """The stems of words that name an intent. `is_refusal`: its examples say what people do not want."""

    words: frozenset[str] = frozenset()
    is_refusal: bool = False


def names(examples: Iterable[Example], languages: Sequence[str]) -> Mapping[str, Names]:
    """By intent. A word is no name of an intent if an example does not want what it says: there this is the matter
    itself ("I don't want the order any more" cancels it).
    """
    used: defaultdict[str, Counter[str]] = defaultdict(Counter)
    refused: defaultdict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    spoken = [lexicon(language) for language in languages]
    for example in examples:
        tokens = tokenize(example.text)
        counts[example.intent] += 1
        used[example.intent].update(named(tokens))
        for words in spoken:
            refused[example.intent] |= named(unwanted(example.text, tokens, words) or ())
    small = _small(languages)
    rates = {intent: {w: n / counts[intent] for w, n in of.items() if n >= _AT_LEAST} for intent, of in used.items()}
    return {intent: _of(intent, rates, refused[intent], small) for intent in used}


def spoken(examples: Iterable[Example]) -> frozenset[str]:
    """The words, as the lists write them, that more than one example has."""
    counts = Counter(word for example in examples for word in {t.folded for t in tokenize(example.text)})
    return frozenset(word for word, count in counts.items() if count > 1)


def _small(languages: Sequence[str]) -> set[str]:
    """The stems of words that any matter is asked for with."""
    lists = [getattr(lexicon(language), name) for language in languages for name in _SMALL]
    return {stem for phrases in lists for phrase in phrases.phrases for stem in named(tokenize(" ".join(phrase)))}


def _of(intent: str, rates: Mapping[str, Mapping[str, float]], refused: set[str], small: set[str]) -> Names:
    often = {w: rate for w, rate in rates[intent].items() if rate >= _OFTEN and w not in refused | small}
    mine = {w for w, rate in often.items() if rate >= _MINE * sum(of.get(w, 0.0) for of in rates.values())}
    return Names(frozenset(mine), bool(refused))
