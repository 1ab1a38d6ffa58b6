"""What a clause changes of what was said, or of what was done."""

from collections.abc import Sequence
from typing import Any

from nlu.dialogue import answers, choices, done, earlier, flow_steps
from nlu.dialogue.commands import (
    Change,
    Command,
    CorrectSlot,
    Deny,
    Report,
    SetParts,
    SetSlot,
    StartFlow,
    Undo,
)
from nlu.dialogue.levels import another, composites, which
from nlu.dialogue.levels.names import names_of
from nlu.dialogue.levels.situation import LONG_WORDS, Situation, evidence, is_formless, wants
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import exchanges
from nlu.dialogue.state import DoneWrite
from nlu.dialogue.tokens import stem, tokenize
from nlu.dialogue.values.assign import Filled, mentioned
from nlu.dialogue.values.composite import joined, known_parts, missing, read_parts
from nlu.dialogue.values.house_numbers import with_number
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.values.readings import readings

_A_HEADING = 2
_A_VALUE = 5
"""A message of so few words that has another value for what was just done is meant so."""


def of(situation: Situation, clause: Clause) -> list[Command]:
    """Another value for something said before, while something else is asked."""
    if situation.question is None or situation.is_consent or not situation.context.tracker.stack:
        return []
    if clause.asks_a_fact:
        return []
    found = changes(situation, clause)
    named = [w for w in situation.given if w.entities or w.has_form]
    bare = not situation.left(clause, answers.spans(situation.context, clause, named))
    doubtful = situation.other_matter(clause) or (situation.takes_free_text and not bare)
    return list(found) if found and (situation.cue(clause) or not doubtful) else []


def without_headings(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands without matters taken from a word or two that only say what is put right after it ("the dates. 4 to
    8 January").
    """
    asked = situation.question
    gives = any(isinstance(c, CorrectSlot | SetSlot) for c in made)
    if asked is None or not gives or not (situation.asked is not None or situation.is_consent or asked.expects):
        return list(made)
    return [c for c in made if not (isinstance(c, StartFlow) and len(tokenize(c.evidence.clause)) <= _A_HEADING)]


def changes(situation: Situation, clause: Clause) -> list[CorrectSlot]:
    """Other values for what was said before, from the top flow down to those that wait."""
    return answers.corrections(situation.context, clause, situation.given)


def changed_parts(situation: Situation, clause: Clause) -> list[SetParts]:
    """Parts of a composite value that was given already, said anew."""
    found: list[SetParts] = []
    for wish in situation.composites:
        assert wish.collect is not None
        context, kinds = situation.context, wish.collect.parts
        kept, value = context.tracker.parts.get(wish.slot.name, {}), context.tracker.slots.get(wish.slot.name)
        known = known_parts(kept, value, kinds, context.today, context.languages)
        parts = composites.parts_in(context, clause, kinds, known)
        exchanged = composites.exchanged(context, clause, kinds, known)
        again = list(parts) == ["street"] and parts == {k: known.get(k) for k in parts}
        fresh = parts if again else {kind: value for kind, value in parts.items() if value != known.get(kind)}
        if fresh and (set(fresh) != {"town"} or exchanged or situation.cue(clause)):
            found.append(SetParts(wish.slot.name, fresh, evidence=evidence(clause, "value")))
    return found


def of_done(situation: Situation, clause: Clause) -> list[Command]:
    """Taking back or changing what was just written, while nothing else is open."""
    tracker = situation.context.tracker
    if tracker.stack or done.last_open(situation.context) is None:
        return _redo(situation, clause) if not tracker.stack else []
    lexicon = situation.context.lexicon
    leaves = lexicon.cancel.any_in(clause.tokens) and not clause.asks_about
    if _refuses(situation, clause, leaves=leaves):
        return [Deny(evidence=evidence(clause))]
    if (lexicon.undo.any_in(clause.tokens) or leaves) and not _names_another(situation, clause):
        return [which.undo(situation, clause)]
    return another.after_done(situation, clause) or _changed(situation, clause)


def regretted(situation: Situation, clause: Clause) -> list[Command]:
    """Taking back what was written a moment ago: nothing but regret, or a no with dismay or a wait, which answers no
    "anything else?" ("oh damn, actually no", "wait, no").
    """
    context, question, lexicon = situation.context, situation.question, situation.context.lexicon
    written = done.last_open(context)
    if context.tracker.stack or question is None or question.expects not in answers.ONLY_BARE or written is None:
        return []
    tokens, others = clause.tokens, [c for c in situation.clauses if c is not clause]
    if written.flow != context.tracker.last.get("flow") or lexicon.thanks.any_in(tokens):
        return []
    if not all(lexicon.says_little(c.text) for c in others):
        return []
    refusals = (lexicon.no, lexicon.negation, lexicon.unwanted)
    sorry = (lexicon.regret, lexicon.keep, lexicon.dismay, lexicon.hold)
    empty = (lexicon.fillers, lexicon.interjections, lexicon.correction, lexicon.contrast, lexicon.cancel)
    places = places_of((*refusals, *sorry, *empty), tokens)
    names = names_of(situation, written.intent, shared=True).words
    if any(n not in places and stem(t.folded) not in names for n, t in enumerate(tokens)):
        return []
    refuses = any(phrases.any_in(tokens) for phrases in refusals)
    dismayed = lexicon.hold.any_in(tokens) or bool(lexicon.dismay.places(tokens) - lexicon.fillers.places(tokens))
    if lexicon.regret.any_in(tokens) or lexicon.keep.any_in(tokens) or (refuses and dismayed):
        return [Undo(evidence=evidence(clause))]
    return []


def of_earlier(situation: Situation, message: Clause) -> list[Command]:
    """Another value for what was written before, which the message names, while the same process is open again."""
    context, question = situation.context, situation.question
    if question is None or question.frame is None or not situation.cue(message) or message.asks_a_fact:
        return []
    root = context.tracker.root_of(question.frame)
    held = [context.tracker.slots.get(name) for frame in context.tracker.stack for name in frame.collected]
    written = earlier.named(context, message.tokens, but=[value for value in held if value is not None])
    if written is None or written.flow != root.flow:
        return []
    changes = answers.changes_of_done(context, message, written)
    return [Change(changes, written.key, evidence=evidence(message, "value"))] if changes else []


def _changed(situation: Situation, clause: Clause) -> list[Command]:
    """Other values for the write that the clause names, else for the one they fit; another thing is one more run."""
    if clause.asks_a_fact or _complains_of_another(situation, clause):
        return []
    if (parts := parts_of_done(situation, clause)) is not None:
        return [parts]
    pool = which.meant(situation, clause)
    values = {one.key: answers.changes_of_done(situation.context, clause, one) for one in pool}
    able = {one.key for one in pool if one is pool[0] or choices.can(situation.context, one, "change")}
    fitting = [one for one in pool if values[one.key] and one.key in able]
    written = fitting[0] if fitting else pool[0]
    if another.is_another(situation, values[written.key], written) and not situation.cue(clause):
        return [StartFlow(written.intent, values[written.key], again=True, evidence=evidence(clause, "value"))]
    if not fitting and _names_a_slot(situation, clause, written):
        return [Change({}, written.key, evidence=evidence(clause))]
    wants = (
        situation.cue(clause)
        or _wants_other(situation, clause)
        or _is_named(situation, clause, written)
        or _is_a_day(situation, clause)
    )
    return [which.change(clause, {one.key: values[one.key] for one in fitting})] if fitting and wants else []


def _complains_of_another(situation: Situation, clause: Clause) -> bool:
    """Whether something is wrong with another number, and that is another matter ("100237 is still not here")."""
    matter = clause.problem is not None and situation.other_matter(clause)
    written = done.last_open(situation.context)
    flow = situation.context.pack.triggers.get(clause.strict_intent)
    other = written is not None and flow is not None and flow.id != written.flow
    return matter and other and _names_another(situation, clause)


def _names_a_slot(situation: Situation, clause: Clause, written: DoneWrite) -> bool:
    """Whether the clause wants a value of the write that it names put right, and does not say how ("can you fix the
    house number on 100241").
    """
    context, flow = situation.context, situation.context.pack.flows.get(written.flow)
    other = clause.strict_intent in context.pack.triggers and context.pack.triggers[clause.strict_intent] is not flow
    if flow is None or other or earlier.named(context, clause.tokens) is not written:
        return False
    if not (choices.can(context, written, "change") and context.lexicon.change.any_in(clause.tokens)):
        return False
    collects = [w for w in wants(context, flow) if w.slot.name in done.collected_in(written)]
    parts = any(w.collect is not None and w.collect.parts for w in collects)
    named = {stem(t.folded) for t in clause.tokens}
    labels = any(w.labels & named for w in collects if not w.entities)
    return labels or (parts and context.lexicon.house_number.any_in(clause.tokens))


def _is_a_day(situation: Situation, clause: Clause) -> bool:
    """Whether the clause is nothing but a day: that of what was just written, whatever else has days."""
    found = readings(clause.text, "date", situation.context.today, situation.context.languages)
    spans = [Filled("", one.value, one.start, one.end) for one in found]
    return bool(spans) and not clause.is_question and not situation.left(clause, spans)


def _is_named(situation: Situation, clause: Clause, written: DoneWrite) -> bool:
    """Whether the value is given by the name of its question ("the amount is 39"), and nothing else is wanted."""
    flow = situation.context.pack.flows.get(written.flow)
    if flow is None or len(clause.tokens) > _A_VALUE + _A_VALUE:
        return False
    wishes = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    return another.is_labelled(clause, wishes, answers.values_in(situation.context, clause, wishes, held={}))


def parts_of_done(situation: Situation, clause: Clause) -> Command | None:
    """A part of a value that was written, with what should stand there: "78, not 88", "house number 78"."""
    found: dict[str, dict[str, Any]] = {}
    for written in which.meant(situation, clause):
        if parts := _parts_of(situation, clause, written):
            found[written.key] = parts
    return which.change(clause, found) if found else None


def _parts_of(situation: Situation, clause: Clause, written: DoneWrite) -> dict[str, Any]:
    """The value of a write that gets another part, with it."""
    context = situation.context
    facts, flow = done.facts_of(written), context.pack.flows.get(written.flow)
    collects = {c.slot: c for part in flow_steps.parts(context, flow.id) for c in part.collects} if flow else {}
    for name in done.collected_in(written):
        wish = wanted(context.pack.domain, name, collects.get(name))
        value = facts.get(name)
        if wish is None or not isinstance(value, str):
            continue
        new = _with_part(situation, clause, wish, value)
        if new is not None and new != value and wish.accepts(new):
            return {name: new}
    return {}


def _with_part(situation: Situation, clause: Clause, wish: Wanted, value: str) -> str | None:
    """The value with the part that the clause names put right."""
    tokens = tokenize(value)
    for old, new in exchanges(situation.context, clause):
        words = [t.folded for t in old]
        places = [n for n in range(len(tokens)) if [t.folded for t in tokens[n : n + len(words)]] == words]
        if len(places) == 1 and len(words) < len(tokens) and not (wish.kinds and not _is_whole(wish)):
            first, last = tokens[places[0]], tokens[places[0] + len(words) - 1]
            figures = [t for t in new if t.is_number]
            put = figures if len(old) == len(figures) == 1 and old[0].is_number else new
            return f"{value[: first.start]}{clause.text[put[0].start : put[-1].end]}{value[last.end :]}"
    kinds = wish.collect.parts if wish.collect is not None else ()
    if not kinds:
        return None
    context, question = situation.context, situation.question
    asked = question is not None and question.expects == "change"
    parts = read_parts(clause.text, kinds, context.today, context.languages)
    says = situation.cue(clause) or context.lexicon.house_number.any_in(clause.tokens)
    if not (asked or says or (parts and not missing(kinds, parts))):
        return None
    known = read_parts(value, kinds, context.today, context.languages)
    street = with_number(clause.text, str(known.get("street", "")), context.lexicon)
    parts = {"street": street} if street else parts
    return joined(kinds, {**known, **parts}) if parts and not missing(kinds, known) and set(parts) != {"town"} else None


def _is_whole(wish: Wanted) -> bool:
    """Whether the value is put together of parts that may be said alone."""
    return wish.collect is not None and bool(wish.collect.parts)


def _wants_other(situation: Situation, clause: Clause) -> bool:
    """Whether a clause without a word of correction wants other values: it asks whether they go, or is nothing else."""
    lexicon = situation.context.lexicon
    if situation.other_matter(clause):
        return False
    if lexicon.possible.any_in(clause.tokens) or (
        situation.question is not None and situation.question.expects in answers.WRITING
    ):
        return True
    return len(clause.tokens) <= _A_VALUE


def _refuses(situation: Situation, clause: Clause, *, leaves: bool) -> bool:
    """Whether the clause says no to taking back or changing, in words that elsewhere do ("no, changed my mind")."""
    question = situation.question
    if question is None or question.expects not in answers.WRITING:
        return False
    undoes = situation.context.lexicon.undo.any_in(clause.tokens)
    return any(isinstance(c, Deny) for c in situation.sense) or (leaves and not undoes)


def _redo(situation: Situation, clause: Clause) -> list[Command]:
    """A correction after a flow that wrote nothing: it runs again with the other value."""
    last = situation.context.tracker.last
    flow = situation.context.pack.flows.get(last.get("flow", ""))
    if flow is None:
        return []
    wishes = [w for w in wants(situation.context, flow) if w.slot.name in last.get("slots", {})]
    filled = answers.values_in(situation.context, clause, wishes, held=last["slots"])
    changes = {one.slot: one.value for one in filled if last["slots"].get(one.slot) != one.value}
    served = clause.strict_intent in situation.context.pack.triggers and clause.strict_intent != last.get("intent")
    only_that = situation.cue(clause) and not situation.left(clause, filled)
    if not (changes and only_that) and (
        not changes or served or not (situation.cue(clause) or _fits_last(situation, clause, filled))
    ):
        return []
    return [
        StartFlow(last.get("intent", ""), changes, evidence=evidence(clause, "value")),
        *still_wrong(situation, clause),
    ]


def still_wrong(situation: Situation, clause: Clause) -> list[Command]:
    """The problem that was told with the number that is put right, and that the bot offered to watch: it is one about
    the right number as well.
    """
    awaited = situation.question is not None and situation.question.expects == "watch"
    return [Report(clause.text, evidence=evidence(clause))] if awaited else []


def _fits_last(situation: Situation, clause: Clause, filled: Sequence[Filled]) -> bool:
    """Whether a clause without a word of correction may go on with what was just done: nobody knows what else it would
    want, and it does not ask in a sentence of its own for what is likelier.
    """
    if clause.strict_intent not in ("", "deny", "affirm"):
        return False
    likeliest = clause.understanding.ranking[0].name if clause.understanding.ranking else ""
    other = situation.context.pack.triggers.get(likeliest)
    asks = clause.is_question and len(situation.left(clause, filled)) >= LONG_WORDS
    return not (asks and other is not None and other.id != situation.context.tracker.last.get("flow"))


def _names_another(situation: Situation, clause: Clause) -> bool:
    """Whether the clause is about something else than what was just done: another number."""
    context = situation.context
    written = earlier.named(context, clause.tokens) or done.last_open(context)
    known = mentioned(situation.context.pack.domain.slots, clause.understanding)
    facts = done.facts_of(written) if written else {}
    return any(facts.get(name) not in (None, value) for name, value in known.items())
