"""A bot's life as an operator lives it: trained, refused, forced, rolled back, approved, held to a stricter target."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from accounts.audit import Act
from app.clients import Applied
from app.packs import Unusable, open_pack
from app.settings import Settings
from app.wiring import Platform, platform
from conversation.ids import ClientId
from nlu.versions.version import Activated, NeedsApproval, Refused
from tests.journeys.house import KEY
from tests.settlement.packs import CONTRACT, small_pack

CLIENT = ClientId("alpenrad")
THINGS = [
    "bike",
    "tyre",
    "saddle",
    "chain",
    "helmet",
    "pump",
    "brake",
    "pedal",
    "light",
    "bell",
    "lock",
    "rack",
    "wheel",
    "spoke",
    "grip",
    "stem",
]
ASKS = {
    "price": ("how much is the {}", "what does a {} cost", "price of your {} please"),
    "stock": ("do you have a {} in stock", "is the {} available", "can I get a {} today"),
    "repair": ("my {} is broken", "please repair the {}", "the {} does not work any more"),
}
TESTS = """
test_cases:
- test_case: greets
  steps:
  - user: /price
  - utter: utter_price
"""


def examples(name: str) -> str:
    return "\n".join(f"    - {pattern.format(thing)}" for thing in THINGS for pattern in ASKS[name])


def files(says: str = "It depends.", *, spoil: bool = False, tests: str = "", **sections: Any) -> dict[str, str]:
    """A small pack; spoilt, it has the same texts under other intents, which nobody can tell apart."""
    nlu = "".join(
        f"- intent: {name}\n  examples: |\n{examples(name)}\n"
        + (f"- intent: odd_{name}\n  examples: |\n{examples(name)}\n" if spoil else "")
        for name in ASKS
    )
    names = [*ASKS, *((f"odd_{name}" for name in ASKS) if spoil else ())]
    responses = "".join(f"  utter_{name}:\n  - text: {says}\n" for name in ASKS)
    pack = {
        **small_pack(**sections),
        "domain.yml": f"version: '3.1'\nintents: [{', '.join(names)}]\nresponses:\n{responses}",
        "nlu/en.yml": f"version: '3.1'\nnlu:\n{nlu}",
    }
    return {**pack, "tests/all.yml": tests} if tests else pack


def folder(path: Path, **what: Any) -> Path:
    for name, text in files(**what).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, "utf-8")
    return path


@pytest.fixture
async def built(sqlite_url: str) -> AsyncIterator[Platform]:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it
        database_url=sqlite_url,
        redis_url="memory://",
        secret_keys=[SecretStr(KEY)],
    )
    async with platform(settings) as opened:
        yield opened


async def bring(built: Platform, path: Path, **what: Any) -> Applied:
    how = {name: what.pop(name) for name in ("tests_run", "force") if name in what}
    return await built.clients.bring(
        folder(path, **what), "ops", tests=how.get("tests_run", False), force=how.get("force", "")
    )


async def running(built: Platform) -> int | None:
    active = await built.bot_versions.active(CLIENT)
    return active.version.number if active is not None else None


async def acts(built: Platform) -> list[str]:
    return [entry.act for entry in await built.audit.page([CLIENT], limit=20)]


async def test_a_worse_bot_is_refused_while_its_terms_come_into_force(built: Platform, tmp_path: Path) -> None:
    first = await bring(built, tmp_path, approval="waived")
    assert (first.version, first.refused, await running(built)) == (1, None, 1)
    second = await bring(
        built, tmp_path, spoil=True, approval="waived", prices={**CONTRACT["prices"], "minimum": "99.00"}
    )
    assert second.version == 2
    assert second.refused is not None
    assert "where version 1 is right in" in str(second.refused)
    pack = built.directory.pack(CLIENT)
    assert pack is not None
    assert (pack.version, pack.bot, str(pack.prices.minimum)) == (2, 1, "99.00")  # type: ignore[union-attr]
    assert "odd_price" not in pack.nlu.domain.intents
    assert (await built.bots.bot(CLIENT)).version == "1"
    assert await bring(
        built, tmp_path, spoil=True, approval="waived", prices={**CONTRACT["prices"], "minimum": "99.00"}
    ) == Applied(2)

    refused = await built.bot_versions.activate(CLIENT, 2, by_name="Nils")
    assert isinstance(refused, Refused)
    assert refused.running == 1
    with pytest.raises(Unusable, match="--reason"):
        await built.bot_versions.activate(CLIENT, 2, by_name="Nils", force=True)
    forced = await built.bot_versions.activate(CLIENT, 2, by_name="Nils", force=True, reason="a demonstration")
    assert isinstance(forced, Activated)
    assert (forced.forced, forced.reasons, await running(built)) == (True, refused.reasons, 2)
    back = await built.bot_versions.rollback(CLIENT, by_name="Nils")
    assert (back.number, back.before, await running(built)) == (1, 2, 1)
    pack = built.directory.pack(CLIENT)
    assert pack is not None
    assert (pack.version, str(pack.prices.minimum)) == (2, "99.00"), "prices stay"  # type: ignore[union-attr]
    with pytest.raises(Unusable, match="no version to go back to"):
        await built.bot_versions.rollback(CLIENT, by_name="Nils")
    assert (await acts(built))[:4] == [Act.BOT_ROLLED_BACK, Act.BOT_FORCED, Act.BOT_REFUSED, Act.BOT_REFUSED]


async def test_the_same_bot_is_the_same_version_and_known_data_is_not_learned_again(
    built: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = open_pack(folder(tmp_path))
    one = await built.bot_versions.train(pack, "ops")
    monkeypatch.setattr("app.bot_versions.train_pack", None)  # whoever trains again fails
    again = await built.bot_versions.train(pack, "ops")
    assert (one.is_new, again.is_new, again.version.number) == (True, False, 1)
    other = await built.bot_versions.train(open_pack(folder(tmp_path, says="That depends.")), "ops")
    assert (other.is_new, other.version.number, other.version.model) == (True, 2, one.version.model)
    assert (other.version.data, other.version.evaluation) == (one.version.data, one.version.evaluation)
    with pytest.raises(Unusable, match="client apply"):
        await built.bot_versions.activate(CLIENT, 1, by_name="Nils")
    with pytest.raises(Unusable, match="no bot version 7"):
        await built.bot_versions.compare(CLIENT, 1, 7)


async def test_failing_conversation_tests_keep_a_bot_out(built: Platform, tmp_path: Path) -> None:
    await bring(built, tmp_path, tests=TESTS, tests_run=True, approval="waived")
    assert await running(built) == 1
    wrong = TESTS.replace("utter_price", "utter_stock")
    second = await bring(built, tmp_path, tests=wrong, tests_run=True, approval="waived")
    assert second.refused is not None
    assert "1 of its 1 conversation tests fail: greets (tests/all.yml:" in str(second.refused)
    forced = await bring(built, tmp_path, tests=wrong, tests_run=True, approval="waived", force="the test is wrong")
    assert (forced.refused, await running(built)) == (None, 2)
    assert Act.BOT_FORCED in await acts(built)


async def test_new_texts_wait_for_the_client_and_come_with_its_approval(built: Platform, tmp_path: Path) -> None:
    await bring(built, tmp_path)
    waiting = await bring(built, tmp_path, says="That depends.")
    proposal = await built.clients.proposal(CLIENT)
    assert proposal is not None
    assert (proposal.version, proposal.bot, await running(built)) == (waiting.version, 2, 1)
    assert proposal.difference == tuple(
        (f"texts.utter_{name}", "It depends.", "That depends.") for name in ("price", "repair", "stock")
    )
    assert await built.clients.decide(CLIENT, proposal.version, approve=True, by=None, by_name="admin")
    assert await running(built) == 2
    assert isinstance(await built.bot_versions.rollback(CLIENT, by_name="Nils"), Activated)
    assert isinstance(await built.bot_versions.activate(CLIENT, 2, by_name="Nils"), Activated), "approved once"


def approve_before_adding(built: Platform, proposal: int, versions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client approves a proposal at the last moment before the next version is written."""
    add = versions.add

    async def approved_just_before(*given: Any, **what: Any) -> int:
        monkeypatch.undo()
        assert await built.clients.decide(CLIENT, proposal, approve=True, by=None, by_name="admin")
        return await add(*given, **what)

    monkeypatch.setattr(versions, "add", approved_just_before)


async def test_terms_approved_while_a_pack_is_applied_are_not_taken_back_without_the_clients_word(
    built: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bring(built, tmp_path)
    dearer = await bring(built, tmp_path, prices={**CONTRACT["prices"], "minimum": "99.00"})
    approve_before_adding(built, dearer.version, built.clients._versions, monkeypatch)
    other = [{"id": "general", "name": {"en": "Everything"}}]
    third = await bring(built, tmp_path, queues=other)
    pack, proposal = built.directory.pack(CLIENT), await built.clients.proposal(CLIENT)
    assert pack is not None
    assert proposal is not None
    assert (pack.version, str(pack.prices.minimum)) == (dearer.version, "99.00")  # type: ignore[union-attr]
    assert (proposal.version, proposal.difference) == (third.version, (("prices.minimum", "99.00", "10.00"),))


async def test_terms_approved_while_new_texts_are_proposed_are_not_taken_back_with_them(
    built: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bring(built, tmp_path)
    dearer = await bring(built, tmp_path, prices={**CONTRACT["prices"], "minimum": "99.00"})
    kept = await built.bot_versions.train(open_pack(folder(tmp_path, says="That depends.")), "ops")
    approve_before_adding(built, dearer.version, built.bot_versions._packs, monkeypatch)
    waits = await built.bot_versions.activate(CLIENT, kept.version.number, by_name="Nils")
    assert isinstance(waits, NeedsApproval)
    assert await built.clients.decide(CLIENT, waits.proposal, approve=True, by=None, by_name="admin")
    pack = built.directory.pack(CLIENT)
    assert pack is not None
    assert str(pack.prices.minimum) == "99.00"  # type: ignore[union-attr]


async def test_activating_new_texts_proposes_them_beside_the_terms_in_force(built: Platform, tmp_path: Path) -> None:
    await bring(built, tmp_path)
    kept = await built.bot_versions.train(open_pack(folder(tmp_path, says="That depends.")), "ops")
    waits = await built.bot_versions.activate(CLIENT, kept.version.number, by_name="Nils")
    assert isinstance(waits, NeedsApproval)
    assert (waits.proposal, len(waits.difference), await running(built)) == (2, 3, 1)
    assert not await built.clients.decide(CLIENT, 1, approve=True, by=None, by_name="admin")
    assert await built.clients.decide(CLIENT, 2, approve=True, by=None, by_name="admin")
    pack = built.directory.pack(CLIENT)
    assert pack is not None
    assert (pack.version, pack.bot) == (2, 2)


async def test_a_stricter_target_raises_the_threshold_at_once_and_can_be_lifted(
    built: Platform, tmp_path: Path
) -> None:
    await bring(built, tmp_path)
    usual = (await built.bots.bot(CLIENT)).engine
    await built.bot_versions.tighten(CLIENT, 0.001, reason="the audit found more", by_name="live audit")
    built.bots.forget(CLIENT)
    strict = await built.bots.bot(CLIENT)
    active = await built.bot_versions.active(CLIENT)
    assert active is not None
    assert (strict.version, active.tightened, active.target) == ("1 at 0.1%", True, 0.001)
    assert strict.engine.threshold >= usual.threshold  # type: ignore[attr-defined]
    await built.bot_versions.tighten(CLIENT, None, reason="mended", by_name="Nils")
    built.bots.forget(CLIENT)
    assert (await built.bots.bot(CLIENT)).version == "1"
    with pytest.raises(Unusable, match="between 0 and 1"):
        await built.bot_versions.tighten(CLIENT, 3, reason="typo", by_name="Nils")


async def test_drift_is_silent_without_a_bot_or_traffic(built: Platform, tmp_path: Path) -> None:
    assert (await built.bot_versions.drift(CLIENT)).number is None
    await bring(built, tmp_path)
    found = await built.bot_versions.drift(CLIENT)
    assert (found.number, found.messages, found.warns) == (1, 0, False)
