"""A person takes over, by the customer's wish or because a backend fails, and sees everything that was said."""

from collections.abc import Iterator
from random import Random

from nlu.variations.lines import Does, Kind, Line, Variation
from nlu.variations.story import Story

MOST = 3


def handed(story: Story, rng: Random) -> Iterator[Variation]:
    """The wish for a person at up to three questions, and a failure of each action that is called."""
    open_ = [p for p, after in enumerate(story.after) if after.startswith(("collect:", "consent"))]
    for place in sorted(rng.sample(open_, min(MOST, len(open_)))):
        before = story.lines[: place + 1]
        wish = Line(rng.choice(list(story.words.persons)), does=Does.SAYS)
        yield Variation("asks for a person", Kind.HANDED, [*before, wish], before, patient=False)
    failed: set[str] = set()
    for place, actions in enumerate(story.called):
        for action in actions:
            if action not in failed:
                failed.add(action)
                before = story.lines[: place + 1]
                yield Variation(f"{action} fails", Kind.HANDED, before, before, fails=action, patient=False)
