"""Nothing that anybody writes runs as a formula in a spreadsheet, and numbers stay numbers."""

import ast
import csv
import io
import re
import sys
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.exports.cells import cell, defused
from web.exports.csv_file import BYTE_ORDER, csv_file, csv_lines

ROOT = Path(__file__).parents[2]
PRODUCT = ("accounts", "app", "bots", "conversation", "handoff", "nlu", "sla", "storage", "web")
SIGNS = frozenset("=+-@%|")
ZERO_WIDTH = ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u2066", "\u180e", "\u3164", "\u2800"]
BLANKS = [" ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\u00a0", "\u2003", "\u3000", "\x1f", "\x7f", "\x85", *ZERO_WIDTH]
LIKE_SIGNS = ["=", "+", "-", "@", "%", "|", "＝", "＋", "－", "＠", "％", "｜", "−", "﹢", "﹣", "﹦", "﹪", "﹫"]


CHECKED_TYPES = ROOT / "conversation" / "files" / "types.py"  # customers may send us CSV


class Colour(StrEnum):
    RED = "=red"


INVISIBLE = frozenset(
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if (c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Zs", "Zl", "Zp") or c in "\u3164\u2800\u115f\u1160")
)


def runs(text: str) -> bool:
    """Whether a spreadsheet could take the cell for a formula: the first character that is to be seen is a sign."""
    seen = next((c for c in text if c not in INVISIBLE), "x")
    return unicodedata.normalize("NFKC", seen)[0] in SIGNS or seen == "−"


SIGN = "[" + re.escape("".join(LIKE_SIGNS)) + "]"
BLANK = "[" + re.escape("".join(sorted(INVISIBLE - {"\t", "\n", "\r"}))) + "]"
ADDED = re.compile(rf"\A'(?='*(?:{BLANK}*{SIGN}|{BLANK}*[\t\r\n]))|(?<=[;\t\r\n|])'(?=(?:[\"']|{BLANK})*{SIGN})")


def recovered(text: str) -> str:
    """The documented way back: one apostrophe less at the beginning, and after each separator, before a sign."""
    return ADDED.sub("", text)


def read(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from([*LIKE_SIGNS, *BLANKS, ";", ",", "'", '"', "|", "cmd|' /C calc'!A0", "1+1", "HYPERLINK(", "ü"]),
        st.characters(exclude_categories=("Cs",), exclude_characters="\x00"),
    ),
    max_size=12,
).map("".join)


@given(st.lists(st.lists(HOSTILE, min_size=3, max_size=3), min_size=1, max_size=4))
def test_no_text_begins_a_formula_whichever_separator_is_expected(rows: list[list[str]]) -> None:
    text = csv_lines(rows)
    for delimiter in (",", ";", "\t", "|"):
        found = [value for row in read(text, delimiter) for value in row]
        assert [value for value in found if runs(value)] == [], delimiter


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_every_text_can_be_read_back(row: list[str]) -> None:
    [found] = read(csv_lines([row]), ",")
    assert found == [defused(text) for text in row]
    assert [recovered(text) for text in found] == row


@pytest.mark.parametrize("sign", LIKE_SIGNS)
@pytest.mark.parametrize(
    "before", ["", *BLANKS, "  \u00a0\u200b\t", "gut;", "gut; ", "gut;\u00a0", "gut\t", "a\r\n", "a|", 'a;"', "';"]
)
def test_a_sign_is_defused_wherever_a_cell_could_begin(sign: str, before: str) -> None:
    text = csv_lines([["Anna", f"{before}{sign}1+1", "b"]])
    for delimiter in (",", ";", "\t", "|"):
        assert not any(runs(value) for row in read(text, delimiter) for value in row)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ("", '""'),
        ('says "hi"', '"says ""hi"""'),
        ("=1+1", '"\'=1+1"'),
        ("gut;=1+1", '"gut;\'=1+1"'),
        ("'=1", "\"''=1\""),
        ("a - b, c = d; e", '"a - b, c = d; e"'),
        ("0043 1 234", '"0043 1 234"'),
        ("a\r\n- b", '"a\r\n\'- b"'),
        ("\x00\ud800", '"\ufffd\ufffd"'),
        (Colour.RED, '"\'=red"'),
        (date(2026, 10, 1), '"2026-10-01"'),
        (datetime(2026, 10, 1, 9, tzinfo=UTC), '"2026-10-01T09:00:00Z"'),
        (True, '"true"'),
        (None, ""),
        (Decimal("-12.50"), "-12.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("NaN"), ""),
        (-3, "-3"),
        (-0.25, "-0.25"),
        (float("nan"), ""),
        (float("inf"), ""),
        (Fraction(-1, 3), "-0.333333"),
        (Fraction(2, 1), "2.000000"),
    ],
)
def test_each_kind_of_value_is_written_as_what_it_is(text: object, written: str) -> None:
    assert cell(text) == written


def test_amounts_and_shares_are_numbers_for_whoever_reads_the_file() -> None:
    [_, row] = csv.reader(
        io.StringIO(csv_lines([["a", "b", "c"], [Decimal("-12.50"), -0.5, 7]])), quoting=csv.QUOTE_NONNUMERIC
    )
    assert row == [-12.5, -0.5, 7.0]


def test_a_file_begins_with_its_byte_order() -> None:
    assert csv_file([["größe"]]) == f'{BYTE_ORDER}"größe"\r\n'


def test_nothing_else_in_the_product_writes_csv() -> None:
    exporter = ROOT / "web" / "exports"
    guilty = []
    for room in PRODUCT:
        for file in (ROOT / room).rglob("*.py"):
            if file.is_relative_to(exporter):
                continue
            text = file.read_text("utf-8")
            imports = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)]
            names = {a.name for n in imports for a in n.names} | {
                n.module for n in imports if isinstance(n, ast.ImportFrom)
            }
            told = file != CHECKED_TYPES and re.search(r"text/csv|\.csv\"", text)
            if "csv" in names or told:
                guilty.append(str(file.relative_to(ROOT)))
    assert guilty == []
