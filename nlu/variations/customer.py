"""A customer who has the lines of a conversation in mind, and says what fits what the bot asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nlu.variations.canonical import canonical
from nlu.variations.lines import Does, Line
from nlu.variations.play import Moment, Play
from nlu.variations.trace import DOUBTS
from nlu.variations.wording import wording

MOST_MESSAGES = 40
MOST_REPEATS = 3


@dataclass
class SimulatedCustomer:
    """Says the lines in their order, but: an answer nobody asks for is left out when its value is known; a later line
    that answers the open question comes first; a question put again is answered again, in the words of `basis`, a few
    times; asked what was meant, the customer chooses that, and asked for other words says it as written.
    `patient`: see Variation.
    """

    play: Play
    patient: bool = True
    basis: Sequence[Line] = ()
    left: list[Line] = field(default_factory=list)
    said: list[Line] = field(default_factory=list)
    repeats: int = 0

    async def converse(self, lines: Sequence[Line]) -> list[Moment]:
        """Plays until the lines are used up, a person takes over, or nothing moves any more."""
        self.left = list(lines)
        for _ in range(MOST_MESSAGES):
            if self.play.handed is not None:
                break
            line = self._next()
            if line is None:
                break
            self.said.append(line)
            await self.play.say(line)
        return self.play.moments

    def _next(self) -> Line | None:
        if (clearer := self._clearer() or self._acceptance()) is not None:
            return clearer
        question = self.play.question
        while self.left and self._is_needless(self.left[0], question):
            self.left.pop(0)
        if not self.left:
            return self._again(question)
        first = self.left[0]
        if not first.answers or first.answers == question or first.does is Does.CHATS:
            return self.left.pop(0)
        return self._fitting(question) or self._again(question) or self.left.pop(0)

    def _clearer(self) -> Line | None:
        """What the customer says when the bot did not know what was meant: the offered matter, or the line as it was
        written. None if it knew, if that was tried, or if nobody knows what the line means.
        """
        if not self.patient or not self.play.moments or self.repeats >= MOST_REPEATS:
            return None
        moment = self.play.moments[-1]
        meant = next((one for one in self.basis if one.origin == moment.line.origin), None)
        if (
            meant is None
            or meant.unclear
            or not DOUBTS & set(moment.said)
            or moment.after.startswith(("collect:", "consent"))
        ):
            return None
        choice = f"/{meant.intent}"
        if meant.intent in self.play.tracker.get("clarifying", ()) and moment.line.text != choice:
            self.repeats += 1
            return replace(moment.line, text=choice)
        if moment.line.text in (meant.text, choice):
            return None
        self.repeats += 1
        self._forget(moment.line.wrong)
        return meant

    def _acceptance(self) -> Line | None:
        """A yes to the offer of just the process that the customer came for, and that began by itself as written."""
        if not self.patient or self.play.question != "own:offer" or self.repeats >= MOST_REPEATS:
            return None
        line = self.play.moments[-1].line
        later = [one for one in self.basis if one.origin >= line.origin >= 0]
        began = any(one.slot or one.answers == "consent" for one in later if one.states or one.origin > line.origin)
        offered = self.play.tracker.get("expecting", {}).get("intent")
        meant = next((one.intent for one in later if one.origin == line.origin), "")
        if not began or offered != meant or any(one.answers == "own:offer" for one in later):
            return None
        self.repeats += 1
        return Line(wording(self.play.language or "en").agreements[0], does=Does.SAYS)

    def _forget(self, wrong: Mapping[str, str]) -> None:
        """Leaves out what would put wrong words right: the bot took none of them, and the line as written is right."""
        self.left = [one for one in self.left if one.origin >= 0 or not wrong.keys() & one.states.keys()]

    def _is_needless(self, line: Line, question: str) -> bool:
        """Whether a line answers a question that is not open with a value that is known, or after all was written."""
        if not line.answers or line.answers == question:
            return False
        is_open = question.startswith(("collect:", "consent"))
        if line.slot and not is_open and self._has_written():
            return True
        if line.slot and not line.states and self._has_value(line.slot):
            return True  # a value that was refused once, for a question that is answered already
        if line.states:
            return all(self._knows(slot, value) for slot, value in line.states.items())
        return line.does is Does.AGREES and not is_open and self._has_written()

    def _knows(self, slot: str, value: object) -> bool:
        latest = [
            new for moment in self.play.moments for name, new in moment.changed if name == slot and new is not None
        ]
        return bool(latest) and canonical(latest[-1]) == canonical(value)

    def _has_value(self, slot: str) -> bool:
        changes = [new for moment in self.play.moments for name, new in moment.changed if name == slot]
        return bool(changes) and changes[-1] is not None

    def _has_written(self) -> bool:
        return any(moment.writes for moment in self.play.moments)

    def _fitting(self, question: str) -> Line | None:
        """The first line that answers the open question; none where none is open."""
        if not question:
            return None
        for place, line in enumerate(self.left):
            if line.answers == question:
                return self.left.pop(place)
            if not line.answers:
                return None
        return None

    def _again(self, question: str) -> Line | None:
        """The answer that was given to this question before; None if there is none, or the customer has had enough."""
        if not self.patient or not question.startswith(("collect:", "consent")) or self.repeats >= MOST_REPEATS:
            return None
        slot = question.removeprefix("collect:")
        fit = [
            line
            for line in self.said
            if line.does is not Does.CHATS and (line.answers == question or slot in line.states)
        ]
        if not fit:
            return self._still_wrong(slot)
        self.repeats += 1
        written = [line for line in self.basis if line.answers == question and line.does is not Does.CHATS]
        pressed = [line for line in self.basis if line.origin == fit[-1].origin and not fit[-1].is_typed]
        return (written or pressed or fit)[-1]

    def _still_wrong(self, slot: str) -> Line | None:
        """What was said for a slot and is not put right yet, alone: nobody else's answer is given instead."""
        told = next((line.wrong[slot] for line in reversed(self.said) if slot in line.wrong), "")
        if not told or any(slot in line.states for line in self.said):
            return None
        self.repeats += 1
        return Line(told, does=Does.STATES, answers=f"collect:{slot}")
