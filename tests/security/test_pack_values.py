"""What a pack holds goes into headers, style sheets, pages, logs and the database: what could do harm there is refused
by file and line, and no file, however written, does more than be refused.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.packs import read_client_pack
from bots.channels import WebChannel
from conversation.errors import PackInvalid
from conversation.message import ChannelKind
from conversation.packfile import Node, Problem
from nlu.domain import Slot, SlotType
from nlu.pack_folder import read_folder
from nlu.payload import parse_payload
from nlu.responses import Setting
from nlu.yaml_loader import load_node
from tests.nlu.shop_pack import texts
from tests.settlement.packs import CONTRACT, small_pack, write_pack
from web.chat.origins import frame_ancestors

DEEP = 3000
NESTED = {
    "lists": "a: " + "[" * DEEP + "]" * DEEP,
    "mappings": "a: " + "{a: " * DEEP + "}" * DEEP,
    "dashes": "- " * DEEP + "a",
    "complex keys": "? " * DEEP + "a",
    "indented": "\n".join(" " * depth + "a:" for depth in range(DEEP)),
    "anchors": "a: " + "".join(f"&a{i} [" for i in range(DEEP)) + "]" * DEEP,
    "never closed": "a: " + "[" * DEEP,
}
BOMBS = {
    "laughs": "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + "\n".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]" for i in range(9)),
    "a long text many times": 'a: &a "' + "x" * 100_000 + '"\nb: [' + ",".join(["*a"] * 1000) + "]",
    "itself": "a: &a [*a]",
    "a number without end": "a: " + "9" * 5000,
    "a hexadecimal number without end": "a: 0x" + "f" * 5000,
    "infinity": "a: .inf",
    "minus infinity": "a: -.inf",
    "no number": "a: .nan",
    "beyond every column": "a: 1e300",
}
FILES = [
    "client.yml",
    "domain.yml",
    "flows.yml",
    "nlu/en.yml",
    "config.yml",
    "actions.yml",
    "endpoints.yml",
    "tests/a.yml",
]


def errors(files: dict[str, str], **environment: str) -> list[Problem]:
    """What is wrong with a pack, by the variables of alpenrad."""
    known = {f"SWITCHBOARD_CLIENT__ALPENRAD__{name}": value for name, value in environment.items()}
    pack, problems = read_client_pack(files, known)
    found = [p for p in problems if not p.warning]
    assert (pack is None) == bool(found)
    return found


def contract(**sections: Any) -> dict[str, str]:
    """A small pack with another client.yml, one key to a line."""
    return small_pack() | {"client.yml": json.dumps(CONTRACT | sections, indent=1, ensure_ascii=False)}


def refused(files: dict[str, str], says: str, file: str = "client.yml", **environment: str) -> Problem:
    """The one error, which says that and points somewhere."""
    found = [p for p in errors(files, **environment) if says in p.message]
    assert len(found) == 1, errors(files, **environment)
    assert found[0].file == file
    assert found[0].line > 0
    return found[0]


@pytest.mark.parametrize(
    ("file", "nested"), [*(("client.yml", text) for text in NESTED), *((file, "lists") for file in FILES)]
)
def test_yaml_nested_without_end_is_refused_by_line(file: str, nested: str) -> None:
    found = errors(small_pack() | {file: NESTED[nested]})
    assert any(p.file == file and p.line > 0 and "nested deeper" in p.message for p in found), found


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_yaml_that_grows_is_refused_by_line(bomb: str) -> None:
    with pytest.raises(PackInvalid) as caught:
        load_node(bomb, "client.yml")
    assert all(p.file == "client.yml" and p.line > 0 and len(p.message) < 500 for p in caught.value.problems)


def test_merging_the_same_keys_again_grows_nothing() -> None:
    merges = "\n".join(f"b{i}: &b{i} {{<<: [*a{f', *b{i - 1}' if i else ''}]}}" for i in range(9))
    assert len(json.dumps(load_node(f"a: &a {{x: 1}}\n{merges}", "client.yml").plain())) < 1000


def test_an_article_with_a_nested_front_is_refused() -> None:
    article = f"---\ntitle: {'[' * DEEP}\nlanguage: en\n---\nText\n"
    assert "nested deeper" in str(errors(small_pack() | {"knowledge/a.md": article}))


@pytest.mark.parametrize("payload", ["/greet" + '{"a":' * DEEP + "1" + "}" * DEEP, '/greet{"a": ' + "9" * 5000 + "}"])
def test_a_payload_that_cannot_be_read_is_no_payload(payload: str) -> None:
    assert parse_payload(payload) is None


def test_files_too_large_too_many_or_from_elsewhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets.md").write_text("SWITCHBOARD_SECRET_KEYS=k", "utf-8")
    folder = write_pack(tmp_path / "pack", small_pack())
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "leak.md").symlink_to(tmp_path / "secrets.md")
    (folder / "nlu" / "big.yml").write_bytes(b"a" * (9 * 1024 * 1024))
    with pytest.raises(PackInvalid) as caught:
        read_folder(folder)
    said = {p.file: p.message for p in caught.value.problems}
    assert "leads out of the pack" in said["knowledge/leak.md"]
    assert "bytes are more than" in said["nlu/big.yml"]
    (folder / "nlu" / "big.yml").unlink()
    (folder / "knowledge" / "leak.md").unlink()
    (folder / "knowledge" / "own.md").symlink_to(folder / "client.yml")
    assert "knowledge/own.md" in read_folder(folder)
    for number in range(1001):
        (folder / "knowledge" / f"{number}.md").touch()
    with pytest.raises(PackInvalid, match="no pack"):
        read_folder(folder)


GOOD_ORIGINS = {
    "*": "*",
    "https://shop.example": "https://shop.example",
    "https://shop.example/": "https://shop.example",
    "HTTPS://Shop.Example": "https://shop.example",
    "https://shop.example:443": "https://shop.example",
    "http://localhost:8080": "http://localhost:8080",
    "http://127.0.0.1:80": "http://127.0.0.1",
    "https://[2001:db8::1]:8443": "https://[2001:db8::1]:8443",
    "https://xn--strae-oqa.de": "https://xn--strae-oqa.de",
}
BAD_ORIGINS = [
    "https://shop.example; script-src *", "https://shop.example;", "https://shop.example\nX-Evil: 1", "https://shop.example\r",
    "https://shop.example evil.example", "https://shop.example,https://b.example", "https://shop.example\t", "https://shop\u2028.example",
    "https://*.shop.example", "https://*", "*.example", "**", "* ", "'self'", "https:", "https://", "//shop.example", "shop.example",
    "ftp://shop.example", "javascript://shop.example", "data:text/html,x", "null", "none", "https://shop.example/path",
    "https://shop.example//", "https://shop.example?x", "https://shop.example#x", "https://u:p@shop.example", "https://shop.example:0",
    "https://shop.example:65536", "https://shop.example:x", "https://shop.example:", "https://straße.de", "https://shop..example",
    "https://-shop.example", "https://shop.example.", "https://[::1", "https://[fe80::1%25eth0]", "https://[x]", 'https://"x"',
    "https://<x>", "https://" + "a" * 64, "https://" + ".".join(["aaaa"] * 60), "https://shop_example", "https://shop\\.example", "",
]  # fmt: skip


@pytest.mark.parametrize(("written", "means"), GOOD_ORIGINS.items())
def test_an_origin_is_kept_as_browsers_send_it(written: str, means: str) -> None:
    web = {"id": "alpenrad-web", "kind": "webchat", "origins": [written]}
    pack, problems = read_client_pack(contract(channels=[web]), {})
    assert pack is not None, problems
    [channel] = pack.channels
    assert isinstance(channel, WebChannel)
    assert channel.origins == (means,)


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_what_is_no_origin_is_refused_by_line(origin: str) -> None:
    web = {"id": "alpenrad-web", "kind": "webchat", "origins": ["https://good.example", origin]}
    found = errors(contract(channels=[web]))
    assert [p.file for p in found] == ["client.yml"] * len(found)
    assert any(p.line > 0 and ("is not an origin" in p.message or "cannot be seen" in p.message) for p in found), found


@given(st.text(min_size=1, max_size=40))
def test_nothing_but_an_origin_reaches_a_header(text: str) -> None:
    web = {"id": "alpenrad-web", "kind": "webchat", "origins": [f"https://{text}"]}
    pack, _ = read_client_pack(contract(channels=[web]), {})
    if pack is not None:
        [channel] = pack.channels
        assert isinstance(channel, WebChannel)
        header = frame_ancestors(channel.origins)
        assert not set(header) - set("abcdefghijklmnopqrstuvwxyz0123456789.:/[]-' ")
        assert header.count(" ") == 1


@pytest.mark.parametrize(
    "accent",
    ["red;}</style>", "red", "#12345", "#1234567", "#12345g", "#123456;", "#123456\n", " #123456", "url(x)", "var(--x)",
     "#１２３４５６", "rgb(1,2,3)", "'\"><svg onload=x>", "#fff"],
)  # fmt: skip
def test_what_is_no_colour_is_refused_by_line(accent: str) -> None:
    found = errors(contract(client=CONTRACT["client"] | {"accent": accent}))
    assert any("is not a colour" in p.message and p.line > 0 for p in found), found


def test_a_colour_is_taken() -> None:
    assert errors(contract(client=CONTRACT["client"] | {"accent": "#0B6e4f"})) == []


TELEGRAM = {"id": "a-tg", "kind": "telegram"}
SLACK = {"id": "a-sl", "kind": "slack"}
LITERAL = "123456:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
ACTION = {"url": "https://shop.example/orders"}


def actions(**more: Any) -> dict[str, str]:
    """A pack with one action."""
    return small_pack() | {"actions.yml": json.dumps({"actions": {"action_a": ACTION | more}}, indent=1)}


def with_engine(**engine: str) -> dict[str, str]:
    return contract(engine={"kind": "rasa", "url": "http://127.0.0.1:5005"} | engine)


IN_CLEAR = {
    "a Telegram token": contract(channels=[TELEGRAM | {"token": LITERAL}]),
    "a default": contract(channels=[TELEGRAM | {"token": f"${{TOKEN:-{LITERAL}}}"}]),
    "half a token": contract(channels=[TELEGRAM | {"token": "123456:${TOKEN}"}]),
    "a webhook secret": contract(channels=[TELEGRAM | {"token": "${TOKEN}", "secret": "s3cret"}]),
    "a bot token": contract(channels=[SLACK | {"bot_token": "xoxb-1"}]),
    "an app token": contract(channels=[SLACK | {"bot_token": "${TOKEN}", "app_token": "xapp-1"}]),
    "a signing secret": contract(channels=[SLACK | {"bot_token": "${TOKEN}", "signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}]),
    "a number": contract(channels=[SLACK | {"bot_token": 12345}]),
    "an engine's token": with_engine(token="abc"),
    "an engine's jwt secret": with_engine(jwt_secret="abc"),
    "an engine's password": with_engine(url="http://u:p4ss@127.0.0.1:5005"),
    "an engine's query": with_engine(url="http://127.0.0.1:5005?token=abc"),
    "an alarm's secret": contract(alerts={"webhook": {"url": "https://x.example/a", "secret": "0123456789abcdef"}}),
    "an alarm's address": contract(alerts={"webhook": {"url": "https://hooks.slack.com/services/T0/B0/abcdefgh", "secret": "${S}"}}),
    "an alarm's query": contract(alerts={"webhook": {"url": "https://x.example/a?api_key=abc", "secret": "${S}"}}),
    "a name": contract(bot={"name": LITERAL}),
}  # fmt: skip
IN_CLEAR_BY_ACTIONS = {
    "a signature": actions(sign="abc"),
    "bearer": actions(headers={"Authorization": "Bearer abcdef"}),
    "basic": actions(headers={"authorization": "Basic dTpw"}),
    "a bearer's default": actions(headers={"Authorization": "Bearer ${TOKEN:-abcdef}"}),
    "a bearer in part": actions(headers={"Authorization": "Bearer abcdef${TOKEN}"}),
    "an API key": actions(headers={"X-Api-Key": "abcdef"}),
    "a shop's token": actions(headers={"X-Shop-Access-Token": "abcdef"}),
    "a cookie": actions(headers={"Cookie": "session=abcdef"}),
    "a body's password": actions(method="POST", body={"login": {"password": "abcdef"}}),
    "a query's token": actions(url="https://shop.example/orders?access_token=abcdef&x=1"),
    "a query's default": actions(url="https://shop.example/orders?token=${TOKEN:-abcdef}"),
    "a query's key": actions(url="https://shop.example/orders?key=AbCdEfGhIjKlMnOp"),
    "a known key": actions(headers={"X-Shop": "sk_live_abcdefghijklmnop"}),
}
NOT_IN_CLEAR = {
    "variables": contract(
        channels=[
            TELEGRAM | {"token": "${TOKEN:-}", "secret": "${SECRET}"},
            SLACK | {"bot_token": "${XOXB}", "signing_secret": "${SECRET}", "app_token": "", "mode": "events"},
        ],
        alerts={"webhook": {"url": "${URL}", "secret": "${LONG}"}},
    ),
    "bearer": actions(headers={"Authorization": "Bearer ${TOKEN}"}),
    "basic": actions(headers={"Authorization": "Basic ${SECRET}:${LONG}"}),
    "cookie": actions(headers={"Cookie": "session=${SECRET}; shop=${LONG}"}),
    "an API key and a query": actions(headers={"X-Api-Key": "${SECRET}"}, url="https://s.example/a?token=${SECRET}&q=a"),
    "slots are no secrets": actions(slots={"token": "data.token"}, success={"password": "x"}, headers={"X-Shop": "alpenrad"}),
    "an engine": with_engine(token="${SECRET}"),
}  # fmt: skip
GIVEN = {"TOKEN": LITERAL, "SECRET": "s3cret", "XOXB": "xoxb-1", "LONG": "0123456789abcdef", "URL": "https://u.example/?key=abcdefghijklmnop", "S": "0123456789abcdef"}  # fmt: skip


@pytest.mark.parametrize("files", (IN_CLEAR | IN_CLEAR_BY_ACTIONS).values(), ids=IN_CLEAR | IN_CLEAR_BY_ACTIONS)
def test_a_secret_in_clear_is_refused_by_line_and_not_repeated(files: dict[str, str]) -> None:
    found = [p for p in errors(files, **GIVEN) if "in clear" in p.message]
    assert found, errors(files, **GIVEN)
    assert all(p.line > 0 and "${NAME:-}" in p.hint for p in found)
    said = " ".join(str(p) for p in errors(files, **GIVEN) if "in clear" in p.message)
    assert not [word for word in (LITERAL, "abcdef", "p4ss", "s3cret", "sk_live", "dTpw") if word in said]


@pytest.mark.parametrize("files", NOT_IN_CLEAR.values(), ids=NOT_IN_CLEAR)
def test_what_comes_from_variables_is_taken(files: dict[str, str]) -> None:
    assert [p for p in errors(files, **GIVEN) if "in clear" in p.message] == []


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x",
     "file:///etc/passwd", "//evil.example", "/relative", "https:evil", "https://a b", "https:\\\\evil", "blob:x"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["button", "image"])
def test_a_link_that_runs_something_is_refused_and_never_said(url: str, where: str) -> None:
    variant = (
        {"text": "x", "image": url} if where == "image" else {"text": "x", "buttons": [{"title": "t", "url": url}]}
    )
    domain = {"version": "3.1", "intents": ["greet", "goodbye"], "responses": {"utter_greet": [variant]}}
    refused(small_pack() | {"domain.yml": json.dumps(domain)}, "nothing a customer may be sent to", "domain.yml")
    slot = {"text": "x", "image": "{link}", "buttons": [{"title": "t", "url": "{link}", "payload": "/greet"}]}
    domain["responses"] = {"utter_greet": [slot]}
    domain["slots"] = {"link": {"type": "text", "mappings": [{"type": "custom"}]}}
    pack, problems = read_client_pack(small_pack() | {"domain.yml": json.dumps(domain)}, {})
    assert pack is not None, problems
    said = pack.nlu.responses.render("utter_greet", Setting("en", ChannelKind.WEBCHAT, {"link": url}))
    assert said is not None
    assert (said.image, said.buttons[0].url) == (None, None)
    said = pack.nlu.responses.render(
        "utter_greet", Setting("en", ChannelKind.WEBCHAT, {"link": "https://ok.example/a"})
    )
    assert said is not None
    assert (said.image, said.buttons[0].url) == ("https://ok.example/a", "https://ok.example/a")


@pytest.mark.parametrize(
    "char", ["\x00", "\x07", "\x1b[31m", "\x7f", "\x9f", "\u202e", "\u2066", "\u2028", "\ud800", "\uffff"]
)
def test_characters_that_nobody_sees_are_refused_wherever_they_stand(char: str) -> None:
    escaped = json.dumps(char)[1:-1] if char not in "\x7f\x9f" else f"\\x{ord(char):02x}"
    named = json.dumps(CONTRACT).replace("Alpenrad", f"Alpen{escaped}rad")
    refused(small_pack() | {"client.yml": named}, "cannot be seen")
    key = json.dumps(CONTRACT).replace('"approval', f'"a{escaped}').replace('"currency"', f'"cur{escaped}rency"')
    assert errors(small_pack() | {"client.yml": key})
    domain = f'version: "3.1"\nintents: [greet, goodbye]\nresponses:\n  utter_greet:\n  - text: "a{escaped}b"\n'
    refused(small_pack() | {"domain.yml": domain}, "cannot be seen", "domain.yml")
    article = f"---\ntitle: A\nlanguage: en\n---\nOne\nTwo {char}\n"
    found = refused(small_pack() | {"knowledge/a.md": article}, "cannot be seen", "knowledge/a.md")
    assert found.line == 6


@pytest.mark.parametrize(
    "section", ["client.name", "bot.name", "queues.name", "macros.title", "macros.key", "calendar.name"]
)
@pytest.mark.parametrize("text", ["Alpen\nrad", "Alpen\rrad", "a" * 5000])
def test_a_name_is_one_line_of_some_length(section: str, text: str) -> None:
    sections: dict[str, Any] = {
        "client": CONTRACT["client"] | ({"name": text} if section == "client.name" else {}),
        "bot": {"name": text if section == "bot.name" else "Alpi"},
        "queues": [{"id": "general", "name": {"en": text if section == "queues.name" else "General"}}],
        "macros": [
            {"key": "k", "title": "T", "text": "Two\nlines"} | ({section[7:]: text} if section[:7] == "macros." else {})
        ],
        "calendar": CONTRACT["calendar"]
        | {"closures": [{"date": "2027-01-04", "name": text if section == "calendar.name" else "closed"}]},
    }
    found = errors(contract(**sections))
    assert found
    assert all("single line" in p.message or "are more than" in p.message for p in found), found


@pytest.mark.parametrize(
    "headers",
    [{"Host": "inside.example"}, {"transfer-encoding": "chunked"}, {"Content-Length": "1"}, {"X-A\r\nB": "1"}, {"X-A": "1\r\nB: 2"},
     {"X A": "1"}, {"X-Ä": "1"}, {"X-A": "ä"}, {"": "1"}, {"X-A": ["1"]}, ["X-A"], "X-A: 1"],
)  # fmt: skip
def test_a_header_that_splits_or_moves_a_request_is_refused(headers: object) -> None:
    assert any(
        p.file == "actions.yml" and p.line > 0 and "header" in p.message for p in errors(actions(headers=headers))
    )


@pytest.mark.parametrize("url", ["https://shop.example/a b", "https://shop.example/\n", "https://shop.example\\@evil.example/", "https://shöp.example/", "http:///a", "https://shop.example:0/", "gopher://x/", "https://[::1/"])  # fmt: skip
@pytest.mark.parametrize("where", ["action", "engine", "endpoint", "alert"])
def test_an_address_that_is_read_in_two_ways_is_refused(url: str, where: str) -> None:
    files = {
        "action": actions(url=url),
        "engine": with_engine(url=url),
        "endpoint": small_pack() | {"endpoints.yml": json.dumps({"action_endpoint": {"url": url}})},
        "alert": contract(alerts={"webhook": {"url": url, "secret": "${LONG}"}}),
    }[where]
    found = [p for p in errors(files, **GIVEN) if "not a web address" in p.message or "single line" in p.message]
    assert found
    assert all(p.line > 0 for p in found)


def test_a_wrong_address_is_shown_without_its_secrets() -> None:
    found = errors(with_engine(url="${URL}"), URL="ftp://user:p4ss@host.example/path?token=abcdef#ghi")
    said = " ".join(map(str, found))
    assert "ftp://host.example/path" in said
    assert not [word for word in ("p4ss", "abcdef", "user", "ghi") if word in said]


def test_days_of_retention_are_warned_about_until_they_mean_something() -> None:
    pack, problems = read_client_pack(contract(client=CONTRACT["client"] | {"retention_days": 30}), {})
    assert pack is not None
    [warning] = [p for p in problems if "retention_days" in p.message]
    assert warning.warning
    assert (warning.file, warning.line > 0) == ("client.yml", True)
    assert "no effect yet" in warning.message
    assert [p for p in read_client_pack(contract(), {})[1] if "retention" in p.message] == []


HOSTILE: list[Any] = [
    None, True, 0, -1, 10**30, 1e300, "", " ", "x" * 5000, "\n", "../..", "<script>", "${X}", "${x}", "${", "9999-12-31", "0001-01-01",
    [], {}, [[]], [{}], {"a": {"b": []}}, [None], [1], {"id": []}, {"": ""}, [[[["x"]]]], "24/7", "99:99-88:88", "*", "(a+)+$", "%s", "{0}", "{a.b}",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a document."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from places(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from places(child, (*path, index))


FULL = CONTRACT | {
    "client": CONTRACT["client"] | {"accent": "#123456", "retention_days": 9, "tone": {"en": "x"}},
    "engine": {"kind": "embedded"},
    "bot": {
        "name": "A",
        "wrong_answers": 0.03,
        "max_turns": 5,
        "reserved_intents": ["greet"],
        "anger": True,
        "csat": True,
    },
    "channels": [
        {"id": "a-web", "kind": "webchat", "origins": ["*"], "greeting": "utter_greet"},
        TELEGRAM | {"mode": "polling"},
    ],
    "queues": [{"id": "general", "name": {"en": "G"}, "intents": ["greet"], "skills": ["a"], "priority": "high"}],
    "macros": [{"key": "k", "title": "T", "language": "en", "text": "x", "holding": True}],
    "calendar": {
        "timezone": "Europe/Berlin",
        "hours": "mon-fri 08:00-18:00",
        "holidays": "DE-BY",
        "closures": [{"date": "2026-12-24", "until": "2026-12-26", "name": "x"}],
        "openings": [{"date": "2026-12-20", "hours": "10:00-16:00", "name": "x"}],
    },
    "forecast": {"handoffs_per_month": 800, "months": {"2026-12": 1100}},
    "alerts": {"webhook": {"url": "${U:-}", "secret": "${S:-}"}, "email": ["a@x.example"]},
    "approval": "required",
}


@pytest.mark.parametrize("place", list(places(FULL)), ids=lambda place: ".".join(map(str, place)))
def test_whatever_stands_in_client_yml_is_read_or_refused_by_line(place: tuple[Any, ...]) -> None:
    for value in HOSTILE:
        document = json.loads(json.dumps(FULL))
        target = document
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = value
        found = errors(small_pack() | {"client.yml": json.dumps(document)})
        assert all(p.file and p.line > 0 and len(p.message) <= 401 for p in found), (value, found)


BOT_FILES = {
    file: json.loads(json.dumps(load_node(text, file).plain()))
    for file, text in texts().items()
    if file.endswith("s.yml")
}
DOMAIN = json.loads(json.dumps(load_node(texts()["domain.yml"], "domain.yml").plain()))
RESPONSE = ("responses", "utter_ask_order_number", 0)


@pytest.mark.parametrize("file", [*BOT_FILES, "domain.yml"])
def test_whatever_stands_in_the_bots_files_is_read_or_refused_by_line(file: str) -> None:
    whole = BOT_FILES.get(file, DOMAIN)
    found = list(places(whole))
    chosen = {*found[:: max(1, len(found) // 25)], *(p for p in found if p[:3] == RESPONSE)}
    for place in sorted(chosen, key=str):
        for value in ({}, [{}], "x" * 5000, None, 10**14, "${", [[]]):
            document = json.loads(json.dumps(whole))
            target = document
            for key in place[:-1]:
                target = target[key]
            target[place[-1]] = value
            wrong = errors(texts() | {file: json.dumps(document)})
            assert all(p.file and p.line > 0 and len(p.message) <= 401 for p in wrong), (place, value, wrong)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "nan", "inf", 10**400, float("inf"), float("nan")])
def test_a_number_that_is_none_fits_no_slot(number: object) -> None:
    slot = Slot("n", SlotType.FLOAT, Node({}))
    assert slot.fit(number) is None
    assert slot.fit("12,5") == 12.5
