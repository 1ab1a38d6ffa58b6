"""Finds the passage of a client's articles that answers a question, and keeps silent when none clearly does."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from conversation.errors import PackInvalid
from conversation.packfile import Problems
from nlu.embedded.text import fold
from nlu.yaml_loader import load_node

K1, B = 1.2, 0.75
COVERED = 0.6
MIN_TERMS = 2
QUOTED = 700
_WORD = re.compile(r"[^\W_]+")
_FRONT = re.compile(r"\A---[ \t]*\n(?P<front>.*?)\n---[ \t]*\n(?P<body>.*)\Z", re.DOTALL)
_SUFFIXES = ("ungen", "ieren", "iert", "ung", "en", "er", "es", "em", "ing", "ed", "e", "s", "n")
_MIN_STEM = 4
_STOP_WORDS = """
aber alle als am an auch auf aus bei bin bis bitte da dann das dass dein deine dem den der des die dir doch du ein
eine einem einen einer eines er es euch euer eure für gibt habe haben habt hallo hat hier ich ihr ihre im in ist ja
kann kannst können könnt man mein meine meinem meinen mich mir mit muss nach nicht noch oder ob schon sein sich sie
sind so soll um und uns unser unter vom von vor wann war warum was weil welche wenn wer werden wie wieso will wir
wird wo zu zum zur über a about an and any are as at be been but by can could do does for from get got had has have
hello hi how i if in into is it its just like me my need no not of on or our please should so some tell that the
their them then there these they this to us want was we what when where which who why will with would you your
"""
_STOP = frozenset(_STOP_WORDS.split())
_ASKING_WORDS = """
wer wie was wo woher wohin wann warum wieso weshalb welche welcher welches wieviel kann koennen darf duerfen muss
muessen ist sind gibt soll who how what where when why which can could may must do does is are should will
"""
_ASKING = frozenset(_ASKING_WORDS.split())
_PARTICLES = frozenset("denn eigentlich mal genau nun jetzt hey moin actually exactly then really now pls".split())  # noqa: SIM905
"""Words that may stand in a question without changing it."""


@dataclass(frozen=True, slots=True)
class Article:
    """A file of `knowledge/`. `tags` may name intents whose questions it answers."""

    file: str
    title: str
    language: str
    body: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of an article short enough to quote, and how sure it is that it answers (0..1). `heading` asks what the
    text answers (empty below a heading that asks nothing); it is no part of the text.
    """

    article: Article
    text: str
    confidence: float = 0.0
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A heading that asks what the text below it answers: an example of what a customer would ask."""

    file: str
    language: str
    heading: str


@dataclass(frozen=True, slots=True)
class _Indexed:
    passage: Passage
    terms: Mapping[str, int]
    length: int


@dataclass(frozen=True)
class Knowledge:
    """A BM25 index (Robertson and Zaragoza 2009, k1 1.2, b 0.75) over passages, one per language.

    A passage is quoted only if it holds at least two of the question's content words and these make up 60 % of the
    question's weight (the sum of their inverse document frequencies): a rare word that no article knows keeps the bot
    silent.
    """

    articles: tuple[Article, ...] = ()
    _index: Mapping[str, tuple[_Indexed, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        index: dict[str, list[_Indexed]] = {}
        for article in self.articles:
            for heading, text in _parts(article.body):
                counts = Counter(terms(f"{article.title} {article.title} {heading} {text}"))
                entry = _Indexed(Passage(article, text, heading=heading), counts, counts.total())
                index.setdefault(article.language, []).append(entry)
        object.__setattr__(self, "_index", {language: tuple(found) for language, found in index.items()})

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All headings that end with a question mark."""
        return tuple(
            Question(article.file, article.language, heading)
            for article in self.articles
            for heading in (line.lstrip("# ").strip() for line in article.body.splitlines() if line.startswith("#"))
            if heading.endswith("?")
        )

    @cached_property
    def _headings(self) -> Mapping[str, tuple[tuple[Question, "_Asked"], ...]]:
        """The headings of a language with what they ask."""
        found: dict[str, list[tuple[Question, _Asked]]] = {}
        for question in self.questions:
            found.setdefault(question.language, []).append((question, _Asked.of(question.heading)))
        return {language: tuple(known) for language, known in found.items()}

    @cached_property
    def _by_heading(self) -> Mapping[str, "_HeadingIndex"]:
        return {language: _HeadingIndex.of(known) for language, known in self._headings.items()}

    @cached_property
    def _holding(self) -> Mapping[str, Mapping[str, int]]:
        """In how many passages of a language each term is."""
        return {language: Counter(t for e in entries for t in e.terms) for language, entries in self._index.items()}

    def titled(self, text: str, language: str) -> Passage | None:
        """The passage whose heading the text is, but for particles and the ending of words."""
        asked = _asked(text)
        if not asked.terms:
            return None
        found = self._by_heading.get(language, _HeadingIndex()).first(asked)
        return self.below(found.file, found.heading) if found is not None else None

    def concerns(self, article: Article, intent: str) -> bool:
        """Whether an article is about what an intent wants: by its tags; one without tags may be about anything that no
        other article is tagged with.
        """
        if article.tags:
            return intent in article.tags
        return not any(intent in other.tags for other in self.articles)

    def about(self, intent: str, question: str, language: str) -> Passage | None:
        """The passage nearest to the question among the articles tagged with the intent; None if there are none. What
        the question is about is known already, so no share of its words has to be covered.
        """
        entries = [e for e in self._index.get(language, ()) if intent in e.passage.article.tags]
        if not entries:
            return None
        weights = {term: _idf(_held(term, entries), len(entries)) for term in dict.fromkeys(terms(question))}
        average = sum(entry.length for entry in entries) / len(entries)
        best = max(entries, key=lambda entry: _score(entry, weights, average))
        shares = any(best.terms.get(term) for term in weights)
        return best.passage if shares else None

    def share(self, passage: Passage, question: str, known: str = "") -> float:
        """How much of the weight of a question's words a passage holds (0..1); those `known` anyway do not count."""
        language = passage.article.language
        entries, holding = self._index.get(language, ()), self._holding.get(language, {})
        asked = [term for term in dict.fromkeys(terms(question)) if term not in terms(known)]
        weights = {term: _idf(holding.get(term, 0), len(entries)) for term in asked}
        text = frozenset(terms(f"{passage.heading} {passage.text}"))
        return sum(w for term, w in weights.items() if term in text) / (sum(weights.values()) or 1.0)

    def echoed(self, intent: str, question: str, language: str, *, words: int = 1) -> Passage | None:
        """The passage among the articles tagged with the intent whose heading asks in the same way ("how long …") and
        shares at least so many other `words` with the question, which may leave out what it is about.
        """
        asked = _asked(question)
        files = {article.file for article in self.articles if intent in article.tags}
        known = ((q, heading) for q, heading in self._headings.get(language, ()) if q.file in files)
        likely = [(len(asked.terms & heading.terms), q) for q, heading in known if asked.asks_as(heading)]
        shared, best = max(likely, key=lambda one: one[0], default=(0, None))
        return self.below(best.file, best.heading) if best is not None and shared >= words else None

    def below(self, file: str, heading: str) -> Passage | None:
        """What stands below a question in an article, None if the articles have changed since."""
        for article in self.articles:
            if article.file == file:
                found = next((text for above, text in _parts(article.body) if above == heading), None)
                return Passage(article, found, 1.0, heading) if found else None
        return None

    def find(self, question: str, language: str, tagged: str = "") -> Passage | None:
        """The best passage in that language if it honestly covers the question, else None. `tagged`: only among the
        articles tagged with that intent.
        """
        entries = self._index.get(language, ())
        asked = list(dict.fromkeys(terms(question)))
        if not entries or len(asked) < MIN_TERMS:
            return None
        holding = self._holding[language]
        weights = {term: _idf(holding.get(term, 0), len(entries)) for term in asked}
        average = sum(e.length for e in entries) / len(entries)
        among = [e for e in entries if not tagged or tagged in e.passage.article.tags]
        if not among:
            return None
        best = max(among, key=lambda entry: _score(entry, weights, average))
        held = [term for term in asked if best.terms.get(term)]
        covered = sum(weights[t] for t in held) / sum(weights.values())
        if len(held) < MIN_TERMS or covered < COVERED:
            return None
        return replace(best.passage, confidence=covered)


def parse_article(text: str, file: str, problems: Problems) -> Article | None:
    """An article with its front matter (`title`, `language`); what is wrong goes to `problems`."""
    match = _FRONT.match(text.replace("\r\n", "\n"))
    if match is None:
        place = load_node("", file)
        problems.add(place, "the article has no front matter", "begin with `---`, `title: …`, `language: de`, `---`")
        return None
    try:
        front = load_node(f"\n{match['front']}", file)
    except PackInvalid as invalid:
        problems.found.extend(invalid.problems)
        return None
    problems.unknown_keys(front, ("title", "language", "tags"))
    title, language = problems.text(front, "title"), problems.text(front, "language")
    if not match["body"].strip():
        problems.add(front, "the article is empty", "write its text below the second `---`")
    tags = tuple(str(tag.value) for tag in front.get("tags") or ())
    return Article(file, title, language, match["body"].strip(), tags) if title and language else None


def passages(body: str) -> Iterator[str]:
    """The article in parts of at most 700 characters, cut at headings and blank lines."""
    return (text for _, text in _parts(body))


def _parts(body: str) -> Iterator[tuple[str, str]]:
    """The parts, each with the question above it (empty below a heading that asks nothing: that begins the text)."""
    heading, part = "", ""
    for block in re.split(r"\n\s*\n", body):
        text = block.strip()
        if text.startswith("#"):
            first, _, rest = text.partition("\n")
            if part:
                yield _asking(heading), part
            heading, part = first.lstrip("# ").strip(), ""
            text = rest.strip()
        if not text:
            continue
        if part and len(part) + len(text) + 2 > QUOTED:
            yield _asking(heading), part
            part = ""
        part = f"{part}\n\n{text}" if part else _under(heading, text)
    if part:
        yield _asking(heading), part


def _asking(heading: str) -> str:
    return heading if heading.endswith("?") else ""


def _under(heading: str, text: str) -> str:
    """A text below its heading; whoever asked the heading's question does not want to read it again."""
    return f"{heading}: {text}" if heading and not _asking(heading) else text


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks, however it is put: its question words and its other words."""

    folded: str
    asking: frozenset[str]
    terms: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "_Asked":
        folded = fold(text)
        words = frozenset(folded.split())
        return cls(folded, words & _ASKING, frozenset(terms(text)) - _PARTICLES)

    def asks_as(self, other: "_Asked") -> bool:
        return bool(self.asking) and self.asking <= other.asking

    @property
    def meaning(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """What headings that ask the same in other words have in common; None of one that says too little."""
        return (self.asking, self.terms) if self.asking and len(self.terms) >= MIN_TERMS else None


@lru_cache(maxsize=64)
def _asked(text: str) -> _Asked:
    return _Asked.of(text)


@dataclass(frozen=True, slots=True)
class _HeadingIndex:
    """The headings of a language by what they say and by what they ask, each with its place; the first of equals."""

    folded: dict[str, tuple[int, Question]] = field(default_factory=dict)
    meanings: dict[tuple[frozenset[str], frozenset[str]], tuple[int, Question]] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Sequence[tuple[Question, _Asked]]) -> "_HeadingIndex":
        made = cls()
        for place, (question, asked) in enumerate(known):
            made.folded.setdefault(asked.folded, (place, question))
            if asked.meaning is not None:
                made.meanings.setdefault(asked.meaning, (place, question))
        return made

    def first(self, asked: _Asked) -> Question | None:
        """The first heading that is the same or asks the same."""
        found = [self.folded.get(asked.folded), self.meanings.get(asked.meaning) if asked.meaning else None]
        return min((one for one in found if one is not None), key=lambda one: one[0], default=(0, None))[1]


@lru_cache(maxsize=64)  # a question is looked for in several ways
def terms(text: str) -> tuple[str, ...]:
    """The content words of a text, without endings; ß and umlauts as typed without them."""
    words = [word for word in _WORD.findall(text.casefold()) if word not in _STOP]
    return tuple(_stem(word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")) for word in words)


def _stem(word: str) -> str:
    if not word.endswith(_SUFFIXES):
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word[: -len(suffix)]
    return word


def _held(term: str, entries: Sequence[_Indexed]) -> int:
    return sum(1 for entry in entries if entry.terms.get(term))


def _idf(holding: int, entries: int) -> float:
    """The weight of a term that so many of so many entries have."""
    return math.log(1 + (entries - holding + 0.5) / (holding + 0.5))


def _score(entry: _Indexed, weights: Mapping[str, float], average: float) -> float:
    norm = K1 * (1 - B + B * entry.length / average)
    counts = ((weight, entry.terms.get(term, 0)) for term, weight in weights.items())
    return sum(weight * count * (K1 + 1) / (count + norm) for weight, count in counts if count)
