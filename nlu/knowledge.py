"""Finds the passage of a client's articles that answers a question, and keeps silent when none clearly does."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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
    """A part of an article short enough to quote, and how sure it is that it answers (0..1)."""

    article: Article
    text: str
    confidence: float = 0.0


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
            for text in passages(article.body):
                counts = Counter(terms(f"{article.title} {article.title} {text}"))
                entry = _Indexed(Passage(article, text), counts, counts.total())
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
    def _by_heading(self) -> Mapping[tuple[str, str], Question]:
        return {(q.language, folded): q for q in reversed(self.questions) if (folded := fold(q.heading))}

    def titled(self, text: str, language: str) -> Passage | None:
        """The passage whose heading the text is, word for word."""
        heading = self._by_heading.get((language, fold(text)))
        return self.below(heading.file, heading.heading) if heading is not None else None

    def about(self, intent: str, question: str, language: str) -> Passage | None:
        """The passage nearest to the question among the articles tagged with the intent; None if there are none. What
        the question is about is known already, so no share of its words has to be covered.
        """
        entries = [e for e in self._index.get(language, ()) if intent in e.passage.article.tags]
        if not entries:
            return None
        weights = {term: _idf(term, entries) for term in dict.fromkeys(terms(question))}
        average = sum(entry.length for entry in entries) / len(entries)
        best = max(entries, key=lambda entry: _score(entry, weights, average))
        shares = any(best.terms.get(term) for term in weights)
        return Passage(best.passage.article, best.passage.text) if shares else None

    def below(self, file: str, heading: str) -> Passage | None:
        """What stands below a question in an article, None if the articles have changed since."""
        for article in self.articles:
            if article.file == file:
                first = f"{heading}\n"
                found = next((text for text in passages(article.body) if text.startswith(first)), None)
                return Passage(article, found, 1.0) if found else None
        return None

    def find(self, question: str, language: str) -> Passage | None:
        """The best passage in that language if it honestly covers the question, else None."""
        entries = self._index.get(language, ())
        asked = list(dict.fromkeys(terms(question)))
        if not entries or len(asked) < MIN_TERMS:
            return None
        weights = {term: _idf(term, entries) for term in asked}
        average = sum(e.length for e in entries) / len(entries)
        best = max(entries, key=lambda entry: _score(entry, weights, average))
        held = [term for term in asked if best.terms.get(term)]
        covered = sum(weights[t] for t in held) / sum(weights.values())
        if len(held) < MIN_TERMS or covered < COVERED:
            return None
        return Passage(best.passage.article, best.passage.text, covered)


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
    heading, part = "", ""
    for block in re.split(r"\n\s*\n", body):
        text = block.strip()
        if text.startswith("#"):
            first, _, rest = text.partition("\n")
            if part:
                yield part
            heading, part = first.lstrip("# ").strip(), ""
            text = rest.strip()
        if not text:
            continue
        if part and len(part) + len(text) + 2 > QUOTED:
            yield part
            part = ""
        part = f"{part}\n\n{text}" if part else _under(heading, text)
    if part:
        yield part


def _under(heading: str, text: str) -> str:
    """A text below its heading; a heading that asks keeps its question mark and stands alone."""
    if not heading:
        return text
    return f"{heading}\n{text}" if heading.endswith("?") else f"{heading}: {text}"


def terms(text: str) -> Iterator[str]:
    """The content words of a text, without endings; ß and umlauts as typed without them."""
    folded = text.casefold()
    for word in _WORD.findall(folded):
        if word not in _STOP:
            yield _stem(word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word[: -len(suffix)]
    return word


def _idf(term: str, entries: Sequence[_Indexed]) -> float:
    holding = sum(1 for entry in entries if entry.terms.get(term))
    return math.log(1 + (len(entries) - holding + 0.5) / (holding + 0.5))


def _score(entry: _Indexed, weights: Mapping[str, float], average: float) -> float:
    norm = K1 * (1 - B + B * entry.length / average)
    counts = ((weight, entry.terms.get(term, 0)) for term, weight in weights.items())
    return sum(weight * count * (K1 + 1) / (count + norm) for weight, count in counts if count)
