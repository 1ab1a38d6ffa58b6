"""Which value of a text goes to which slot."""

import pytest

from nlu.dialogue.values.addresses import streets
from tests.nlu.dialogue.hire_pack import given, wishes

COUNTED = ("pieces", "account", "deposit")


class TestANumberGoesToTheSlotThatMostSpeaksFor:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("nee falsches Kundenkonto, 4300", {"account": "4300"}),
            ("wrong account, 4300", {"account": "4300"}),
            ("4300 is the account", {"account": "4300"}),
            ("quantity should be 4300", {"pieces": "4300"}),
            ("die Anzahl ist 12", {"pieces": "12"}),
            ("3 pieces", {"pieces": "3"}),
            ("deposit 84.50", {"deposit": "84.50"}),
            ("3 Stück, Konto 4300, 84,50 Euro", {"pieces": "3", "account": "4300", "deposit": "84.50"}),
        ],
    )
    def test_named_or_by_its_form(self, text, expected):
        assert given(text, *COUNTED) == expected

    def test_the_asked_slot_wins_over_others_that_are_not_named(self):
        assert given("4300", "pieces", "account", asked="pieces") == {"pieces": "4300"}
        assert given("account 4300", "pieces", "account", asked="pieces") == {"account": "4300"}

    @pytest.mark.parametrize(
        "text",
        ["SP-7118", "change BA-4725", "a ThinkPad T14", "Dell 27 Zoll", "27 inch", "at 15:30", "on 3.12.", "2x4b"],
    )
    def test_digits_of_ids_measures_and_times_count_nothing(self, text):
        assert given(text, "pieces") == {}

    def test_a_measure_is_a_number_where_one_is_asked_for(self):
        assert given("5 days", "pieces", asked="pieces") == {"pieces": "5"}

    @pytest.mark.parametrize("text", ["order 100234", "number 20131"])
    def test_a_long_number_is_a_sum_only_where_one_is_asked_for(self, text):
        assert given(text, "deposit") == {}
        assert "deposit" in given(text.split()[1], "deposit", asked="deposit")

    def test_the_postcode_of_an_address_is_no_account(self):
        assert given("Osterstraße 12, 2025 Hamburg", "account") == {}


class TestSums:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1,450.50", "1450.50"),
            ("1.450,50", "1450.50"),
            ("2,400", "2400"),
            ("2.400 Euro", "2400"),
            ("129,90", "129.90"),
            ("129,9", "129.90"),
            ("1 200", "1200"),
            ("whoops it was 1300", "1300"),
            ("make it 4", "4"),
        ],
    )
    def test_in_every_way_of_writing(self, text, expected):
        assert given(text, "deposit", asked="deposit") == {"deposit": expected}


class TestWhatIsPutRight:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("4200, ach nein, 4300", "4300"),
            ("4200 - quatsch, 4300", "4300"),
            ("4200 nein stop 4300", "4300"),
            ("4200, no sorry, 4300", "4300"),
            ("4200 scratch that 4300", "4300"),
            ("not 4200 but 4300", "4300"),
            ("nicht 4200, sondern 4300", "4300"),
            ("4300 statt 4200", "4300"),
            ("fast, aber 4300 und nicht 4200", "4300"),
            ("4300 rather than 4200", "4300"),
        ],
    )
    def test_the_last_value_holds(self, text, expected):
        assert given(text, "account") == {"account": expected}
        assert given(text, "account", held={"account": "4200"}) == {"account": expected}

    def test_a_no_that_answers_does_not_drop_what_stands_before_it(self):
        assert given("3 pieces, insured no, 84.50", *COUNTED) == {"pieces": "3", "deposit": "84.50"}

    def test_the_value_that_is_denied_names_its_slot(self):
        held = {"first_day": "2026-12-21", "last_day": "2026-12-26"}
        text = "nicht 26.12., sondern 23.12."
        assert given(text, "first_day", "last_day", held=held) == {"last_day": "2026-12-23"}

    def test_a_value_that_is_held_already_changes_nothing(self):
        held = {"first_day": "2027-06-01", "last_day": "2027-07-31"}
        assert given("31.7.", "first_day", "last_day", held=held) == {"last_day": "2027-07-31"}

    def test_a_day_is_denied_with_its_full_stop(self):
        assert given("sorry, gestern und nicht 12.11.", "back_on", held={"back_on": "2026-11-12"}) == {
            "back_on": "2026-11-29"
        }

    @pytest.mark.parametrize(("text", "expected"), [("no, the 6th", "2026-11-06"), ("doch am Freitag", "2026-11-06")])
    def test_a_day_alone_is_read_near_the_one_it_puts_right(self, text, expected):
        held = {"back_on": "2026-11-05"}
        assert given(text, "back_on", held=held) == {"back_on": expected}


class TestSpans:
    def test_two_days_are_start_and_end_in_order(self):
        assert given("4444\n1.6.\n31.7.", "first_day", "last_day") == {
            "first_day": "2027-06-01",
            "last_day": "2027-07-31",
        }

    @pytest.mark.parametrize("text", ["from 3 August to 7 August", "vom 3. bis 7. August"])
    def test_plans_are_in_the_future(self, text):
        assert given(text, "first_day", "last_day") == {"first_day": "2027-08-03", "last_day": "2027-08-07"}

    @pytest.mark.parametrize(("text", "expected"), [("bis Freitag", "2026-12-11"), ("Tuesday", "2026-12-08")])
    def test_an_end_comes_after_its_start(self, text, expected):
        assert given(text, "last_day", asked="last_day", start="2026-12-07") == {"last_day": expected}

    @pytest.mark.parametrize("text", ["I can't work today", "bin heute nicht da", "krank seit gestern"])
    def test_a_day_that_ends_nothing_is_no_end(self, text):
        assert given(text, "back_on") == {}

    @pytest.mark.parametrize("text", ["krank bis Freitag", "absent until Friday"])
    def test_what_says_so_is_one(self, text):
        assert given(text, "back_on") == {"back_on": "2026-12-04"}


class TestForms:
    def test_rejections_that_only_refuse_give_no_form(self):
        account, tool = wishes("account", "tool")
        assert account.has_form
        assert not tool.has_form

    @pytest.mark.parametrize("text", ["100-2-11", "100 211", "100-211"])
    def test_numbers_in_groups(self, text):
        assert given(text, "order_number", asked="order_number") == {"order_number": "100211"}

    @pytest.mark.parametrize("text", ["GRÖSSE? SIZE XL PLEASE", "in size xl", "Size XL!"])
    def test_a_button_is_named_in_full(self, text):
        assert given(text, "size") == {"size": "XL"}


def test_each_number_goes_to_one_slot():
    assert len(given("4", "pieces", "deposit")) == 1


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("Lieferadresse ändern auf Lindwurmstr. 88, 80337 München", "Lindwurmstr. 88"),
        ("bitte umleiten nach Hauptstr. 5, 80331 München", "Hauptstr. 5"),
        ("Auf der Heide 5, 21335 Lüneburg", "Auf der Heide 5"),
        ("An der Alster 12a, 20099 Hamburg", "An der Alster 12a"),
    ],
)
def test_what_leads_to_a_street_is_no_part_of_it(text, street):
    assert [value for value, _, _ in streets(text)] == [street]
