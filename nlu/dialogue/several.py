"""Several things in one message: what is answered at once, what begins, what waits, what is only offered."""

from collections.abc import Sequence
from dataclasses import replace

from nlu.dialogue import doubts, flow_steps, serving
from nlu.dialogue.acts import asks
from nlu.dialogue.commands import Ask, AskDone, CannotHandle, Command, Guess, StartFlow
from nlu.dialogue.effects import Effect, Reply
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.writes import writes_from
from nlu.flows import Flow


def serve(context: TurnContext, commands: Sequence[Command]) -> Effect:
    """Questions are answered at once; of several matters the first begins, the others wait and the customer is told.
    What is only guessed comes last and is offered.
    """
    asks = [c for c in commands if isinstance(c, Ask)]
    guesses = [c for c in commands if isinstance(c, Guess)]
    starts = _to_begin(context, commands)
    in_passing = context.tracker.frame is not None
    if starts and starts[0].again:
        if context.tracker.frame is None:
            return serving.serve_again(context, starts[0])
        answer_first(context, commands)
        return serving.ask_again(context)
    starts = _looked_up_first(context, starts)
    for start in starts[1:]:
        _queue(context, start)
    for guess in guesses if starts else guesses[1:]:
        serving.queue(context, guess.intent, guess.evidence.clause, guess.slots, offered=True)
    if starts:
        doubts.note_matters(context)
    context.tracker.understood()
    for ask in asks:
        doubts.answer(context, ask, offer=not starts and not guesses)
        later = starts and _is_ahead(context, starts[0].intent, ask.intent)
        if starts and not in_passing and not later and ask.intent and serving.may_begin(context, ask.intent):
            serving.queue(context, ask.intent, ask.evidence.clause, {}, offered=True)
    doubts.not_understood(context, commands)
    return serving.serve(context, starts[0].intent, starts[0].slots) if starts else _ended(context, asks, guesses)


def _is_ahead(context: TurnContext, begun: str, intent: str) -> bool:
    """Whether what a matter looks up is there only once the one that begins has written."""
    flow = context.pack.triggers.get(intent)
    return flow is not None and begun in flow.rules.follows


def answer_first(context: TurnContext, others: Sequence[Command]) -> None:
    """What else was said beside a value or a yes: a question is answered before the flow goes on, another matter waits,
    and so does a guess.
    """
    waits = False
    for other in others:
        if isinstance(other, Ask):
            doubts.answer(context, other, offer=False)
        elif isinstance(other, AskDone):
            doubts.say_done(context, other.key)
        elif isinstance(other, Guess):
            serving.queue(context, other.intent, other.evidence.clause, other.slots, offered=True)
            waits = True
        elif isinstance(other, StartFlow) and (other.again or not serving.say_only(context, other.intent)):
            _queue(context, other)
            waits = True
    if waits:
        doubts.note_matters(context)
    doubts.not_understood(context, others)


def is_for_later(commands: Sequence[Command]) -> bool:
    """Whether another matter has to wait until what is shown is confirmed or refused."""
    return any(isinstance(c, StartFlow) and c.later for c in commands)


def look_up(context: TurnContext, others: Sequence[Command]) -> list[Command]:
    """Opens the one process among these that a question is for, which writes nothing and has all that it needs: it
    answers before what is open goes on. Returns the others.
    """
    for other in others:
        flow = context.pack.triggers.get(other.intent) if isinstance(other, StartFlow) and not other.again else None
        if flow is None or not isinstance(other, StartFlow) or not _answers_now(context, flow, other):
            continue
        serving.put_on_top(context, flow, other.intent, other.slots)
        return [o for o in others if o is not other]
    return list(others)


def _looked_up_first(context: TurnContext, starts: Sequence[StartFlow]) -> list[StartFlow]:
    """The processes to begin, with that first which only looks up the answer to a question, if what it needs is said
    ("I'd like some days off, 20134, but how many have I left").
    """
    said = {name: value for start in reversed(starts) for name, value in start.slots.items()}
    first = context.pack.triggers.get(starts[0].intent) if starts else None
    if first is None or _answers_now(context, first, starts[0]):
        return list(starts)
    for start in starts[1:]:
        flow = context.pack.triggers.get(start.intent)
        if flow is None or start.again:
            continue
        asked = flow_steps.asks_for(context, flow)
        whole = replace(start, slots={**{n: v for n, v in said.items() if n in asked}, **start.slots})
        if _answers_now(context, flow, whole):
            return [whole, *(one for one in starts if one is not start)]
    return list(starts)


def _answers_now(context: TurnContext, flow: Flow, start: StartFlow) -> bool:
    """Whether a flow looks something up for a question and asks nothing itself any more."""
    if not serving.may_begin(context, start.intent) or writes_from(context.pack, flow, flow.first):
        return False
    if flow.always_hands_off or not _is_asked(context, start):
        return False
    held = context.tracker.slots
    if any(held.get(name) not in (None, value) for name, value in start.slots.items()):
        return False  # of another thing than what is open
    known = {**held, **start.slots}
    return all(known.get(name) is not None for name in flow_steps.asks_for(context, flow))


def _is_asked(context: TurnContext, start: StartFlow) -> bool:
    tokens, lexicon = tokenize(start.evidence.clause), context.lexicon
    return asks(start.evidence.clause, lexicon) or lexicon.wh.any_in(tokens)


def _queue(context: TurnContext, start: StartFlow) -> None:
    if start.again:
        serving.queue_again(context, start)
    else:
        serving.queue(context, start.intent, start.evidence.clause, start.slots)


def _to_begin(context: TurnContext, commands: Sequence[Command]) -> list[StartFlow]:
    """The processes to begin. What needs no process is said at once, unless it is all there is."""
    starts = [c for c in commands if isinstance(c, StartFlow)]
    more = len(starts) > 1 or any(isinstance(c, Ask | Guess | CannotHandle) for c in commands)
    return [c for c in starts if c.again or not serving.say_only(context, c.intent)] if more else starts


def _ended(context: TurnContext, asks: Sequence[Ask], guesses: Sequence[Guess]) -> Effect:
    """Nothing begins: the open question once more, the best guess as an offer, or an answer that may have helped."""
    tracker = context.tracker
    if (effect := doubts.stuck(context)) is not None:
        return effect
    if tracker.frame is not None:
        tracker.understood()
        return serving.ask_again(context)
    if guesses:
        asking = "utter_offer_after_article" if asks else "utter_offer_flow"
        serving.offer(context, guesses[0].intent, guesses[0].slots, asking)
    elif not tracker.expects:
        tracker.ask("helped")
    told = bool(asks) and not guesses and all(serving.is_told(context, ask.intent) for ask in asks)
    return Reply(completed=told)
