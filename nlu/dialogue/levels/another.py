"""The same once more with another value: beside a yes ("yes, and the other one too"), and after it was done."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.dialogue import answers, done
from nlu.dialogue.acts import Act, begins_asking, speech_act
from nlu.dialogue.commands import Affirm, Command, StartFlow
from nlu.dialogue.consents import said, shown
from nlu.dialogue.levels.names import names_it
from nlu.dialogue.levels.runs import COUNTED, tells_apart
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause, is_likely, stretch
from nlu.dialogue.state import DoneWrite
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.assign import Filled, voided
from nlu.dialogue.values.kinds import Wanted
from nlu.domain import SlotType
from nlu.flows import Flow

_A_MATTER = 5
"""From so many words on the engine's word for another matter counts."""
_A_WORD = 3
_A_NAME = 2
_CLEAR = 0.8
_OF_TIME = frozenset({"date", "start", "end", "time"})


def beside_a_yes(situation: Situation, message: Clause) -> list[Command]:
    """A yes to what is shown, and the same process once more with what else the message names; nothing if it is not
    just that: a no, a doubt, a question or another matter is in it.
    """
    question = situation.question
    if question is None or not question.is_consent or question.frame is None or _is_doubtful(situation, message):
        return []
    root = situation.context.tracker.root_of(question.frame)
    flow = situation.context.pack.flows.get(root.flow)
    place = after_yes(situation, message.tokens)
    if flow is None or not root.intent or not 0 < place < len(message.tokens):
        return []
    rest = stretch(message, message.tokens[place].start, len(message.text))
    parted = any(mark in message.text[message.tokens[place - 1].end : rest.start] for mark in ".!\n;")
    if not _asks_for_more(situation, rest, parted=parted) or _is_elsewhere(situation, rest, flow):
        return []
    slots = _named(situation, rest, flow, situation.context.tracker.slots, free=not rest.is_question)
    if not slots or not tells_apart(situation, slots, flow) or _is_only_later(situation, rest, slots, flow):
        return []
    proof = evidence(rest, "value")
    return [Affirm(evidence=proof), StartFlow(root.intent, slots, again=True, evidence=proof)]


def after_done(situation: Situation, clause: Clause) -> list[Command]:
    """What was just done, once more with another value ("and 100215 too")."""
    context = situation.context
    written = done.last_open(context)
    if written is None or not written.intent or _corrects(situation, clause):
        return []
    flow = context.pack.flows.get(written.flow)
    if flow is None or not context.lexicon.another.any_in(clause.tokens) or _is_elsewhere(situation, clause, flow):
        return []
    slots = _named(situation, clause, flow, done.facts_of(written), free=False)
    return [StartFlow(written.intent, slots, again=True, evidence=evidence(clause, "value"))] if slots else []


def beside_a_question(situation: Situation, message: Clause) -> list[Command]:
    """Another run of the process whose values are shown, or that was just done: the message names another thing with
    its own sum or count, or one more number, and has no word of correction. What is shown stays as it is.
    """
    context, question = situation.context, situation.question
    root = context.tracker.root_of(question.frame) if question and question.frame and question.is_consent else None
    written = done.last_open(context) if not context.tracker.stack else None
    if (root is None and written is None) or _corrects(situation, message) or context.tracker.trouble:
        return []  # what follows a contradiction says what is wrong
    flow_id, intent = (root.flow, root.intent) if root is not None else (written.flow, written.intent)  # type: ignore[union-attr]
    held = context.tracker.slots if root is not None else done.facts_of(written)  # type: ignore[arg-type]
    flow = context.pack.flows.get(flow_id)
    if flow is None or not intent or _is_elsewhere(situation, message, flow):
        return []
    slots = _item(situation, message, flow, held) or _one_more(situation, message, flow, held)
    return [StartFlow(intent, slots, again=True, evidence=evidence(message, "value"))] if slots else []


def _corrects(situation: Situation, message: Clause) -> bool:
    """Whether a word puts something right, or puts in doubt what follows; "oh and" only goes on."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    goes_on = lexicon.connectors.places(tokens) | lexicon.interjections.places(tokens)
    cues = [span for span in lexicon.correction.find(tokens) if not set(span.own) <= goes_on]
    return bool(cues) or lexicon.unfit.any_in(tokens) or _is_doubtful(situation, message)


def _item(situation: Situation, message: Clause, flow: Flow, held: Mapping[str, Any]) -> dict[str, Any]:
    """Another thing with a sum or count of its own ("and parking 12")."""
    context = situation.context
    wishes = [w for w in wants(context, flow) if not is_formless(w)]
    found = answers.values_in(context, message, [w for w in wishes if w.is_typed], held={})
    counted = {w.slot.name for w in wishes if set(w.kinds) & COUNTED}
    sums = [f for f in found if f.slot in counted]
    thing = next((w for w in wishes if w.free and not w.has_form and not w.kinds), None)
    if len(sums) != 1 or thing is None or is_labelled(message, wishes, found):
        return {}
    slots = {f.slot: f.value for f in found}
    if thing.slot.name not in slots:
        name = _before(situation, message, found, sums[0].start)
        if not name or (value := thing.slot.fit(name)) is None or not thing.accepts(value):
            return {}
        slots[thing.slot.name] = value
    if is_same(slots[thing.slot.name], held.get(thing.slot.name)) or held.get(thing.slot.name) is None:
        return {}
    own = {thing.slot.name, *counted}
    return {name: value for name, value in slots.items() if name in own or value != held.get(name)}


def is_another(situation: Situation, changes: Mapping[str, Any], written: DoneWrite) -> bool:
    """Whether values name another thing than what was written, in place of which nobody said it should stand."""
    question = situation.question
    flow = situation.context.pack.flows.get(written.flow)
    if flow is None or not written.intent or (question is not None and question.expects in answers.WRITING):
        return False
    things = {w.slot.name for w in wants(situation.context, flow) if w.free and not w.has_form and not w.kinds}
    return any(not is_same(changes[name], done.facts_of(written).get(name)) for name in things & set(changes))


def _before(situation: Situation, message: Clause, found: Sequence[Filled], start: int) -> str:
    """The one word or two before a sum that name what it is for, or behind it in a message that goes on ("and 12 for
    parking"), if it says nothing else.
    """
    lexicon, tokens = situation.context.lexicon, message.tokens
    goes_on = lexicon.connectors.at(tokens, 0) is not None or lexicon.another.any_in(tokens)
    telling = [t for t in _telling(situation, message) if not any(f.start < t.end and t.start < f.end for f in found)]
    behind = [t for t in telling if t.start > start]
    if goes_on and behind and len(behind) == len(telling) and len(behind[0].folded) <= _A_WORD:
        telling = behind[1:]  # "for" parking
    named = 0 < len(telling) <= _A_NAME and (goes_on or not behind)
    if not named or not any(len(t.folded) > _A_WORD and not t.is_number for t in telling):
        return ""
    return message.text[telling[0].start : telling[-1].end]


def _one_more(situation: Situation, message: Clause, flow: Flow, held: Mapping[str, Any]) -> dict[str, Any]:
    """One more number that things are known by, or one more of another kind, in so many words ("and 100235 too", "and
    another one: a stolen bike").
    """
    lexicon, tokens = situation.context.lexicon, message.tokens
    if not lexicon.another.any_in(tokens) or not situation.is_consent:
        return {}
    slots = _named(situation, message, flow, held, free=False)
    numbered = {w.slot.name for w in wants(situation.context, flow) if w.has_form and not w.kinds and not w.free}
    kinds = {w.slot.name for w in wants(situation.context, flow) if w.slot.type is SlotType.CATEGORICAL}
    if set(slots) & kinds and _is_strong(message):
        return slots
    return slots if set(slots) & numbered and set(slots) <= numbered else {}


def is_new(situation: Situation, slots: Mapping[str, Any], flow: Flow) -> bool:
    """Whether these values are of another thing than the open process is about."""
    free = next((w for w in wants(situation.context, flow) if w.free and not w.has_form and not w.kinds), None)
    held = situation.context.tracker.slots.get(free.slot.name) if free is not None else None
    return free is not None and held is not None and not is_same(slots.get(free.slot.name, held), held)


def is_same(one: Any, other: Any) -> bool:
    """Whether two things are the same, however they are written."""
    first, second = ({stem(t.folded) for t in tokenize(str(value))} for value in (one, other))
    return bool(first & second)


def _is_doubtful(situation: Situation, clause: Clause) -> bool:
    """Whether a word in it speaks against a plain yes."""
    lexicon, tokens = situation.context.lexicon, clause.tokens
    further = lexicon.another.places(tokens)
    waits = any(not set(span.own) <= further for span in lexicon.hold.find(tokens))
    against = lexicon.no, lexicon.contrast, lexicon.instead, lexicon.repair, lexicon.cancel, lexicon.undo
    denied = lexicon.negation.places(tokens) - lexicon.pseudo.places(tokens)
    return bool(denied or waits or voided(clause.text, lexicon)) or any(phrases.any_in(tokens) for phrases in against)


def after_yes(situation: Situation, tokens: tuple[Token, ...]) -> int:
    """The place behind a yes at the beginning and what it repeats of the question; 0 if it does not begin with one."""
    context, lexicon = situation.context, situation.context.lexicon
    assert situation.question is not None
    values = (
        [said(context, v) for _, v in shown(context, situation.question.consent)] if situation.question.consent else []
    )
    buttons = [b["title"] for b in context.tracker.offered[-4:]]
    echo = {stem(t.folded) for text in (*buttons, *values) for t in tokenize(text)}
    more = lexicon.connectors.places(tokens) | lexicon.another.places(tokens) | lexicon.sequence.places(tokens)
    empty = (lexicon.fillers.places(tokens) | lexicon.thanks.places(tokens)) - more
    empty |= lexicon.interjections.places(tokens) | lexicon.articles.places(tokens)
    undoes = situation.question.expects == "undo"
    place, agreed = 0, False
    while place < len(tokens):
        span = lexicon.yes.at(tokens, place) or (lexicon.undo.at(tokens, place) if undoes else None)
        if agreed and len(tokens) - place >= _A_WORD and lexicon.question.at(tokens, place) is not None:
            break  # a question begins: "fine, is it still there"
        denied = lexicon.no.at(tokens, place)
        if denied is not None and span is not None and len(denied) > len(span):
            break  # "passt nicht"
        if span is not None and not (set(span.own) & more):
            place, agreed = span.last + 1, True
        elif place not in more and (place in empty or (agreed and stem(tokens[place].folded) in echo)):
            place += 1
        else:
            break
    while agreed and place > 0 and lexicon.articles.at(tokens, place - 1) is not None:
        place -= 1  # it belongs to what follows
    return place if agreed else 0


def _asks_for_more(situation: Situation, rest: Clause, *, parted: bool) -> bool:
    """Whether it goes on to one more: in so many words, or with a connecting word in a sentence of its own."""
    lexicon, tokens = situation.context.lexicon, rest.tokens
    begins = lexicon.connectors.at(tokens, 0) is not None
    follows = lexicon.sequence.at(tokens, 0) is not None
    return lexicon.another.any_in(tokens) or follows or (parted and begins)


def _is_elsewhere(situation: Situation, rest: Clause, flow: Flow) -> bool:
    """Whether it asks how something is, or is about another matter than this process."""
    context = situation.context
    asks = rest.is_question or begins_asking(rest.tokens, context.lexicon)
    asked = asks and not context.lexicon.request.any_in(rest.tokens)
    if (
        asked
        or speech_act(rest.text, context.lexicon).act is Act.ABOUT
        or any(context.lexicon.wh.at(rest.tokens, n) for n in range(min(3, len(rest.tokens))))
    ):
        return True
    parts = [c for c in situation.clauses if c.start >= rest.start] or [rest]
    others = [(c, likely_matter(c)) for c in parts]
    return any(
        context.pack.triggers[matter].id != flow.id
        and ((len(c.tokens) >= _A_MATTER and len(_telling(situation, c)) > 1) or _is_clear(situation, matter, c))
        for c, matter in others
        if matter in context.pack.triggers
    )


def _is_clear(situation: Situation, matter: str, clause: Clause) -> bool:
    """Whether few words name a matter, or the engine is nearly sure of it."""
    return clause.understanding.ranking[0].confidence >= _CLEAR or names_it(situation, matter, clause)


def likely_matter(clause: Clause) -> str:
    """What a clause wants, surely or by far the likeliest; empty if it may be anything."""
    if clause.strict_intent or not is_likely(clause.understanding):
        return clause.strict_intent
    return clause.understanding.ranking[0].name if clause.understanding.ranking else ""


def _telling(situation: Situation, clause: Clause) -> list[Token]:
    """The words that say something."""
    empty = empty_places(situation.context.lexicon, clause.tokens)
    return [t for n, t in enumerate(clause.tokens) if n not in empty]


def empty_places(lexicon: Lexicon, tokens: tuple[Token, ...]) -> frozenset[int]:
    """Where words stand that go with what is named and name nothing."""
    lists = (lexicon.fillers, lexicon.connectors, lexicon.another, lexicon.sequence, lexicon.articles)
    return places_of((*lists, lexicon.please, lexicon.thanks, lexicon.copula), tokens)


def _is_only_later(situation: Situation, rest: Clause, slots: Mapping[str, Any], flow: Flow) -> bool:
    """Whether nothing is another but the day, and no word says that it is one more: "and until Monday too" may as well
    put right what is shown.
    """
    days = {w.slot.name for w in wants(situation.context, flow) if set(w.kinds) & _OF_TIME}
    return set(slots) <= days and not _is_strong(rest)


def _is_strong(clause: Clause) -> bool:
    """Whether a word asks for one more, and not only goes on ("another one", not "too")."""
    lexicon, tokens = clause.lexicon, clause.tokens
    weak = (lexicon.fillers.places(tokens) | lexicon.connectors.places(tokens)) - lexicon.articles.places(tokens)
    spans = (lexicon.another.at(tokens, place) for place in range(len(tokens)))
    return any(span is not None and not set(span.own) <= weak for span in spans)


def _named(situation: Situation, rest: Clause, flow: Flow, held: Any, *, free: bool = True) -> dict[str, Any]:
    """The values of the next run that differ from those of this one; `free`: words may name its thing."""
    context = situation.context
    wishes = [w for w in wants(context, flow) if not is_formless(w)]
    typed = [w for w in wishes if w.is_typed]
    found = [f for f in answers.values_in(context, rest, typed, held={}) if f.value != held.get(f.slot)]
    slots = {f.slot: f.value for f in found}
    if free and (thing := _thing(situation, rest, found)) and not is_labelled(rest, wishes, found):
        wish = next((w for w in wishes if w.free and not w.has_form), None)
        fitted = wish.slot.fit(thing) if wish is not None and wish.slot.name not in slots else None
        if wish is not None and fitted is not None and wish.accepts(fitted):
            slots[wish.slot.name] = fitted
    return {} if is_labelled(rest, wishes, found) and not free else slots


def is_labelled(rest: Clause, wishes: list[Wanted], found: list[Filled]) -> bool:
    """Whether a value is given by the name of its question ("the amount"): it puts right what is shown."""
    slots = {f.slot for f in found}
    named = {stem(t.folded) for t in rest.tokens if not any(f.start <= t.start < f.end for f in found)}
    return any(w.slot.name in slots and w.labels & named and set(w.kinds) for w in wishes)


def _thing(situation: Situation, rest: Clause, found: list[Filled]) -> str:
    """The words outside of values that name something, as they stand."""
    telling = [t for t in _telling(situation, rest) if not any(f.start < t.end and t.start < f.end for f in found)]
    if not any(len(t.folded) >= _A_WORD and not t.is_number for t in telling):
        return ""
    return rest.text[telling[0].start : telling[-1].end]
