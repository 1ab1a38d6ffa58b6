"""Changes that must change nothing: the customer says the same in another way, or something beside it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from nlu.variations import forms, spelling
from nlu.variations.lines import Does, Kind, Line, Variation
from nlu.variations.story import Story, is_doubt

_SENTENCE_END = re.compile(r"(?<=[^\W\d])[.!?, ]+$")
"""Marks behind a word; a mark behind a number may belong to it (`1.6.`)."""

_COUNT = re.compile(r"\d{1,3}")

Change = Callable[[Story, Random], Iterator[list[Line]]]


def same(story: Story, rng: Random) -> Iterator[Variation]:
    """All variations of a conversation that must come out the same."""
    for name, change in OPERATORS.items():
        for lines in change(story, rng):
            if [(one.text, one.twice) for one in lines] != [(one.text, one.twice) for one in story.lines]:
                yield Variation(name, Kind.SAME, lines, story.lines)


def digression(story: Story, rng: Random) -> Iterator[list[Line]]:
    """A question about something else, at every question of the bot, and back."""
    asides = list(story.digressions())
    places = _asked(story)
    if not asides or not places:
        return
    rng.shuffle(asides)
    chosen = {place: asides[n % len(asides)] for n, place in enumerate(places)}
    yield _inserted(story, {place: _aside(one.text) for place, one in chosen.items()})


def courtesy(story: Story, rng: Random) -> Iterator[list[Line]]:
    """Thanks in the middle, at every question."""
    places = _asked(story)
    if places:
        yield _inserted(story, {place: _aside(rng.choice(list(story.words.courtesies))) for place in places})


def all_at_once(story: Story, rng: Random) -> Iterator[list[Line]]:
    """The first message of a process holds the values that were told one by one: those with a form of their own, and
    one that is free text. A mark that stands inside one of them does not part them: nobody could tell where it ends.
    """
    for start, places in _processes(story):
        typed = [p for p in places if not story.form(story.lines[p].slot).is_free]
        free = [p for p in places if story.form(story.lines[p].slot).is_free]
        for chosen in ([typed] if typed else []) + ([sorted([*typed, free[0]])] if len(free) == 1 else []):
            joins = list(story.words.joins)
            if any(_COUNT.fullmatch(story.lines[p].text) for p in chosen):
                joins = [join for join in joins if "." not in join]  # "1. 4500" is no count and a number to anybody
            inside = [_SENTENCE_END.sub("", story.lines[p].text) for p in (start, *chosen)]
            joins = [join for join in joins if join.isspace() or not any(join in text for text in inside)]
            yield _joined(story, start, chosen, rng.choice(joins))


def other_forms(story: Story, rng: Random) -> Iterator[list[Line]]:
    """Days, sums and counts in another form. Inside a sentence a day brings no words of its own ("am am 4. Januar"),
    and half of a span stays as it is ("4-8 January").
    """
    lines = list(story.lines)
    for place, line in enumerate(lines):
        for slot, value in line.states.items():
            form = story.form(slot)
            written = forms.other_forms(form, value, story.words, story.today)
            found = forms.surface(form, value, lines[place].text, story.words)
            if not written or not line.is_typed or line.does is not Does.STATES:
                continue
            new = rng.choice(written)
            text = lines[place].text
            if found is not None and len(line.states) == 1 and line.slot == slot:
                lines[place] = replace(lines[place], text=new)
            elif found is not None and forms.surface(form, value, text.replace(found, "", 1), story.words) is None:
                lines[place] = replace(lines[place], text=_in_place(form, text, found, written, rng))
            elif line.slot == slot and len(line.states) == 1:
                lines[place] = replace(lines[place], text=new)
    yield lines


def typos(story: Story, rng: Random) -> Iterator[list[Line]]:
    """A typo in one of four words."""
    yield _respelled(story, lambda line: spelling.with_typos(line, rng, story.knows))


def dialect(story: Story, rng: Random) -> Iterator[list[Line]]:
    """Words as they are spoken."""
    yield _respelled(story, lambda line: spelling.in_dialect(line, story.words, rng))


def capitals(story: Story, rng: Random) -> Iterator[list[Line]]:
    """All in capitals, or none at all."""
    yield _respelled(story, lambda line: spelling.in_capitals(line, rng))


def typed_twice(story: Story, rng: Random) -> Iterator[list[Line]]:
    """One message is sent a second time."""
    places = [p for p, line in enumerate(story.lines) if _may_come_twice(story, p, line)]
    if not places:
        return
    place = rng.choice(places)
    again = replace(story.lines[place], origin=-1, does=Does.CHATS, answers="", states={})
    yield [*story.lines[: place + 1], again, *story.lines[place + 1 :]]


def delivered_twice(story: Story, rng: Random) -> Iterator[list[Line]]:
    """The platform delivers every update twice."""
    del rng
    yield [replace(line, twice=True) for line in story.lines]


def other_language(story: Story, rng: Random) -> Iterator[list[Line]]:
    """One message in the other language the client speaks."""
    if not story.other_language:
        return
    spoken = [(p, text) for p, line in enumerate(story.lines) if (text := _foreign(story, p, line, rng))]
    if spoken:
        place, text = rng.choice(spoken)
        yield [replace(line, text=text) if p == place else line for p, line in enumerate(story.lines)]


OPERATORS: dict[str, Change] = {
    "digression": digression,
    "courtesy": courtesy,
    "all at once": all_at_once,
    "other forms": other_forms,
    "typos": typos,
    "dialect": dialect,
    "capitals": capitals,
    "typed twice": typed_twice,
    "delivered twice": delivered_twice,
    "other language": other_language,
}


def _in_place(form: forms.SlotForm, text: str, found: str, written: Sequence[str], rng: Random) -> str:
    if form.kind not in forms.DAYS:
        return text.replace(found, rng.choice(written), 1)
    before, _, after = text.partition(found)
    bare = [one for one in written if not one[:1].islower()]
    if not bare or before.rstrip().endswith(("-", "–")) or after.lstrip().startswith(("-", "–")):
        return text
    return f"{before}{rng.choice(bare)}{after}"


def _asked(story: Story) -> list[int]:
    """The places of lines that answer a question of a process."""
    return [p for p, line in enumerate(story.lines) if line.answers.startswith("collect:") or line.answers == "consent"]


def _aside(text: str) -> Line:
    return Line(text, does=Does.CHATS)


def _inserted(story: Story, before: dict[int, Line]) -> list[Line]:
    lines: list[Line] = []
    for place, line in enumerate(story.lines):
        lines += [before[place]] if place in before else []
        lines.append(line)
    return lines


def _processes(story: Story) -> Iterator[tuple[int, list[int]]]:
    """The first line of each process, and the lines after it that answer its questions with a value that was taken at
    once: one in whose place another had been refused is the end of a talk of its own.
    """
    for start, line in enumerate(story.lines):
        if (
            line.answers
            or not line.is_typed
            or line.does is Does.CHATS
            or not story.after[start].startswith("collect:")
        ):
            continue
        places = []
        for place in range(start + 1, len(story.lines)):
            one = story.lines[place]
            if not one.answers:
                break
            if one.slot in one.states and one.is_typed and not story.form(one.slot).choices:
                places.append(place)
            if story.is_between(place):
                break
        slots = [s for p in (start, *places) for s in story.lines[p].states]
        refused = {one.slot for one in story.lines[start:] if one.does is Does.STATES and one.slot not in one.states}
        # Who writes a number that is no good does not write the right one in the same breath.
        once = [p for p in places if slots.count(story.lines[p].slot) == 1 and story.lines[p].slot not in refused]
        once = [p for p in once if line.refused != story.lines[p].slot]
        if once:
            yield start, once


def _joined(story: Story, start: int, chosen: Sequence[int], join: str) -> list[Line]:
    first = story.lines[start]
    parts = [first, *(story.lines[p] for p in chosen)]
    text = join.join(_SENTENCE_END.sub("", one.text) for one in parts)
    states = {slot: value for one in parts for slot, value in one.states.items()}
    whole = replace(first, text=text, states=states, does=Does.STATES)
    # What was tried in vain before the answer that is given at once is not tried any more.
    slots, last = {story.lines[p].slot for p in chosen}, max(chosen)
    vain = [p for p in range(start + 1, last) if story.lines[p].refused in slots and not story.lines[p].states]
    return [whole if p == start else line for p, line in enumerate(story.lines) if p not in vain]


def _respelled(story: Story, spell: Callable[[Line], str]) -> list[Line]:
    return [
        replace(line, text=spell(line)) if line.is_typed and line.does is not Does.CHATS else line
        for line in story.lines
    ]


def _foreign(story: Story, place: int, line: Line, rng: Random) -> str:  # noqa: PLR0911 - one case a kind
    """The message in the other language, where it can be said in it; else empty."""
    if not line.is_typed:
        return ""
    if line.does is Does.AGREES:
        return rng.choice(list(story.foreign.agreements))
    if line.does is Does.STATES and line.slot and len(line.states) == 1 and not story.form(line.slot).is_free:
        form, value = story.form(line.slot), line.states.get(line.slot)
        if form.choices or form.parts or forms.surface(form, value, line.text, story.words) is None:
            return ""
        written = forms.correct_form(form, value, story.foreign, story.today)
        if not any(c.isdigit() for c in written):  # words of one language are no message in another
            return ""
        return rng.choice(list(story.foreign.fragments)).format(value=written)
    if not (line.answers or line.states or line.refused) and line.does is not Does.CHATS:
        openings = story.setting.openings.get((story.other_language, line.intent), ())
        like = [o.text for o in openings if (o.said, o.after) == (story.said[place], story.after[place])]
        return rng.choice(like) if like else ""
    return ""


def _may_come_twice(story: Story, place: int, line: Line) -> bool:
    """Whether the line was understood as written, and the bot goes on after it. A yes to one confirmation, said again
    when the next one is put, is a yes to that.
    """
    if line.does is Does.AGREES and story.after[place] == "consent":
        return False
    to_person = story.ends_with_person and place == len(story.lines) - 1
    refused = line.does is Does.STATES and not line.states
    return line.is_typed and not (to_person or refused or line.does is Does.CHATS or is_doubt(story.said[place]))
