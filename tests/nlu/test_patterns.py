"""Packs' patterns mean what Python's `re` means, on German text and mixed scripts, or are refused with advice."""

import contextlib
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.patterns.charset import any_case, category
from nlu.patterns.errors import PatternRefused
from nlu.patterns.pattern import MOST_STEPS, Budget, Pattern, compile_pattern

EVERYTHING = "".join(map(chr, range(sys.maxunicode + 1)))
CASED = "".join(c for c in EVERYTHING if len({c, c.lower(), c.upper(), c.title(), c.swapcase(), c.casefold()}) > 1)
# German, French, Greek with its two small sigmas, Turkish, Cyrillic, Arabic and full-width digits, a combining accent,
# signs that are neither, four kinds of blank, a surrogate, an emoji.
LETTERS = "aäbßẞzZÄsſSkK\u212aiIİıµμΣσςéжЖ_09٣９½²\u0301-.,:/@+€„“ \t\n\u00a0\u2009\u001c\ud800😀"
WORDS = (
    *("übermorgen", "Straße", "STRASSE", "vom 12.3. bis 14.3.", "Größe", "RE-1234-5678", "Müller@firma.de"),
    *("ÄRGER!", "\n", " ", "İstanbul", "weiß", "100 234", "3,50 €", "Ⓐ", "ǆǅ", "ﬅﬆ"),
)
texts = st.one_of(
    st.text(st.sampled_from(LETTERS), max_size=14),
    st.lists(st.sampled_from(WORDS), max_size=4).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
    st.text(max_size=8),
)
_letters = st.sampled_from([c for c in LETTERS if c.isalnum() or c == "_"] + list("🙂\\.")).map(re.escape)
_classes = st.sampled_from([r"\w", r"\W", r"\d", r"\D", r"\s", r"\S"])
_ranges = st.sampled_from(["a-z", "A-Z", "0-9", "ä-ü", "α-ω", "À-ÿ", "\\x00-\\x7f", "𐐀-𐑏", "Ā-ž", "!-/", "\\n"])
_sets = st.builds(
    lambda negated, parts: f"[{'^' if negated else ''}{''.join(parts)}]",
    st.booleans(),
    st.lists(st.one_of(_letters, _classes, _ranges), min_size=1, max_size=3),
)
_anchors = st.sampled_from([r"\b", r"\B", "^", "$", r"\A", r"\Z"])
_atoms = st.one_of(_letters, _classes, _sets, st.just("."), _anchors)
_counts = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}?", "{2,}"])


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"({part})"),
        st.builds("(?:{}){}".format, inner, _counts),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: f"(?s:{part})"),
    )


patterns = st.builds(
    "{}{}".format, st.sampled_from(["", "", "(?m)", "(?i)"]), st.recursive(_atoms, _deeper, max_leaves=8)
)


def spans(match: re.Match[str] | None) -> list[tuple[int, int]] | None:
    return None if match is None else [match.span(number) for number in range(match.re.groups + 1)]


def usable(source: str, ignore_case: bool) -> Pattern | None:
    """None for the two things in the grammar that are refused."""
    try:
        return Pattern(source, ignore_case)
    except PatternRefused as refused:
        if "may be empty" in str(refused) or "end of a line here" in str(refused):
            return None
        raise


@settings(max_examples=1_500, deadline=None)
@given(patterns, texts, st.booleans())
def test_a_pattern_finds_what_python_finds_and_its_groups(source: str, text: str, ignore_case: bool) -> None:
    own = usable(source, ignore_case)
    if own is None:
        return
    theirs = re.compile(source, re.IGNORECASE if ignore_case else 0)
    if text or r"\B" not in source:  # in an empty text Python 3.11's \B never holds, since 3.14 it does
        found = own.search(text)
        assert (None if found is None else list(found.spans)) == spans(theirs.search(text))
        assert own.fits(text) == (theirs.fullmatch(text) is not None)
    if all(theirs.match(text, at) is None or theirs.match(text, at)[0] for at in range(len(text) + 1)):
        assert [list(one.spans) for one in own.finds(text)] == [spans(one) for one in theirs.finditer(text)]


@pytest.mark.parametrize("letter", "wds")
def test_a_class_holds_the_same_characters_as_python_s(letter: str) -> None:
    for name in (letter, letter.upper()):
        expected = [ord(c) for c in re.findall(rf"\{name}", EVERYTHING)]
        assert [code for low, high in category(name) for code in range(low, high + 1)] == expected
    words = {chr(code) for low, high in category("w") for code in range(low, high + 1)}
    assert words == {c for c in EVERYTHING if c.isalnum() or c == "_"}


def test_letters_differ_by_case_alone_where_python_says_so() -> None:
    for letter in CASED:
        own = {chr(code) for low, high in any_case(((ord(letter), ord(letter)),)) for code in range(low, high + 1)}
        assert own == set(re.findall(re.escape(letter), CASED, re.IGNORECASE)), letter
    assert max(map(ord, CASED)) < 0x20000


@pytest.mark.parametrize(
    "inside", ["a-z", "α-ω", "À-ɏ", "𐐀-𐑏", "Ͱ-Ͽ", "ꙁ-ꚍ", "ß", "^a-z", "^ß", r"\w", r"\W", r"^\W", "ſ-ƒ"]
)
def test_a_set_has_the_members_that_python_gives_it(inside: str) -> None:
    for ignore_case in (False, True):
        own = compile_pattern(f"[{inside}]", ignore_case=ignore_case)
        expected = [m.start() for m in re.finditer(f"[{inside}]", CASED, re.IGNORECASE if ignore_case else 0)]
        assert [fit.span[0] for fit in own.finds(CASED, Budget(sys.maxsize))] == expected


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        (r"\bübermorgen\b", "Ist übermorgen, nicht überübermorgen", ["übermorgen"]),
        (r"\bgröße\b", "GRÖßE Größen GRÖẞE GROESSE", ["GRÖßE", "GRÖẞE"]),
        (r"\w+", "süß-sauer Łódź naïve", ["süß", "sauer", "Łódź", "naïve"]),
        (r"\d+", "٣٤ und 12 und ½ und ２", ["٣٤", "12", "２"]),
        (r"a\sb", "a\u00a0b a\u2009b a\u001cb a\u200bb", ["a\u00a0b", "a\u2009b", "a\u001cb"]),
        (r"[^\W\d_]+", "ab1ö_ß", ["ab", "ö", "ß"]),
        (r"kelvin", "\u212aelvin KELVIN", ["\u212aelvin", "KELVIN"]),
        (r"(?m)^\w+$", "eins\nzwei\ndrei drei\nvier\n", ["eins", "zwei", "vier"]),
        (r"\w+$", "eins\nzwei\n", ["zwei"]),
        (r"(?x) \d+  # a number", "a 12", ["12"]),
        (r"\N{LATIN SMALL LETTER SHARP S}|\u00fc", "ß ü", ["ß", "ü"]),
        ("[" + "".join(map(chr, range(0x4E00, 0x5000))) + r"]\b", "丁丂 七", ["丂", "七"]),
    ],
)
def test_words_are_found_in_any_script(source: str, text: str, found: list[str]) -> None:
    expected = [one[0] for one in re.finditer(source, text, re.IGNORECASE)]
    assert expected == found
    own = compile_pattern(source, ignore_case=True)
    assert [text[slice(*fit.span)] for fit in own.finds(text)] == found


def test_the_group_value_is_what_counts() -> None:
    (fit,) = compile_pattern(r"\bbis (?P<value>\d+)( Uhr)?").finds("geht bis 12 Uhr")
    assert (fit.span, fit.value_span) == ((5, 15), (9, 11))
    (fit,) = compile_pattern(r"a(b)").finds("ab")
    assert fit.value_span == (1, 2)
    (fit,) = compile_pattern(r"x|a(?P<value>b)").finds("x")
    assert fit.value_span == (0, 1)


@pytest.mark.parametrize(
    ("source", "why", "hint"),
    [
        (r"(?<=bis )\d+", "look-around", "(?P<value>"),
        (r"(?<!\d)\d{6}", "look-around", "(?P<value>"),
        (r"\d{6}(?!\d)", "look-around", "(?P<value>"),
        (r"(?=a)", "look-around", "(?P<value>"),
        (r"(a)\1", "a back-reference", "`|`"),
        (r"(?P<by>[./])1(?P=by)", "a back-reference", "`|`"),
        (r"(a)?(?(1)b|c)", "a condition on a group", "`|`"),
        (r"(?>a+)b", "an atomic group", "(?:"),
        (r"a++b", "a possessive repetition", "alone"),
        (r"a*+b", "a possessive repetition", "alone"),
        (r"a{1,1001}", "counts beyond 1000", "1000"),
        (r"(?:a{50}){50}", "too large", "less often"),
        (r"(?:\w{30}\s{30}){30}x{900}y{900}z{900}", "too large", "less often"),
        (r"(a*)*", "may be empty", "(?:"),
        (r"(?a)\w", "changes what a letter is", "A-Z"),
        (r"(?m:^)a$", "end of a line here", r"\Z"),
        (r"(", "broken", ""),
        (r"[b-a]", "broken", ""),
        (r"a{99999999999}", "too large", ""),
        ("x" * 2_001, "more than 2000 letters", "lookup"),
        ("(" * 900 + "a" + ")" * 900, "nested too deep", ""),
        ("(?:" * 500 + "a" + ")" * 499, "broken|too deep", ""),
        (r"\9", "broken", ""),
        (r"(?P<value>a)(?P<value>b)", "broken", ""),
    ],
)
def test_what_cannot_be_run_in_bounded_time_is_refused_with_advice(source: str, why: str, hint: str) -> None:
    with pytest.raises(PatternRefused, match=why) as refused:
        Pattern(source, ignore_case=True)
    assert hint in refused.value.hint
    assert refused.value.hint


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from(r"ab\wdsSb()[]{}|*+?^$.-,0123456789:=!<>Pi#" + "äß\n\ud800"), max_size=25))
def test_no_pattern_breaks_the_reader_or_is_larger_than_allowed(source: str) -> None:
    with contextlib.suppress(PatternRefused):
        assert Pattern(source).steps <= MOST_STEPS


@pytest.mark.parametrize("source", [r"(?:\B|.)*", r"(?i:((?:(?:\B|.))*))", "(?:|a)*", "(?:a*|b)+"])
def test_a_repeated_choice_of_nothing_is_refused(source: str) -> None:
    with pytest.raises(PatternRefused, match="may be empty"):
        Pattern(source)
