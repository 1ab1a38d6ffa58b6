"""Runs the effects of the dialogue: the only part that waits for somebody else."""

from collections.abc import Sequence

from nlu.action import Actions
from nlu.dialogue import machine
from nlu.dialogue.commands import Command
from nlu.dialogue.effects import CallAction, Effect
from nlu.dialogue.turn import TurnContext

MAX_CALLS = 50


class CallsRunOn(RuntimeError):
    """One message led to more calls than any sensible process makes."""


async def run(context: TurnContext, commands: Sequence[Command], actions: Actions) -> Effect:
    """Steps until the turn ends, making the calls in between. Raises CallsRunOn."""
    effect = machine.obey(context, commands)
    for _ in range(MAX_CALLS):
        if not isinstance(effect, CallAction):
            return effect
        effect = machine.resume(context, await actions.run(effect.request))
    raise CallsRunOn(f"more than {MAX_CALLS} calls for one message; look for a circle in the flows")
