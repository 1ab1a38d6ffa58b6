"""When the bot is not sure: quote an article, ask once, say it in other words, then give way to a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from conversation.conversation import HandoffReason
from conversation.message import Button
from conversation.understanding import FALLBACK_INTENT
from nlu.dialogue import done, serving
from nlu.dialogue.commands import Ask, CannotHandle, Command, Skip
from nlu.dialogue.consents import line, yes_no
from nlu.dialogue.effects import Effect, GiveToPerson, Reply
from nlu.dialogue.questions import Question, asked_slot, open_question, put
from nlu.dialogue.state import Frame
from nlu.dialogue.turn import TurnContext

NONE_OF_THESE = f"/{FALLBACK_INTENT}"
_QUOTED = 80
OFFERED_AFTER = 2
"""After so many answers that were none a person is offered; the next one is a person's."""
TRIES = 2
"""So many times a value may be put right at a confirmation; the next time a person does it."""
TROUBLE = 2
"""From this weight of messages in a row that came to nothing a person is offered; a contradiction has it alone."""


def unclear(context: TurnContext, why: CannotHandle) -> Effect:
    """Nothing was understood: the open question in other words; without one, one question back, then a person."""
    question = open_question(context.pack, context.tracker)
    if question is not None and question.frame is not None and not question.expects:
        return failed(context, question, why)
    before = context.miss()
    if before >= TROUBLE:
        return in_trouble(context)
    if context.tracker.unclear:
        return GiveToPerson(HandoffReason.LOW_CONFIDENCE)
    if context.tracker.trouble >= TROUBLE:
        return offer_person(context)
    context.tracker.unclear = 1
    context.say("utter_ask_rephrase")
    return Reply(completed=False)


def protested(context: TurnContext) -> Effect:
    """The customer contradicts what cannot be found: an honest word and the offer of a person, who has it next time."""
    if context.miss(TROUBLE) >= TROUBLE:
        return in_trouble(context)
    return offer_person(context, "utter_trouble")


def stuck(context: TurnContext) -> Effect | None:
    """A person, if questions without an answer follow each other; None if it is not so bad."""
    if not context.missed or context.tracker.trouble < TROUBLE:
        return None
    return in_trouble(context) if context.tracker.trouble > TROUBLE else offer_person(context)


def offer_person(context: TurnContext, response: str = "utter_offer_person") -> Effect:
    """Asks whether a person should go on. What is open stays open."""
    context.tracker.ask("person")
    context.say(response, buttons=yes_no(context, context.tracker.expecting["id"]))
    return Reply(completed=False)


def is_put_right_again(context: TurnContext, frame: Frame, changes: Mapping[str, Any]) -> bool:
    """Notes what is put right at a confirmation. Whether one value is so once more after TRIES: it is not understood.
    More words added to the same value count as nothing.
    """
    tracker = context.tracker
    times = tracker.root_of(frame).corrected
    for name, value in changes.items():
        if str(tracker.slots.get(name)).casefold() not in str(value).casefold():
            times[name] = times.get(name, 0) + 1
    return any(times.get(name, 0) > TRIES for name in changes)


def in_trouble(context: TurnContext) -> Effect:
    """A person, with everything that was said and done, and no further question."""
    if (written := done.last_open(context)) is not None:
        context.ordered |= done.facts_of(written)
    context.say("utter_trouble_to_person")
    return GiveToPerson(HandoffReason.FAILURES)


def failed(context: TurnContext, question: Question, why: CannotHandle) -> Effect:
    """An answer that is none: what was not understood, and the question in other words; then a person is offered."""
    frame = question.frame
    assert frame is not None
    frame.failures += 1
    before, limit = context.miss(), context.pack.profile.bot.max_failures
    if (limit and frame.failures >= limit) or frame.failures > OFFERED_AFTER:
        return GiveToPerson(HandoffReason.FAILURES)
    if before >= TROUBLE:
        return in_trouble(context)
    if why.why == "part":
        not_understood(context, [why])
    else:
        context.say(_reason(context, question, why), seed=frame.failures)
    if OFFERED_AFTER in (frame.failures, context.tracker.trouble):
        return offer_person(context)
    put(context, question)
    return Reply(completed=False)


def skipped(context: TurnContext, question: Question, skip: Skip) -> Effect:
    """Any value will do, or none is at hand: the declared default, else the question once more, with the reason."""
    collect, frame = question.collect, question.frame
    assert frame is not None
    if collect is not None and collect.default is not None:
        context.set_slot(collect.slot, collect.default, "default")
        return serving.go_on(context)
    frame.failures += 1
    if frame.failures >= OFFERED_AFTER:
        return offer_person(context)
    context.say("utter_value_needed" if skip.indifferent else "utter_value_needed_look")
    put(context, question)
    return Reply(completed=False)


def clarify(context: TurnContext, options: Sequence[str]) -> Effect:
    """One question back with what it might be; a second miss is a person's."""
    if context.tracker.unclear:
        return GiveToPerson(HandoffReason.LOW_CONFIDENCE)
    context.tracker.unclear = 1
    context.tracker.clarifying = list(options)
    buttons = [Button(serving.title_of(context, name), f"/{name}") for name in options]
    none = context.title("utter_none_of_these")
    context.say("utter_clarify", buttons=(*buttons, Button(none, NONE_OF_THESE)))
    return Reply(completed=False)


def answer(context: TurnContext, ask: Ask, *, offer: bool) -> None:
    """Answers a question about something: the article, or an honest word that there is none; then the process, unless
    the article is about something else than the process.
    """
    flow = context.pack.triggers.get(ask.intent)
    knowledge, passage = context.pack.knowledge, ask.passage
    concerned = passage is None or knowledge.concerns(passage.article, ask.intent)
    if concerned:
        context.tracker.topic = ask.intent or context.tracker.topic
    if passage is not None:
        serving.quote(context, passage)
    elif direct := serving.direct(context, ask.intent):
        context.say(direct)
    elif flow is None or not offer or context.tracker.frame is not None:
        context.miss()
        context.say("utter_no_article")
    if not offer or context.tracker.frame is not None:
        return
    if concerned and serving.may_begin(context, ask.intent):
        serving.offer(context, ask.intent, {}, "utter_offer_after_article" if passage else "utter_offer_flow")
        return
    context.tracker.ask("helped")


def tell_done(context: TurnContext, key: str) -> Effect:
    """Says that a write was done, and puts the open question again."""
    say_done(context, key)
    context.tracker.understood()
    if context.tracker.frame is not None:
        return serving.ask_again(context)
    context.tracker.ask("anything_else", about=key)
    return Reply(completed=False)


def say_done(context: TurnContext, key: str) -> None:
    """Says that the write with this key was done, with what was said for it."""
    written = next(one for one in context.tracker.done if one.key == key)
    facts = done.facts_of(written)
    told = [line(context, name, facts[name]) for name in done.collected_in(written) if facts.get(name) is not None]
    title = serving.title_of(context, written.intent or written.flow)
    context.say("utter_is_done", matter=title, summary="\n".join(told))


def note_matters(context: TurnContext) -> None:
    """Says what else waits, if anything does."""
    if context.tracker.matters:
        serving.tell_waiting(context)


def not_understood(context: TurnContext, commands: Sequence[Command]) -> None:
    """An honest word about a part of a message whose rest is served."""
    part = next((c for c in commands if isinstance(c, CannotHandle) and c.why == "part"), None)
    if part is not None:
        context.say("utter_part_not_understood", part=_shortened(part.evidence.clause))


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1].rstrip()}…"


def _reason(context: TurnContext, question: Question, why: CannotHandle) -> str:
    """What was not understood of an answer, by what was asked."""
    slot = asked_slot(context.pack, question)
    if why.why == "rest" or question.is_consent:
        return "utter_not_a_clear_yes"
    if slot is not None and f"utter_not_understood_{slot.name}" in context.pack.responses:
        return f"utter_not_understood_{slot.name}"
    return "utter_ask_rephrase"
