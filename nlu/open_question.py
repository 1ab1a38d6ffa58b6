"""The question a flow has put to the customer: what answers it, what corrects an earlier answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlu import filling
from nlu.domain import Slot, SlotType
from nlu.filling import answer_to, corrected, from_entities, is_correction, is_question, yes_or_no
from nlu.flow_runner import MAX_FAILURES
from nlu.flows import Call, Collect, Flow
from nlu.meaning import SMALL_TALK
from nlu.pack import Pack
from nlu.talk import Talk
from nlu.tracker import Frame, Tracker

_WORD = re.compile(r"[\w-]+")
_DIGIT = re.compile(r"\d")
_SHORT = 3


@dataclass(frozen=True)
class OpenQuestion:
    """The collect step the top flow waits at."""

    talk: Talk
    frame: Frame
    flow: Flow
    collect: Collect

    @classmethod
    def of(cls, talk: Talk) -> "OpenQuestion | None":
        """The open question, None if no flow waits for an answer."""
        frame = talk.tracker.frame
        flow = talk.pack.flows.get(frame.flow) if frame else None
        collect = _collect(talk.pack, frame)
        return None if frame is None or flow is None or collect is None else cls(talk, frame, flow, collect)

    @property
    def slot(self) -> Slot:
        return self.talk.pack.domain.slots[self.collect.slot]

    @property
    def takes_any_text(self) -> bool:
        return filling.takes_any_text(self.slot)

    @property
    def failed_too_often(self) -> bool:
        return self.frame.failures >= MAX_FAILURES

    def answer(self, intent: str, *, serves: bool) -> Any:
        """The value this message gives the slot, None if it is no answer. `serves`: the message may be another matter.

        Free text is an answer unless it is a question, a courtesy or a wish to stop: "When do you open?" is not the
        name of a bike.
        """
        talk, text = self.talk, self.talk.text
        value = from_entities(self.slot, talk.understanding)
        if value is not None:
            return value
        free = self.takes_any_text
        if intent == "cancel" or (free and (intent in SMALL_TALK or (serves and is_question(text)))):
            return None
        value = answer_to(self.slot, talk.understanding, text, intent)
        if value is None and not free and not (serves and intent != self.frame.intent):
            return self._attempt(text)
        return value

    def _attempt(self, text: str) -> Any:
        """What the customer probably meant as the answer, for the rejections to judge: a number, or a short text."""
        if self.slot.type is not SlotType.TEXT or not self.collect.rejections or is_question(text):
            return None
        if yes_or_no(text) is not None:
            return None
        words = (word.strip("-") for word in _WORD.findall(text))
        numbers = [word for word in words if _DIGIT.search(word)]
        if len(numbers) == 1:
            return self.slot.fit(numbers[0])
        return self.slot.fit(text) if numbers and len(text.split()) <= _SHORT else None

    def corrections(self, *, other: bool) -> dict[str, Any]:
        """Other values for what was answered before: "no, 100235". `other`: the message may begin another flow; then
        only a text that begins like a correction is one.
        """
        talk = self.talk
        names = [name for f in talk.tracker.stack for name in f.collected if name != self.collect.slot]
        changes = corrected(names, talk.pack.domain, talk.understanding, talk.tracker.slots)
        if not changes or from_entities(self.slot, talk.understanding) is not None:
            return {}
        doubtful = other or self.takes_any_text
        return changes if is_correction(talk.text) or not doubtful else {}

    def rewind(self, changes: Mapping[str, Any]) -> None:
        """Puts the corrected values in, and the flow back to the step that first asked for one of them."""
        stack = self.talk.tracker.stack
        for depth, frame in enumerate(stack):
            flow = self.talk.pack.flows.get(frame.flow)
            step = step_giving(self.talk.pack.flows, flow, frozenset(changes)) if flow else None
            if step is not None and any(name in frame.collected for name in changes):
                del stack[depth + 1 :]
                frame.step, frame.asked, frame.failures = step, False, 0
                break
        for name in self._agreed():
            self.talk.set_slot(name, None)
        for name, value in changes.items():
            self.talk.set_slot(name, value)

    def _agreed(self) -> list[str]:
        """What was answered with yes or no: it was an answer to the uncorrected facts."""
        slots, collected = self.talk.pack.domain.slots, (n for f in self.talk.tracker.stack for n in f.collected)
        return [name for name in collected if name in slots and slots[name].type is SlotType.BOOL]

    @staticmethod
    def corrects_last(talk: Talk, intent: str) -> bool:
        """Whether the message gives another value to what the flow that just ended had asked for."""
        last = talk.tracker.last
        names = list(last.get("slots", {}))
        if not names or last.get("flow") not in talk.pack.flows:
            return False
        changes = corrected(names, talk.pack.domain, talk.understanding, last["slots"])
        served = intent in talk.pack.triggers and intent != last.get("intent")
        return bool(changes) and not served and (is_correction(talk.text) or not intent or intent in ("deny", "affirm"))


def takes_any_text(pack: Pack, tracker: Mapping[str, Any]) -> bool:
    """Whether the conversation with this tracker waits for free text."""
    collect = _collect(pack, Tracker.load(tracker).frame) if tracker.get("stack") else None
    return collect is not None and filling.takes_any_text(pack.domain.slots[collect.slot])


def _collect(pack: Pack, frame: Frame | None) -> Collect | None:
    flow = pack.flows.get(frame.flow) if frame else None
    step = flow.steps.get(frame.step) if frame and flow else None
    return step.do if step is not None and isinstance(step.do, Collect) else None


def step_giving(flows: Mapping[str, Flow], flow: Flow, slots: frozenset[str]) -> str | None:
    """The first step of a flow that collects one of these slots, itself or through a flow it calls."""
    for step in flow.steps.values():
        if isinstance(step.do, Collect) and step.do.slot in slots:
            return step.id
        if isinstance(step.do, Call) and step.do.flow in flows and _collects(flows, step.do.flow, slots, frozenset()):
            return step.id
    return None


def _collects(flows: Mapping[str, Flow], name: str, slots: frozenset[str], seen: frozenset[str]) -> bool:
    flow = flows.get(name)
    if flow is None or name in seen:
        return False
    called = (s.do.flow for s in flow.steps.values() if isinstance(s.do, Call))
    return any(c.slot in slots for c in flow.collects) or any(_collects(flows, c, slots, seen | {name}) for c in called)
