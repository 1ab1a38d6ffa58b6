"""The question that is open between bot and customer, and how it is put: a second time in other words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nlu.dialogue.consents import ask_consent
from nlu.dialogue.state import Consent, Frame, Tracker
from nlu.dialogue.turn import TurnContext
from nlu.domain import Slot, SlotType
from nlu.flows import Collect, Flow
from nlu.pack import Pack

_ANY_WORDS = frozenset({"from_text", "custom", "from_llm", "controlled", "from_trigger_intent"})
"""Mappings that take whatever the customer writes."""


class Kind(StrEnum):
    """What is open."""

    COLLECT = "collect"
    CONSENT = "consent"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Question:
    """An open question. COLLECT and a pack's own CONSENT have frame, flow and collect; the engine's CONSENT has the
    frame and no collect; OWN has only the name of what the bot asked.
    """

    kind: Kind
    frame: Frame | None = None
    flow: Flow | None = None
    collect: Collect | None = None
    consent: Consent | None = None
    expects: str = ""

    @property
    def is_consent(self) -> bool:
        return self.kind is Kind.CONSENT


def open_question(pack: Pack, tracker: Tracker) -> Question | None:
    """What the customer is being asked, None if nothing is."""
    if tracker.expects:
        return Question(Kind.OWN, frame=tracker.frame, expects=tracker.expects)
    return below(pack, tracker)


def below(pack: Pack, tracker: Tracker) -> Question | None:
    """The open question of a flow, whatever the bot asks of its own."""
    frame, consent = tracker.frame, tracker.consent
    flow = pack.flows.get(frame.flow) if frame else None
    step = flow.steps.get(frame.step) if flow and frame else None
    if frame is None or flow is None or step is None:
        return None
    collect = step.do if isinstance(step.do, Collect) else None
    if consent is not None and not consent.given and consent.frame == tracker.root_of(frame).id:
        return Question(Kind.CONSENT, frame, flow, collect, consent)
    return Question(Kind.COLLECT, frame, flow, collect) if collect is not None else None


def asked_slot(pack: Pack, question: Question | None) -> Slot | None:
    """The slot the open question fills, None if it fills none."""
    if question is None or question.collect is None:
        return None
    return pack.domain.slots.get(question.collect.slot)


def is_truth(pack: Pack, question: Question | None) -> bool:
    """Whether yes or no answers the question."""
    if question is None:
        return False
    if question.kind is Kind.CONSENT:
        return True
    slot = asked_slot(pack, question)
    yes_no = ("anything_else", "helped", "offer", "watch", "undo", "change", "person", "resume", "change_what")
    return question.expects in yes_no if question.kind is Kind.OWN else slot is not None and slot.type is SlotType.BOOL


def put_again(context: TurnContext) -> bool:
    """Puts the open question once more, after something else was served; such a time does not count. False if none is
    open.
    """
    question = open_question(context.pack, context.tracker)
    if question is None or question.frame is None:
        return False
    put(context, question)
    return True


def put(context: TurnContext, question: Question) -> None:
    """Puts the question of a frame."""
    assert question.frame is not None
    if question.kind is Kind.CONSENT and question.collect is None:
        ask_consent(context, question.frame)
        return
    if question.collect is not None:
        context.ask(question.collect.utter, question.frame.failures)


def waits_for_free_text(pack: Pack, kept: Mapping[str, Any]) -> bool:
    """Whether the conversation with this tracker waits for whatever the customer writes."""
    question = open_question(pack, Tracker.opened(kept)) if kept.get("stack") else None
    slot = asked_slot(pack, question)
    any_text = slot is not None and slot.type in (SlotType.TEXT, SlotType.ANY, SlotType.LIST)
    return any_text and slot is not None and any(m.kind in _ANY_WORDS for m in slot.mappings)
