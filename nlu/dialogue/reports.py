"""A problem about what was reported: before its day the day is said and watching offered; else a person has it."""

from datetime import date

from conversation.conversation import HandoffReason
from nlu.dialogue.consents import yes_no
from nlu.dialogue.effects import Effect, GiveToPerson, Reply
from nlu.dialogue.turn import TurnContext


def problem(context: TurnContext, *, just_told: bool = False) -> Effect:
    """Something that was reported did not come true. Nothing is resolved by the bot then. `just_told`: the day stands
    in what the bot has just said.
    """
    tracker = context.tracker
    tracker.problem = True
    flow = context.pack.flows.get(tracker.reported.get("flow", ""))
    facts = dict(tracker.reported.get("slots", {}))
    due = _day(facts.get(flow.rules.due)) if flow is not None and flow.rules.due else None
    if due is None or due < context.today:
        context.ordered |= facts
        tracker.topic = tracker.reported.get("intent") or tracker.topic
        context.say("utter_problem_by_person")
        return GiveToPerson(HandoffReason.PROBLEM)
    if not just_told:
        context.say("utter_not_due_yet", due=due.isoformat())
    if flow is not None and flow.rules.watch:
        tracker.ask("watch", due=due.isoformat(), facts=facts)
        context.say("utter_offer_watch", buttons=yes_no(context, tracker.expecting["id"]), due=due.isoformat())
    return Reply(completed=False)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
