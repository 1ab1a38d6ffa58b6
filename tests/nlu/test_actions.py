"""Calls into a client's systems: what is sent, what is made of the answer, and what is refused."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import httpx
import pytest

from nlu.action import ActionRequest
from nlu.action_server import ServerActions
from nlu.actions import HttpActions, PackActions
from nlu.breaker import Breakers
from nlu.http_guard import Forbidden, Guard, Unresolvable, is_public
from nlu.pack import load_pack
from nlu.wire import Wire, open_http
from tests.nlu.shop_pack import texts

PACK = load_pack(texts())
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class System:
    """A client's system: answers from a list, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.now = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    def wire(self, addresses: tuple[str, ...] = ("93.184.215.14",)) -> Wire:
        async def resolver(host: str, port: int) -> list[str]:
            return list(addresses)

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        http = open_http(transport=httpx.MockTransport(self))
        return Wire(http, Guard(frozenset(), resolver), Breakers(lambda: self.now), lambda: 1_700_000_000.0, pause)

    def actions(self) -> HttpActions:
        return HttpActions(PACK.actions, self.wire())


def ask(name: str = "action_look", key: str = "k1", **slots: object) -> ActionRequest:
    return ActionRequest(name, {"order_number": "100234", **slots}, "de", key, NOW, sender="k", text="hi")


def answer(status: int, data: object = None) -> httpx.Response:
    return httpx.Response(status, json=data)


FOUND = {"status": "shipped", "day": "2026-11-25"}


class TestDeclaredActions:
    async def test_an_answer_fills_its_slots(self):
        result = await System(answer(200, FOUND)).actions().run(ask())
        assert result.ok
        assert result.slots == {"status": "shipped", "day": "2026-11-25", "order_found": True}
        assert result.milliseconds > 0

    async def test_an_expected_status_is_an_answer_and_empties_what_it_does_not_set(self):
        result = await System(answer(404, {})).actions().run(ask())
        assert (result.ok, result.status) == (True, 404)
        assert result.slots == {"status": None, "day": None, "order_found": False}

    async def test_slots_are_quoted_in_the_address(self):
        system = System(answer(200, FOUND))
        await system.actions().run(ask(order_number="1/../2?x=ä"))
        assert system.requests[0].url.raw_path == b"/orders/1%2F..%2F2%3Fx%3D%C3%A4"

    @pytest.mark.parametrize("value", [None, "..", "."])
    async def test_a_value_that_would_bend_the_address_is_not_sent(self, value):
        system = System(answer(200, FOUND))
        result = await system.actions().run(ask(order_number=value))
        assert not result.ok
        assert system.requests == []

    async def test_a_body_is_signed_over_time_method_path_and_bytes(self):
        system = System(answer(200, {}))
        await system.actions().run(ask("action_stop"))
        request = system.requests[0]
        assert json.loads(request.content) == {"n": "100234"}
        assert request.headers["idempotency-key"] == "k1"
        signed = b"1700000000.POST./orders/100234/stop." + request.content
        expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert request.headers["x-switchboard-signature"] == f"t=1700000000,v1={expected}"

    async def test_failures_that_may_pass_are_tried_again_with_the_same_key(self):
        system = System(answer(503), httpx.ConnectError("refused"), answer(200, FOUND))
        assert (await system.actions().run(ask())).ok
        assert {r.headers["idempotency-key"] for r in system.requests} == {"k1"}
        assert len(system.pauses) == 2

    @pytest.mark.parametrize(
        ("reply", "words", "tries"),
        [
            (answer(500), "status 500", 3),
            (answer(400), "status 400", 1),
            (answer(302), "status 302", 1),
            (httpx.Response(200, text="<html>"), "is not JSON", 1),
            (httpx.Response(200, content=b""), "is empty", 1),
            (httpx.Response(200, content=b"x" * 1_100_000), "longer than", 1),
            (httpx.ReadTimeout("slow"), "no answer within 3 s", 3),
        ],
    )
    async def test_no_usable_answer_means_the_action_is_down(self, reply, words, tries):
        system = System(reply)
        result = await system.actions().run(ask())
        assert not result.ok
        assert words in result.error
        assert len(system.requests) == tries

    async def test_a_system_that_keeps_failing_is_left_alone_and_tried_again_later(self):
        system = System(answer(500))
        actions = system.actions()
        for _ in range(5):
            await actions.run(ask())
        before = len(system.requests)
        assert "kept failing" in (await actions.run(ask())).error
        assert len(system.requests) == before
        system.now, system.answers = 31.0, [answer(200, FOUND)]
        assert (await actions.run(ask())).ok
        assert (await actions.run(ask())).ok


class TestGuard:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
            *(
                "::1",
                "fe80::1",
                "fd00::1",
                "fec0::1",
                "::ffff:127.0.0.1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
                "224.0.0.1",
            ),
        ],
    )
    def test_private_addresses_in_every_disguise(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
    def test_public_addresses(self, address):
        assert is_public(address)

    async def test_one_private_address_among_public_ones_is_enough_to_refuse(self):
        wire = System(answer(200)).wire(("93.184.215.14", "10.0.0.1"))
        with pytest.raises(Forbidden, match="the operator can allow it"):
            await wire.guard.pin("http://shop.test/x")

    async def test_the_checked_address_is_the_one_that_is_called(self):
        system = System(answer(200, FOUND))
        await system.actions().run(ask())
        assert system.requests[0].url.host == "93.184.215.14"
        assert system.requests[0].headers["host"] == "shop.test"
        assert system.requests[0].extensions["sni_hostname"] == "shop.test"

    @pytest.mark.parametrize("url", ["https://:443/T0KEN", "https://[::1/T0KEN", "https://x.org:99999/T0KEN"])
    async def test_what_is_no_address_is_refused_and_not_repeated(self, url):
        with pytest.raises(Forbidden, match="not a web address") as refused:
            await Guard().pin(url)
        assert "T0KEN" not in str(refused.value)

    async def test_what_the_operator_allows_may_be_private(self):
        target = await Guard({"127.0.0.1:8801"}).pin("http://127.0.0.1:8801/a?b=1")
        assert target.url == "http://127.0.0.1:8801/a?b=1"
        with pytest.raises(Forbidden):
            await Guard({"127.0.0.1:8801"}).pin("http://127.0.0.1:8802/")

    async def test_a_refused_target_is_no_failure_of_the_system(self):
        system = System(answer(200, FOUND))
        actions = HttpActions(PACK.actions, system.wire(("10.0.0.1",)))
        result = await actions.run(ask())
        assert (result.ok, system.requests) == (False, [])
        assert "private network" in result.error

    async def test_a_host_without_address_is_down(self):
        async def nowhere(host: str, port: int) -> list[str]:
            raise Unresolvable(f"{host} cannot be resolved")

        wire = System(answer(200)).wire()
        wire.guard = Guard(frozenset(), nowhere)
        assert "cannot be resolved" in (await HttpActions(PACK.actions, wire).run(ask())).error


class TestActionServer:
    def server(self, system: System) -> ServerActions:
        return ServerActions("http://actions.test:5055/webhook", PACK.domain.plain, system.wire())

    async def test_it_is_asked_in_rasas_words_and_its_events_and_responses_are_used(self):
        system = System(
            answer(
                200,
                {
                    "events": [{"event": "slot", "name": "status", "value": "new"}, {"event": "bot", "text": "x"}],
                    "responses": [
                        {"text": "Hi", "buttons": [{"title": "Yes", "payload": "/affirm"}]},
                        {"response": "utter_status", "order_number": "1"},
                    ],
                },
            )
        )
        result = await self.server(system).run(ask("action_custom"))
        asked = json.loads(system.requests[0].content)
        assert (asked["next_action"], asked["sender_id"]) == ("action_custom", "k")
        assert asked["tracker"]["slots"]["order_number"] == "100234"
        assert asked["tracker"]["latest_message"]["text"] == "hi"
        assert "utter_hours" in asked["domain"]["responses"]
        assert result.slots == {"status": "new"}
        assert result.replies[0].buttons[0].payload == "/affirm"
        assert result.utter == (("utter_status", {"order_number": "1"}),)

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            (answer(404, {"error": "No registered action", "action_name": "action_custom"}), "does not know it"),
            (answer(400, {"error": "rejected"}), "status 400"),
            (httpx.Response(200, text="hello"), "not that of a Rasa action server"),
            (answer(200, [1]), "not that of a Rasa action server"),
        ],
    )
    async def test_a_missing_or_odd_answer_means_down(self, reply, words):
        result = await self.server(System(reply)).run(ask("action_custom"))
        assert not result.ok
        assert words in result.error

    async def test_declared_actions_go_first_and_unknown_ones_nowhere(self):
        system = System(answer(200, FOUND))
        both = PackActions(system.actions(), None)
        assert (await both.run(ask())).ok
        assert "nothing runs action_custom" in (await both.run(ask("action_custom"))).error
