"""A notice in words, for people: what is broken or in danger, where, until when."""

from collections.abc import Callable
from dataclasses import dataclass

from sla.notice import Alarm, Notice, Recipient

SHOWN = 10

_WORDS = {
    "en": {
        "first_response": "first response",
        "next_response": "next response",
        "resolution": "resolution",
        "breach": "{client}: {clock} is overdue",
        "warning": "{client}: {clock} has used {percent} % of its time",
        "danger": "{client}: danger reported, a person is needed at once",
        "topic": "about {topic}",
        "digest": "{count} SLA alarms: {breaches} overdue, {warnings} in danger",
        "queue": "queue {queue}",
        "priority": "priority {priority}",
        "due": "due {due}",
        "agents": "{agents} agents online, {places} free places",
        "assignee": "with {assignee}",
        "waiting": "nobody has it",
        "by_client": "{client}: {breaches} overdue, {warnings} in danger",
        "more": "… and {more} more",
        "open": "Open",
        "twice": "This may be the second time you read this: we lost the connection while sending it.",
    },
    "de": {
        "first_response": "Erstantwort",
        "next_response": "Folgeantwort",
        "resolution": "Lösung",
        "breach": "{client}: {clock} überfällig",
        "warning": "{client}: {clock} hat {percent} % der Zeit verbraucht",
        "danger": "{client}: Gefahr gemeldet, sofort ein Mensch",
        "topic": "es geht um {topic}",
        "digest": "{count} SLA-Alarme: {breaches} überfällig, {warnings} gefährdet",
        "queue": "Warteschlange {queue}",
        "priority": "Priorität {priority}",
        "due": "fällig {due}",
        "agents": "{agents} Agenten online, {places} freie Plätze",
        "assignee": "bei {assignee}",
        "waiting": "niemand hat es",
        "by_client": "{client}: {breaches} überfällig, {warnings} gefährdet",
        "more": "… und {more} weitere",
        "open": "Öffnen",
        "twice": "Vielleicht liest du das zum zweiten Mal: Beim Senden brach die Verbindung ab.",
    },
}
_PRIORITIES = {"urgent": "dringend", "high": "hoch", "normal": "normal", "low": "niedrig"}
LANGUAGES = tuple(_WORDS)


@dataclass(frozen=True)
class Wording:
    """Words in one language. `client_name` is how a client is called, `link` leads a recipient to a conversation."""

    language: str
    client_name: Callable[[str], str]
    link: Callable[[Alarm, Recipient], str]

    def title(self, notice: Notice) -> str:
        """One line that says it all."""
        if notice.is_digest:
            return self._say("digest", count=len(notice.alarms), breaches=notice.breaches, warnings=notice.warnings)
        return self.headline(notice.alarms[0])

    def headline(self, alarm: Alarm) -> str:
        """One alarm in one line."""
        name = self.client_name(alarm.client)
        if alarm.is_danger:
            return self._say("danger", client=name)
        return self._say(alarm.kind, client=name, clock=self._say(alarm.clock_kind), percent=alarm.percent)

    def details(self, alarm: Alarm, reader: Recipient, due: str) -> str:
        """Where it stands; `due` is its due time as the reader's medium writes times. Who has the conversation, and how
        many are at work, is the provider's own business.
        """
        inside = reader.client is None
        priority = _PRIORITIES.get(alarm.priority, alarm.priority) if self.language == "de" else alarm.priority
        parts = [
            self._say("topic", topic=alarm.topic) if alarm.is_danger and alarm.topic else "",
            self._say("queue", queue=alarm.queue) if alarm.queue else "",
            self._say("priority", priority=priority) if priority else "",
            self._say("due", due=due) if due else "",
        ]
        if inside:
            parts.append(self._say("assignee", assignee=alarm.assignee) if alarm.assignee else self._say("waiting"))
        if inside and alarm.agents_online is not None:
            parts.append(self._say("agents", agents=alarm.agents_online, places=alarm.free_places))
        return " · ".join(part for part in parts if part)

    def counts(self, notice: Notice) -> list[str]:
        """A line for each client of a digest that is about several, the worst hit first."""
        clients: dict[str, list[Alarm]] = {}
        for alarm in notice.alarms:
            clients.setdefault(alarm.client, []).append(alarm)
        if len(clients) == 1:
            return []
        lines = []
        for client, alarms in sorted(clients.items(), key=lambda item: (-len(item[1]), item[0])):
            late = sum(alarm.is_breach for alarm in alarms)
            lines.append(
                self._say("by_client", client=self.client_name(client), breaches=late, warnings=len(alarms) - late)
            )
        return lines

    def more(self, notice: Notice) -> str:
        """How many are not shown one by one."""
        left = len(notice.alarms) - SHOWN
        return self._say("more", more=left) if left > 0 else ""

    @property
    def twice(self) -> str:
        return self._say("twice")

    @property
    def open(self) -> str:
        return self._say("open")

    def _say(self, key: str, **values: object) -> str:
        words = _WORDS[self.language]
        return words.get(key, key).format(**values)
