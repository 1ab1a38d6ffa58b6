"""What a first message says beside the matter and its typed values: the answers to questions that take any words."""

import re
from collections.abc import Iterator
from dataclasses import replace

from nlu.dialogue import answers
from nlu.dialogue.commands import StartFlow
from nlu.dialogue.levels import talk
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import is_process
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.flows import Flow

_SEGMENT = re.compile(r"(?:(?!,\s)[^\n;])+")
_A_WORD = 3


def take(situation: Situation) -> None:
    """Gives the free questions of the one process that begins what nothing else of the message took, in order."""
    starts = [c for c in situation.made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 else None
    if flow is None or not is_process(flow) or situation.context.tracker.stack:
        return
    start = starts[0]
    free = [w for w in wants(situation.context, flow) if _is_open(situation, w, start)]
    if not free:
        return
    given = dict(start.slots)
    for clause, text in _segments(situation, start):
        if not free or _ends_message(situation, clause):
            break
        value = free[0].slot.fit(meant(text, situation.context.lexicon))
        if _says_something(situation, clause, text, flow) and value is not None and free[0].accepts(value):
            given[free.pop(0).slot.name] = value
            situation.unread = [c for c in situation.unread if c is not clause]
    place = situation.made.index(start)
    situation.made[place] = replace(start, slots=given)


def _is_open(situation: Situation, wish: Wanted, start: StartFlow) -> bool:
    name = wish.slot.name
    return wish.free and name not in start.slots and situation.context.tracker.slots.get(name) is None


def _segments(situation: Situation, start: StartFlow) -> Iterator[tuple[Clause, str]]:
    """Clauses that nobody read, as a whole if no value is in them, and the parts between commas of the others."""
    for clause in situation.clauses:
        begins = clause.text == start.evidence.clause
        if not begins and clause not in situation.unread:
            continue
        parts = [m[0].strip() for m in _SEGMENT.finditer(clause.text)]
        if begins:
            yield from ((clause, part) for part in parts[1:])
        elif any(any(map(str.isdigit, part)) for part in parts):
            yield from ((clause, part) for part in parts)
        else:
            yield clause, clause.text


def _ends_message(situation: Situation, clause: Clause) -> bool:
    """Whether courtesy begins here: what follows is a greeting and a name."""
    lexicon = situation.context.lexicon
    return lexicon.goodbye.at(clause.tokens, 0) is not None or lexicon.thanks.at(clause.tokens, 0) is not None


def _says_something(situation: Situation, clause: Clause, text: str, flow: Flow) -> bool:
    """Whether a segment is neither courtesy nor a question, a request, an excuse or a value of another slot."""
    lexicon = situation.context.lexicon
    part = Clause(text, clause.start, replace(clause.understanding, text=text, entities=(), courtesy=False), lexicon)
    if not any(len(t.folded) >= _A_WORD and not t.is_number for t in part.tokens):
        return False
    if lexicon.says_little(text) or talk.is_polite(situation, part) or part.is_question or is_excuse(text, lexicon):
        return False
    if part.act.odds <= -1.0 or lexicon.thanks.any_in(part.tokens) or lexicon.goodbye.any_in(part.tokens):
        return False
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    return not answers.values_in(situation.context, part, typed, held={})
