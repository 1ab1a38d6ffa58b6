from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from conversation.conversation import Priority
from conversation.ids import ClientId, ConversationId, UserId
from handoff.routing import Offer, Ready, Waiting, can_serve, offers, urgency
from tests.builders import NOON

ALPENRAD, KONTOR = ClientId("alpenrad"), ClientId("kontor")


def waiting(name: str, **more) -> Waiting:
    known = {"client": ALPENRAD, "priority": Priority.NORMAL, "waiting_since": NOON, "language": "de"}
    return Waiting(ConversationId(name), **(known | more))


def ready(name: str, **more) -> Ready:
    known = {
        "clients": frozenset({ALPENRAD}),
        "languages": frozenset({"de", "en"}),
        "skills": frozenset(),
        "load": 0,
        "capacity": 2,
        "idle_since": NOON,
    }
    return Ready(UserId(name), **(known | more))


def pairs(*made: Offer) -> list[tuple[str, str]]:
    return [(o.conversation, o.agent) for o in made]


def test_priority_comes_first_then_the_earliest_deadline_then_the_longest_wait():
    rows = [
        waiting("late", due_at=NOON + timedelta(minutes=9)),
        waiting("soon", due_at=NOON + timedelta(minutes=2)),
        waiting("urgent", priority=Priority.URGENT),
        waiting("old", waiting_since=NOON - timedelta(hours=3)),
        waiting("new"),
    ]
    assert [w.conversation for w in sorted(rows, key=urgency)] == ["urgent", "soon", "late", "old", "new"]


def test_a_conversation_returns_to_the_agent_who_had_it():
    made = offers(
        [waiting("c", last_agent=UserId("ben"))], [ready("ann", idle_since=NOON - timedelta(hours=1)), ready("ben")]
    )
    assert pairs(*made) == [("c", "ben")]


def test_a_full_former_agent_does_not_hold_a_conversation_up():
    made = offers([waiting("c", last_agent=UserId("ben"))], [ready("ann"), ready("ben", load=2)])
    assert pairs(*made) == [("c", "ann")]


def test_among_equals_the_longest_idle_is_asked_and_work_is_spread():
    agents = [ready("ann", idle_since=NOON), ready("ben", idle_since=NOON - timedelta(minutes=5))]
    made = offers([waiting("1", due_at=NOON), waiting("2"), waiting("3")], agents)
    assert pairs(*made) == [("1", "ben"), ("2", "ann"), ("3", "ben")]


def test_an_agent_who_declined_is_not_asked_again():
    assert offers([waiting("c", declined=frozenset({UserId("ann")}))], [ready("ann")]) == ()


def test_grant_language_and_skill_are_all_needed():
    agent = ready("ann", skills=frozenset({"bikes"}))
    assert can_serve(agent, waiting("c", skills=frozenset({"bikes"})))
    assert not can_serve(agent, waiting("c", skills=frozenset({"bikes", "invoices"})))
    assert not can_serve(agent, waiting("c", client=KONTOR))
    assert not can_serve(agent, waiting("c", language="fr"))
    assert can_serve(agent, waiting("c", language=""))


def test_nobody_waiting_or_nobody_there_means_no_offers():
    assert offers([], [ready("ann")]) == ()
    assert offers([waiting("c")], []) == ()


skills = st.frozensets(st.sampled_from(["bikes", "money"]), max_size=2)
agents_strategy = st.lists(
    st.builds(
        Ready,
        agent=st.sampled_from([UserId(f"a{n}") for n in range(5)]),
        clients=st.frozensets(st.sampled_from([ALPENRAD, KONTOR])),
        languages=st.frozensets(st.sampled_from(["de", "en"])),
        skills=skills,
        load=st.integers(0, 4),
        capacity=st.integers(0, 4),
        idle_since=st.integers(0, 50).map(lambda s: NOON - timedelta(seconds=s)),
    ),
    max_size=5,
    unique_by=lambda a: a.agent,
)
waiting_strategy = st.lists(
    st.builds(
        Waiting,
        conversation=st.integers(0, 30).map(lambda n: ConversationId(f"c{n}")),
        client=st.sampled_from([ALPENRAD, KONTOR]),
        priority=st.sampled_from(list(Priority)),
        waiting_since=st.integers(0, 50).map(lambda s: NOON - timedelta(seconds=s)),
        language=st.sampled_from(["", "de", "en"]),
        skills=skills,
        due_at=st.none() | st.integers(0, 50).map(lambda s: NOON + timedelta(seconds=s)),
        last_agent=st.none() | st.sampled_from([UserId(f"a{n}") for n in range(5)]),
    ),
    max_size=12,
    unique_by=lambda w: w.conversation,
)


@given(waiting_strategy, agents_strategy)
def test_nobody_gets_more_than_capacity_and_nothing_without_grant_and_skill(rows, agents):
    made = offers(rows, agents)
    by_id, agent_of = {w.conversation: w for w in rows}, {a.agent: a for a in agents}
    assert len({o.conversation for o in made}) == len(made)
    for agent in agents:
        assert sum(o.agent == agent.agent for o in made) <= agent.free
    for offer in made:
        assert can_serve(agent_of[offer.agent], by_id[offer.conversation])


@given(waiting_strategy, agents_strategy)
def test_the_more_urgent_never_starves_for_the_less_urgent(rows, agents):
    made = offers(rows, agents)
    got = {o.conversation: o.agent for o in made}
    by_id = {w.conversation: w for w in rows}
    for left in (w for w in rows if w.conversation not in got):
        for agent in (a for a in agents if can_serve(a, left)):
            taken = [by_id[c] for c, who in got.items() if who == agent.agent]
            assert len(taken) == agent.free, "somebody able had room"
            assert all(urgency(other) <= urgency(left) for other in taken)


@given(waiting_strategy, agents_strategy, st.randoms())
def test_the_order_of_the_snapshot_does_not_matter(rows, agents, random):
    shuffled_rows, shuffled_agents = list(rows), list(agents)
    random.shuffle(shuffled_rows)
    random.shuffle(shuffled_agents)
    assert offers(shuffled_rows, shuffled_agents) == offers(rows, agents)


@given(waiting_strategy, agents_strategy)
def test_one_more_agent_never_leaves_more_waiting(rows, agents):
    extra = Ready(
        UserId("z"), frozenset({ALPENRAD, KONTOR}), frozenset({"de", "en"}), frozenset({"bikes", "money"}), 0, 2, NOON
    )
    assert len(offers(rows, [*agents, extra])) >= len(offers(rows, agents))
    assert replace(extra, load=9).free == 0
