"""What a clause gives the open question: a typed value, parts of one, or a yes or no."""

from collections.abc import Sequence
from dataclasses import replace

from nlu.dialogue import answers
from nlu.dialogue.commands import Affirm, Cancel, Command, CorrectSlot, Courtesy, Deny, Hold, SetParts, SetSlot
from nlu.dialogue.consents import said
from nlu.dialogue.levels import (
    another,
    articles,
    composites,
    corrections,
    edges,
    following,
    leftovers,
    matters,
    parted,
    restated,
    told,
    turned,
)
from nlu.dialogue.levels.names import names_it, title_words
from nlu.dialogue.levels.runs import COUNTED
from nlu.dialogue.levels.situation import A_SENTENCE, LONG_WORDS, Situation, evidence, is_only
from nlu.dialogue.phrases import places_of
from nlu.dialogue.polarity import polarity
from nlu.dialogue.questions import is_truth
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.refusals import named
from nlu.dialogue.replacements import button_named
from nlu.dialogue.serving import is_running
from nlu.dialogue.tokens import stem, tokenize
from nlu.dialogue.values.assign import Filled, voided
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.composite import missing
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import after_repair

_A_ROOT = 6
"""Words with so many first letters in common name the same ("Bestellung", "Bestellnummer")."""
_OF_TIME = frozenset({"date", "start", "end", "time"})


def of(situation: Situation, clause: Clause) -> list[Command]:  # noqa: PLR0911 - one case after another
    """A typed value that fits the open question, and what else of its process the clause gives."""
    if is_truth(situation.context.pack, situation.question):
        return truth(situation, clause)
    wish = situation.asked
    if wish is None:
        return []
    if wish.collect is not None and wish.collect.parts:
        return parts(situation, clause, wish.slot.name, wish.collect.parts)
    if clause.is_question and matters.is_served(situation, clause) and _other_or_answer(situation, clause):
        return []
    if more := turned.of(situation, clause, wish):
        return more
    if more := parted.of(situation, clause, wish) or edges.beside_words(situation, clause, wish):
        return more
    if clause.problem is not None and wish.free and not wish.is_typed:
        return []
    if clause.asks_a_fact and _OF_TIME & set(wish.kinds):
        return []
    return _typed(situation, clause, wish)


def _typed(situation: Situation, clause: Clause, wish: Wanted) -> list[Command]:
    """The asked value with others of its process; another value for something said before, if that is all there is."""
    if (
        situation.cue(clause)
        and (changes := corrections.changes(situation, clause))
        and not _fits_by_kind(situation, wish, clause)
    ):
        return list(changes)
    if (
        chosen := button_named(situation.context, after_repair(clause.text, situation.context.lexicon), wish)
    ) is not None:
        return [SetSlot(wish.slot.name, chosen, evidence=evidence(clause, "button"))]
    slots = [wish, *(other for other in situation.unfilled if other.slot.name != wish.slot.name)]
    filled = answers.values_in(situation.context, clause, slots, asked=wish.slot.name)
    if not any(one.slot == wish.slot.name for one in filled):
        if wish.free and filled and not situation.left(clause, filled):
            chosen_by_it = edges.implied(situation, clause, wish, filled)
            return chosen_by_it or [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]
        if filled and all(one.part == "end" for one in filled) and not situation.left(clause, filled):
            return [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]
        return answers.by_intent(wish, clause) or answers.attempt(
            situation.context, wish, clause, matters.is_served(situation, clause)
        )
    if (more := situation.next_free) is not None and len(left := situation.left(clause, filled)) >= LONG_WORDS:
        first, last = edges.next_words(situation, left, filled)
        first += parted.begin(situation, stretch(clause, first, last), more) or 0
        filled = [*filled, Filled(more.slot.name, more.slot.fit(clause.text[first:last]), first, last)]
    changed = _changed_beside(situation, clause, filled) if situation.cue(clause) else []
    set_ = [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]
    return [*(c for c in changed if all(c.slot != s.slot for s in set_)), *set_]


def _changed_beside(situation: Situation, clause: Clause, filled: Sequence[Filled]) -> list[CorrectSlot]:
    """What the clause puts right beside its answer: neither by the answer itself, nor by what it takes back."""
    taken_back = (Filled("", None, start, end) for start, end in voided(clause.text, situation.context.lexicon))
    return corrections.changes(situation, answers.without(clause, [*filled, *taken_back]))


def _other_or_answer(situation: Situation, clause: Clause) -> bool:
    """Whether a question is about something else than what is being asked for, or is answered by an article."""
    if articles.asks_an_article(situation, clause):
        return True
    flow = situation.context.pack.triggers.get(clause.strict_intent)
    return flow is None or not is_running(situation.context, flow)


def _fits_by_kind(situation: Situation, wish: Wanted, clause: Clause) -> bool:
    """Whether the clause has a value for the asked slot by its kind or entity, not only by a likeness of form."""
    plain = replace(wish, has_form=False)
    found = answers.values_in(situation.context, clause, [plain], asked=wish.slot.name)
    formed = [w for w in situation.given if w.has_form and not w.kinds]
    # A number in the form of one that was given before ("oh no, I meant 20157") is no count.
    again = {str(one.value) for one in answers.values_in(situation.context, clause, formed, held={})}
    return any(not (set(wish.kinds) & COUNTED and str(one.value) in again) for one in found)


def parts(situation: Situation, clause: Clause, slot: str, kinds: Sequence[str]) -> list[Command]:
    """The parts of a composite value that the clause gives; a lone word is only taken for what is still missing."""
    known = situation.context.tracker.parts.get(slot, {})
    found = composites.parts_in(situation.context, clause, kinds, known)
    if not found or (set(found) == {"town"} and (clause.strict_intent or "town" not in missing(kinds, known))):
        return []
    others = answers.values_in(situation.context, clause, situation.unfilled)
    set_ = [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in others]
    return [SetParts(slot, found, evidence=evidence(clause, "value")), *set_]


def truth(situation: Situation, clause: Clause) -> list[Command]:  # noqa: C901, PLR0911, PLR0912 - one case each
    """A yes or no. With a rest the rest counts, and the yes or no only if nothing is in it."""
    assert situation.question is not None
    if _finds_fault(situation, clause):
        situation.sense.append(Deny(evidence=evidence(clause)))
        return [Hold(evidence=evidence(clause))]
    if changed := _put_right(situation, clause):
        return changed
    if behind := following.of(situation, clause):
        return behind
    if situation.is_consent and (named := _truths_by_name(situation, clause)):
        return named
    if situation.is_consent and clause.asks_a_fact:
        return []  # "isn't that closed?" denies nothing
    if situation.is_consent and not clause.is_question and polarity(clause.text, situation.context.lexicon).hold:
        names_another = situation.other_matter(clause) and len(clause.tokens) > A_SENTENCE / 3
        return [] if names_another else [Hold(evidence=evidence(clause))]
    if situation.is_consent and _says_the_button(situation, clause):
        return [Affirm(evidence=evidence(clause))]
    agrees = answers.leaning(situation.context, situation.question, clause) is True
    short = len(clause.tokens) <= A_SENTENCE / 2
    leaves = situation.context.lexicon.cancel.any_in(clause.tokens) and short and not agrees
    leaves = leaves and not situation.other_matter(clause)  # "and cancel 100245 too"
    if (situation.is_consent or situation.question.expects == "change_what") and leaves and not clause.is_question:
        return [Cancel(evidence=evidence(clause))]
    if situation.question.expects in answers.ONLY_BARE and _wants_nothing(clause):
        return [Deny(evidence=evidence(clause))]
    fails = clause.problem is not None and bool(situation.context.tracker.reported)
    if situation.question.expects in answers.ONLY_BARE and (fails or _only_thanks(situation, clause)):
        return []
    if beside := _truth_with_values(situation, clause):
        return beside
    found = answers.to_truth(situation.context, situation.question, clause)
    asks_for_it = situation.is_consent or situation.question.expects == "change_what"
    if asks_for_it and not agrees and (same := restated.given(situation, clause)):
        return same
    if _is_elsewhere(situation, clause, found.commands):
        return []
    if not found.rest_counts and _is_content(situation, clause):
        return [Courtesy("thanks", evidence=evidence(clause))]
    if not found.rest_counts:
        return [*found.commands, *(mentioned_facts(situation, clause) if found.takes_facts else [])]
    situation.sense += found.commands
    return [] if found.commands else _values_beside(situation, clause)


def _wants_nothing(clause: Clause) -> bool:
    """Whether it says no to whether there is anything else, which sounds like something missing ("nothing more")."""
    lexicon = clause.lexicon
    return is_only(clause, lexicon.no_more, lexicon.no, lexicon.fillers, lexicon.thanks)


def _is_elsewhere(situation: Situation, clause: Clause, answered: Sequence[Command]) -> bool:
    """Whether a no in a sentence behind a yes is only a part of what that sentence tells: "yes. and my bell is not
    there".
    """
    agreed = situation.is_consent and any(isinstance(c, Affirm) for c in situation.made)
    if not agreed or not any(isinstance(c, Deny) for c in answered):
        return False
    lexicon, tokens = clause.lexicon, clause.tokens
    silent = lexicon.fillers.places(tokens) | lexicon.connectors.places(tokens) | lexicon.interjections.places(tokens)
    first = next((n for n in range(len(tokens)) if n not in silent), 0)
    return lexicon.no.at(tokens, first) is None and len(tokens) - first > LONG_WORDS


def _put_right(situation: Situation, clause: Clause) -> list[Command]:
    """Other values than those that are shown, at a confirmation."""
    assert situation.question is not None
    if not situation.is_consent and situation.question.expects != "change_what":
        return []
    meant = situation.context.lexicon.repair.any_in(clause.tokens) and "?" not in clause.text  # "hat, ich meinte 27"
    queries = (clause.asks_a_fact and not meant) or _only_queries(situation, clause)
    changes = [] if queries else corrections.changes(situation, clause)
    bare = _only_corrects(situation, clause, changes)
    of_another = _is_of_another(situation, clause) and not _gives_another_day(situation, clause, changes)
    hedges = polarity(clause.text, situation.context.lexicon).hold  # "maybe just repair it" begins nothing else
    if changes and (bare or _corrects(situation, clause, of_another=of_another) or hedges or not of_another):
        return [*changes, *_parts_beside(situation, clause), *_asked_next(situation, clause, changes)]
    return [] if clause.asks_a_fact else list(corrections.changed_parts(situation, clause))


def _is_of_another(situation: Situation, clause: Clause) -> bool:
    """Whether a clause is another matter, or asks about one that it calls by its title ("is my leave still on?")."""
    if situation.other_matter(clause) or not clause.asks_about:
        return situation.other_matter(clause)
    likely, triggers = another.likely_matter(clause), situation.context.pack.triggers
    if likely in triggers:
        return not is_running(situation.context, triggers[likely])
    titles = {name: title_words(situation.context, name) for name in triggers}
    own = [words for name, words in titles.items() if is_running(situation.context, triggers[name])]
    words = named(clause.tokens).difference(*own)
    return any(words & title for title in titles.values())


def _corrects(situation: Situation, clause: Clause, *, of_another: bool) -> bool:
    """Whether a word puts something right; what joins a clause of another matter to the one before is none."""
    if not of_another:
        return situation.cue(clause)
    lexicon, tokens = clause.lexicon, clause.tokens
    joins = lexicon.connectors.places(tokens) | lexicon.articles.places(tokens)
    cues = (*lexicon.correction.find(tokens), *lexicon.unheard.find(tokens))
    return any(not set(span.own) <= joins for span in cues)


def _parts_beside(situation: Situation, clause: Clause) -> list[SetParts]:
    """Parts of a value that the clause puts right beside others ("make it 1 February, and the house number is 7")."""
    found = answers.spans(situation.context, clause, situation.given)
    parts = corrections.changed_parts(situation, answers.without(clause, found)) if situation.composites else []
    return [replace(one, evidence=evidence(clause, "value")) for one in parts]


def _gives_another_day(situation: Situation, clause: Clause, changes: Sequence[CorrectSlot]) -> bool:
    """Whether nothing but another day is said for what is shown, which sounds like moving something filed: no such
    matter is named, and no number of one.
    """
    days = {w.slot.name for w in situation.given if set(w.kinds) & _OF_TIME}
    intent = clause.strict_intent
    flow = situation.context.pack.triggers.get(intent)
    if flow is None or not changes or any(c.slot not in days for c in changes) or names_it(situation, intent, clause):
        return False
    return not any(map(str.isdigit, clause.text))


def _asked_next(situation: Situation, clause: Clause, changes: Sequence[CorrectSlot]) -> list[Command]:
    """What the clause says beside a correction for what will be asked then ("rather move it, Friday")."""
    wishes = [*(w for w in situation.given if w.is_typed), *situation.unfilled]
    own, changed = {w.slot.name for w in situation.unfilled}, {c.slot for c in changes}
    found = answers.values_in(situation.context, clause, wishes)
    if not changed & {one.slot for one in found} or situation.left(clause, found):
        return []
    return [SetSlot(f.slot, f.value, evidence=evidence(clause, "value")) for f in found if f.slot in own]


def _truths_by_name(situation: Situation, clause: Clause) -> list[Command]:
    """A yes or no that was given before, given anew by the name of its question ("police: yes")."""
    held = situation.context.tracker.slots
    for frame in situation.context.tracker.stack:
        flow = situation.context.pack.flows.get(frame.flow)
        found = leftovers.truth_by_name(situation, clause.text, flow) if flow is not None else None
        if found and all(isinstance(held.get(name), bool) for name in found):
            return [CorrectSlot(name, value, evidence=evidence(clause, "value")) for name, value in found.items()]
    return []


def _only_queries(situation: Situation, clause: Clause) -> bool:
    """Whether it is a bare number with a question mark ("huh, 27?"), which asks where that comes from."""
    lexicon, tokens = situation.context.lexicon, clause.tokens
    if not clause.text.rstrip(" !").endswith("?") or situation.cue(clause):
        return False
    small = lexicon.fillers.places(tokens) | lexicon.interjections.places(tokens) | lexicon.no.places(tokens)
    left = [t for n, t in enumerate(tokens) if n not in small and (t.is_number or len(t.folded) > LONG_WORDS)]
    return len(left) == 1 and left[0].is_number and clause.text[left[0].start : left[0].end].isdigit()


def _only_corrects(situation: Situation, clause: Clause, changes: Sequence[CorrectSlot]) -> bool:
    """Whether a clause says hardly more than the values it changes and what they are called."""
    slots = {c.slot for c in changes}
    labels = frozenset(word for w in situation.given if w.slot.name in slots for word in w.labels)
    rest = situation.left(clause, answers.spans(situation.context, clause, situation.given))
    lexicon, tokens = clause.lexicon, clause.tokens
    joins = frozenset().union(*(p.places(tokens) for p in (lexicon.connectors, lexicon.copula, lexicon.articles)))
    silent = labels | {stem(tokens[n].folded) for n in joins}
    return sum(stem(t.folded) not in silent for t in rest) < max(1, len(slots))


def _values_beside(situation: Situation, clause: Clause) -> list[Command]:
    """Values for what a process will ask, beside its yes/no question ("yes. order number is 100253")."""
    question = situation.question
    if question is None or question.collect is None or situation.is_consent or question.expects or clause.is_question:
        return []
    filled = answers.values_in(situation.context, clause, situation.unfilled)
    if len(situation.left(clause, filled)) >= LONG_WORDS:
        return []
    return [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]


def _truth_with_values(situation: Situation, clause: Clause) -> list[Command]:
    """A yes or no to a question of a flow with values of what it will ask, and nothing else: "no, 1200"."""
    question = situation.question
    if question is None or question.collect is None or situation.is_consent or question.expects:
        return []
    filled = answers.values_in(situation.context, clause, situation.unfilled)
    said = polarity(_without_labelled(situation, clause, filled), situation.context.lexicon)
    if not filled or not said.is_bare:
        return []
    values = {question.collect.slot: said.sense, **{one.slot: one.value for one in filled}}
    return [SetSlot(name, value, evidence=evidence(clause, "value")) for name, value in values.items()]


def _without_labelled(situation: Situation, clause: Clause, filled: Sequence[Filled]) -> str:
    """The text without these values and what only names them ("order was 100206", "die Bestellnummer ist ...")."""
    lexicon, tokens = situation.context.lexicon, clause.tokens
    slots = {one.slot for one in filled}
    labels = frozenset(label for w in situation.unfilled if w.slot.name in slots for label in w.labels)
    lists = (lexicon.copula, lexicon.articles, lexicon.owned, lexicon.prepositions)
    small = places_of(lists, tokens)
    begun = {label[:_A_ROOT] for label in labels if len(label) >= _A_ROOT}
    named = {n for n, t in enumerate(tokens) if stem(t.folded) in labels or t.folded[:_A_ROOT] in begun}
    last = max((one.end for one in filled), default=0)
    led = {n for n in small if named or (n + 1 < len(tokens) and tokens[n].end < last)}
    inside = (n for n, t in enumerate(tokens) if any(f.start < t.end and t.start < f.end for f in filled))
    dropped = {*inside, *(named if filled else ()), *(led if filled else ())}
    return " ".join(clause.text[t.start : t.end] for n, t in enumerate(tokens) if n not in dropped)


def _finds_fault(situation: Situation, clause: Clause) -> bool:
    """Whether it says of a value that is shown what is amiss with it ("11 is too late for me"): that refuses it."""
    question, lexicon = situation.question, situation.context.lexicon
    if question is None or not situation.is_consent or clause.is_question or not lexicon.unfit.any_in(clause.tokens):
        return False
    values = (
        [*situation.context.tracker.slots.values()] if question.consent is None else [*question.consent.shown.values()]
    )
    named = {t.folded for value in values for t in tokenize(said(situation.context, value))}
    days = calendar(situation.context.languages)
    named |= {word.partition(":")[0] for word in named if word[:1].isdigit()}
    telling = [t for t in clause.tokens if t.is_number or days.weekday(t.folded) is not None]
    return bool(telling) and all(t.folded in named for t in telling)


def _says_the_button(situation: Situation, clause: Clause) -> bool:
    """Whether the clause is what the yes button says without its yes: "cancel it" to "Yes, cancel it"."""
    lexicon, offered = situation.context.lexicon, situation.context.tracker.offered[-4:]
    for title in (tokenize(b["title"]) for b in offered if lexicon.yes.at(tokenize(b["title"]), 0)):
        words = {t.folded for t in title[1:]} - lexicon.fillers.words
        mine = {t.folded for t in clause.tokens} - lexicon.fillers.words
        if words and mine == words:
            return True
    return False


def _is_content(situation: Situation, clause: Clause) -> bool:
    """Whether a word of praise or an "ok" answers "anything else?": nothing more is wanted."""
    lexicon = situation.context.lexicon
    assert situation.question is not None
    if situation.question.expects != "anything_else" or any(t.folded in lexicon.plain_yes for t in clause.tokens):
        return False
    if lexicon.no.at(clause.tokens, 0) is not None and not lexicon.plain_yes.any_in(clause.tokens):
        return lexicon.yes.any_in(clause.tokens) and not clause.is_question  # "no, all good"
    wanted = lexicon.no.any_in(clause.tokens) or lexicon.negation.any_in(clause.tokens)
    soft = lexicon.weak.any_in(clause.tokens) or not lexicon.interjections.any_in(clause.tokens)
    return soft and not wanted and not clause.is_question and lexicon.yes.any_in(clause.tokens)


def _only_thanks(situation: Situation, clause: Clause) -> bool:
    """Whether it ends after "anything else?" (`ok thanks`), as `yes please` does not."""
    lexicon = situation.context.lexicon
    polite = lexicon.thanks.any_in(clause.tokens) or lexicon.goodbye.any_in(clause.tokens)
    return polite and not lexicon.no.any_in(clause.tokens) and clause.tokens[0].folded not in lexicon.plain_yes


def mentioned_facts(situation: Situation, clause: Clause) -> list[Command]:
    """Facts no open flow asked for."""
    known = told.loose(situation.context, clause.understanding)
    return [SetSlot(name, value, evidence=evidence(clause, "value")) for name, value in known.items()]
