"""Scores in the database: kept with their conversation and as an event, and nobody's clock is moved by them."""

from dataclasses import replace

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import ContentKind
from conversation.satisfaction import Survey
from handoff.dashboard_view import Behind, Period
from handoff.desk import Desk
from storage.dashboard_reads import SqlDashboardReads
from storage.database import Database
from tests.builders import NOON, minutes
from tests.conversation.test_satisfaction import Asking
from tests.storage_people.floor import ANN, Floor


async def test_a_score_and_a_comment_are_kept_and_every_clock_stays_as_it_was(database: Database) -> None:
    floor = Floor(database)
    await floor.hire()
    surveys = Asking()
    floor.pipeline = replace(floor.pipeline, surveys=surveys)
    floor.desk = Desk(floor.store, floor.facts, floor.presence, floor, floor.clock, surveys)
    conversation = await floor.held(ANN)
    await floor.desk.reply(ANN, conversation, "Here you are.", key="k")
    await floor.deliver_all()
    await floor.desk.resolve(ANN, conversation, "solved")
    [question] = [m for m in await floor.messages() if m.buttons]
    assert await floor.deliver_all() == [question.text]
    clocks = await floor.clocks()
    await floor.write("4 ★", kind=ContentKind.BUTTON, payload=question.buttons[3].payload)
    [offer] = [m for m in await floor.messages() if len(m.buttons) == 1]
    await floor.write("Why", kind=ContentKind.BUTTON, payload=offer.buttons[0].payload)
    await floor.write("Quick and kind.")
    rated = await floor.now_is(conversation)
    assert (rated.state, rated.csat, rated.csat_score) == (State.RESOLVED, Survey.DONE, 4)
    kept = [(e.kind, dict(e.data)) for e in await floor.events() if e.kind.startswith("csat") and e.data.get("score")]
    assert kept == [
        (EventKind.CSAT, {"score": 4, "comment": ""}),
        (EventKind.CSAT_COMMENT, {"score": 4, "comment": "Quick and kind."}),
    ]
    assert await floor.clocks() == clocks
    given = Period(NOON, floor.clock.now() + minutes(1))
    found = await SqlDashboardReads(database, floor.clock).behind(rated.client, given, Behind.RATED, limit=9)
    assert [row.id for row in found.rows] == [conversation], "the score opens to its conversation"
    await floor.assert_replay_is_the_same()
