"""What a first message tells beside its matter: the whole complaint, and no offer of what it only mentions."""

import pytest

from tests.nlu.dialogue.desk_pack import DOMAIN, customer
from tests.nlu.dialogue.hire_pack import slots_of


def broken():
    """The desk, whose job asks what is broken."""
    return customer(domain=DOMAIN.replace("What is it about?", "What is broken?"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a job. it came today and the hook is broken", "it came today and the hook is broken"),
        ("ein job. kam an und der haken ist abgebrochen", "kam an und der haken ist abgebrochen"),
        ("job please. the lamp leaks, worse when it rains", "the lamp leaks, worse when it rains"),
    ],
)
async def test_both_halves_of_a_complaint_are_kept(text, told):
    c = broken()
    await c.says(text)
    assert slots_of(c)["details"] == told


@pytest.mark.parametrize(
    "text",
    [
        "stop order please, order is 100234",
        "please stop it. my order is 100234",
        "stornieren bitte. die bestellung ist 100234",
    ],
)
async def test_the_number_of_what_begins_is_no_other_matter(text):
    c = customer()
    assert (await c.says(text))[-1] == "utter_confirm"
    assert c.conversation.tracker["matters"] == []
