"""A weekday of the week that was spoken of: "later that week, Thursday maybe", "am Freitag in derselben Woche"."""

from dataclasses import dataclass
from datetime import date, timedelta

from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.calendar import calendar

_WEEK = 7


@dataclass(frozen=True, slots=True)
class ThatWeek:
    """`text[start:end]` names the weekday (0: Monday) of a week that is known from elsewhere."""

    weekday: int
    start: int
    end: int

    def beside(self, day: date) -> date:
        """That weekday in the week of a day."""
        return day + timedelta(days=self.weekday - day.weekday())


def that_week(text: str, languages: tuple[str, ...]) -> ThatWeek | None:
    """The last weekday of a text that speaks of "that week", None if it does not, or names no weekday."""
    tokens, words = tokenize(text), calendar(languages)
    week = next(
        (
            n
            for n, token in enumerate(tokens)
            if n and words.unit(token.folded) == _WEEK and words.has("that", tokens[n - 1].folded)
        ),
        None,
    )
    if week is None:
        return None
    named = [
        n
        for n, token in enumerate(tokens)
        if words.weekday(token.folded) is not None
        and not words.is_word(token.folded, tokens[n - 1].folded if n else "")
    ]
    if not named:
        return None
    place, weekday = named[-1], words.weekday(tokens[named[-1]].folded)
    first, last = min(week - 1, place), max(week, place)
    return ThatWeek(weekday or 0, tokens[first].start, tokens[last].end)
