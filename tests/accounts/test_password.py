import pytest

from accounts.password import MAX_LENGTH, Argon2Hasher, weakness

FAST = Argon2Hasher(time_cost=1, memory_kib=64, parallelism=1)


def test_a_password_fits_only_its_own_hash():
    hashed = FAST.hash("correct horse battery")
    assert FAST.verify("correct horse battery", hashed)
    assert not FAST.verify("correct horse batterz", hashed)


def test_the_same_password_never_makes_the_same_hash_twice():
    assert FAST.hash("correct horse battery") != FAST.hash("correct horse battery")


def test_an_umlaut_typed_in_two_ways_is_one_password():
    composed, decomposed = "Straßenbahnfähre", "Straßenbahnfa\u0308hre"
    assert FAST.verify(decomposed, FAST.hash(composed))


@pytest.mark.parametrize("broken", ["", "plain", "$argon2id$v=19$nonsense"])
def test_a_hash_that_cannot_be_read_fits_nothing(broken):
    assert not FAST.verify("correct horse battery", broken)
    assert FAST.is_outdated(broken)


def test_hashes_of_weaker_parameters_are_outdated():
    assert Argon2Hasher().is_outdated(FAST.hash("correct horse battery"))
    assert not FAST.is_outdated(FAST.hash("correct horse battery"))


def test_the_default_is_argon2id_with_64_mebibytes():
    assert Argon2Hasher().hash("correct horse battery").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 12"),
        ("x" * (MAX_LENGTH + 1), "at most"),
        ("aaaaaaaaaaaaaaaa", "different"),
        ("mira.konrad@example.org", "own name"),
        ("correct horse battery", None),
        ("Zwölf Boxkämpfer jagen", None),
    ],
)
def test_length_and_variety_make_a_password(password, why):
    found = weakness(password, "mira.konrad@example.org", "Mira Konrad")
    assert (found is None) if why is None else why in found
