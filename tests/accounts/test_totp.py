import base64
from datetime import UTC, datetime, timedelta

import pytest

from accounts.totp import code, enrolment_uri, matching_step, new_secret

# RFC 6238, appendix B, the SHA-1 rows: the secret is the ASCII text 12345678901234567890.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_ROWS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
NOW = datetime(2026, 11, 23, 9, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "expected"), RFC_ROWS)
def test_the_codes_are_those_of_the_rfc(seconds, expected):
    assert code(RFC_SECRET, seconds // 30, digits=8) == expected


def test_a_phone_may_be_one_step_off_but_not_two():
    secret, step = new_secret(), int(NOW.timestamp()) // 30
    for shift, fits in [(-2, False), (-1, True), (0, True), (1, True), (2, False)]:
        assert (matching_step(secret, code(secret, step + shift), NOW) is not None) == fits


def test_a_code_works_once():
    secret = new_secret()
    current = code(secret, int(NOW.timestamp()) // 30)
    used = matching_step(secret, current, NOW)
    assert used is not None
    assert matching_step(secret, current, NOW, after=used) is None
    later = NOW + timedelta(seconds=30)
    assert matching_step(secret, code(secret, used + 1), later, after=used) == used + 1


@pytest.mark.parametrize("wrong", ["", "12345", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_refused(wrong):
    assert matching_step(RFC_SECRET, wrong, NOW) is None


def test_spaces_as_apps_show_them_do_not_matter():
    secret, step = new_secret(), int(NOW.timestamp()) // 30
    shown = code(secret, step)
    assert matching_step(secret, f"{shown[:3]} {shown[3:]}", NOW) == step


def test_an_enrolment_uri_names_person_and_issuer():
    uri = enrolment_uri("ABC", "mira@example.org")
    assert uri == "otpauth://totp/Switchboard:mira%40example.org?secret=ABC&issuer=Switchboard&digits=6"


def test_a_broken_secret_says_how_to_mend_it():
    with pytest.raises(ValueError, match="enrol"):
        code("not base32!", 1)
