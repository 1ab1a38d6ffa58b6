"""What a first message says beside the matter and its typed values: the answers to questions that take any words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import StartFlow
from nlu.dialogue.flow_steps import parts
from nlu.dialogue.levels import talk
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.negation import negated
from nlu.dialogue.polarity import polarity
from nlu.dialogue.problems import problem_in
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.domain import SlotType
from nlu.flows import Call, Collect, Flow, Step

_SEGMENT = re.compile(r"(?:(?!,\s|:\s|(?<=\w\w\w)\.\s)[^\n;])+")
_A_WORD = 3
_SOME = 2


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
    starts = [c for c in situation.made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 else None
    if flow is None or not is_process(flow) or situation.context.tracker.stack:
        return
    start = starts[0]
    given = {**_chosen(situation, flow), **start.slots}
    before: tuple[Clause, str, int, int] | None = None
    segments = list(_segments(situation, start, flow))
    reports = [_reports(clause.text[first:last], situation.context.lexicon) for clause, first, last in segments]
    for clause, first, last in segments[reports.index(True) :] if any(reports) else segments:
        text = clause.text[first:last].strip(" ,.!")
        if _ends_message(situation, text):
            break
        if text.casefold() in {str(value).casefold() for value in given.values()}:
            continue
        if (truth := truth_by_name(situation, text, flow)) is not None:
            given |= truth
        elif not _says_something(situation, clause, text, flow):
            continue
        elif value := _free(situation, flow, given, text):
            given |= value
            before = clause, next(iter(value)), first, last
        elif before is not None and before[0] is clause and not clause.text[before[3] : first].strip(" ,"):
            _, name, begin, _ = before
            given[name] = situation.context.pack.domain.slots[name].fit(clause.text[begin:last].strip(" ,.!"))
            before = clause, name, begin, last
        else:
            continue
        situation.unread = [c for c in situation.unread if c is not clause]
    situation.made[situation.made.index(start)] = replace(start, slots=given)


def _chosen(situation: Situation, flow: Flow) -> dict[str, Any]:
    """What the message names of the buttons of the free questions of the process ("an interim reference")."""
    context, tokens = situation.context, tokenize(situation.context.text)
    denied = negated(context.text, tokens, context.lexicon)
    words = [t.folded for t in tokens]
    given: dict[str, Any] = {}
    for collect in on_the_way(context, flow, context.tracker.slots):
        wish = wanted(context.pack.domain, collect.slot, collect)
        if wish is None or not wish.free or context.tracker.slots.get(collect.slot) is not None:
            continue
        said = {str(v): v for title, v in wish.titles if (at := _place(words, title)) >= 0 and at not in denied}
        said = said or {str(v): v for v in _by_own_word(context, tokens, wish.titles)}
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


def _place(words: Sequence[str], title: Sequence[str]) -> int:
    """Where the words of a title stand, -1 if they do not."""
    places = (n for n in range(len(words) - len(title) + 1) if list(words[n : n + len(title)]) == list(title))
    return next(places, -1) if title else -1


def _free(situation: Situation, flow: Flow, given: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The text as the value of the first free question that the process would ask now."""
    context = situation.context
    known = {**context.tracker.slots, **given}
    for collect in on_the_way(context, flow, known):
        wish = wanted(context.pack.domain, collect.slot, collect)
        if wish is None or not wish.free or collect.slot in known:
            continue
        own = behind_its_name(_without_greeting(text, context.lexicon), wish)
        value = wish.slot.fit(meant(own, context.lexicon))
        return {collect.slot: value} if value is not None and wish.accepts(value) else {}
    return {}


def behind_its_name(text: str, wish: Wanted) -> str:
    """The text without the name of what it answers in front ("cost centre sales")."""
    tokens = tokenize(text)
    place = next((n for n, t in enumerate(tokens) if stem(t.folded) not in wish.labels), 0)
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


def _segments(situation: Situation, start: StartFlow, flow: Flow) -> Iterator[tuple[Clause, int, int]]:
    """Clauses that nobody read, as a whole if no value is in them, and the parts between commas of the others."""
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    for clause in situation.clauses:
        begins = clause.text == start.evidence.clause
        if not begins and clause not in situation.unread:
            continue
        found = answers.values_in(situation.context, clause, typed, held={})
        pieces = [m for m in _SEGMENT.finditer(clause.text) if m[0].strip(" ,")]
        if not begins and not found:
            yield clause, 0, len(clause.text)
            continue
        if begins and not found and ": " not in clause.text:
            continue  # no list of values, but one sentence
        naming = _naming(situation, start, pieces) if begins else None
        for piece in pieces:
            if piece is naming:
                continue
            inside = [one for one in found if piece.start() < one.end and one.start < piece.end()]
            own = [t for t in clause.tokens if piece.start() <= t.start and t.end <= piece.end()]
            left = [t for t in own if not any(f.start < t.end and t.start < f.end for f in inside)]
            if not inside or (len(left) >= _A_WORD and len(left) > len(own) - len(left)):
                yield clause, piece.start(), piece.end()
            elif len(left) >= _SOME and not any(left[0].start < one.start < left[-1].end for one in inside):
                yield clause, left[0].start, left[-1].end


def _naming(situation: Situation, start: StartFlow, pieces: Sequence[re.Match[str]]) -> re.Match[str] | None:
    """The piece that says which matter it is: the shortest that names it, else the first."""
    names = names_of(situation, start.intent, shared=True).words
    lexicon = situation.context.lexicon
    told = [piece for piece in pieces if _reports(piece[0], lexicon)]
    asking = [p for p in pieces if p not in told and _asks_for(p[0], lexicon)]
    naming = [piece for piece in pieces if is_name(named(tokenize(piece[0])), names)]
    others = [p for p in pieces if p not in told and len(tokenize(p[0])) > _A_WORD and not lexicon.says_little(p[0])]
    if told and others and not asking and all(piece in told for piece in naming):
        return others[0]  # what sounds like the matter says what is wrong
    for likely in ([p for p in asking if p in naming], asking, [p for p in naming if p not in told], naming):
        if likely:
            return min(likely, key=lambda piece: len(tokenize(piece[0])))
    return next((p for p in pieces if not lexicon.says_little(p[0])), pieces[0] if pieces else None)


def _asks_for(text: str, lexicon: Lexicon) -> bool:
    tokens = tokenize(text)
    return len(tokens) > _A_WORD and lexicon.request.any_in(tokens)


def _reports(text: str, lexicon: Lexicon) -> bool:
    """Whether a piece tells of a problem in words of its own."""
    return len(tokenize(text)) >= _SOME and problem_in(text, lexicon) is not None


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
    if len(rest_of_day) == len(part.tokens):
        return False
    if lexicon.says_little(text) or talk.is_polite(situation, part) or part.is_question or is_excuse(text, lexicon):
        return False
    if part.act.odds <= -1.0 or lexicon.thanks.any_in(part.tokens) or lexicon.goodbye.any_in(part.tokens):
        return False
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    found = answers.values_in(situation.context, part, typed, held={})
    return not found or (_reports(text, lexicon) and len(situation.left(part, found)) >= _A_WORD)
