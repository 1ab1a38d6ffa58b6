"""Something wrong is said first and put right: at once, at the next question, or at the confirmation."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from nlu.variations import forms
from nlu.variations.canonical import canonical
from nlu.variations.lines import Does, Kind, Line, Variation
from nlu.variations.story import Story

MOST = 3
_MARK_INSIDE = re.compile(r"[.,;:!?]\s")
_LONGEST = 5
"""Nobody writes a longer text out a second time to say that it was wrong."""
_ANSWER = 2
"""An answer of more words has some around the value, which nobody repeats in "X, not Y"."""


def corrected(story: Story, rng: Random) -> Iterator[Variation]:
    """Up to three variations, of different values where there are some."""
    places = _correctable(story)
    tried = [one for _ in range(MOST) for place, slot in places for one in _of(story, place, slot, rng)]
    made = list({tuple(line.text for line in one.lines): one for one in tried}.values())
    by_way: dict[str, list[Variation]] = {}
    for one in made:
        by_way.setdefault(one.operator, []).append(one)
    chosen = [rng.choice(those) for those in by_way.values()]
    rest = [one for one in made if one not in chosen]
    rng.shuffle(rest)
    yield from [*chosen, *rest][:MOST]


def _correctable(story: Story) -> list[tuple[int, str]]:
    """Where values were stated that the conversation ended with; a value said twice counts where it was said last."""
    latest: dict[str, int] = {}
    for place, line in enumerate(story.lines):
        if line.is_typed and line.does is not Does.AGREES:  # a yes may name what comes next, which was said before
            latest |= {slot: place for slot, value in line.states.items() if story.facts.get(slot) == canonical(value)}
    return [(place, slot) for slot, place in latest.items()]


def _of(story: Story, place: int, slot: str, rng: Random) -> Iterator[Variation]:
    line, form, words = story.lines[place], story.form(slot), story.words
    value = line.states[slot]
    found = forms.surface(form, value, line.text, words)
    alone = line.slot == slot and len(line.states) == 1
    if form.parts or (found is None and not alone):
        return
    if found is not None and any(found != title and title in line.text.casefold() for title in form.titles):
        return  # half of what a button says, which its value is only called by ("an interim reference")
    right = found if found is not None else line.text
    wrong = _wrong(story, slot, value, rng, alone=alone)
    longest = _LONGEST if found is not None else _ANSWER
    if wrong is None or wrong.casefold() == right.casefold() or not _is_said_again((right, wrong), longest):
        return
    wrong = wrong if alone else _without_article(line.text, right, wrong, story)
    wrong_text = line.text.replace(right, wrong, 1)
    states = {s: v for s, v in line.states.items() if s != slot}
    said = replace(line, text=wrong_text, states=states, wrong={slot: wrong})
    fits = _templates(story, slot, found is None or form.is_free or bool(form.choices))
    last_word = story.ends_with_person and place == len(story.lines) - 1

    def put_right(shape: str) -> Line:
        return Line(shape.format(right=right, wrong=wrong), does=Does.STATES, states={slot: value})

    if (shapes := fits("at_once")) and found is not None:
        text = line.text.replace(right, rng.choice(shapes).format(right=right, wrong=wrong), 1)
        yield Variation(
            "corrected at once", Kind.CORRECTED, _with(story, place, [replace(line, text=text)]), story.lines
        )
    if story.is_beside(place):
        return  # a look-up is over with its answer: who names another value then may as well answer the open question
    if (shapes := fits("next")) and not last_word:
        lines = _with(story, place, [said, put_right(rng.choice(shapes))])
        yield Variation("corrected next", Kind.CORRECTED, lines, story.lines)
    consent = story.consent_after(place)
    # A wrong choice that decides what is asked brings questions to which the customer has no answer.
    if (shapes := fits("at_confirmation")) and consent is not None and not _decides(story, slot):
        lines = _with(story, place, [said])
        lines.insert(consent, put_right(rng.choice(shapes)))
        yield Variation("corrected at the confirmation", Kind.CORRECTED, lines, story.lines)


def _is_said_again(texts: Sequence[str], longest: int) -> bool:
    """Whether these are short enough to be said again, and it is clear where they end in a correction."""
    return all(len(text.split()) <= longest and not _MARK_INSIDE.search(text) for text in texts)


def _wrong(story: Story, slot: str, value: Any, rng: Random, *, alone: bool) -> str | None:
    """Words for another value; none where that is the value of a twin: with both ends of a span on one day nobody can
    say which of them is put right.
    """
    form, known = story.form(slot), story.setting.stated.get((story.language, slot), ())
    # A choice is said in words of its own; of anything else the value itself is named, not the sentence around it.
    others = known if form.choices and alone else [(_named(story, slot, text, one), one) for text, one in known]
    wrong = forms.another_value(form, value, others, story.words, rng, story.today)
    if wrong is None or any(forms.surface(form, twin, wrong, story.words) for twin in _twins(story, slot)):
        return None
    return wrong


def _named(story: Story, slot: str, text: str, value: Any) -> str:
    """What a customer calls a value: as it is kept, unless the pack has other words for it, which were used."""
    worded = f"utter_value_{slot}_{value}" in story.pack.domain.responses
    return text if worded and forms.surface(story.form(slot), value, text, story.words) is None else str(value)


def _decides(story: Story, slot: str) -> bool:
    """Whether some process goes on otherwise with another value of the slot."""
    steps = (step for flow in story.pack.flows.values() for step in flow.steps.values())
    return any(b.condition is not None and slot in b.condition.slot_names() for step in steps for b in step.branches)


def _without_article(text: str, right: str, wrong: str, story: Story) -> str:
    """The other value in the place of this one, without an article of its own behind other words: "my an old Raleigh"
    is no English.
    """
    first, _, rest = wrong.partition(" ")
    inside = bool(text.partition(right)[0].strip())
    return rest if inside and rest and first.casefold() in story.words.articles else wrong


def _templates(story: Story, slot: str, needs_both: bool) -> Callable[[str], list[str]]:
    """Wordings of a correction; only those that name the wrong value, where the right one alone is not clear."""
    strict = needs_both or bool(_twins(story, slot)) or not story.form(slot).has_look

    def of(way: str) -> list[str]:
        return [t for t in story.words.corrections[way] if not strict or "{wrong}" in t]

    return of


def _twins(story: Story, slot: str) -> list[Any]:
    """The values of other slots that are of one family with this one."""
    kind = forms.family(story.form(slot))
    told = [(s, value) for line in story.lines for s, value in line.states.items() if s != slot]
    return [value for s, value in told if kind and forms.family(story.form(s)) == kind]


def _with(story: Story, place: int, lines: list[Line]) -> list[Line]:
    return [*story.lines[:place], *lines, *story.lines[place + 1 :]]
