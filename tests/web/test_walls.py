"""What nobody gets past: CSRF, rights, tenants, headers, sizes."""

import re
from pathlib import Path

import pytest

import web
from tests.web.world import ALPENRAD, KONTOR
from web.application import create_app

TEMPLATES = sorted(p for p in (Path(web.__file__).parent / "templates").rglob("*.html") if "chat" not in p.parts)


@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_an_unsafe_call_without_the_right_token_changes_nothing(world, browse, token):
    mira = await browse("mira")
    c = await world.waiting()
    answer = await mira.post(f"/desk/c/{c.id}/claim", token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "unsafe")
    assert world.store.conversations[c.id].assignee is None


async def test_another_persons_token_does_not_fit(world, browse):
    mira, ben = await browse("mira"), await browse("ben")
    c = await world.waiting()
    assert (await mira.post(f"/desk/c/{c.id}/claim", token=ben.token)).status_code == 403


async def test_a_call_from_another_site_is_refused_even_with_the_token(world, browse):
    mira = await browse("mira")
    c = await world.waiting()
    headers = {"x-csrf-token": mira.token, "origin": "https://evil.example"}
    assert (await mira.client.post(f"/desk/c/{c.id}/claim", headers=headers)).status_code == 403


async def test_every_unsafe_route_of_ours_refuses_a_call_without_a_token(world, browse):
    mira = await browse("mira")
    schema = create_app(world.services()).openapi()
    unsafe = [path for path, methods in schema["paths"].items() if methods.keys() & {"post", "put", "patch", "delete"}]
    assert len(unsafe) > 15
    for path in unsafe:
        answer = await mira.client.post(re.sub(r"\{\w+\}", "x", path), data={"any": "thing"})
        assert answer.status_code in (403, 422), path
        assert answer.status_code == 403 or "csrf" not in answer.text, path


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("carl", "/desk", 403),
        ("carl", "/wallboard", 403),
        ("carl", "/admin", 403),
        ("carl", "/dashboard/kontor", 404),
        ("carl", "/dashboard/kontor/export/days.csv", 404),
        ("mira", "/dashboard/alpenrad", 403),
        ("mira", "/admin", 403),
        ("sofie", "/admin", 403),
        ("root", "/admin", 200),
        ("sofie", "/wallboard", 200),
        ("carl", "/dashboard/alpenrad", 200),
        ("carl", "/dashboard/nowhere", 404),
    ],
)
async def test_people_see_what_is_theirs(browse, who, path, status):
    answer = await (await browse(who)).get(path)
    assert answer.status_code == status
    assert "<h1" in answer.text or "csv" in answer.headers["content-type"]


async def test_an_agent_never_meets_a_conversation_of_a_client_that_is_not_theirs(world, browse):
    theirs = await world.waiting(client=KONTOR)
    ben = await browse("ben")
    assert theirs.id not in (await ben.get("/desk?list=waiting")).text
    assert (await ben.get(f"/desk/c/{theirs.id}")).status_code == 404
    for act in ("claim", "release", "note", "draft", "resolve", "read"):
        form = {"key": "k", "text": "hello", "seq": 1}
        assert (await ben.post(f"/desk/c/{theirs.id}/{act}", **form)).status_code == 404, act


async def test_a_client_admin_reads_their_conversation_without_the_notes(world, browse):
    c = await world.held()
    await world.services().desk.note(world.staff[0], c.id, "between us", key="n")
    page = await (await browse("carl")).get(f"/dashboard/{ALPENRAD}/c/{c.id}")
    assert page.status_code == 200
    assert "zurückgeben" in page.text
    assert "between us" not in page.text
    assert "<form" not in page.text.split("<main")[1]


async def test_a_client_admin_cannot_read_another_clients_conversation_under_their_own_name(world, browse):
    theirs = await world.waiting(client=KONTOR)
    assert (await (await browse("carl")).get(f"/dashboard/{ALPENRAD}/c/{theirs.id}")).status_code == 404


async def test_the_policy_allows_no_inline_script_or_style(browse):
    answer = await (await browse("mira")).get("/desk")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: p.name)
def test_no_template_has_anything_inline(template):
    text = template.read_text()
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)


async def test_bodies_beyond_the_limit_are_refused_announced_or_not(world, browse):
    mira = await browse("mira")
    c = await world.held()

    async def chunks():
        for _ in range(30):
            yield b"text=" + b"x" * 60_000

    announced = await mira.post(f"/desk/c/{c.id}/note", key="k", text="x" * 2_000_000)
    headers = {"x-csrf-token": mira.token, "accept": "application/json"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    unannounced = await mira.client.post(f"/desk/c/{c.id}/note", content=chunks(), headers=headers | form)
    assert announced.status_code == unannounced.status_code == 413
    assert unannounced.json()["code"] == "large"


async def test_what_breaks_is_logged_without_values_and_shown_without_details(world, browse, monkeypatch):
    mira = await browse("mira")

    async def broken(*_, **__):
        secret = "token-of-somebody"
        raise RuntimeError(f"lost a screw{secret[:0]}")

    monkeypatch.setattr(world.reads, "page", broken)
    page = await mira.get("/desk")
    assert page.status_code == 500
    assert "screw" not in page.text
    assert "Bei uns ist etwas kaputtgegangen" in page.text


async def test_a_page_that_is_not_there_is_a_designed_page(browse):
    stranger = await browse()
    answer = await stranger.get("/nowhere", accept_language="de")
    assert answer.status_code == 404
    assert "Hier ist nichts" in answer.text
