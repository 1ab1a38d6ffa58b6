"""A first message in a few words, without a sentence around them: what names no matter and is no value is an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, StartFlow
from nlu.dialogue.levels.leftovers import on_the_way
from nlu.dialogue.levels.names import names_of
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import SHORTEST
from nlu.dialogue.replacements import button_named
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import Token, stem
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.values.readings import readings
from nlu.flows import Flow

_LONGEST = 12
_MOST = 6
_A_WORD = 3


def rest(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """The commands with the first question in words answered by what a telegram leaves ("umtausch 100250 gegen L",
    "purchase 3 monitors for IT").
    """
    starts = [c for c in made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 else None
    if flow is None or not is_process(flow) or situation.context.tracker.stack or starts[0].again:
        return list(made)
    slots = dict(starts[0].slots)
    if len(situation.clauses) == 1 and not message.is_question:
        slots |= _answers(situation, starts[0].intent, flow, message, slots)
    return [replace(c, slots=slots) if c is starts[0] else c for c in made]


def dated(situation: Situation, flow: Flow, part: Clause, known: Mapping[str, Any]) -> dict[str, Any]:
    """The one day in the text for the question in words whose name is a day's, as it stands."""
    context = situation.context
    ends = tuple(context.lexicon.dated.words)
    wishes = [w for w in wants(context, flow) if w.slot.name not in known]
    if any(set(w.kinds) & {"date", "start", "end"} for w in wants(context, flow)):
        return {}
    wish = next((w for w in wishes if w.free and not w.is_typed and any(x.endswith(ends) for x in w.labels)), None)
    found = readings(part.text, "date", context.today, context.languages) if wish is not None else []
    if wish is None or len(found) != 1:
        return {}
    value = wish.slot.fit(part.text[found[0].start : found[0].end].strip(" ,"))
    return {wish.slot.name: value} if value is not None and wish.accepts(value) else {}


def _answers(
    situation: Situation, intent: str, flow: Flow, message: Clause, slots: Mapping[str, Any]
) -> dict[str, Any]:
    """What the words that are left answer."""
    open_ = _open(situation, flow, slots)
    if not open_ or len(message.tokens) > _LONGEST:
        return {}
    run = _run(situation, intent, flow, message, slots)
    if not run:
        return {}
    wish, *others = open_
    if wish.titles:
        chosen = button_named(situation.context, message.text[run[0].start : run[-1].end], wish)
        return {} if chosen is None else {wish.slot.name: chosen}
    if not any(len(t.folded) >= _A_WORD and not t.is_number for t in run):
        return {}
    place = len(run) - 2
    other = next((w for w in others if w.entities), None)
    if other is not None and place > 0 and _leads(situation, run, place):
        head, tail = message.text[run[0].start : run[place - 1].end], message.text[run[-1].start : run[-1].end]
        return {wish.slot.name: wish.slot.fit(head), other.slot.name: other.slot.fit(tail)}
    if place > 0 and _leads(situation, run, place) and _is_known(message, run[-1], slots):
        run = run[:place]
    value = wish.slot.fit(message.text[run[0].start : run[-1].end])
    return {wish.slot.name: value} if value is not None and wish.accepts(value) else {}


def _is_known(message: Clause, token: Token, slots: Mapping[str, Any]) -> bool:
    """Whether a word is the value of another question."""
    return message.text[token.start : token.end].casefold() in {str(value).casefold() for value in slots.values()}


def _leads(situation: Situation, run: Sequence[Token], place: int) -> bool:
    """Whether a word stands here that says whom or what it is for."""
    return situation.context.lexicon.receiver.at(run, place) is not None


def _open(situation: Situation, flow: Flow, slots: Mapping[str, Any]) -> list[Wanted]:
    """The questions in words that the process would ask next."""
    context = situation.context
    known = {**context.tracker.slots, **slots}
    wishes = (wanted(context.pack.domain, c.slot, c) for c in on_the_way(context, flow, known) if c.slot not in known)
    return [w for w in wishes if w is not None and w.free and not w.has_form]


def _run(situation: Situation, intent: str, flow: Flow, message: Clause, slots: Mapping[str, Any]) -> Sequence[Token]:
    """The one run of words that names neither the matter nor a value; none, if a sentence is around it."""
    context, lexicon, tokens = situation.context, situation.context.lexicon, message.tokens
    lists = (lexicon.subjects, lexicon.objects, lexicon.speaker, lexicon.request, lexicon.question, lexicon.wh)
    against = (lexicon.negation, lexicon.copula, lexicon.undo, lexicon.correction)
    shouted = message.text.isupper()
    begin = _after_lead(situation, intent, tokens)
    named_first = stem(tokens[begin].folded) in names_of(situation, intent, shared=True).words
    behind = tokens[begin + 1 :] if named_first else tokens
    spoken = [t for t in behind if shouted or not message.text[t.start : t.end].isupper()]  # IT is no pronoun
    if any(phrases.any_in(spoken) for phrases in (*lists, *against)):
        return ()
    typed = [w for w in wants(context, flow) if w.is_typed and not is_formless(w)]
    found = answers.values_in(context, message, typed, held={})
    if not found:
        return ()
    days = {str(value) for value in slots.values()}
    names = names_of(situation, intent, shared=True).words
    empty = lexicon.fillers.places(tokens) | lexicon.greeting.places(tokens) | lexicon.articles.places(tokens)
    empty |= frozenset(range(begin))
    labels = {word for wish in wants(context, flow) for word in wish.labels}
    taken = [
        any(f.start < t.end and t.start < f.end for f in found)
        or (len(t.folded) >= SHORTEST - 1 and stem(t.folded) in names | labels)
        or any(message.text[t.start : t.end] in day for day in days if t.is_number)
        for t in tokens
    ]
    named = [n for n, (t, used) in enumerate(zip(tokens, taken, strict=True)) if used and stem(t.folded) in names]
    left = [n for n in range(len(tokens)) if not taken[n] and n not in empty]
    telling = [n for n in range(len(tokens)) if n not in empty]
    if not named or not left or named[0] != telling[0] or named[0] > left[0]:
        return ()
    first, last = left[0], left[-1]
    if last - first >= _MOST or any(taken[n] for n in range(first, last + 1)):
        return ()
    follows = first > 0 and any(f.end <= tokens[first].start and f.end >= tokens[first - 1].start for f in found)
    if begin and not follows and not any(t.is_number for t in tokens[first : last + 1]):
        return ()  # in a sentence it may as well be what the matter is called ("an advance for the trip, 20173")
    return tokens[first : last + 1]


def _after_lead(situation: Situation, intent: str, tokens: Sequence[Token]) -> int:
    """The place of the first word that names the matter, if all before it only asks for it ("I need a travel …")."""
    lexicon = situation.context.lexicon
    names = names_of(situation, intent, shared=True).words
    first = next((n for n, t in enumerate(tokens) if stem(t.folded) in names), 0)
    lead = tokens[:first]
    lists = (lexicon.subjects, lexicon.speaker, lexicon.request, lexicon.fillers, lexicon.greeting, lexicon.articles)
    return first if len(places_of(lists, lead)) == len(lead) else 0
