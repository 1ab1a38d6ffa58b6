"""Articles: found when they answer, silent when they do not."""

import pytest

from conversation.packfile import Problems
from nlu.knowledge import Knowledge, Question, parse_article, passages

ACCU = """---
title: Akku im Winter
language: de
---
# Lagerung
Lagere den Akku bei Zimmertemperatur und lade ihn auf etwa sechzig Prozent.

# Reichweite
Bei Kälte sinkt die Reichweite um bis zu dreißig Prozent.
"""
LEASING = """---
title: Leasing a bike
language: en
---
Your employer leases the bike and you pay a monthly rate from your gross salary.
"""


@pytest.fixture
def knowledge() -> Knowledge:
    problems = Problems()
    articles = [parse_article(text, f"knowledge/{i}.md", problems) for i, text in enumerate((ACCU, LEASING))]
    assert problems.found == []
    return Knowledge(tuple(a for a in articles if a is not None))


@pytest.mark.parametrize(
    ("question", "language", "quoted"),
    [
        ("Wie lagere ich den Akku im Winter?", "de", "Lagerung: Lagere den Akku"),
        ("Sinkt die Reichweite bei Kälte?", "de", "Reichweite: Bei Kälte"),
        ("sinkt die Reichweite bei Kaelte", "de", "Reichweite: Bei Kälte"),
        ("can my employer lease a bike", "en", "Your employer leases"),
        ("Wie ist das Wetter in Rom?", "de", None),
        ("Akku Erstattung Rechnung Widerruf", "de", None),
        ("Akku", "de", None),
        ("Wie lagere ich den Akku im Winter?", "en", None),
        ("", "de", None),
    ],
)
def test_only_a_covering_passage_is_quoted(knowledge, question, language, quoted):
    passage = knowledge.find(question, language)
    assert passage is None if quoted is None else passage is not None and passage.text.startswith(quoted)


def test_passages_are_short_enough_to_quote():
    body = "\n\n".join(f"Absatz {i} " + "wort " * 60 for i in range(10))
    assert all(len(p) <= 700 for p in passages(body))
    assert len(list(passages(body))) > 3


def test_headings_that_ask_are_questions_and_lead_to_what_stands_below():
    text = "---\ntitle: Garantie\nlanguage: de\n---\n## Wie lange gilt sie?\n\nZwei Jahre.\n\n## Anderes\n\nNichts."
    article = parse_article(text, "knowledge/g.md", Problems())
    knowledge = Knowledge((article,))
    assert knowledge.questions == (Question("knowledge/g.md", "de", "Wie lange gilt sie?"),)
    assert knowledge.below("knowledge/g.md", "Wie lange gilt sie?").text == "Zwei Jahre."
    assert knowledge.below("knowledge/g.md", "Seit wann?") is None
    assert knowledge.below("knowledge/other.md", "Wie lange gilt sie?") is None


FAQ = """---
title: Leave
language: en
tags: [leave]
---
## When does my leftover leave expire?

On 31 March.

## May I take leave in my first month?

Yes.
"""


@pytest.fixture
def faq() -> Knowledge:
    problems = Problems()
    made = (parse_article(FAQ, "knowledge/l.md", problems), parse_article(LEASING, "knowledge/b.md", problems))
    return Knowledge(tuple(a for a in made if a is not None))


@pytest.mark.parametrize(
    "text",
    [
        "When does my leftover leave expire?",
        "when does my leftover leave expire",
        "WHEN DOES MY LEFTOVER LEAVE EXPIRE??",
        "and when does my leftover leave actually expire?",
        "when exactly does leftover leave expire",
        "hi, when does the leftover leave expire, please?",
    ],
)
def test_a_heading_is_known_however_it_is_put(faq, text):
    assert faq.titled(text, "en").text == "On 31 March."


@pytest.mark.parametrize(
    "text", ["why does my leftover leave expire", "leftover leave", "when does my card expire", "leave", "", "when"]
)
def test_another_question_is_no_heading(faq, text):
    assert faq.titled(text, "en") is None


def test_an_article_concerns_what_it_is_tagged_with(faq):
    leave, bikes = faq.articles
    assert faq.concerns(leave, "leave")
    assert not faq.concerns(leave, "leasing")
    assert faq.concerns(bikes, "leasing")
    assert not faq.concerns(bikes, "leave")


def test_the_question_above_a_text_is_found_but_not_quoted(faq):
    found = faq.find("does leftover leave expire", "en")
    assert (found.heading, found.text) == ("When does my leftover leave expire?", "On 31 March.")
