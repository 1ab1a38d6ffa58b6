"""What is to be added to what is shown: further words for its value, or one more thing that was left out."""

from collections.abc import Sequence

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, CorrectSlot, StartFlow
from nlu.dialogue.levels import another
from nlu.dialogue.levels.runs import are_alike, counts
from nlu.dialogue.levels.several import again, items_in
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Phrases, places_of
from nlu.dialogue.questions import Question
from nlu.dialogue.reading import Clause
from nlu.dialogue.state import Frame
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.assign import Filled, voided
from nlu.dialogue.values.candidates import candidates
from nlu.dialogue.values.kinds import Wanted
from nlu.domain import SlotType
from nlu.flows import Flow

_A_WORD = 3
_LONGEST = 20
_MOST = 8


def of(situation: Situation, message: Clause) -> list[Command]:
    """At a confirmation or when it was asked what to change: what the message says is missing ("the taxi is missing")
    or to be there as well ("in black too"). One more thing of a process that counts or sums its things is one more
    run; of any other it is more words for the value that is shown, which is shown again.
    """
    question, lexicon = situation.question, situation.context.lexicon
    root, flow = _opened(situation)
    if question is None or root is None or flow is None or len(message.tokens) > _LONGEST:
        return []
    leaves = lexicon.cancel.places(message.tokens) - lexicon.hold.places(message.tokens)
    if leaves and not lexicon.pseudo.any_in(message.tokens):
        return []  # "forget about it" leaves nothing out but the whole; "stop, the hotel is missing" only waits
    if _is_denied(situation, message) or _is_elsewhere(situation, message, flow):
        return []
    omitted = bool(_omissions(situation, message.tokens))
    more = omitted or says_another(lexicon, message)
    if counts(situation, flow):
        named = omitted or (_is_shown(question) and more and lexicon.no.at(message.tokens, 0) is not None)
        return _further(situation, message, flow, root.intent) if named else []
    if not _is_shown(question):
        return []
    behind = situation.is_consent and another.after_yes(situation, message.tokens) > 0
    more = more or (behind and lexicon.another.any_in(message.tokens))
    longer = _longer_list(situation, message, flow) or _one_alike(situation, message, root.intent) if more else []
    return longer or _together(situation, message) or _more_words(situation, message, flow, in_words=more)


def _omissions(situation: Situation, tokens: Sequence[Token]) -> frozenset[int]:
    """Where words say that something is left out; at a question "how about" proposes an answer."""
    lexicon, question = situation.context.lexicon, situation.question
    found = lexicon.omitted.places(tokens)
    return found if question is not None and _is_shown(question) else found - lexicon.possible.places(tokens)


def kept(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands, without a correction that would put one more thing, named beside something else, in the place of
    the one that is shown ("no, 198. and the taxi too").
    """
    root, flow = _opened(situation)
    if root is None or flow is None or not counts(situation, flow):
        return list(made)
    thing = _thing([w for w in wants(situation.context, flow) if not is_formless(w)])
    return [_as_further(situation, one, thing, root.intent) for one in made]


def _opened(situation: Situation) -> tuple[Frame | None, Flow | None]:
    """The process whose question or confirmation is open; none if the bot asks something else."""
    context, question = situation.context, situation.question
    if question is None or question.frame is None or question.expects not in ("", "change_what"):
        return None, None
    root = context.tracker.root_of(question.frame)
    return (root, context.pack.flows.get(root.flow)) if root.intent else (None, None)


def _is_shown(question: Question) -> bool:
    """Whether all values are shown, or were just before it was asked what to change."""
    return question.is_consent or bool(question.expects)


def _as_further(situation: Situation, one: Command, thing: Wanted | None, intent: str) -> Command:
    if thing is None or not isinstance(one, CorrectSlot) or one.slot != thing.slot.name:
        return one
    clause = next((c for c in situation.clauses if c.text == one.evidence.clause), None)
    held, lexicon = situation.context.tracker.slots.get(one.slot), situation.context.lexicon
    if clause is None or held is None or another.is_same(one.value, held) or _is_denied(situation, clause):
        return one
    if not (says_another(lexicon, clause) or lexicon.omitted.any_in(clause.tokens)):
        return one
    return StartFlow(intent, {one.slot: one.value}, again=True, evidence=one.evidence)


def says_another(lexicon: Lexicon, message: Clause) -> bool:
    """Whether a word that asks for more stands in it that is no connecting word alone, nor says what is amiss ("too
    small").
    """
    tokens = message.tokens
    weak = lexicon.connectors.places(tokens)
    polite = lexicon.fillers.places(tokens) | lexicon.please.places(tokens) | lexicon.thanks.places(tokens)

    amiss = {phrase[0] for phrase in lexicon.unfit.phrases}

    def finds_fault(last: int) -> bool:
        follows = last + 1 < len(tokens) and not message.text[tokens[last].end : tokens[last + 1].start].strip()
        return tokens[last].folded in amiss and follows and last + 1 not in polite

    return any(not set(s.own) <= weak and not finds_fault(s.last) for s in lexicon.another.find(tokens))


def _is_denied(situation: Situation, message: Clause) -> bool:
    """Whether a value is taken back in it."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    lead = (lexicon.yes, lexicon.no, lexicon.hold, lexicon.interjections, lexicon.fillers, lexicon.repair)
    said = places_of((*lead, lexicon.contrast), tokens)
    sounds = {n for n, t in enumerate(tokens) if len(t.folded) < _A_WORD and not t.is_number}  # "mm"
    first = next((n for n in range(len(tokens)) if n not in said | sounds), len(tokens))
    silent = lexicon.omitted.places(tokens) | lexicon.no.places(tokens) | lexicon.pseudo.places(tokens)
    lists = (lexicon.instead, lexicon.undo, lexicon.unwanted, lexicon.negation, lexicon.unfit)
    repaired = any(place >= first for place in lexicon.repair.places(tokens) - silent)
    denied = repaired or any(phrases.places(tokens) - silent for phrases in lists)
    ahead = tokens[first].start if first < len(tokens) else len(message.text)
    return denied or _names_what_goes(lexicon, message) or any(end > ahead for _, end in voided(message.text, lexicon))


def _names_what_goes(lexicon: Lexicon, message: Clause) -> bool:
    """Whether a "not" stands right before other words: "not September, last month"."""
    tokens = message.tokens
    silent = lexicon.omitted.places(tokens) | lexicon.pseudo.places(tokens)
    before = [s.last for s in lexicon.instead.find(tokens) if s.last + 1 < len(tokens) and not silent & set(s.own)]
    return any(not message.text[tokens[n].end : tokens[n + 1].start].strip() for n in before)


def _is_elsewhere(situation: Situation, message: Clause, flow: Flow) -> bool:
    """Whether a part of it is another matter."""
    triggers = situation.context.pack.triggers
    found = [triggers[c.strict_intent] for c in (*situation.clauses, message) if c.strict_intent in triggers]
    return any(one.id != flow.id for one in found)


def _further(situation: Situation, message: Clause, flow: Flow, intent: str) -> list[Command]:
    """One more run with the thing that is named; nothing if it is the one that is shown, or the name of a question."""
    context = situation.context
    if items := items_in(situation, message, flow):
        return again(intent, items) if all(another.is_new(situation, one.slots, flow) for one in items) else []
    wishes = [w for w in wants(context, flow) if not is_formless(w)]
    thing = _thing(wishes)
    found = answers.values_in(context, message, [w for w in wishes if w.is_typed], held={})
    value = next((f.value for f in found if thing is not None and f.slot == thing.slot.name), None)
    if thing is None or another.is_labelled(message, wishes, found):
        return []
    if value is None and (words := _words(situation, message, found)):
        value = thing.slot.fit(words)
    held = context.tracker.slots.get(thing.slot.name)
    if value is None or held is None or not thing.accepts(value) or another.is_same(value, held):
        return []
    if {stem(t.folded) for t in tokenize(str(value))} <= {word for w in wishes for word in w.labels}:
        return []
    sums = {f.slot: f.value for f in found if f.value != context.tracker.slots.get(f.slot)}
    slots = {**sums, thing.slot.name: value}
    return [StartFlow(intent, slots, again=True, evidence=evidence(message, "value"))]


def _more_words(situation: Situation, message: Clause, flow: Flow, *, in_words: bool) -> list[Command]:
    """The value in words with those of the message behind it; without a word that asks for more, only what is known for
    a value, behind a yes.
    """
    context = situation.context
    if not in_words and (not situation.is_consent or not another.after_yes(situation, message.tokens)):
        return []
    wishes = [w for w in wants(context, flow) if not is_formless(w)]
    found = answers.values_in(context, message, [w for w in wishes if w.is_typed], held={})
    slots = {f.slot: f.value for f in found if f.value != context.tracker.slots.get(f.slot)}
    free = {w.slot.name for w in wishes if w.free and not w.has_form and not w.kinds}
    if set(slots) - free:
        return []
    given = [w for w in situation.given if w.slot.name in free and w.slot.type is SlotType.TEXT]
    named = [w for w in given if w.slot.name in slots]
    plain = [w for w in given if not w.titles]
    wish = next(iter(named or plain or given), None)
    if wish is None or len(named or plain or given) > 1:
        return []
    held = context.tracker.slots.get(wish.slot.name)
    words = str(slots[wish.slot.name]) if named else ""
    words = words or (_words(situation, message, [], missing=True) if in_words else "")
    if not isinstance(held, str) or not words or _holds(held, words) or are_alike(situation, wish, [held, words]):
        return []
    value = wish.slot.fit(words if _holds(words, held) else f"{held}, {words}")
    if value is None or not wish.accepts(value):
        return []
    return [CorrectSlot(wish.slot.name, value, evidence=evidence(message, "value"))]


def _longer_list(situation: Situation, message: Clause, flow: Flow) -> list[Command]:
    """The one list that is shown, with what the message names; with other values beside it."""
    held, context = situation.context.tracker.slots, situation.context
    lists = [w.slot.name for w in situation.given if w.slot.type is SlotType.LIST and w.free]
    if len(lists) != 1 or not isinstance(held.get(lists[0]), list):
        return []
    typed = [w for w in wants(context, flow) if w.is_typed and not is_formless(w) and w.slot.name != lists[0]]
    found = answers.values_in(context, message, typed, held={})
    words = _words(situation, message, found)
    if not words or _holds(" ".join(map(str, held[lists[0]])), words):
        return []
    changed = {f.slot: f.value for f in found if f.value != held.get(f.slot)} | {lists[0]: [*held[lists[0]], words]}
    return [CorrectSlot(name, value, evidence=evidence(message, "value")) for name, value in changed.items()]


def _one_alike(situation: Situation, message: Clause, intent: str) -> list[Command]:
    """One more run for another value of just such a kind as the one that is shown ("and September as well")."""
    held, context = situation.context.tracker.slots, situation.context
    listed = [w for w in situation.given if w.free and w.entities and not (w.has_form or w.kinds or w.titles)]
    found = answers.values_in(context, message, listed, held={})
    if len(found) != 1 or message.is_question or another.beside_a_yes(situation, message):
        return []
    wish, value = next(w for w in listed if w.slot.name == found[0].slot), found[0].value
    if another.is_same(value, held.get(wish.slot.name)):
        return []
    if not are_alike(situation, wish, [value, held.get(wish.slot.name)]):
        return []
    return [StartFlow(intent, {wish.slot.name: value}, again=True, evidence=evidence(message, "value"))]


def _together(situation: Situation, message: Clause) -> list[Command]:
    """Several values of one slot that takes any words, one of which it has: all of them ("no, size L in black")."""
    context = situation.context
    if message.is_question:
        return []
    for wish in situation.given:
        held = context.tracker.slots.get(wish.slot.name)
        if not (wish.free and wish.entities) or wish.kinds or wish.has_form or not isinstance(held, str):
            continue
        found = [held] if _holds(message.text, held) else []
        for one in candidates(message.text, message.understanding, wish, context.today, context.languages)[:_MOST]:
            if not any(_holds(other, str(one.value)) for other in found):
                found.append(str(one.value))
        several = len(found) > 1 or (found == [held] and len(tokenize(held)) > 1)
        value = wish.slot.fit(", ".join(found)) if several else None
        same = any(_holds(held, one) for one in found) and not are_alike(situation, wish, found)
        if value is not None and same and wish.accepts(value):
            return [CorrectSlot(wish.slot.name, value, evidence=evidence(message, "value"))]
    return []


def _thing(wishes: Sequence[Wanted]) -> Wanted | None:
    return next((w for w in wishes if w.free and not w.has_form and not w.kinds), None)


def _holds(held: str, words: str) -> bool:
    """Whether all the words are there already."""
    return {stem(t.folded) for t in tokenize(words)} <= {stem(t.folded) for t in tokenize(held)}


def _words(situation: Situation, message: Clause, found: Sequence[Filled], *, missing: bool = False) -> str:
    """The stretch that names what is to be added, without a yes or no; `missing`: with the words that say that it is
    not there, which tell what is wrong of a thing.
    """
    lexicon, tokens = situation.context.lexicon, message.tokens
    lists: tuple[Phrases, ...] = (lexicon.yes, lexicon.no, lexicon.correction, lexicon.hold, lexicon.interjections)
    small = places_of((*lists, lexicon.contrast, lexicon.request), tokens)
    omitted = lexicon.omitted.places(tokens)
    empty = (another.empty_places(lexicon, tokens) | small) - omitted | (frozenset() if missing else omitted)
    outside = [n for n, t in enumerate(tokens) if not any(f.start < t.end and t.start < f.end for f in found)]
    telling = [n for n in outside if n not in empty and not tokens[n].is_number]
    if not any(len(tokens[n].folded) >= _A_WORD for n in telling):
        return ""
    return message.text[tokens[telling[0]].start : tokens[telling[-1]].end]
