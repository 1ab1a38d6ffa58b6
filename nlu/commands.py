"""What a customer can type with a slash on any channel: /start, /human, /cancel, /help."""

from dataclasses import dataclass

from conversation.resolution import Resolution
from nlu.serving import Serving
from nlu.talk import Talk


@dataclass(frozen=True)
class SlashCommands:
    """Keeps nothing."""

    serving: Serving

    async def obey(self, talk: Talk, name: str, argument: str) -> Resolution:
        """Does what the command `name` (lower case, without slash) says; an unknown one is said to be so."""
        match name:
            case "start":
                return await self._start(talk, argument)
            case "human" | "agent" | "mensch":
                return await self.serving.person(talk, "human")
            case "cancel" | "stop" | "abbrechen":
                return self.serving.cancel(talk)
            case "help" | "hilfe":
                talk.say("utter_help")
            case _:
                talk.say("utter_unknown_command")
        return self.serving.ask_again(talk)

    async def _start(self, talk: Talk, intent: str) -> Resolution:
        """Telegram's deep links name what they begin with."""
        self.serving.runner.cancel(talk)
        talk.tracker.forget_doubts()
        if intent in self.serving.pack.domain.intents:
            return await self.serving.act_on(talk, intent)
        talk.say("utter_greet")
        return talk.answered()
