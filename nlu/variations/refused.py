"""The customer does not agree: nothing may be written."""

from collections.abc import Iterator
from random import Random

from nlu.variations.lines import Does, Kind, Line, Variation
from nlu.variations.story import Story

MOST = 3


def refused(story: Story, rng: Random) -> Iterator[Variation]:
    """At each confirmation up to three kinds of no."""
    for place, line in enumerate(story.lines):
        if line.does is not Does.AGREES:
            continue
        before = story.lines[:place]
        for texts in rng.sample(list(story.words.refusals), MOST):
            said = [Line(text, does=Does.REFUSES, answers="consent" if n == 0 else "") for n, text in enumerate(texts)]
            yield Variation("refused", Kind.REFUSED, [*before, *said], before, patient=False)
