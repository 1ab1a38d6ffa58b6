from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.known_device import LIFETIME, MOST, KnownDevices
from accounts.user import Role, User
from conversation.ids import UserId

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MIRA = User(UserId("u-mira"), "mira@example.org", "Mira", frozenset({Role.AGENT}), frozenset())
BEN = replace(MIRA, id=UserId("u-ben"), email="ben@example.org")
DEVICES = KnownDevices(["new key"])


def test_a_device_is_known_to_the_account_that_signed_in_on_it_for_180_days():
    cookie = DEVICES.remember("", MIRA, NOW)
    assert DEVICES.device_of(cookie, MIRA, NOW)
    assert DEVICES.device_of(cookie, MIRA, NOW + LIFETIME - timedelta(seconds=1))
    assert not DEVICES.device_of(cookie, MIRA, NOW + LIFETIME)
    assert not DEVICES.device_of(cookie, BEN, NOW)
    assert timedelta(days=180) == LIFETIME


def test_what_was_given_before_all_sign_ins_were_ended_is_void():
    cookie = DEVICES.remember("", MIRA, NOW)
    assert not DEVICES.device_of(cookie, replace(MIRA, sign_in_epoch=1), NOW)


def test_a_key_may_be_replaced_without_forgetting_devices_and_taken_away_to_forget_them():
    old = KnownDevices(["old key"])
    cookie = old.remember("", MIRA, NOW)
    rotated = KnownDevices(["new key", "old key"])
    assert rotated.device_of(cookie, MIRA, NOW) == old.device_of(cookie, MIRA, NOW)
    assert not DEVICES.device_of(cookie, MIRA, NOW)
    assert DEVICES.device_of(rotated.remember(cookie, MIRA, NOW), MIRA, NOW)


def test_people_who_share_a_browser_are_all_known_there():
    people = [replace(MIRA, id=UserId(f"u-{n}")) for n in range(MOST + 1)]
    cookie = ""
    for person in people:
        cookie = DEVICES.remember(cookie, person, NOW)
    known = [bool(DEVICES.device_of(cookie, person, NOW)) for person in people]
    assert known == [False] + [True] * MOST
    assert len(cookie) < 500


def test_signing_in_again_gives_a_new_name_and_drops_the_old_one():
    first = DEVICES.remember("", MIRA, NOW)
    second = DEVICES.remember(first, MIRA, NOW)
    assert DEVICES.device_of(first, MIRA, NOW) != DEVICES.device_of(second, MIRA, NOW)
    assert "~" not in second


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "~~~",
        "a.b.c",
        "device.0.",
        "device.6742.signature",
        "device.zz.signature",
        "device.-1.signature",
        "device." + "f" * 50 + ".signature",
        "ä.1.ü",
        "x" * 100_000,
        "a.1.b~" * 100,
    ],
)
def test_what_anybody_can_make_up_is_known_nowhere(forged):
    assert DEVICES.device_of(forged, MIRA, NOW) == ""
    assert DEVICES.device_of(DEVICES.remember(forged, MIRA, NOW), MIRA, NOW)


def test_no_part_of_a_token_can_be_changed():
    token = DEVICES.remember("", MIRA, NOW)
    device, issued, signature = token.split(".")
    later = f"{int(issued, 16) + 60:x}"
    other = "A" if device[0] != "A" else "B"
    for changed in (f"{other}{device[1:]}.{issued}.{signature}", f"{device}.{later}.{signature}"):
        assert DEVICES.device_of(changed, MIRA, NOW) == ""


def test_no_device_is_known_without_a_key():
    with pytest.raises(ValueError, match="SWITCHBOARD_SECRET_KEYS"):
        KnownDevices([])
