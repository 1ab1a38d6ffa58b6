"""What a first message says beside the matter and its typed values: the answers to questions that take any words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import StartFlow
from nlu.dialogue.flow_steps import parts
from nlu.dialogue.levels import edges, talk
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.segments import Segment, gives_address, reports, segments_of, telling, typed_in
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.polarity import polarity
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.replacements import button_named, titled
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.domain import SlotType
from nlu.flows import Call, Collect, Flow, Step

_A_WORD = 3
_SOME = 2
_A_ROOT = 6
_A_NAMED_NUMBER = 5
_NOWHERE = -1
"""Where an answer begins that does not stand in one piece."""
_EDGES = " ,.!"


def without_values(situation: Situation) -> None:
    """Clauses that are nothing but values of the process that begins are no matters of their own ("September")."""
    starts = [c for c in situation.made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) > 1 else None
    if flow is None or not is_process(flow):
        return
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    for other in starts[1:]:
        clause = next((c for c in situation.clauses if c.text == other.evidence.clause), None)
        found = answers.values_in(situation.context, clause, typed, held={}) if clause is not None else []
        if clause is None or not found or situation.left(clause, found):
            continue
        first = next(c for c in situation.made if isinstance(c, StartFlow))
        slots = {**{one.slot: one.value for one in found}, **first.slots}
        situation.made[situation.made.index(first)] = replace(first, slots=slots)
        situation.made.remove(other)


def take(situation: Situation) -> None:
    """Gives the free questions of the one process that begins what nothing else of the message took, in order, and its
    yes/no questions what is said of them by name ("police yes").
    """
    start = _one_start(situation)
    flow = situation.context.pack.triggers.get(start.intent) if start is not None else None
    if start is None or flow is None or not is_process(flow) or situation.context.tracker.stack:
        return
    given = {**chosen(situation, flow, situation.context.text), **start.slots}
    before: tuple[Clause, str, int, int] | None = None
    lead: Segment | None = None
    for one in telling(situation, list(segments_of(situation, start, flow)), start, flow):
        clause, text = one.clause, one.text.strip(_EDGES)
        if _ends_message(situation, text):
            break
        if text.casefold() in {str(value).casefold() for value in given.values()}:
            continue
        if (named_so := truth_by_name(situation, text, flow) or number_by_name(situation, text)) is not None:
            given |= named_so
            situation.unread = [c for c in situation.unread if c is not clause]
            continue
        if button := _by_button(situation, flow, given, text):
            given |= button
            situation.unread = [c for c in situation.unread if c is not clause]
            continue
        if not _says_something(situation, clause, text, flow) or _is_an_opening_word(one, text):
            continue
        more = before is not None and _only_values(situation, flow, clause, before, one)
        if value := _free(situation, flow, given, one, more=more):
            given |= _led(situation, lead, one, value)
            before = clause, next(iter(value)), one.start, one.end
        elif before is not None and more:
            _, name, begin, end = before
            begin = begin if not clause.text[end : one.start].strip(" ,") else _NOWHERE
            whole = clause.text[begin : one.end] if begin != _NOWHERE else f"{given[name]}, {text}"
            given[name] = situation.context.pack.domain.slots[name].fit(whole.strip(_EDGES))
            before = clause, name, begin, one.end
        else:
            lead = one if one.names else lead
            continue
        situation.unread = [c for c in situation.unread if c is not clause]
    given |= _implied(situation, flow, given)
    situation.made = [replace(c, slots=given) if c is start else c for c in situation.made]


def _is_an_opening_word(one: Segment, text: str) -> bool:
    """Whether it is one small word before everything else: a greeting, however it is written."""
    alone = len(tokenize(text)) == 1 and one.start == one.clause.start == 0
    return alone and not one.tells and not text[:1].isupper()


def _only_values(
    situation: Situation, flow: Flow, clause: Clause, before: tuple[Clause, str, int, int], one: Segment
) -> bool:
    """Whether nothing but typed values stands between an answer in words and the next segment."""
    if before[0] is not clause:
        return False
    between = clause.text[before[3] : one.start]
    found = typed_in(situation, clause, flow) if between.strip(" ,") else []
    inside = [f for f in found if before[3] <= f.start and f.end <= one.start]
    for value in sorted(inside, key=lambda f: -f.start):
        between = between[: value.start - before[3]] + between[value.end - before[3] :]
    return not between.strip(" ,")


def _led(situation: Situation, lead: Segment | None, one: Segment, value: dict[str, Any]) -> dict[str, Any]:
    """The value with the few words right before it that fitted no question of their own ("mirror, the glass broke")."""
    text = situation.context.text
    if lead is None or not one.tells:
        return value
    start, end = lead.clause.start + lead.start, lead.clause.start + lead.end
    begin = one.clause.start + one.start
    (name, own), joined = next(iter(value.items())), text[start : one.clause.start + one.end].strip(_EDGES)
    if not start < end <= begin or text[end:begin].strip(_EDGES) or "\n" in text[end:begin] or str(own) not in joined:
        return value
    return {name: situation.context.pack.domain.slots[name].fit(joined)}


def _one_start(situation: Situation) -> StartFlow | None:
    """The first process that the message begins, with what all clauses near it say for it; None if there is none, or
    another begins of which nothing but a clause of its own tells.
    """
    starts = [c for c in situation.made if isinstance(c, StartFlow)]
    own = [c for c in starts if c.intent == starts[0].intent]
    if not own or any(c.again for c in starts) or len(own) == 1 < len(starts):
        return None
    slots = {name: value for one in reversed(own) for name, value in one.slots.items()}
    if any(value != slots[name] for one in own for name, value in one.slots.items()):
        return None  # two things, each with its own
    whole = replace(own[0], slots=slots)
    place = situation.made.index(own[0])
    situation.made = [c for c in situation.made if c not in own]
    situation.made.insert(place, whole)
    return whole


def _implied(situation: Situation, flow: Flow, given: Mapping[str, Any]) -> dict[str, Any]:
    """The choices that only one way to a value given already needs: a day says that an appointment is to be moved."""
    context, tokens = situation.context, tokenize(situation.context.text)
    if context.lexicon.undo.any_in(tokens) or context.lexicon.cancel.any_in(tokens):
        return {}
    found: dict[str, Any] = {}
    for step in flow.steps.values():
        wish = wanted(context.pack.domain, step.do.slot, step.do) if isinstance(step.do, Collect) else None
        if wish is not None and wish.titles and wish.slot.name not in given:
            chosen = edges.choice_for(situation, flow, step, wish, set(given))
            found |= {} if chosen is None else {wish.slot.name: chosen}
    return found


def chosen(situation: Situation, flow: Flow, text: str) -> dict[str, Any]:
    """What a text names of the buttons of the free questions of the process ("an interim reference")."""
    context, tokens = situation.context, tokenize(text)
    given: dict[str, Any] = {}
    for collect in on_the_way(context, flow, context.tracker.slots):
        wish = wanted(context.pack.domain, collect.slot, collect)
        if wish is None or not wish.free or context.tracker.slots.get(collect.slot) is not None:
            continue
        said = {str(v): v for v, _, _ in titled(context, text, wish)}
        said = said or {str(v): v for v in _by_own_word(context, tokens, wish.titles)}
        alone = [c.text for c in situation.clauses[1:] if len(c.tokens) <= _SOME]
        named = (button_named(context, text, wish) for text in (alone if wish.titles and not said else ()))
        said = said or {str(v): v for v in named if v is not None}
        if len(said) == 1:
            given[collect.slot] = next(iter(said.values()))
    return given


def _by_own_word(
    context: TurnContext, tokens: Sequence[Token], titles: Sequence[tuple[tuple[str, ...], Any]]
) -> Iterator[Any]:
    """The values whose title has one word more than all the others, if it stands behind "for", "into" and their like:
    "against L" names "Size L".
    """
    shared = {word for title, value in titles for word in title if any(word in o for o, v in titles if v != value)}
    for title, value in titles:
        own = [word for word in title if word not in shared]
        if len(title) < 2 or len(own) != 1:
            continue
        places = (n for n in range(1, len(tokens)) if tokens[n].folded == own[0])
        if any(context.lexicon.into.at(tokens, n - 1) is not None for n in places):
            yield value


def _by_button(situation: Situation, flow: Flow, given: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The value of the button of a free question that the text names and says nothing else ("L")."""
    context = situation.context
    for collect in on_the_way(context, flow, {**context.tracker.slots, **given}):
        wish = wanted(context.pack.domain, collect.slot, collect)
        if wish is not None and wish.free and wish.titles and collect.slot not in given:
            value = button_named(context, text, wish)
            if value is not None:
                return {collect.slot: value}
    return {}


def _free(situation: Situation, flow: Flow, given: Mapping[str, Any], one: Segment, *, more: bool) -> dict[str, Any]:
    """The segment as the value of the first free question that the process would ask now: of one that tells of a
    problem rather one that no entity is looked for, of one that names something only one that is. `more`: it may as
    well go on with the value before it, and is no choice of buttons that it does not name.
    """
    context = situation.context
    known = {**context.tracker.slots, **given}
    open_ = (wanted(context.pack.domain, c.slot, c) for c in on_the_way(context, flow, known) if c.slot not in known)
    wishes = [wish for wish in open_ if wish is not None and wish.free]
    worded = [wish for wish in wishes if not wish.entities]
    wish = next(iter(worded or wishes if one.tells else wishes), None)
    if wish is None or (one.names and not wish.entities):
        return {}
    text = behind_its_name(_without_greeting(one.text.strip(_EDGES), context.lexicon), wish, context.lexicon)
    if (more or one.described) and wish.titles and button_named(context, text, wish) is None:
        return {}
    value = wish.slot.fit(meant(text, context.lexicon))
    return {wish.slot.name: value} if value is not None and wish.accepts(value) else {}


def behind_its_name(text: str, wish: Wanted, lexicon: Lexicon) -> str:
    """The text without the name of what it answers in front ("cost centre sales", "contact is Mr Holm")."""
    tokens = tokenize(text)
    place = next((n for n, t in enumerate(tokens) if stem(t.folded) not in wish.labels), 0)
    verb = lexicon.copula.at(tokens, place) if place else None
    place = verb.last + 1 if verb is not None and verb.last + 1 < len(tokens) else place
    return text[tokens[place].start :] if place else text


def _without_greeting(text: str, lexicon: Lexicon) -> str:
    tokens = tokenize(text)
    span = lexicon.greeting.at(tokens, 0)
    return text[tokens[span.last + 1].start :] if span is not None and span.last + _SOME < len(tokens) else text


def truth_by_name(situation: Situation, text: str, flow: Flow) -> dict[str, Any] | None:
    """A yes or no to a question of the process that the text names and says nothing else."""
    lexicon, tokens = situation.context.lexicon, tokenize(text)
    for wish in wants(situation.context, flow):
        if wish.slot.type is not SlotType.BOOL or wish.collect is None or wish.collect.confirms:
            continue
        rest = [t for t in tokens if stem(t.folded) not in wish.labels]
        left = polarity(" ".join(text[t.start : t.end] for t in rest), lexicon)
        if len(rest) < len(tokens) and left.is_bare:
            return {wish.slot.name: left.sense}
    return None


def number_by_name(situation: Situation, text: str) -> dict[str, Any] | None:
    """The number of one of the client's slots, where a few words only name it or say that somebody is it ("staff no
    20160", "I'm 20160"): it answers no question in words.
    """
    tokens = tokenize(text)
    figures = [t for t in tokens if t.is_number and len(t.folded) > _A_WORD]
    if len(figures) != 1 or len(tokens) > _A_NAMED_NUMBER or any(t.is_number for t in tokens if t is not figures[0]):
        return None
    context, lexicon = situation.context, situation.context.lexicon
    small = (lexicon.speaker, lexicon.first_person, lexicon.copula, lexicon.articles, lexicon.fillers, lexicon.own)
    empty = places_of((*small, lexicon.identifies), tokens)
    words = [t.folded for n, t in enumerate(tokens) if n not in empty and not t.is_number and len(t.folded) > _SOME]
    for wish in (w for flow in context.pack.flows.values() for w in wants(context, flow)):
        if not wish.has_form or wish.kinds or not wish.accepts(text[figures[0].start : figures[0].end]):
            continue
        roots = {label[:_A_ROOT] for label in wish.labels if len(label) >= _A_ROOT}
        if all(stem(word) in wish.labels or word[:_A_ROOT] in roots for word in words):
            return {wish.slot.name: wish.slot.fit(text[figures[0].start : figures[0].end])}
    return None


def on_the_way(context: TurnContext, flow: Flow, known: Mapping[str, Any]) -> Iterator[Collect]:
    """What the process asks for with these values, up to where an action decides how it goes on."""
    here, seen = flow.first, set()
    while here in flow.steps and here not in seen:
        seen.add(here)
        step = flow.steps[here]
        if isinstance(step.do, Collect):
            yield step.do
        elif isinstance(step.do, Call):
            yield from (c for part in parts(context, step.do.flow) for c in part.collects)
        if len(step.branches) > 1 and (same := _asked_anyway(flow, step)) is not None:
            yield same
            return
        here = step.following(known)


def _asked_anyway(flow: Flow, step: Step) -> Collect | None:
    """The question that comes next on every branch that asks one, None if they ask different ones: which is taken may
    depend on what an action will say.
    """
    found: dict[str, Collect] = {}
    for branch in step.branches:
        here, seen = branch.target, set()
        while here in flow.steps and here not in seen:
            seen.add(here)
            do = flow.steps[here].do
            if isinstance(do, Collect):
                found.setdefault(do.slot, do)
            if isinstance(do, Collect) or len(flow.steps[here].branches) != 1:
                break
            here = flow.steps[here].branches[0].target
    return next(iter(found.values())) if len(found) == 1 else None


def _ends_message(situation: Situation, text: str) -> bool:
    """Whether courtesy begins here: what follows is a greeting and a name."""
    lexicon, tokens = situation.context.lexicon, tokenize(text)
    return lexicon.goodbye.at(tokens, 0) is not None or lexicon.thanks.at(tokens, 0) is not None


def _says_something(situation: Situation, clause: Clause, text: str, flow: Flow) -> bool:
    """Whether a segment is neither courtesy nor a question, a request, an excuse or a value of another slot."""
    lexicon = situation.context.lexicon
    part = Clause(text, clause.start, replace(clause.understanding, text=text, entities=(), courtesy=False), lexicon)
    if not any(len(t.folded) >= _A_WORD and not t.is_number for t in part.tokens):
        return False
    rest_of_day = (
        lexicon.days.places(part.tokens) | lexicon.rough.places(part.tokens) | lexicon.fillers.places(part.tokens)
    )
    rest_of_day |= lexicon.suits.places(part.tokens) | lexicon.suiting.places(part.tokens)
    rest_of_day |= lexicon.events.places(part.tokens) | lexicon.receives.places(part.tokens)  # "came today"
    dated = len(part.tokens) <= _SOME and calendar(situation.context.languages).has("on", part.tokens[0].folded)
    if dated or len(rest_of_day) == len(part.tokens):
        return False  # "am Pfinsta" is a day, whatever it is called
    if lexicon.says_little(text) or talk.is_polite(situation, part) or part.is_question or is_excuse(text, lexicon):
        return False
    if gives_address(situation, text, flow):
        return True
    intent = next((name for name, one in situation.context.pack.triggers.items() if one is flow), "")
    flow_names = names_of(situation, intent, shared=True).words
    wants_it = lexicon.request.at(part.tokens, 0) is not None and is_name(named(part.tokens), flow_names)
    if wants_it or part.act.odds <= -1.0 or lexicon.thanks.any_in(part.tokens) or lexicon.goodbye.any_in(part.tokens):
        return False
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    found = answers.values_in(situation.context, part, typed, held={})
    return not found or (reports(text, lexicon) and len(_telling(situation.left(part, found), lexicon)) >= _SOME)


def _telling(tokens: Sequence[Token], lexicon: Lexicon) -> list[Token]:
    """The words that are more than who speaks, an article or a small word."""
    small = (lexicon.fillers, lexicon.articles, lexicon.subjects, lexicon.objects, lexicon.speaker, lexicon.own)
    empty = places_of((*small, lexicon.copula), tokens)
    return [t for n, t in enumerate(tokens) if n not in empty]
