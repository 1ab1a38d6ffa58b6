"""The money pages: the same figures to the cent on page, CSV and PDF; who may do what; every row opens."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from sla.policy import ClockKind
from sla.settling import Proposal, Stage
from sla.whatif import Replaying
from tests.web.settling import DIFFERENCE, NOON, SPANS, MemorySettling, made_prices
from tests.web.world import CLIENTS
from web.formats import Formats
from web.i18n import Words, catalogue
from web.pdf import Column, Paper
from web.settlement.amounts import Amounts
from web.settlement.terms import changes, currencies_of
from web.settlement.wish import read_wish

BASE = "/dashboard/alpenrad"
GOLDEN = {
    # 120 x 0.485; 60 x 3.40; 1,666 7/60 minutes: 500 x 0.62 and 1,166.78333 x 0.50, rounded once per row
    "58.20": "120 × 0.485",
    "204.00": "60 × 3.40",
    "310.00": "500 × 0.62",
    "583.39": "1,166.78 × 0.50",
    "1155.59": "usage",
    "-46.22": "51 of 59 are 86.44 percent, below 90: four per cent of the usage, 46.2236",
    "-3.40": "the correction",
    "1105.97": "total",
}


@pytest.fixture
def money() -> MemorySettling:
    return MemorySettling()


@pytest.fixture
def world(world, money):
    """A world whose client has prices."""
    plain = world.services
    world.services = lambda **more: plain(settling=money, what_ifs=money, **more)
    return world


def plain_text(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def pdf_text(content: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def german(amount: str) -> str:
    whole, cents = amount.lstrip("-").split(".")
    return f"{'−' if amount.startswith('-') else ''}{int(whole):,}".replace(",", ".") + f",{cents} €"


def english(amount: str) -> str:
    return f"{'−' if amount.startswith('-') else ''}€{Decimal(amount.lstrip('-')):,}"


@pytest.mark.parametrize(("language", "told"), [("en", english), ("de", german)])
async def test_page_and_pdf_say_the_same_to_the_cent(browse, language, told):
    carl = await browse("carl")
    await carl.get(f"{BASE}/statement")
    await carl.post("/language", json=False, language=language, next="/")
    page = plain_text((await carl.get(f"{BASE}/statement/2026-10")).text)
    paper = pdf_text((await carl.get(f"{BASE}/statement/2026-10.pdf")).content)
    for amount, what in GOLDEN.items():
        assert told(amount) in page.replace("\xa0", " "), what
        assert told(amount) in paper.replace("\xa0", " "), what


async def test_csv_and_json_say_the_same_to_the_cent(browse):
    carl = await browse("carl")
    rows = list(csv.DictReader(io.StringIO((await carl.get(f"{BASE}/statement/2026-10.csv")).text)))
    data = json.loads((await carl.get(f"{BASE}/statement/2026-10.json")).text)
    amounts = [row["amount"] for row in rows]
    assert amounts == ["58.20", "204.00", "310.00", "583.39", "-46.22", "-3.40", "1105.97"]
    assert sum(map(Decimal, amounts[:-1])) == Decimal(amounts[-1]) == Decimal(data["total"])
    assert (data["stage"], data["zone"], data["usage"]) == ("over", "Europe/Berlin", "1155.59")


async def test_the_promises_of_a_month_can_be_taken_along(browse):
    carl = await browse("carl")
    [row] = (await carl.get(f"{BASE}/statement/2026-10/promises.json")).json()
    assert (row["clock"], row["met"], row["missed"], row["excluded"]) == ("first_response", 51, 8, 1)
    assert (row["share"], row["mark"], row["credit_percent"]) == ("86.440678", "90", "4")
    text = (await carl.get(f"{BASE}/statement/2026-10/promises.csv")).text
    assert text.splitlines()[1] == '"first_response",90.0,51,8,1,86.440678,90,4'
    assert f"{BASE}/statement/2026-10/promises.csv" in (await carl.get(f"{BASE}/statement/2026-10")).text


async def test_every_line_opens_to_as_many_conversations_as_it_counts(browse, money):
    carl = await browse("carl")
    account = await money.account("alpenrad", "2026-10")
    for number, line in enumerate(account.statement.lines, 1):
        answer = await carl.get(f"{BASE}/statement/2026-10/lines/{number}/conversations.csv")
        rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert len(rows) == len(line.conversations)
        assert abs(sum(Decimal(row["quantity"]) for row in rows) - line.quantity) < Decimal("0.01")
        seen = []
        for page in range(1, 10):
            found = (await carl.get(f"{BASE}/statement/2026-10/lines/{number}?page={page}")).text
            seen += re.findall(rf'href="{BASE}/c/(\w+)"', found)
            if 'rel="next"' not in found:
                break
        assert seen == list(line.conversations)
    assert (await carl.get(f"{BASE}/statement/2026-10/lines/9")).status_code == 404


async def test_a_line_of_a_long_open_month_opens_day_by_day(browse, money):
    money.facts["automated"] = 3_100
    carl = await browse("carl")
    lines = (await money.account("alpenrad", "2026-10")).statement.lines
    for number, line in enumerate(lines, 1):
        at = f"{BASE}/statement/2026-10/lines/{number}"
        page = (await carl.get(at)).text
        assert f'href="{at}/days/2026-10-04"' in page
        assert ("all price steps" in page) is (line.item == "agent_minute")
        of_item = sum(other.quantity for other in lines if other.item is line.item)
        rows = (await carl.get(f"{at}/days.json")).json()
        assert (rows[-1]["day"], abs(sum(Decimal(row["quantity"]) for row in rows) - of_item) < Decimal("0.01")) == (
            "2026-10-04",
            True,
        )
        everyone = (await carl.get(f"{at}/days/2026-10-04/conversations.json")).json()
        assert len(everyone) == {"automated_resolution": 3_100}.get(line.item, 60)
        last = (await carl.get(f"{at}/days/2026-10-04?page=999")).text
        assert re.findall(rf'href="{BASE}/c/(\w+)"', last)[-1] == everyone[-1]["conversation"]
    assert (
        "3,051 to 3,100 of 3,100" in (await carl.get(f"{BASE}/statement/2026-10/lines/1/days/2026-10-04?page=63")).text
    )
    assert "No conversation counted" in (await carl.get(f"{BASE}/statement/2026-10/lines/1/days/2026-10-05")).text
    assert "days/" not in (await carl.get(f"{BASE}/statement/2026-09/lines/1")).text


async def test_days_are_of_an_open_month_that_has_them(browse):
    carl = await browse("carl")
    for address in ("2026-10/lines/1/days/2026-12-01", "2026-09/lines/1/days/2026-09-04", "2026-09/lines/1/days.csv"):
        assert (await carl.get(f"{BASE}/statement/{address}")).status_code == 404


async def test_the_same_statement_makes_the_same_pdf(browse):
    carl = await browse("carl")
    one, two = [await carl.get(f"{BASE}/statement/2026-09.pdf") for _ in range(2)]
    assert one.content == two.content
    assert one.headers["content-disposition"] == 'attachment; filename="alpenrad-statement-2026-09.pdf"'
    assert "Closed on 2 Nov 2026" in pdf_text(one.content)
    assert "Page 1 of" in pdf_text(one.content)


async def test_a_correction_in_another_currency_stands_below_the_total_everywhere(browse, money):
    money.prices = made_prices(currency="GBP")
    carl, address = await browse("carl"), f"{BASE}/statement/2026-10"
    page = plain_text((await carl.get(address)).text)
    pdf = pdf_text((await carl.get(f"{address}.pdf")).content)
    for text in (page, pdf):
        assert "The month by itself" not in text
        assert 0 < text.index("Total £1,109.37") < text.index("Correction of September 2026")
        assert "In EUR, the currency of that month, and not part of the total." in text
        assert "−€3.40" in text
    rows = (await carl.get(f"{address}.csv")).text.splitlines()
    assert rows[-2:] == ['"total",,,,1109.37,"GBP"', '"correction_apart","2026-09",,,-3.40,"EUR"']
    found = (await carl.get(f"{address}.json")).json()
    assert (found["total"], found["currency"]) == ("1109.37", "GBP")
    assert found["corrections"] == [{"month": "2026-09", "amount": "-3.40", "currency": "EUR"}]


async def test_a_total_below_zero_is_told_as_a_credit_note(browse, money):
    money.prices, money.facts = made_prices(minimum="0"), dict.fromkeys(money.facts, 0)
    carl, address = await browse("carl"), f"{BASE}/statement/2026-10"
    for text in (
        plain_text((await carl.get(address)).text),
        pdf_text((await carl.get(f"{address}.pdf")).content),
    ):
        assert "Total A credit note: the amount is given back. −€3.40" in text.replace(" −€3.40 A credit", " A credit")
    assert "A credit note" not in (await carl.get(f"{BASE}/statement/2026-11")).text


async def test_a_month_that_was_cut_in_another_zone_says_when(browse, monkeypatch):
    carl, address = await browse("carl"), f"{BASE}/statement/2026-10"
    assert "1 Oct 2026 to 31 Oct 2026, Europe/Berlin" in (await carl.get(address)).text
    start, end = SPANS["2026-10"]
    monkeypatch.setitem(SPANS, "2026-10", (start + timedelta(hours=6), end))
    assert "1 Oct 2026, 06:00:00 to 1 Nov 2026, 00:00:00, Europe/Berlin" in (await carl.get(address)).text


def test_letters_the_typeface_lacks_are_marked_and_explained():
    def page(text):
        paper = Paper("t", language="en", footer="f", page_told=lambda n, of: f"{n}/{of}", lacking="is a lost letter")
        paper.title(text)
        paper.table([Column("a"), Column("b", right=True)], [(("x", text), "1.00")] * 70, strong={69})
        return pdf_text(paper.render())

    assert "Zürich Łódź Αθήνα София <b>&" in page("Zürich\u200b Łódź\xa0Αθήνα София <b>&")
    assert "lost letter" not in page("Zürich")
    assert "◊◊ Tokyo" in page("東京 Tokyo")
    assert "◊ is a lost letter" in page("東京 Tokyo")
    assert "2/4" in page("東京 Tokyo")


async def test_a_conversation_offers_its_promises_to_be_proposed(world, browse, money):
    c = await world.waiting("Jonas")
    address, offer = f"{BASE}/c/{c.id}", f"/exclusions/new?clock=clock-{c.id}"
    assert offer in (await (await browse("sofie")).get(address)).text
    assert offer not in (await (await browse("carl")).get(address)).text


async def test_who_may_propose_an_exclusion_finds_the_way_at_each_breach_that_has_none(browse):
    offer = "/dashboard/alpenrad/exclusions/new?clock=missing%3Afirst_response%3A0"
    taken = 'clock=missing%3Afirst_response%3A1"'
    for address in ("/dashboard/alpenrad/breaches?period=last", "/dashboard/alpenrad?period=last"):
        page = (await (await browse("sofie")).get(address)).text
        assert offer in page
        assert taken not in page
        read = (await (await browse("carl")).get(address)).text
        assert "exclusions/new" not in read
        assert "Exclusion proposed" in read


async def test_a_credit_opens_to_its_missed_promises_and_offers_to_propose_them(browse):
    carl, sofie = await browse("carl"), await browse("sofie")
    at = f"{BASE}/statement/2026-10/missed/first_response"
    page, provider = (await carl.get(at)).text, (await sofie.get(at)).text
    assert plain_text(page).count("+ 7 min") == 8
    assert "Propose exclusion" not in page
    assert provider.count(f"{BASE}/exclusions/new?clock={quote('c001:first_response', safe='')}") == 1
    assert (await carl.get(f"{BASE}/statement/2026-10/missed/lunch")).status_code == 422


async def test_only_a_provider_admin_closes_and_sees_first_what_is_frozen(browse, money):
    carl, root = await browse("carl"), await browse("root")
    assert "Close the month" not in (await carl.get(f"{BASE}/statement/2026-10")).text
    assert (await carl.post(f"{BASE}/statement/2026-10/close")).status_code == 403
    page = plain_text((await root.get(f"{BASE}/statement/2026-10/close")).text)
    for word in (
        "Close October 2026 for good",
        "€1,105.97",
        "One promise of this month",
        "One exclusion of this month",
    ):
        assert word in page, word
    assert (await root.post(f"{BASE}/statement/2026-10/close", token="wrong")).status_code == 403
    assert money.stages["2026-10"] is Stage.OVER
    assert (await root.post(f"{BASE}/statement/2026-10/close", json=False)).status_code == 303
    assert money.asked == [("close", "alpenrad", "2026-10", "root@example.org")]
    again = await root.post(f"{BASE}/statement/2026-10/close", json=False)
    assert (again.status_code, "was closed already" in again.text) == (409, True)


async def test_a_month_that_runs_cannot_be_closed(browse):
    root = await browse("root")
    page = await root.get(f"{BASE}/statement/2026-11/close")
    assert "The month is not over yet" in page.text
    assert '<button class="primary"' not in page.text
    assert (await root.post(f"{BASE}/statement/2026-11/close", json=False)).status_code == 409


async def test_months_are_listed_and_a_closed_one_stands_beside_today(browse):
    carl = await browse("carl")
    page = plain_text((await carl.get(f"{BASE}/statement")).text)
    assert [word in page for word in ("November 2026", "running", "not closed", "2 Nov 2026")] == [True] * 4
    today = plain_text((await carl.get(f"{BASE}/statement/2026-09/today")).text)
    assert "When closed" in today
    moved = (await carl.get(f"{BASE}/statement/2026-09/today.json")).json()
    assert [row["figure"] for row in moved][-3:] == ["minimum_fee", "service_credits", "net"]
    assert all(Decimal(row["today"]) - Decimal(row["when_closed"]) == Decimal(row["difference"]) for row in moved)
    assert (await carl.get(f"{BASE}/statement/2026-10/today.csv")).status_code == 404
    assert (await carl.get(f"{BASE}/statement/2026-10/today")).status_code == 404
    assert (await carl.get(f"{BASE}/statement/2031-01")).status_code == 404
    assert (await carl.get(f"{BASE}/statement/2026-10.xlsx")).status_code == 404


async def test_without_prices_the_page_says_so(browse, money):
    money.missing_prices = True
    page = await (await browse("carl")).get(f"{BASE}/statement/2026-11")
    assert "The contract has no prices in Switchboard" in page.text


@pytest.mark.parametrize("path", ["statement", "statement/2026-10", "exclusions", "approvals", "what-if"])
async def test_readers_read_agents_do_not_and_nobody_sees_another_clients(browse, path):
    statuses = [
        (await (await browse(who)).get(f"{BASE}/{path}")).status_code for who in ("carl", "sofie", "root", "ben")
    ]
    assert statuses == [200, 200, 200, 403]
    assert (await (await browse("carl")).get(f"/dashboard/kontor/{path}")).status_code == 404
    assert (await (await browse()).get(f"{BASE}/{path}")).status_code == 303


async def test_an_exclusion_goes_from_proposal_to_the_clients_word(browse, money):
    sofie, carl = await browse("sofie"), await browse("carl")
    form = {"clock": "c003:first_response", "reason": "platform_outage", "evidence": "status.slack.com, 12:03 <b>"}
    page = await sofie.get(f"{BASE}/exclusions/new?clock=c003:first_response")
    assert all(word in page.text for word in ("Spam", "Platform outage", "Customer blocked us", "never left out"))
    assert (await carl.post(f"{BASE}/exclusions", json=False, **form)).status_code == 403
    assert (await sofie.post(f"{BASE}/exclusions", json=False, **form)).status_code == 303
    twice = await sofie.post(f"{BASE}/exclusions", json=False, **form)
    assert (twice.status_code, "is in the ledger already" in twice.text) == (422, True)
    assert "Approve" not in plain_text((await sofie.get(f"{BASE}/exclusions")).text)
    waiting = await carl.get(f"{BASE}/exclusions")
    assert "status.slack.com, 12:03 &lt;b&gt;" in waiting.text
    assert (await sofie.post(f"{BASE}/exclusions/x0", json=False, decision="approve")).status_code == 403
    assert (await carl.post(f"{BASE}/exclusions/x0", json=False, decision="approve")).status_code == 303
    assert money.ledger[0].approved_by == "carl@example.org"
    done = plain_text((await carl.get(f"{BASE}/exclusions")).text)
    assert "approved on" in done
    assert "Carl Client" in done
    assert (await carl.post(f"{BASE}/exclusions/x0", json=False, decision="reject")).status_code == 409


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"reason": "our_token", "evidence": "x"}, "Choose one of these reasons"),
        ({"reason": "spam", "evidence": "  "}, "Write what a third person could check"),
    ],
)
async def test_a_proposal_without_reason_or_evidence_is_explained_at_its_field(browse, money, form, word):
    sofie = await browse("sofie")
    await sofie.get(f"{BASE}/exclusions")
    answer = await sofie.post(f"{BASE}/exclusions", json=False, clock="c001:first_response", **form)
    assert (answer.status_code, word in answer.text, money.ledger) == (422, True, [])


async def test_raw_and_adjusted_stand_side_by_side(browse):
    page = plain_text((await (await browse("carl")).get(f"{BASE}/exclusions")).text)
    assert "As measured" in page
    assert "85%" in page
    assert "86.44%" in page


async def test_three_hundred_entries_are_paged_and_none_is_a_page(browse, money):
    carl = await browse("carl")
    assert "Nothing has been proposed" in (await carl.get(f"{BASE}/exclusions")).text
    for n in range(300):
        await money.exclude("alpenrad", f"c{n:03}:first_response", "spam", f"ticket {n}", by="sofie@example.org")
    page = (await carl.get(f"{BASE}/exclusions")).text
    assert page.count('class="evidence"') == 50
    assert "1 to 50 of 300" in page
    assert "ticket 0" in (await carl.get(f"{BASE}/exclusions?page=6")).text
    rows = (await carl.get(f"{BASE}/exclusions/ledger.json")).json()
    assert len(rows) == 300
    assert "No entry stands so" in (await carl.get(f"{BASE}/exclusions?state=rejected")).text


async def test_terms_are_shown_in_words_and_the_client_decides(browse, money):
    carl, root = await browse("carl"), await browse("root")
    page = plain_text((await carl.get(f"{BASE}/approvals")).text)
    for words in (
        "Rule 2 · First reply 30 min 1 h 30 min",
        "Objective · First reply 90% 95.5%",
        "Saturday not set 09:00–13:00, 14:00–16:00",
        "Closed on 24 Dec 2026 not set Heiligabend",
        "Credit when “First reply” is below 90% 4% 6%",
        "Handled by people €3.40 €3.105",
        "Agent minute, each above 1,000 not set €0.50",
        "Customer service, Workshop",
        "Warnings at 50%, 80% 80%",
        "Text “greet” · German Hallo! removed",
        "hold at once need the client's approval",
    ):
        assert words in page, words
    assert "<b>" not in plain_text((await carl.get(f"{BASE}/approvals")).text).replace("<b>", "", 1)
    assert "Approve these terms" not in (await root.get(f"{BASE}/approvals")).text
    assert (await root.post(f"{BASE}/approvals/4", json=False, decision="approve")).status_code == 403
    await carl.get(f"{BASE}/approvals")
    assert (await carl.post(f"{BASE}/approvals/4", json=False, decision="approve")).status_code == 303
    assert money.older[0].decided_by == "carl@example.org"
    assert (await carl.post(f"{BASE}/approvals/4", json=False, decision="reject")).status_code == 409
    after = plain_text((await carl.get(f"{BASE}/approvals")).text)
    assert "Nothing waits for approval" in after
    assert "Version 4 approved" in after
    assert "Rule 2" in (await carl.get(f"{BASE}/approvals/4")).text
    assert len((await carl.get(f"{BASE}/approvals/changes.json")).json()) == len(DIFFERENCE) + 3


def test_every_path_has_german_words():
    for _, group in changes(DIFFERENCE, Formats(Words("de"), "Europe/Berlin"), CLIENTS["alpenrad"]):
        assert all(change.label for change in group)
    german = changes(DIFFERENCE, Formats(Words("de")), CLIENTS["alpenrad"], ("EUR", "CHF"))
    labels = {c.path: c for _, group in german for c in group}
    assert labels["sla.targets.2.budgets.first_response"].label == "Regel 2 · Erste Antwort"
    price = labels["prices.handled_conversation"]
    assert (price.before, price.after) == ("3,40\xa0€", "3,105\xa0CHF")
    assert labels["wholly.unknown_thing"].after == "<b>"


def test_each_price_of_a_difference_is_in_the_currency_of_its_time():
    to_francs = (("prices.currency", "EUR", "CHF"),)
    at = {"proposed_at": NOON, "proposed_by": "root", "decided_at": NOON}
    proposals = [
        Proposal(5, (("prices.currency", "CHF", "SEK"),), NOON, "root"),
        Proposal(4, DIFFERENCE, approved=True, **at),
        Proposal(3, to_francs, approved=True, **at),
        Proposal(2, (("prices.currency", "EUR", "USD"),), approved=False, **at),
        Proposal(1, DIFFERENCE, approved=True, **at),
    ]
    found = {n: currencies_of(proposals, n, "CHF") for n in range(1, 6)}
    assert found == {5: ("CHF", "SEK"), 4: ("CHF", "CHF"), 3: ("EUR", "CHF"), 2: ("EUR", "USD"), 1: ("EUR", "EUR")}


async def test_what_waits_shows_on_the_dashboard_and_its_tabs(browse, money):
    await money.exclude("alpenrad", "c001:first_response", "spam", "e", by="sofie@example.org")
    carl, root = await browse("carl"), await browse("root")
    page = plain_text((await carl.get(BASE)).text)
    assert "Changed terms wait for your approval" in page
    assert "One exclusion waits for your decision" in page
    assert "wait for your approval" not in plain_text((await root.get(BASE)).text)
    assert "waiting for a decision" in plain_text((await root.get(f"{BASE}/statement")).text)


async def test_a_what_if_keeps_its_question_in_the_address(browse, money):
    carl = await browse("carl")
    form = (await carl.get(f"{BASE}/what-if")).text
    assert "Now 30 min" in plain_text(form)
    assert money.asked == []
    asked = "month=2026-10&first_response=15+min&objective=97%2C5&calendar=own&hours=mo-fr+08%3A00-20%3A00"
    page = (await carl.get(f"{BASE}/what-if?{asked}")).text
    other = money.asked[0]
    assert other.targets[0].budgets[ClockKind.FIRST_RESPONSE] == timedelta(minutes=15)
    assert other.objective[ClockKind.FIRST_RESPONSE] == 97.5
    assert other.calendar.hours.week[0] == ((480, 1200),)
    assert 'value="15 min"' in page
    assert html.escape(asked) in page
    words = plain_text(page)
    assert "First reply: 15 min · Objective: 97,5 · Opening hours: mo-fr 08:00-20:00" in words, "said on paper"
    for word in ("60 promises change sides", "86.44%", "67.79%", "97.5%", "1 to 50 of 60", "€46.22", "€138.67"):
        assert word in words, word
    rows = (await carl.get(f"{BASE}/what-if/switched.json?{asked}")).json()
    assert len(rows) == 60
    assert rows[0]["kept_now"] is not rows[0]["kept_other"]
    assert "in_force" in (await carl.get(f"{BASE}/what-if/attainment.csv?{asked}")).text


async def test_a_what_if_that_takes_long_says_how_far_it_is_and_answers_later(browse, money):
    money.replaying = [Replaying(0, 0, NOON), Replaying(12_000, 33_412, NOON)]
    carl, asked = await browse("carl"), f"{BASE}/what-if?month=2026-10&first_response=15+min"
    first, second, third = [(await carl.get(asked)).text for _ in range(3)]
    assert "October 2026 is being replayed" in plain_text(first)
    assert "<progress aria-label" in first, "nobody knows yet how many there are"
    assert "12,000 of 33,412 conversations" in plain_text(second)
    assert 'value="12000" max="33412"' in second
    assert "promises change sides" not in plain_text(second)
    assert "60 promises change sides" in plain_text(third)
    assert "data-replaying" not in third
    money.replaying = [Replaying(1, 2, NOON)]
    rows = (await carl.get(f"{BASE}/what-if/switched.json?month=2026-10&first_response=15+min")).json()
    assert len(rows) == 60, "a file is whole, however long it takes"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("first_response=soon", "“soon” is not a length of time"),
        ("resolution=400d", "longer than 90 days"),
        ("objective=120", "“120” is not a percentage"),
        ("calendar=own&hours=always", "“always” cannot be read"),
        ("calendar=lunch", "Choose opening hours from the list"),
    ],
)
async def test_a_field_that_cannot_be_read_is_explained_beside_it(browse, money, query, word):
    carl = await browse("carl")
    answer = await carl.get(f"{BASE}/what-if?{query}")
    assert (answer.status_code, word in answer.text, money.asked) == (422, True, [])
    assert 'aria-invalid="true"' in answer.text or "calendar" in query
    assert (await carl.get(f"{BASE}/what-if/attainment.csv?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("typed", "minutes"), [("15", 15), ("15 min", 15), ("2 Std", 120), ("1h30m", 90), ("2 Tage", 2880), ("1d", 1440)]
)
def test_times_are_read_as_people_write_them(typed, minutes):
    wish = read_wish({"first_response": typed}, "2026-10")
    assert not wish.wrong
    assert wish.other(MemorySettling().policy).targets[0].budgets[ClockKind.FIRST_RESPONSE] == timedelta(
        minutes=minutes
    )


@pytest.mark.parametrize(
    ("language", "currency", "amount", "told"),
    [
        ("en", "EUR", "0.485", "€0.485"),
        ("de", "EUR", "1234.5", "1.234,50 €"),
        ("de", "JPY", "1234", "1.234 ¥"),
        ("de", "KWD", "1.2345", "1,2345 KWD"),
        ("en", "EUR", "-3.4", "−€3.40"),
    ],
)
def test_a_price_keeps_all_its_digits(language, currency, amount, told):
    assert Amounts(Formats(Words(language)), currency).price(Decimal(amount)).replace("\xa0", " ") == told


def test_a_share_is_cut_not_rounded():
    amounts = Amounts(Formats(Words("en")), "EUR")
    assert [amounts.percent(Fraction(n, 1000)) for n in (94_999, 95_000, 94_500)] == ["94.99%", "95%", "94.5%"]


def test_prices_with_tiers_parse():
    assert made_prices().tiers


def test_both_languages_have_the_same_words():
    missing = {
        key for key in catalogue("en").keys() ^ catalogue("de").keys() if key.startswith(("settle", "terms", "whatif"))
    }
    assert missing == set()


async def test_an_amount_is_a_bare_number_in_csv_also_below_zero_and_exact_text_in_json(browse):
    carl, address = await browse("carl"), f"{BASE}/statement/2026-09/today"
    moved = (await carl.get(f"{address}.json")).json()
    text = (await carl.get(f"{address}.csv")).text.removeprefix("\ufeff")
    assert moved
    for row in moved:
        assert f'"{row["figure"]}",{row["when_closed"]},{row["today"]},{row["difference"]},' in text
    whole = (await carl.get(f"{BASE}/statement/2026-10.csv")).text
    assert ',-46.22,"EUR"' in whole
