"""A first message that gives its process one answer a line, in the order of the questions."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Ask, Clarify, Command, Guess, Handoff, StartFlow, Urgent
from nlu.dialogue.levels import complaints, matters, talk
from nlu.dialogue.levels.leftovers import behind_its_name, chosen, number_by_name, on_the_way
from nlu.dialogue.levels.names import names_of
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.levels.telegram import dated
from nlu.dialogue.problems import problem_in
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.refusals import named
from nlu.dialogue.replacements import button_named
from nlu.dialogue.serving import is_process
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.flows import Flow

_LINE, _COMMA = re.compile(r"\n"), re.compile(r",(?!\d)")
_SENTENCE = re.compile(r"(?:(?<=[^\W\d]{2})|(?<=-[^\W\d])|(?<=\d\d\d))[.!]\s+")
_FEW_WORDS = 4
_SHORT = 3
_A_LINE = 12
_A_THING = 8


def given(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """The commands of a message that begins a process and answers its questions line by line, or in a short list with
    commas; nothing, if a part of it fits no question.
    """
    if situation.context.tracker.stack or not made or any(isinstance(c, Handoff | Urgent | Ask) for c in made):
        return []
    parts = _parts(message)
    flow = _process(situation, parts[0], made) if len(parts) > 1 else None
    if flow is None or not is_process(flow):
        return []
    slots = _slots(situation, flow, parts)
    if slots is None:
        return []
    intent = next(name for name, one in situation.context.pack.triggers.items() if one is flow)
    return complaints.kept(situation, [StartFlow(intent, slots, evidence=evidence(parts[0], "engine"))])


def _parts(message: Clause) -> list[Clause]:
    """The lines; the sentences, where all are short; the parts between commas, where these are shorter still."""
    for mark in (_LINE, _SENTENCE):
        found = _split(message, mark)
        if len(found) > 1:
            return found if all(len(one.tokens) <= _A_LINE for one in found) else []
    found = _split(message, _COMMA)
    listed = len(found) > 2 and all(len(one.tokens) <= _FEW_WORDS for one in found)
    return found if listed or (len(found) == 2 and (_is_a_name(found[1]) or _is_a_thing(found[1]))) else []


def _is_a_name(part: Clause) -> bool:
    """Whether a part is a few words with capitals and nothing else: a thing or somebody by name."""
    words = [part.text[t.start : t.end] for t in part.tokens]
    is_name = 1 < len(words) <= _SHORT and all(word[0].isupper() for word in words)
    return is_name or (len(words) == 1 and words[0].isupper())


def _is_a_thing(part: Clause) -> bool:
    """Whether a part names something in words and says no sentence of it ("an old Raleigh", "suppliers in Europe")."""
    lexicon, tokens, first = part.lexicon, part.tokens, part.text[:1]
    said = (lexicon.subjects, lexicon.first_person, lexicon.speaker, lexicon.copula, lexicon.possible, lexicon.wh)
    meant_otherwise = (lexicon.request, lexicon.negation, lexicon.days, lexicon.hold, lexicon.reasons)
    lists = (*said, *meant_otherwise, lexicon.connectors, lexicon.contrast, lexicon.thanks, lexicon.goodbye)
    if not 0 < len(tokens) <= _A_THING or any(phrases.any_in(tokens) for phrases in lists):
        return False
    if tokens[0].folded.removesuffix("s") in lexicon.subjects.words:
        return False  # "it's for the boss"
    articles = lexicon.articles.places(tokens)
    leads = lexicon.prepositions.places(tokens) - articles
    names = bool(articles or leads) or (first.isupper() and len(tokens) == 1)
    refers = 0 in articles and 1 in leads  # "the one from the fair"
    return names and not refers and 0 not in leads and problem_in(part.text, lexicon) is None


def _is_mixed(part: Clause) -> bool:
    return len({t.is_number for t in part.tokens}) > 1


def _is_list(situation: Situation) -> bool:
    """Whether the parts are parted by commas alone."""
    return not any(mark.search(situation.context.text) for mark in (_LINE, _SENTENCE))


def _split(message: Clause, mark: re.Pattern[str]) -> list[Clause]:
    found: list[Clause] = []
    edges = [0, *(edge for m in mark.finditer(message.text) for edge in (m.start(), m.end())), len(message.text)]
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        inner = message.text[begin:end].strip(" ,;\n")
        if inner:
            start = begin + message.text[begin:end].index(inner)
            found.append(stretch(message, start, start + len(inner)))
    return found


def _process(situation: Situation, first: Clause, made: Sequence[Command]) -> Flow | None:
    """The process that the first part names: what was understood, of several the one it shares the most words with."""
    names: list[str] = []
    for command in made:
        if isinstance(command, StartFlow | Guess) and command.intent:
            names.append(command.intent)
        elif isinstance(command, Clarify):
            names += command.options
    triggers = situation.context.pack.triggers
    words = named(first.tokens)
    shared = {n: len(words & names_of(situation, n, shared=True).words) for n in dict.fromkeys(names) if n in triggers}
    if len(shared) == 1 and isinstance(made[0], StartFlow):
        return triggers[next(iter(shared))]
    first_start = made[0]
    if isinstance(first_start, StartFlow) and first_start.evidence.clause.strip(" .!") == first.text.strip(" .!"):
        return triggers.get(first_start.intent)
    best = max(shared, key=lambda n: shared[n], default="")
    if not best or not shared[best] or [*shared.values()].count(shared[best]) > 1:
        return None
    return triggers[best]


def _slots(situation: Situation, flow: Flow, parts: Sequence[Clause]) -> dict[str, Any] | None:
    """What the parts answer, None if one answers nothing."""
    slots = matters.in_clause(situation, flow, parts[0])
    slots |= dated(situation, flow, parts[0], slots)
    slots = {**chosen(situation, flow, parts[0].text), **slots}
    worded = {w.slot.name for w in wants(situation.context, flow) if w.free and not w.is_typed}
    last = ""
    for part in (_without_excuse(situation, one) for one in parts[1:]):
        if _is_other(situation, flow, part):
            return None
        if is_excuse(part.text, situation.context.lexicon) or _only_wants_it(situation, flow, part):
            continue
        found = _typed(situation, _open(situation, flow, slots), part) or number_by_name(situation, part.text) or {}
        if not found and (_says_little(situation, part) or _is_given(situation, flow, part, slots)):
            continue
        address = _within(part, slots[last]) if last and not _open(situation, flow, slots) else part
        if _is_second(situation, flow, address, slots):
            return None
        found = found or _answer(situation, _open(situation, flow, slots), part)
        found = found or _both(situation, _open(situation, flow, slots), part)
        if found:
            slots |= found
            last = next((name for name, value in found.items() if isinstance(value, str)), "")
        elif last in worded and _is_list(situation):
            slots[last] = f"{slots[last]}, {part.text}"
        else:
            return None
    return slots


def _says_little(situation: Situation, part: Clause) -> bool:
    """Whether the part is courtesy, or words that say nothing by themselves; IT is a department."""
    little = situation.context.lexicon.says_little(part.text) and not part.text.isupper()
    return little or talk.is_polite(situation, part)


def _within(part: Clause, before: str) -> Clause:
    """The part behind the words that it goes on with: behind its street a postcode is no other number."""
    text = f"{before}, {part.text}"
    understanding = replace(part.understanding, text=text, entities=())
    return Clause(text, part.start, understanding, part.lexicon)


def _without_excuse(situation: Situation, part: Clause) -> Clause:
    """The part behind an excuse that is a sentence of its own ("sorry, was in a meeting. Vienna")."""
    end = _SENTENCE.search(part.text)
    if end is None or not is_excuse(part.text[: end.start()], situation.context.lexicon):
        return part
    return stretch(part, end.end(), len(part.text))


def _is_other(situation: Situation, flow: Flow, part: Clause) -> bool:
    """Whether the part asks, wants something or takes something back."""
    lexicon = situation.context.lexicon
    wants_more = len(part.tokens) > _FEW_WORDS and any(s.first <= 1 for s in lexicon.request.find(part.tokens))
    return part.is_question or wants_more or lexicon.undo.any_in(part.tokens) or _is_matter(situation, flow, part)


def _only_wants_it(situation: Situation, flow: Flow, part: Clause) -> bool:
    """Whether a few words only ask for the matter itself ("want a workshop slot")."""
    short = len(part.tokens) <= _FEW_WORDS and not any(t.is_number for t in part.tokens)
    if not short or part.lexicon.request.at(part.tokens, 0) is None:
        return False
    triggers = situation.context.pack.triggers
    names = (names_of(situation, name, shared=True).words for name, one in triggers.items() if one is flow)
    return any(named(part.tokens) & words for words in names)


def _is_matter(situation: Situation, flow: Flow, part: Clause) -> bool:
    """Whether the part is another matter that it calls by its name."""
    clause = next((c for c in situation.clauses if c.text.strip(" .!") == part.text.strip(" .!")), None)
    intent = clause.strict_intent if clause is not None else ""
    other = situation.context.pack.triggers.get(intent)
    return other not in (None, flow) and bool(named(part.tokens) & names_of(situation, intent).words)


def _is_second(situation: Situation, flow: Flow, part: Clause, slots: dict[str, Any]) -> bool:
    """Whether the part has a typed value for what is answered already, beside other words: it is a second thing."""
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not w.free and w.slot.name in slots]
    found = answers.values_in(situation.context, part, typed, held={})
    return bool(found) and bool(situation.left(part, found))


def _open(situation: Situation, flow: Flow, slots: dict[str, Any]) -> list[Wanted]:
    context = situation.context
    collects = on_the_way(context, flow, {**context.tracker.slots, **slots})
    wishes = [wanted(context.pack.domain, c.slot, c) for c in collects if c.slot not in slots]
    ahead = [w for w in wishes if w is not None]
    known = {w.slot.name for w in ahead} | set(slots)
    later = [w for w in wants(context, flow) if w.has_form and not w.free and w.slot.name not in known]
    return [w for w in (*ahead, *later) if not is_formless(w)]


def _answer(situation: Situation, wishes: Sequence[Wanted], part: Clause) -> dict[str, Any]:
    """The part in words as the answer to the first of these questions."""
    typed = [w for w in wishes if w.is_typed]
    free = next((w for w in wishes if w.free and not w.has_form), None)
    if free is None or answers.values_in(situation.context, part, [w for w in typed if w is not free], held={}):
        return {}
    if _is_mixed(part) and _is_list(situation) and any(w is not free for w in typed):
        return {}  # "Taxi 12,50" in a list may be two values
    pressed = button_named(situation.context, part.text, free) if free.titles else None
    if free.titles and pressed is None:
        return {}
    value = free.slot.fit(
        pressed if pressed is not None else meant(behind_its_name(part.text, free, part.lexicon), part.lexicon)
    )
    return {free.slot.name: value} if value is not None and free.accepts(value) else {}


def _is_given(situation: Situation, flow: Flow, part: Clause, slots: dict[str, Any]) -> bool:
    """Whether the part is nothing but a value that was taken from the message already."""
    known = [w for w in wants(situation.context, flow) if w.is_typed and w.slot.name in slots]
    found = answers.values_in(situation.context, part, known, held={})
    same = all(slots[one.slot] == one.value for one in found)
    return bool(found) and same and not situation.left(part, found)


def _both(situation: Situation, wishes: Sequence[Wanted], part: Clause) -> dict[str, Any]:
    """The part as an answer in words with typed values beside it ("Mia Klein on 4 January")."""
    typed = [w for w in wishes if w.is_typed and not w.free]
    found = answers.values_in(situation.context, part, typed, held={})
    left = list(situation.left(part, found))
    while left and part.lexicon.prepositions.at(left, len(left) - 1) is not None:
        left.pop()
    first = min((one.start for one in found), default=0)
    if not left or left[-1].end > first or "," in part.text[:first] or part.lexicon.prepositions.at(left, 0):
        return {}
    words = stretch(part, left[0].start, left[-1].end)
    answered = _answer(situation, [w for w in wishes if w not in typed], words)
    return {**{one.slot: one.value for one in found}, **answered} if answered else {}


def _typed(situation: Situation, wishes: Sequence[Wanted], part: Clause) -> dict[str, Any]:
    """The part as the value of the first of these questions that it has the form of, or as those of several."""
    typed = sorted((w for w in wishes if w.is_typed), key=lambda w: not w.has_form)
    alone = [answers.values_in(situation.context, part, [w], asked=w.slot.name, held={}) for w in typed]
    several = answers.values_in(situation.context, part, typed, held={})
    whole = next((found for found in (*alone, several) if found and not situation.left(part, found)), None)
    if whole is not None:
        return {one.slot: one.value for one in whole}
    words = any(w.free and not w.is_typed for w in wishes)
    for found in alone if len(part.tokens) <= _SHORT and not words else ():
        beside = situation.left(part, found)
        if found and len(beside) == 1 and not beside[0].is_number:
            return {found[0].slot: found[0].value}  # "400 will do"
    return {}
