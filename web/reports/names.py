"""What the groups of a report are called, in the reader's language and the client's own words."""

from collections.abc import Mapping

from handoff.dashboard_view import Facet
from handoff.views import ClientView
from web.desk import details
from web.formats import Formats


def label(facet: str, key: str, view: ClientView, f: Formats, people: Mapping[str, str] | None = None) -> str:
    """A channel, queue, language, agent, reason, topic or disposition in words."""
    words = f.words
    match facet:
        case Facet.QUEUE:
            return details.queue_name(key, view, words.language)
        case Facet.TOPIC:
            return details.topic(key, view, words.language)
        case Facet.AGENT:
            return (people or {}).get(key, key)
    return words.maybe(f"{facet}.{key}", details.readable(key))
