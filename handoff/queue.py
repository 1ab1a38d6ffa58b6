"""Queues: where a client's conversations wait for people, and which of them a conversation belongs to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conversation.conversation import Priority
from conversation.ids import QueueId
from conversation.packfile import Node, Problems

_KEYS = ("id", "name", "intents", "languages", "skills", "priority")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Queue:
    """Takes conversations about one of `intents` in one of `languages`; empty means any. `skills` are what an agent
    needs to be offered its conversations, `priority` what they start with.
    """

    id: QueueId
    name: Mapping[str, str] = field(default_factory=dict)
    intents: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    priority: Priority = Priority.NORMAL

    def takes(self, topic: str, language: str) -> bool:
        """Whether a conversation about `topic` belongs here. An unknown language ("") is no reason against."""
        fits_topic = not self.intents or topic in self.intents
        fits_language = not self.languages or not language or language in self.languages
        return fits_topic and fits_language


GENERAL = Queue(QueueId("general"), {"de": "Allgemein", "en": "General"})


def choose(queues: Sequence[Queue], topic: str, language: str) -> Queue:
    """The first queue that takes the conversation; the last one takes what no other does."""
    return next((queue for queue in queues if queue.takes(topic, language)), queues[-1] if queues else GENERAL)


def parse_queues(node: Node | None, problems: Problems, intents: frozenset[str] | None = None) -> tuple[Queue, ...]:
    """The `queues:` part of a pack, in its order; one general queue where there is none. Reports to `problems` what is
    wrong, also intents that are not in `intents`, if given.
    """
    if node is None:
        return (GENERAL,)
    if not node.is_list:
        problems.add(node, "queues must be a list", "start each with `- id: …`")
        return (GENERAL,)
    queues: list[Queue] = []
    for entry in node:
        queue = _queue(entry, problems)
        if queue is None:
            continue
        if any(queue.id == other.id for other in queues):
            problems.add(entry, f"the queue {queue.id!r} is there twice", "give each queue its own id")
            continue
        _unknown_intents(entry, queue, problems, intents)
        queues.append(queue)
    if not queues:
        return (GENERAL,)
    _unreachable(node, queues, problems)
    return tuple(queues)


def _queue(node: Node, problems: Problems) -> Queue | None:
    if not node.is_mapping:
        problems.add(node, "a queue must be a mapping", "write `- {id: general, skills: []}`")
        return None
    problems.unknown_keys(node, _KEYS)
    name = problems.text(node, "id")
    if not name:
        return None
    if not _ID.fullmatch(name):
        problems.add(node, f"{name!r} cannot be a queue's id", "use a-z, 0-9, - and _, at most 40 of them")
        return None
    return Queue(
        id=QueueId(name),
        name=_names(node, name, problems),
        intents=_words(node, "intents", problems),
        languages=_words(node, "languages", problems),
        skills=_words(node, "skills", problems),
        priority=_priority(node, problems),
    )


def _names(node: Node, fallback: str, problems: Problems) -> Mapping[str, str]:
    names = node.get("name")
    if names is None:
        return {"en": fallback.replace("_", " ").replace("-", " ").capitalize()}
    if names.is_scalar:
        return {"en": str(names.value)}
    if names.is_mapping and all(child.is_scalar for _, child in names.items()):
        return {language: str(child.value) for language, child in names.items()}
    problems.add(names, "a queue's name must be a text, or one text for each language", "name: {de: …, en: …}")
    return {"en": fallback}


def _words(node: Node, key: str, problems: Problems) -> frozenset[str]:
    words = node.get(key)
    if words is None:
        return frozenset()
    if words.is_mapping or any(not child.is_scalar for child in words):
        problems.add(words, f"{key!r} must be a list of words", f"{key}: [one, two]")
        return frozenset()
    return frozenset(str(child.value) for child in words)


def _priority(node: Node, problems: Problems) -> Priority:
    text = problems.text(node, "priority", Priority.NORMAL)
    try:
        return Priority(text)
    except ValueError:
        problems.add(node.get("priority") or node, f"{text!r} is no priority", f"use one of {', '.join(Priority)}")
        return Priority.NORMAL


def _unknown_intents(node: Node, queue: Queue, problems: Problems, intents: frozenset[str] | None) -> None:
    for unknown in sorted(queue.intents - intents) if intents is not None else ():
        problems.add(
            node.get("intents") or node,
            f"the queue {queue.id!r} names the intent {unknown!r}, which the domain does not have",
            "add it to the domain, or mend the spelling",
        )


def _unreachable(node: Node, queues: Sequence[Queue], problems: Problems) -> None:
    places = list(node)
    for index, queue in enumerate(queues[:-1]):
        if not queue.intents and not queue.languages:
            problems.add(
                places[min(index, len(places) - 1)],
                f"nothing gets past the queue {queue.id!r}: it takes every conversation",
                "put it last; the first match wins",
                warning=True,
            )
    if queues[-1].intents or queues[-1].languages:
        problems.add(
            places[-1],
            f"the last queue, {queues[-1].id!r}, also gets what no other queue takes",
            "end with a queue without intents and languages",
            warning=True,
        )
