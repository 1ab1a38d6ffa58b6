"""What is seen of bot versions in live traffic: candidates in the shadow, and drift from what was learned."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from conversation.ids import ClientId, UserId
from nlu.pack import Pack
from nlu.versions.drift import (
    ENOUGH,
    Drift,
    Heard,
    below_threshold,
    mix_of,
    newest_words,
    unknown_words,
    vocabulary,
)
from nlu.versions.version import Active, Disagreements
from storage.shadows import SqlShadows
from storage.traffic import SqlTraffic

WEEK = timedelta(days=7)
BEFORE = timedelta(days=28)


class BotWatch:
    """app.bot_versions.Watching over the database."""

    def __init__(self, shadows: SqlShadows, traffic: SqlTraffic) -> None:
        self._shadows = shadows
        self._traffic = traffic

    async def shadow(
        self, client: ClientId, number: int | None, *, now: datetime, by: UserId | None, by_name: str
    ) -> None:
        """See Watching."""
        await self._shadows.start(client, number, now=now, by=by, by_name=by_name)

    async def disagreements(self, client: ClientId, *, limit: int) -> Disagreements:
        """See Watching."""
        return await self._shadows.disagreements(client, limit=limit)

    async def drift(self, active: Active | None, client: ClientId, pack: Pack | None, now: datetime) -> Drift:
        """The messages that the active version understood in the week, and for the mix of intents the four weeks
        before, whichever version understood them.
        """
        since = now - WEEK
        if active is None or pack is None:
            return Drift(client, None, since, now, 0)
        version = active.version
        week = await self._traffic.openings(client, since, now, number=version.number)
        heard = [one.heard for one in week]
        if len(heard) < ENOUGH:
            return Drift(client, version.number, since, now, len(heard))
        before = await self._traffic.openings(client, since - BEFORE, since)
        known = await asyncio.to_thread(_known_words, pack)
        evaluation, promise = version.evaluation, active.promise
        return Drift(
            client=client,
            number=version.number,
            since=since,
            until=now,
            messages=len(heard),
            below=below_threshold(heard, promise.coverage) if promise is not None else None,
            words=unknown_words(heard, known, evaluation.unknown_words) if evaluation is not None else None,
            new_words=newest_words(heard, known),
            mix=mix_of(_mix(one.heard for one in before), _mix(heard)),
        )


def _known_words(pack: Pack) -> frozenset[str]:
    """What the model was shown: examples, the spellings of synonyms and lookups, and the articles' questions."""
    data = pack.data
    return vocabulary(
        (
            *(example.text for example in data.examples),
            *data.synonyms,
            *data.synonyms.values(),
            *(value for values in data.lookups.values() for value in values),
            *(question.heading for question in pack.knowledge.questions),
        )
    )


def _mix(heard: Iterable[Heard]) -> Counter[str]:
    return Counter(one.intent for one in heard)
