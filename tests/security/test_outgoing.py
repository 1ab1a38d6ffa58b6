"""Calls that packs make us do: no way into the provider's network, no bomb in an answer, nothing of it repeated."""

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from bots.downloads import download, is_at
from bots.errors import FileRefused
from bots.files import MAX_BYTES
from nlu.action import ActionRequest
from nlu.action_server import ServerActions
from nlu.actions import pack_actions
from nlu.endpoints import Endpoint, NotAnEndpoint, read_pair
from nlu.http_body import BadBody, BodyReader
from nlu.http_guard import ENGINE_HOSTS, Forbidden, Guard, Unresolvable
from nlu.pack import load_pack
from nlu.public_addresses import is_public
from nlu.rasa.address import Address
from nlu.rasa.answers import read_answer
from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.server import STRANGE_NAME, RasaServer
from nlu.wire import MAX_ANSWER_BYTES, Call, ExchangeFailed, Wire, open_http
from tests.nlu.rasa.fake_server import near
from tests.nlu.shop_pack import texts
from tests.security.raw_server import RawServer, raw_server, said

SECRET = "S3CR3T-of-another-system"
NOT_PUBLIC = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.88.99.2",
    "192.168.0.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:ffff::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:1::1",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:30::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
    "ff0e::1",
    "ffff::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.15",
    "169.253.0.1",
    "169.255.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.0.1",
    "192.169.0.1",
    "198.17.0.1",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2a00:1450:4001:81b::200e",
    "3ffe::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_every_special_purpose_address_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_their_neighbours_on_the_internet_are_not(address: str) -> None:
    assert is_public(address)


def resolving(*addresses: str) -> Guard:
    async def resolver(host: str, port: int) -> list[str]:
        return list(addresses)

    return Guard(resolver=resolver, resolver_now=lambda host, port: list(addresses))


SPELLINGS = [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.1./",
    "http://[::1]/",
    "http://[::ffff:7f00:1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[v1.fe80::a]/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1:8080/",
    "http://shop.test@127.0.0.1/",
    "http://127.0.0.1@shop.test/",
    "http://user:pass@shop.test/",
    "http://shop.test\\@127.0.0.1/",
    "http://shop.test#@127.0.0.1/x y",
    "http://shop.test/\r\nX: y",
    "http://shop\t.test/",
    "http://%31%32%37.0.0.1/",
    "http://shop..test/",
    "http://.shop.test/",
    "http:///path",
    "http:shop.test",
    "//shop.test/",
    "shop.test",
    "",
    "http://shop.test:0/",
    "http://shop.test:65536/",
    "http://shop.test:-1/",
    "http://shop.test:８０/",
    "http://[::1",
    "ftp://shop.test:80/",
    "file:///etc/passwd",
    "gopher://shop.test:70/",
    "unix:/run/docker.sock",
    f"http://{'a' * 64}.test/",
    f"http://{'a.' * 130}test/",
    "http://xn--0.test/\x00",
    "http://ex\u00admple\u200b.test:1/ ",
]


@pytest.mark.parametrize("url", SPELLINGS)
async def test_no_spelling_of_an_address_leads_inside(url: str) -> None:
    guard = resolving("127.0.0.1")
    with pytest.raises(Forbidden):
        await guard.pin(url)
    with pytest.raises(Forbidden):
        guard.pin_now(url)


@pytest.mark.parametrize(
    "url", [url for url in SPELLINGS if "::" not in url and not url.startswith("http://127.0.0.1")]
)
async def test_a_strange_spelling_is_refused_even_if_the_name_server_knows_it(url: str) -> None:
    with pytest.raises(Forbidden):
        await resolving("93.184.215.14").pin(url)


@pytest.mark.parametrize(
    ("url", "target", "host", "name"),
    [
        ("http://Shop.Test./a?b=1#c", "http://93.184.215.14:80/a?b=1", "shop.test", "shop.test"),
        ("https://shop.test:443/", "https://93.184.215.14:443/", "shop.test", "shop.test"),
        ("https://shop.test:8443", "https://93.184.215.14:8443/", "shop.test:8443", "shop.test"),
        ("https://bücher.test/", "https://93.184.215.14:443/", "xn--bcher-kva.test", "xn--bcher-kva.test"),
        ("https://straße.test/", "https://93.184.215.14:443/", "xn--strae-oqa.test", "xn--strae-oqa.test"),
        ("http://my_service.test/", "http://93.184.215.14:80/", "my_service.test", "my_service.test"),
        ("http://[2606:2800:21F::1]:81/", "http://[2606:2800:21f::1]:81/", "[2606:2800:21f::1]:81", "2606:2800:21f::1"),
    ],
)
async def test_an_ordinary_address_is_bound_to_what_was_checked(url: str, target: str, host: str, name: str) -> None:
    pinned = await resolving("93.184.215.14").pin(url)
    assert (pinned.url, pinned.host, pinned.name) == (target, host, name)


@pytest.mark.parametrize("bad", ["127.0.0.1", "192.0.0.192", "fd00::1", "fe80::1%eth0"])
@pytest.mark.parametrize("place", [0, 1])
async def test_one_bad_address_among_many_is_enough(bad: str, place: int) -> None:
    addresses = ["93.184.215.14"]
    addresses.insert(place, bad)
    with pytest.raises(Forbidden, match=f"{ENGINE_HOSTS}=shop.test:80"):
        Guard(resolver_now=lambda host, port: addresses, setting=ENGINE_HOSTS).pin_now("http://shop.test/")


async def test_a_name_that_turns_between_check_and_call_is_asked_only_once() -> None:
    asked = []

    async def turning(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    pinned = await Guard(resolver=turning).pin("http://shop.test:8080/")
    assert pinned.url == "http://93.184.215.14:8080/"
    assert asked == ["shop.test"]


@pytest.mark.parametrize(
    ("pair", "read"),
    [
        ("Rasa-Shop:5005", Endpoint("rasa-shop", 5005)),
        ("rasa.internal.:5005", Endpoint("rasa.internal", 5005)),
        ("127.0.0.1:5005", Endpoint("127.0.0.1", 5005)),
        ("[FD00::0:7]:5005", Endpoint("fd00::7", 5005)),
    ],
)
def test_what_an_operator_allows_has_one_spelling(pair: str, read: Endpoint) -> None:
    assert read_pair(pair) == read
    assert Guard({pair}).pin_now(f"http://{pair.lower()}/").url if read.is_literal else Guard({pair}).allows(read)


@pytest.mark.parametrize("pair", ["rasa", "rasa:", ":5005", "rasa:0", "rasa:99999", "http://rasa:5005", "fd00::7:5005",
                                  "2130706433:80", "[fe80::1%eth0]:80", "a@b:80", "*:80", "10.0.0.0/8:80"])  # fmt: skip
def test_what_is_no_pair_of_host_and_port_is_refused(pair: str) -> None:
    with pytest.raises(NotAnEndpoint):
        read_pair(pair)


# What answers may be packed


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as made:
        yield made


async def get(server: RawServer, client: str = "", wire: Wire | None = None, **options: object) -> bytes:
    async with open_http() as http:
        asked = wire or Wire(http, Guard({f"127.0.0.1:{server.port}"}))
        call = Call("GET", f"{server.url}/x", retries=0, **options)  # type: ignore[arg-type]
        return (await asked.of(client).exchange(call)).body


def bomb(size: int = 192 * 1024 * 1024) -> bytes:
    packed, zeros = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16), bytes(1024 * 1024)
    return b"".join(packed.compress(zeros) for _ in range(size // len(zeros))) + packed.flush()


def deflated(data: bytes, window: int = zlib.MAX_WBITS) -> bytes:
    packed = zlib.compressobj(9, zlib.DEFLATED, window)
    return packed.compress(data) + packed.flush()


BOMB = bomb()
BARE = deflated(bytes(64 * 1024 * 1024), -zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (BOMB, "gzip"),
        (BOMB, "GZip "),
        (BOMB, "x-gzip"),
        (gzip.compress(b"", mtime=0) * 60_000, "gzip"),
        (gzip.compress(b"x", mtime=0) * 60_000 + BOMB, "gzip"),
        (deflated(bytes(64 * 1024 * 1024)), "deflate"),
        (BARE, "deflate"),
        (gzip.compress(BOMB, mtime=0), "gzip, gzip"),
        (BOMB, "br"),
        (BOMB, "zstd"),
        (BOMB, "gzip, identity"),
        (bytes(2 * MAX_ANSWER_BYTES), "identity"),
    ],
)
async def test_an_answer_is_counted_while_it_is_unpacked(server: RawServer, body: bytes, encoding: str) -> None:
    server.answer = said(body, f"Content-Encoding: {encoding}")
    tracemalloc.start()
    try:
        with pytest.raises(ExchangeFailed, match=r"longer than|not asked for|broken"):
            await get(server)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MAX_ANSWER_BYTES
    assert b"accept-encoding: identity" in server.asked[0].lower()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b'{"a": 1}', mtime=0), "gzip"),
        (gzip.compress(b'{"a"', mtime=0) + gzip.compress(b": 1}", mtime=0), "x-gzip"),
        (deflated(b'{"a": 1}'), "deflate"),
        (deflated(b'{"a": 1}', -zlib.MAX_WBITS), "deflate"),
        (b'{"a": 1}', "identity"),
    ],
)
def test_an_honest_packed_answer_is_read_however_it_is_cut(body: bytes, encoding: str) -> None:
    for size in (1, 2, 3, len(body)):
        reader = BodyReader(8, encoding)
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        assert reader.finish() == b'{"a": 1}'


@pytest.mark.parametrize("body", [gzip.compress(b"x" * 100, mtime=0)[:-9], b"", b"\x1f", b"no gzip at all"])
def test_a_packed_answer_that_is_cut_or_none_is_broken(body: bytes) -> None:
    with pytest.raises(BadBody, match="broken"):
        _read(body)


def _read(body: bytes) -> bytes:
    reader = BodyReader(1000, "gzip")
    reader.feed(body)
    return reader.finish()


# Clients apart


async def test_a_system_that_fails_for_one_client_is_still_called_for_the_others(server: RawServer) -> None:
    server.answer = said(b"", status="500 No")
    async with open_http() as http:
        wire = Wire(http, Guard({f"127.0.0.1:{server.port}"}))
        for _ in range(6):
            with pytest.raises(ExchangeFailed):
                await get(server, "alpenrad", wire)
        assert len(server.asked) == 5
        server.answer = said(b"fine")
        with pytest.raises(ExchangeFailed, match="kept failing"):
            await get(server, "alpenrad", wire)
        assert await get(server, "kontor", wire) == b"fine"


async def test_the_actions_of_a_pack_are_called_as_its_client(server: RawServer) -> None:
    files = dict(texts())
    files["actions.yml"] = files["actions.yml"].replace("http://shop.test", server.url)
    pack = load_pack(files)
    request = ActionRequest(
        "action_look", {"order_number": "1"}, "de", "k", datetime(2026, 11, 23, tzinfo=UTC), sender="k", text="x"
    )
    server.answer = said(b"", status="500 No")
    async with open_http() as http:
        wire = Wire(http, Guard({f"127.0.0.1:{server.port}"}))
        for _ in range(6):
            await pack_actions(pack, wire).run(request)
        known = wire.breakers._known
    assert [key for key, breaker in known.items() if breaker.is_open] == [(pack.profile.id, f"127.0.0.1:{server.port}")]


async def test_a_cookie_of_one_clients_system_goes_nowhere(server: RawServer) -> None:
    server.answer = said(b"", "Set-Cookie: session=1; Path=/")
    async with open_http() as http:
        wire = Wire(http, Guard({f"127.0.0.1:{server.port}"}))
        await get(server, "alpenrad", wire)
        await get(server, "kontor", wire)
    assert not any(b"cookie" in asked.lower() for asked in server.asked)


# Nothing of what answers is repeated

FOREIGN = [
    said(SECRET.encode(), status="500 Oops"),
    said(SECRET.encode()),
    said(b'{"message": "%s"}' % SECRET.encode(), status="400 Bad"),
    said(b'{"message": "%s", "version": "%s", "model_file": "%s"}' % ((SECRET.encode() + b" ",) * 3)),
    said(b"", f"Location: http://127.0.0.1:1/{SECRET}", status="302 Found"),
    said(SECRET.encode(), "Content-Encoding: gzip"),
    said(b"[" * 100_000),
    said(b'{"a":' * 100_000),
    f"SSH-2.0-OpenSSH_{SECRET}\r\n".encode(),
    f"-ERR {SECRET}\r\n".encode(),
    f"HTTP/1.1 200 OK\r\n{SECRET} no colon\r\n\r\n".encode(),
    f"HTTP/1.1 {SECRET}\r\n\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nContent-Length: {SECRET}\r\n\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SECRET}\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{SECRET}".encode(),
    said(b'{"intent": {"name": "x", "confidence": "%s"}}' % SECRET.encode()),
    said(b"\xff\xfe" + SECRET.encode()),
    b"",
]


@pytest.mark.parametrize("answer", FOREIGN)
def test_nothing_that_answers_in_rasas_place_is_repeated(server: RawServer, answer: bytes, caplog) -> None:
    server.answer = answer
    rasa = near(Address(server.url, "t0ken"), deadline=1.0)
    told = []
    try:
        for ask in (
            lambda: rasa.parse("hello", rasa._clock() + 1),
            rasa.status,
            rasa.look,
            rasa.version,
            lambda: rasa.swap("models/x.tar.gz"),
            lambda: rasa.train("language: de"),
        ):
            try:
                told.append(repr(ask()))
            except (RasaDown, RasaRefused) as error:
                told.append(str(error))
    finally:
        rasa.close()
    assert len(told) == 6
    parsed, *rest = told  # what a parse answers is the engine's to read; see the test below
    assert not any(SECRET in words or "t0ken" in words for words in rest), told
    assert SECRET not in parsed or parsed.startswith("{")
    assert SECRET not in caplog.text


def test_an_answer_to_a_parse_that_is_none_is_not_repeated() -> None:
    for answer in (
        {"intent": {"name": "x", "confidence": SECRET}},
        {SECRET: 1},
        {"intent": SECRET},
        {
            "intent": {"name": "x", "confidence": 1},
            "entities": [{"entity": "a", "value": 1, "start": SECRET, "end": 1}],
        },
    ):
        with pytest.raises(RasaDown) as caught:
            read_answer(answer)  # type: ignore[arg-type]
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "..", ".hidden", "a b", "a\tb", "x" * 200, "m\u00f6del.tar.gz"]
)
def test_a_models_name_is_a_file_name_or_nothing(server: RawServer, name: str) -> None:
    server.answer = said(b"bytes", f"filename: {name}")
    rasa = near(Address(server.url))
    try:
        with pytest.raises((RasaRefused, RasaDown)):
            rasa.train("language: de")
        server.answer = said(b'{"model_file": "%s"}' % name.replace("\t", "\\t").encode())
        assert rasa.status().model == STRANGE_NAME
    finally:
        rasa.close()


@pytest.mark.parametrize("answer", FOREIGN)
async def test_nothing_that_answers_an_action_is_repeated(server: RawServer, answer: bytes) -> None:
    server.answer = answer
    async with open_http() as http:
        wire = Wire(http, Guard({f"127.0.0.1:{server.port}"}))
        request = ActionRequest("action_x", {}, "de", "k", datetime(2026, 11, 23, tzinfo=UTC), sender="k", text="x")
        result = await ServerActions(f"{server.url}/webhook", {}, wire).run(request)
    assert not (result.ok and result.slots)
    assert SECRET not in result.error


@pytest.mark.parametrize("header", [f"{SECRET}\r\nX: y", f"{SECRET}\x00", f"ü{SECRET}", f"{SECRET}\u2028"])
async def test_a_header_that_cannot_be_sent_is_not_repeated(server: RawServer, header: str) -> None:
    with pytest.raises(ExchangeFailed) as caught:
        await get(server, headers={"Authorization": header, "X-Odd": "\u0100"})
    assert SECRET not in str(caught.value)


async def test_a_name_without_an_address_is_told_without_the_resolvers_words() -> None:
    with pytest.raises(Unresolvable, match=r"cannot be resolved\Z"):
        await Guard().pin("http://there-is-no-such-name.invalid/")


# The Rasa server's guard


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://LOCALHOST.:{port}",
        "http://[::ffff:127.0.0.1]:{port}",
        "http://2130706433:{port}",
        "http://0177.0.0.1:{port}",
        "http://user:S3CR3T@127.0.0.1:{port}",
    ],
)
def test_a_packs_rasa_server_lies_outside_or_where_the_operator_allows(server: RawServer, url: str) -> None:
    server.answer = said(b'{"version": "3.6.21"}')
    rasa = RasaServer(Address(url.format(port=server.port)))
    try:
        for ask in (rasa.version, rasa.status, lambda: rasa.swap("x"), lambda: rasa.train("x")):
            with pytest.raises(RasaDown, match=r"is not called|cannot be sent"):
                ask()
    finally:
        rasa.close()
    assert server.asked == []


def test_a_redirect_of_a_rasa_server_is_not_followed(server: RawServer) -> None:
    with raw_server(said(b'{"version": "3.6.21"}')) as inside:
        server.answer = said(b"", f"Location: {inside.url}/version", status="307 Temporary Redirect")
        rasa = near(Address(server.url))
        try:
            with pytest.raises(RasaDown, match="status 307"):
                rasa.version()
        finally:
            rasa.close()
        assert inside.asked == []


def test_a_packed_answer_of_a_rasa_server_is_counted_too(server: RawServer) -> None:
    server.answer = said(BOMB, "Content-Encoding: gzip")
    rasa = near(Address(server.url))
    try:
        with pytest.raises(RasaDown, match="longer than"):
            rasa.version()
    finally:
        rasa.close()


def test_a_rasa_server_that_drips_its_head_is_given_up_in_time() -> None:
    """Each byte comes well within the time limit of one read."""
    with dripping(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 1000, every=0.1) as url:
        rasa = near(Address(url), deadline=0.5)
        began = time.monotonic()
        try:
            with pytest.raises(RasaDown, match=r"did not answer within 0\.5 s"):
                rasa.parse("hello", rasa._clock() + 10)
        finally:
            rasa.close()
        assert time.monotonic() - began < 2


@contextmanager
def dripping(answer: bytes, every: float) -> Iterator[str]:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                for place in range(len(answer)):
                    connection.sendall(answer[place : place + 1])
                    if over.wait(every):
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


async def test_systems_behind_one_address_share_no_connection() -> None:
    """A connection of one, with the certificate that was checked for it, carries nothing of another's."""
    hosts: list[set[bytes]] = []
    serving = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        hosts.append(mine := set())
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                mine.update(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:"))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_http() as http:
            wire = Wire(http, Guard({f"a.test:{port}", f"b.test:{port}"}, here))
            for _ in range(3):
                for name in ("a.test", "b.test"):
                    await wire.exchange(Call("GET", f"http://{name}:{port}/"))
        await asyncio.gather(*serving)
    assert sorted(map(len, hosts)) == [1, 1]


# Files from platforms


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (said(BOMB, "Content-Encoding: gzip"), "gone"),
        (said(b"", "Location: http://127.0.0.1:1/", status="302 Found"), "gone"),
        (said(b"<html>", "Content-Type: text/html"), "gone"),
        (said(bytes(MAX_BYTES + 1)), "too_large"),
    ],
)
async def test_a_platforms_file_is_taken_as_it_is_or_not_at_all(server: RawServer, answer: bytes, code: str) -> None:
    server.answer = answer
    with pytest.raises(FileRefused) as refused:
        await download(f"{server.url}/f", "bill.pdf", "Slack")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("https://files.slack.com/a", True),
        ("https://slack.com/a", True),
        ("https://slack-files.com:443/a", True),
        ("http://files.slack.com/a", False),
        ("https://files.slack.com:8443/a", False),
        ("https://files.slack.com@127.0.0.1/a", False),
        ("https://u@files.slack.com/a", False),
        ("https://evilslack.com/a", False),
        ("https://slack.com.evil.test/a", False),
        ("http://127.0.0.1:9000/a", True),
        ("http://127.0.0.1:22/a", False),
        ("https://127.0.0.1:9000/a", False),
        ("https://[::1/a", False),
        ("", False),
    ],
)
def test_a_file_is_fetched_from_its_platform_alone(url: str, fetched: bool) -> None:
    assert is_at(url, "http://127.0.0.1:9000/api/", "slack.com", "slack-files.com") is fetched
