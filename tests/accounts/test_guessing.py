import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.guessing import why_guessable
from accounts.password import MAX_LENGTH, weakness

WORDS = ("alpenrad", "Alpenrad Fahrräder GmbH", "kontor-sued", "Kontor Süd")


def why(password: str) -> str | None:
    return weakness(password, "mira.konrad@mueller-shop.example", "Mira Konrad-Müller", WORDS)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "alpenrad1234",
        "Alpenrad2026!",
        "4lpenr4d-2026!",
        "darnepla1234",
        "Alpenrad-Fahrraeder",
        "fahrrader.gmbh",
        "kontor sued 12",
        "Kontor-Süd-2026",
        "123456789012",
        "000000000001",
        "switchboard-demo",
        "Switch-Board-2026-x",
        "mirakonrad1234",
        "Konrad, Mira! 12",
        "MUELLER-konrad-1",
        "müllermüller99",
        "mueller-shop.example",
        "qwertzuiop12",
        "yxcvbnmasdfg",
        "Passwort1234",
        "P4ssw0rt!2026",
        "geheimnis2026",
        "Überraschung!",
        "Ueberraschung1!",
        "sommer2026!!",
        "Donnerstag2026",
        "ichliebedich",
        "Schalke04Schalke04",
        "abcdefghijkl",
        "24.12.1987  ",
        "correctcorrect",
        "Fahrradwerkstatt",
    ],
)
def test_what_somebody_who_knows_the_person_would_try_is_refused_and_named(password):
    found = why(password)
    assert found is not None
    assert password not in found


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Zwölf Boxkämpfer jagen",
        "Gartenzaun Mondlicht Pfeffer",
        "mira isst gern Pfeffer mit Igel",
        "日本語のパスワードです長い",
        "длинный пароль с лисой",
        "aB3$xK9!pQ2z",
        "🚲🐈🎂🎉🌲👩‍🚀🪁🧀🥨🦔🧭🪐",
        "k" * 3 + "vexing quartz sphinx of the north " * 3,
    ],
)
def test_what_nobody_would_try_is_taken(password):
    assert why(password) is None


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("alpenrad1234", "own name"),
        ("mirakonrad1234", "own name"),
        ("Passwort1234", "many people use"),
        ("qwertzuiop12", "many people use"),
        ("Schalke04Schalke04", "repeats itself"),
        ("xdr56tfcxdr56tfc", "repeats itself"),
        ("\x00" * 6 + "abcdefg", "none of them"),
        ("\ud800 correct horse", "none of them"),
    ],
)
def test_the_message_says_what_is_weak(password, told):
    assert told in (why(password) or "")


def test_a_password_longer_than_zxcvbn_reads_is_judged_by_its_beginning():
    assert why("alpenrad1234" * 20) is not None
    assert why("Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, sagt man hier") is None
    assert weakness("a" * 10_000_000) == f"a password may have at most {MAX_LENGTH} characters"


@given(st.text(min_size=1, max_size=300), st.lists(st.text(max_size=200), max_size=5))
def test_every_text_gets_an_answer(password, words):
    assert isinstance(weakness(password, words=words), str | None)


def test_judging_two_at_once_does_not_mix_their_owners_words():
    judged: list[bool] = []

    def judge(own: str, other: str) -> None:
        for _ in range(20):
            judged.append(why_guessable(f"{own}{own}12", [own]) is not None)
            judged.append(why_guessable(f"Tal {other} quer Pfeffer", [own]) is None)

    pairs = [("grauwacke", "feuerstein"), ("feuerstein", "grauwacke")]
    threads = [threading.Thread(target=judge, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(judged)
    assert len(judged) == 80
