"""The live audit in both databases: drawn once, handed to one judge at a time, kept."""

import asyncio
from datetime import timedelta

from conversation.clock import ManualClock
from conversation.conversation import HandoffReason
from conversation.ids import UserId
from conversation.message import Reply
from conversation.resolution import Answered, NeedsHuman
from nlu.audit.findings import Verdict
from nlu.audit.interval import Interval
from nlu.audit.records import CLAIMED_FOR, OPEN_FOR, UNDO_WITHIN, Alarm
from nlu.audit.week import Week
from storage.audit import SqlAudit
from storage.audit_alarms import SqlAuditAlarms
from storage.database import Database
from storage.live_audit import SqlLiveAudit
from tests.builders import NOON, inbound
from tests.storage.harness import CLIENT, Process

ANN, BEN = UserId("ann"), UserId("ben")
WEEK = Week.of(NOON.date())
SPAN = WEEK.span("UTC")
LATER = SPAN[1] + timedelta(hours=1)


async def said(database: Database, *texts: str) -> Process:
    """One thread each; the bot knows `human` (hands off), `silent` (says nothing) and echoes the rest."""
    process = Process(database, ManualClock(NOON))
    process.bots.answers["silent"] = lambda turn: Answered((), {})
    process.bots.answers["talkative"] = lambda turn: Answered((Reply("One."), Reply("Two.")), {})
    process.bots.answers["gone"] = lambda turn: NeedsHuman(HandoffReason.FLOW, {}, (Reply("One moment."),))
    for number, text in enumerate(texts):
        process.clock.advance(timedelta(seconds=1))
        await process.receive(inbound(text, thread=f"t{number}", at=process.clock.now()))
        await process.handle_all()
        await process.deliver_all()
    return process


async def drawn(database: Database, *texts: str, size: int = 100) -> SqlLiveAudit:
    await said(database, *texts)
    audit = SqlLiveAudit(database)
    assert await audit.draw(CLIENT, WEEK, SPAN, size, LATER) is not None
    return audit


async def judge(audit: SqlLiveAudit, verdict: Verdict, by: UserId = ANN, now=LATER) -> None:
    item = await audit.take(CLIENT, by, now)
    assert item is not None
    assert await audit.judge(CLIENT, item.week, item.message, verdict, by=by, by_name=by.title(), now=now)


async def test_only_what_the_bot_answered_by_itself_can_be_drawn(database: Database):
    process = await said(database, "hello", "a human please", "silent", "gone", "talkative")
    process.clock.set(LATER)
    await process.receive(inbound("next week", thread="t9", at=LATER))
    await process.handle_all()
    audit = SqlLiveAudit(database)
    made = await audit.draw(CLIENT, WEEK, SPAN, 100, LATER)
    assert (made.population, made.size, made.seed) == (2, 2, f"alpenrad:{WEEK}")
    shown = [await audit.exchange(await audit.take(CLIENT, who, LATER)) for who in (ANN, BEN)]
    assert sorted((one.message.text, [r.text for r in one.replies]) for one in shown) == [
        ("hello", ["You said: hello"]),
        ("talkative", ["One.", "Two."]),
    ]


async def test_a_week_is_drawn_once_however_many_workers_try(database: Database):
    await said(database, "one", "two", "three", "four")
    tries = [SqlLiveAudit(database).draw(CLIENT, WEEK, SPAN, 3, LATER) for _ in range(4)]
    assert sum(made is not None for made in await asyncio.gather(*tries)) == 1
    [kept] = await SqlLiveAudit(database).drawn(CLIENT)
    assert (kept.population, kept.size, kept.versions) == (4, 3, {"": 4})


async def test_two_judges_never_see_the_same_answer(database: Database):
    audit = await drawn(database, *(f"text {n}" for n in range(6)))
    taken = await asyncio.gather(*(audit.take(CLIENT, UserId(f"judge-{n}"), LATER) for n in range(7)))
    messages = [item.message for item in taken if item is not None]
    assert len(messages) == len(set(messages)) == 6
    assert (await audit.take(CLIENT, UserId("judge-0"), LATER)).message == taken[0].message if taken[0] else True


async def test_an_answer_left_lying_goes_to_the_next_and_the_first_comes_too_late(database: Database):
    audit = await drawn(database, "only one")
    first = await audit.take(CLIENT, ANN, LATER)
    assert await audit.take(CLIENT, BEN, LATER + CLAIMED_FOR) is None
    after = LATER + CLAIMED_FOR + timedelta(seconds=1)
    assert (await audit.take(CLIENT, BEN, after)).message == first.message
    late = {"by": ANN, "by_name": "Ann", "now": after}
    assert not await audit.judge(CLIENT, first.week, first.message, Verdict.RIGHT, **late)
    await judge(audit, Verdict.WRONG, BEN, after)
    [count] = await audit.counts(CLIENT, WEEK)
    assert (count.judged, count.wrong, count.last_at) == (1, 1, after)


async def test_the_last_verdict_can_be_taken_back_for_a_while(database: Database):
    audit = await drawn(database, "one", "two")
    await judge(audit, Verdict.RIGHT)
    await judge(audit, Verdict.HANDOFF, now=LATER + timedelta(seconds=5))
    soon = LATER + timedelta(seconds=20)
    assert (await audit.progress(CLIENT, ANN, soon)).undoable
    assert not await audit.undo(CLIENT, BEN, soon)
    assert await audit.undo(CLIENT, ANN, soon)
    [count] = await audit.counts(CLIENT, WEEK)
    assert (count.judged, count.handoff) == (1, 0)
    await judge(audit, Verdict.WRONG, now=soon)
    assert not await audit.undo(CLIENT, ANN, soon + UNDO_WITHIN)


async def test_what_one_passes_over_is_the_others_and_can_be_taken_up_again(database: Database):
    audit = await drawn(database, "only one")
    item = await audit.take(CLIENT, ANN, LATER)
    assert await audit.pass_over(CLIENT, item.week, item.message, by=ANN)
    assert await audit.take(CLIENT, ANN, LATER) is None
    progress = await audit.progress(CLIENT, ANN, LATER)
    assert (progress.waiting, progress.passed, progress.judged, progress.size) == (0, 1, 0, 1)
    assert (await audit.progress(CLIENT, BEN, LATER)).waiting == 1
    await audit.take_up_passed(CLIENT, ANN, LATER)
    assert (await audit.take(CLIENT, ANN, LATER)).message == item.message


async def test_a_sample_is_judged_for_a_week(database: Database):
    audit = await drawn(database, "only one")
    assert await audit.take(CLIENT, ANN, LATER + OPEN_FOR) is None
    assert (await audit.progress(CLIENT, ANN, LATER + OPEN_FOR)).size == 0


async def test_each_verdict_stands_for_its_share_of_the_week(database: Database):
    audit = await drawn(database, *(f"text {n}" for n in range(9)), size=3)
    for verdict in (Verdict.RIGHT, Verdict.WRONG):
        await judge(audit, verdict)
    given = await audit.given(CLIENT, *SPAN)
    assert sorted((g.verdict, g.weight) for g in given) == [(Verdict.RIGHT, 4.5), (Verdict.WRONG, 4.5)]
    assert await audit.given(CLIENT, SPAN[1], SPAN[1] + OPEN_FOR) == []


async def test_an_alarm_is_raised_once_with_its_line_in_the_audit_log(database: Database):
    await drawn(database, "one")
    alarms = SqlAuditAlarms(database)
    alarm = Alarm(CLIENT, WEEK, "alpenrad@1", 0.03, Interval(0.08, 0.036, 0.15), LATER, 0.03, 0.01125)
    assert await alarms.raise_once(alarm)
    assert not await alarms.raise_once(alarm)
    assert await alarms.unsettled() == [alarm]
    await alarms.settle(alarm, "raised", LATER)
    assert await alarms.unsettled() == []
    [kept] = await alarms.of(CLIENT)
    assert (kept.outcome, kept.settled_at, kept.tightened) == ("raised", LATER, 0.01125)
    [line] = await SqlAudit(database).page([CLIENT], limit=5, act="promise.broken")
    assert (line.subject, line.detail["week"]) == ("bot:alpenrad@1", str(WEEK))
