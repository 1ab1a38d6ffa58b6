"""The word lists of one language as the dialogue reads them: the product's own, and what a pack adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from nlu.dialogue.phrases import Phrases, places_of
from nlu.dialogue.slips import Slips
from nlu.dialogue.tokens import tokenize

FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True, eq=False)
class Lexicon:
    """One language's lists; each field is the file of that name in its folder. Two are equal only if they are one:
    what a text says by a lexicon is remembered.
    """

    yes: Phrases
    interjections: Phrases
    weak: Phrases
    no: Phrases
    pseudo: Phrases
    negation: Phrases
    hold: Phrases
    thanks: Phrases
    goodbye: Phrases
    greeting: Phrases
    fillers: Phrases
    contrast: Phrases
    correction: Phrases
    repair: Phrases
    sure_repair: Phrases
    instead: Phrases
    wrong: Phrases
    change: Phrases
    person: Phrases
    kind: Phrases
    cancel: Phrases
    undo: Phrases
    excuses: Phrases
    please: Phrases
    house_number: Phrases
    care_of: Phrases
    whose: Phrases
    within_house: Phrases
    indifferent: Phrases
    skip: Phrases
    events: Phrases
    defects: Phrases
    waiting: Phrases
    receives: Phrases
    happens: Phrases
    speaker: Phrases
    excused: Phrases
    suits: Phrases
    days: Phrases
    why: Phrases
    danger: Phrases
    soft: Phrases
    persists: Phrases
    fine: Phrases
    figurative: Phrases
    elsewhere: Phrases
    despite: Phrases
    duration: Phrases
    precautions: Phrases
    recounted: Phrases
    solved: Phrases
    past: Phrases
    bystanders: Phrases
    leisure: Phrases
    help_now: Phrases
    prepositions: Phrases
    ruptures: Phrases
    bearing: Phrases
    mild: Phrases
    misshapen: Phrases
    identifies: Phrases
    hypothetical: Phrases
    question: Phrases
    wh: Phrases
    request: Phrases
    about: Phrases
    connectors: Phrases
    another: Phrases
    omitted: Phrases
    sequence: Phrases
    no_more: Phrases
    articles: Phrases
    together: Phrases
    subordinators: Phrases
    subjects: Phrases
    first_person: Phrases
    objects: Phrases
    places: Phrases
    owned: Phrases
    abbreviations: Phrases
    plain_yes: Phrases
    bare_no: Phrases
    first: Phrases
    second: Phrases
    third: Phrases
    own: Phrases
    general: Phrases
    tell: Phrases
    back: Phrases
    unwanted: Phrases
    keep: Phrases
    none_of: Phrases
    regret: Phrases
    told: Phrases
    contradiction: Phrases
    unheard: Phrases
    excluded: Phrases
    praise: Phrases
    dismay: Phrases
    outcry: Phrases
    called: Phrases
    possible: Phrases
    copula: Phrases
    indefinite: Phrases
    dated: Phrases
    receiver: Phrases
    preferred: Phrases
    rough: Phrases
    busy: Phrases
    therefore: Phrases
    suiting: Phrases
    into: Phrases
    reasons: Phrases
    hedges: Phrases
    both: Phrases
    unfit: Phrases
    came: Phrases
    supposed: Phrases
    filed: Phrases

    def says_little(self, text: str) -> bool:
        """Whether a text is nothing but a yes, a no, a courtesy or words that say nothing by themselves."""
        tokens = tokenize(text)
        lists = (self.yes, self.no, self.thanks, self.goodbye, self.greeting, self.hold, self.fillers, self.praise)
        return len(places_of(lists, tokens)) == len(tokens)

    def beside(self, other: "Lexicon") -> "Lexicon":
        """With what another of the client's languages has for yes, no, courtesies and problems: people mix them."""
        return replace(self, **{name: getattr(self, name) | getattr(other, name) for name in MIXED})

    def hearing(self, slips: Slips) -> "Lexicon":
        """For a message with these slips of the finger."""
        lists = ((name, getattr(self, name)) for name in SPELLED) if slips else ()
        heard = {name: other for name, one in lists if (other := one.hearing(slips)) is not one}
        return replace(self, **heard) if heard else self

    @property
    def spelled(self) -> frozenset[str]:
        """The words of the lists in which slips are heard."""
        return frozenset(
            part
            for name in SPELLED
            for phrase in getattr(self, name).phrases
            for part in phrase
            if part[-1] not in "*."
        )

    def extended(self, more: Mapping[str, Sequence[str]]) -> "Lexicon":
        """With a pack's own phrases added. Raises KeyError for a list that does not exist."""
        own = {name: getattr(self, name) | Phrases.of(lines) for name, lines in more.items() if name in LISTS}
        unknown = [name for name in more if name not in LISTS]
        if unknown:
            raise KeyError(unknown[0])
        return replace(self, **own)


MIXED = (
    *("yes", "interjections", "weak", "no", "pseudo", "negation", "hold", "contrast", "thanks", "goodbye", "greeting"),
    *("cancel", "undo", "correction", "indifferent", "skip", "events", "waiting", "defects", "danger"),
    *("repair", "sure_repair", "instead", "wrong", "change", "person", "kind", "excuses", "please", "house_number"),
    *("receives", "happens", "speaker", "excused", "suits", "days", "why"),
    *("unwanted", "keep", "told", "regret", "none_of", "another", "sequence", "no_more", "articles", "together"),
    *("contradiction", "unheard", "praise", "dismay", "outcry", "called", "excluded"),
    *("subjects", "first_person", "objects", "places", "owned", "abbreviations", "plain_yes", "bare_no", "duration"),
    *("first", "second", "third"),
    *("soft", "persists", "fine", "figurative", "elsewhere", "own", "despite", "copula", "indefinite", "dated"),
    *("receiver", "preferred", "rough", "suiting", "into", "precautions", "recounted", "mild", "misshapen"),
    *("solved", "past", "bystanders", "leisure", "help_now", "prepositions", "ruptures", "bearing"),
    *("reasons", "hedges", "both", "unfit", "busy", "therefore", "omitted", "came", "supposed", "filed"),
)
SPELLED = (
    *("yes", "weak", "no", "negation", "hold", "thanks", "goodbye", "cancel", "undo", "correction", "repair"),
    *("fillers", "kind", "indifferent", "skip", "events", "waiting", "person", "excuses"),
)
"""Lists that are read in spite of a slip of the finger: what people say in haste. Danger is not: a name would alarm."""
LISTS = tuple(field.name for field in fields(Lexicon))
"""The names of all lists, which are the names of the files in a language's folder."""


def languages() -> tuple[str, ...]:
    """The languages there are lists for, by ISO 639-1 code."""
    return tuple(sorted(folder.name for folder in FOLDER.iterdir() if (folder / "yes.txt").is_file()))


@cache
def lexicon(language: str) -> Lexicon:
    """The lists of `language`; of English, if the product has none of it."""
    known = language if (FOLDER / language / "yes.txt").is_file() else "en"
    spoken = _spoken(FOLDER / known / "spoken.txt")
    lists = {name: _read(FOLDER / known / f"{name}.txt").spoken(spoken) for name in LISTS}
    return Lexicon(**lists)


def _read(file: Path) -> Phrases:
    return Phrases.of(file.read_text("utf-8").splitlines())


def _spoken(file: Path) -> Sequence[tuple[str, Sequence[str]]]:
    """Words of the lists with how regions speak them: `nicht = net, ned`."""
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return [(written.strip(), [one.strip() for one in others.split(",")]) for written, _, others in pairs]
