"""What a clause refuses: a matter that is not wanted never begins, and one that runs is left."""

from nlu.dialogue import done
from nlu.dialogue.answers import values_in
from nlu.dialogue.commands import Cancel, CannotHandle, Command, Courtesy, Refuse, SetSlot, Undo
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, evidence, is_only
from nlu.dialogue.levels.values import mentioned_facts
from nlu.dialogue.negation import negated
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named, refused
from nlu.dialogue.tokens import stem, tokenize

_A_PROTEST = 12


def of(situation: Situation, clause: Clause) -> list[Command]:
    """A refusal of a matter, or a protest that something was said before."""
    lexicon = situation.context.lexicon
    signs = (lexicon.negation, lexicon.no, lexicon.unwanted, lexicon.none_of, lexicon.keep, lexicon.told)
    if not any(phrases.any_in(clause.tokens) for phrases in signs):
        return []
    wish = situation.asked
    answered = wish is not None and wish.is_typed and bool(values_in(situation.context, clause, [wish]))
    if clause.is_question or answered:  # a value that fits the open question wins: "no-claims certificate"
        return []
    if waiting := _that_waits(situation, clause):
        return waiting
    return _leaves(situation, clause) or _is_not_wanted(situation, clause) or _protests(situation, clause)


def _that_waits(situation: Situation, clause: Clause) -> list[Command]:
    """A matter that waits, named in a short refusal ("not leave!!", "den urlaub doch nicht")."""
    matters, lexicon = situation.context.tracker.matters, situation.context.lexicon
    if not matters or len(clause.tokens) > _A_PROTEST:
        return []
    words = named(refused(clause.text, clause.tokens, lexicon) or clause.tokens)
    running = [frame.intent for frame in situation.context.tracker.stack if frame.intent]
    if any(is_name(words, names_of(situation, intent).words) for intent in running):
        return []
    names = {one.intent: names_of(situation, one.intent, shared=True).words for one in matters}
    if situation.takes_free_text:  # hardly anything else is said, or it is the answer
        lexicon, tokens = situation.context.lexicon, clause.tokens
        small = (lexicon.fillers, lexicon.please, lexicon.no, lexicon.negation, lexicon.correction, lexicon.unwanted)
        silent = places_of(small, tokens)
        said = words - {stem(t.folded) for n, t in enumerate(tokens) if n in silent}
        names = {n: known for n, known in names.items() if all(is_name(frozenset([w]), known) for w in said)}
    intents = [one.intent for one in matters if one.intent in names and is_name(words, names[one.intent])]
    return [Refuse(intent, evidence=evidence(clause)) for intent in intents[:1]]


def _leaves(situation: Situation, clause: Clause) -> list[Command]:
    """What is open is not wanted: by its name, by none, or because all is to stay as it is."""
    context, lexicon = situation.context, situation.context.lexicon
    if not context.tracker.stack:
        return []
    words = refused(clause.text, clause.tokens, lexicon)
    running = [frame.intent or frame.flow for frame in context.tracker.stack]
    if words is not None:
        labels = situation.asked.labels if situation.asked is not None else frozenset()
        own = named(words) - (labels if not lexicon.unwanted.any_in(clause.tokens) else frozenset())
        own |= {stem(word) for word in own}  # "suppliers" names what "supplier" does
        if any(is_name(own, names_of(situation, intent, shared=True).words) for intent in running):
            return [Cancel(evidence=evidence(clause))]
        says_nothing = all(t.folded in lexicon.fillers for t in words) and lexicon.unwanted.any_in(clause.tokens)
        if says_nothing and situation.takes_free_text and not names_of(situation, running[-1]).is_refusal:
            return [Cancel(evidence=evidence(clause))]
    if _is_other(situation, clause, running) or _keeps(situation, clause) or _takes_leave(situation, clause):
        return [Cancel(evidence=evidence(clause))]
    return []


def _is_other(situation: Situation, clause: Clause, running: list[str]) -> bool:
    """Whether a sentence denies what is open, and the next one wants something else: "nothing broken! exchange!"."""
    lexicon = situation.context.lexicon
    denied = negated(clause.text, clause.tokens, lexicon)
    words = named([t for place, t in enumerate(clause.tokens) if place in denied])
    no_defect = any(place in denied for place in lexicon.defects.places(clause.tokens))
    named_so = any(is_name(words, names_of(situation, intent, shared=True).words) for intent in running)
    if not named_so and not no_defect:
        return False
    after = situation.clauses[situation.clauses.index(clause) + 1 :]
    return any(situation.other_matter(c) for c in after)


def _keeps(situation: Situation, clause: Clause) -> bool:
    lexicon = situation.context.lexicon
    denied = negated(clause.text, clause.tokens, lexicon)
    kept = lexicon.keep.find(clause.tokens)
    asked = situation.question is not None and situation.question.expects in ("", "change_what")
    agrees = lexicon.yes.at(clause.tokens, 0)
    if agrees is not None and lexicon.contrast.at(clause.tokens, agrees.last + 1) is not None:
        return False  # "ok, but I want to keep the old one until then"
    return asked and any(not any(place in denied for place in span.own) for span in kept)


def _takes_leave(situation: Situation, clause: Clause) -> bool:
    """A bare no before a goodbye or another matter, a no to all at an answer in words, or that a goodbye or a stop was
    said already.
    """
    lexicon = situation.context.lexicon
    if is_only(clause, lexicon.told, lexicon.fillers, lexicon.goodbye, lexicon.no, lexicon.cancel, lexicon.hold):
        says = (lexicon.goodbye, lexicon.no, lexicon.cancel)
        return any(phrases.any_in(clause.tokens) for phrases in says)
    if not is_only(clause, lexicon.no, lexicon.negation, lexicon.fillers, lexicon.contrast):
        return False
    after = situation.clauses[situation.clauses.index(clause) + 1 :]
    parts = after[:1] and is_only(after[0], lexicon.goodbye, lexicon.fillers, lexicon.thanks)
    if situation.takes_free_text and after and situation.other_matter(after[0]):
        return True  # "no. the cost centre of the warehouse": what is asked for is something else
    return bool(parts) or (situation.takes_free_text and lexicon.regret.any_in(clause.tokens))


def _is_not_wanted(situation: Situation, clause: Clause) -> list[Command]:
    """A matter that is not open is refused: taken back if it was done, a person's if it is known by a number."""
    context = situation.context
    words = refused(clause.text, clause.tokens, context.lexicon)
    others = [c for c in situation.clauses if c is not clause and c.strict_intent in context.pack.triggers]
    if words is None or not (others or context.lexicon.unwanted.any_in(clause.tokens)):
        return []
    own = named(words)
    triggers = context.pack.triggers
    matters = [clause.strict_intent] if clause.strict_intent in triggers else list(triggers)
    matters = [name for name in matters if not _takes_back(situation, name)]
    intent = next((name for name in matters if is_name(own, names_of(situation, name).words)), "")
    if not intent:
        return []
    written = done.last_open(context)
    facts = mentioned_facts(situation, clause)
    if any(c.strict_intent != intent for c in others):
        return [Courtesy("all_right", evidence=evidence(clause)), *facts]  # something else is wanted instead
    if (written is not None and written.intent == intent and not context.tracker.stack) or facts:
        return [Undo(intent, evidence=evidence(clause)), *facts]
    return [Courtesy("all_right", evidence=evidence(clause))]


def _takes_back(situation: Situation, intent: str) -> bool:
    """Whether a matter is itself that something is not wanted any more, by its title."""
    title = tokenize(situation.context.title(f"utter_title_{intent}"))
    return situation.context.lexicon.undo.any_in(title)


def _protests(situation: Situation, clause: Clause) -> list[Command]:
    """That it was said already, and nothing new: what was said fills the question, which else is put in other words."""
    wish, lexicon = situation.asked, situation.context.lexicon
    if wish is None or not lexicon.told.any_in(clause.tokens) or len(clause.tokens) > _A_PROTEST:
        return []
    said = lexicon.told.places(clause.tokens) | lexicon.fillers.places(clause.tokens)
    rest = frozenset(t.folded for place, t in enumerate(clause.tokens) if place not in said)
    known = {w.slot.name: situation.context.tracker.slots.get(w.slot.name) for w in situation.given}
    if rest and not any(rest <= _words(value) for value in known.values()):
        return []
    stated = situation.context.tracker.stated.get(wish.slot.name)
    if stated is not None and wish.accepts(stated):
        return [SetSlot(wish.slot.name, stated, evidence=evidence(clause))]
    return [CannotHandle("no_value", evidence=evidence(clause))]


def _words(value: object) -> frozenset[str]:
    return frozenset(t.folded for t in tokenize(str(value).replace("_", " ")))
