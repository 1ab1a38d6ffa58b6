"""Whether words name a matter: by the words of its examples, or of its title."""

from nlu.dialogue.levels.situation import Situation
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.naming import Names

_AN_END = 5
_SHORT = 2
_LIKELY, _BY_FAR = 0.6, 4.0


def only_goes_on(situation: Situation, clause: Clause, intent: str) -> bool:
    """Whether a clause near a matter that it does not name goes on with the one before it ("need it by Friday"): a
    matter is named elsewhere in the message, or is open, and this clause speaks of it by a pronoun.
    """
    triggers = situation.context.pack.triggers
    flow, lexicon = triggers.get(intent), clause.lexicon
    figures = any(t.is_number for t in clause.tokens)
    if flow is None or not is_process(flow) or figures or clause.is_question or not lexicon.back.any_in(clause.tokens):
        return False
    if names_it(situation, intent, clause):
        return False
    before = situation.clauses[: situation.clauses.index(clause)] if clause in situation.clauses else ()
    told = any(meant(situation, c) in triggers and names_it(situation, meant(situation, c), c) for c in before)
    return told or situation.takes_free_text


def meant(situation: Situation, clause: Clause) -> str:
    """The intent of a clause; where that is not sure, the process that is by far the likeliest and named in it, if
    nothing is open that it could belong to.
    """
    context, ranking = situation.context, clause.understanding.ranking
    if clause.strict_intent or context.tracker.stack or not ranking or not clause.understanding.in_scope:
        return clause.strict_intent
    first, after = ranking[0], ranking[1].confidence if len(ranking) > 1 else 0.0
    flow = context.pack.triggers.get(first.name)
    by_far = first.confidence >= _LIKELY and first.confidence >= _BY_FAR * after
    if (
        not by_far
        or says_its_number(clause)
        or flow is None
        or not is_process(flow)
        or clause.asks_about
        or not names_it(situation, first.name, clause)
    ):
        return clause.strict_intent
    return first.name


def says_its_number(clause: Clause) -> bool:
    """Whether a clause only says which number something has ("the contract is KH-2041187")."""
    lexicon, tokens = clause.lexicon, clause.tokens
    copula = lexicon.copula.places(tokens)
    small = frozenset().union(*(p.places(tokens) for p in (lexicon.fillers, lexicon.articles, lexicon.own)))
    words = [n for n, t in enumerate(tokens) if n not in small | copula and not t.is_number and len(t.folded) > _SHORT]
    return bool(copula) and any(t.is_number for t in tokens) and len(words) <= 1


def names_it(situation: Situation, intent: str, clause: Clause) -> bool:
    """Whether a clause names a matter."""
    return is_name(named(clause.tokens), names_of(situation, intent, shared=True).words)


def is_name(words: frozenset[str], names: frozenset[str]) -> bool:
    """Whether one of the words is a name, or the end of one that is put together (`Termin`, `Werkstatttermin`)."""
    long = [w for w in words if len(w) >= _AN_END]
    return bool(words & names) or any(name.endswith(word) or word.endswith(name) for word in long for name in names)


def names_of(situation: Situation, intent: str, *, shared: bool = False) -> Names:
    """The words that name an intent: of its examples, and of its title, `shared` with other titles or not."""
    context = situation.context
    key = ("names", intent, shared, context.language)
    if key not in context.pack.domain.derived:
        context.pack.domain.derived[key] = _names_of(context, intent, shared=shared)
    found: Names = context.pack.domain.derived[key]
    return found


def _names_of(context: TurnContext, intent: str, *, shared: bool) -> Names:
    known = context.pack.names.get(intent, Names())
    others = (
        set()
        if shared
        else {
            word
            for other in context.pack.triggers
            if other != intent
            for word in named(tokenize(context.title(f"utter_title_{other}")))
        }
    )
    return Names(known.words | (title_words(context, intent) - others), known.is_refusal)


def title_words(context: TurnContext, intent: str) -> frozenset[str]:
    """The words of what a matter is called, in the language that is spoken."""
    key = ("title_words", intent, context.language)
    if key not in context.pack.domain.derived:
        flow = context.pack.triggers.get(intent)
        title = context.title(f"utter_title_{intent}") or (flow.name if flow else "")
        context.pack.domain.derived[key] = named(tokenize(title))
    found: frozenset[str] = context.pack.domain.derived[key]
    return found
