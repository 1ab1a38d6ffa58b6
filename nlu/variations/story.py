"""A conversation as written with all that operators need of it and of its pack."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conversation.understanding import FALLBACK_INTENT
from nlu.pack import Pack
from nlu.test_file import TestCase
from nlu.variations.forms import SlotForm, slot_form
from nlu.variations.lines import Does, Line
from nlu.variations.wording import Wording

_DOUBTS = frozenset({"utter_ask_rephrase", "utter_clarify", "utter_no_article"})


@dataclass(frozen=True, slots=True)
class Opening:
    """A first message that states nothing, what the bot says to it and the question that is open then."""

    text: str
    said: tuple[str, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a pack's own conversations give each other, by language. `digressions`: questions that are answered at once,
    `stated`: how the values of each slot were said, `openings`: first messages that state nothing, by intent.
    """

    digressions: Mapping[str, Sequence[Line]]
    stated: Mapping[tuple[str, str], Sequence[tuple[str, Any]]]
    openings: Mapping[tuple[str, str], Sequence[Opening]]


@dataclass(frozen=True, slots=True)
class Story:
    """`after` names the open question after each line, `said` the responses to it, `called` the actions it led to;
    `facts` are the latest values; `knows` tells the common words of all languages.
    """

    case: TestCase
    pack: Pack
    lines: Sequence[Line]
    after: Sequence[str]
    said: Sequence[tuple[str, ...]]
    called: Sequence[Sequence[str]]
    facts: Mapping[str, str]
    language: str
    words: Wording
    foreign: Wording
    other_language: str
    ends_with_person: bool
    setting: Setting
    today: date
    knows: Callable[[str], bool]

    def form(self, slot: str) -> SlotForm:
        return slot_form(self.pack, slot)

    def consent_after(self, place: int) -> int | None:
        """The place of the next yes to a confirmation, within the same process."""
        if self.is_between(place):
            return None
        for later in range(place + 1, len(self.lines)):
            if self.lines[later].does is Does.AGREES:
                return later
            if self.is_between(later):
                return None
        return None

    def is_between(self, place: int) -> bool:
        """Whether no process is open after this line."""
        return not self.after[place].startswith(("collect:", "consent"))

    def is_beside(self, place: int) -> bool:
        """Whether the line asks for something beside an open question, which stays open."""
        return place > 0 and not self.is_between(place) and self.after[place] == self.after[place - 1]

    def segment(self, place: int) -> int:
        """The place of the line that began the process which is open after the line at `place`."""
        start = place
        while start > 0 and not self.is_between(start - 1):
            start -= 1
        return start

    def digressions(self) -> Sequence[Line]:
        """Questions that have nothing to do with the conversation's own matters."""
        own = {line.intent for line in self.lines} - {FALLBACK_INTENT}
        return [line for line in self.setting.digressions.get(self.language, ()) if line.intent not in own]


def is_doubt(said: Sequence[str]) -> bool:
    """Whether the bot did not know what was meant."""
    return not said or any(name in _DOUBTS for name in said)
