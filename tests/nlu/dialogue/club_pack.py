"""A club's office: monthly statements, exchanged kit, damage with a wish, days off, a bulletin's address."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from conversation.understanding import Entity, Understanding
from nlu.action import ActionResult
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.dialogue.state import VERSION
from nlu.pack import Pack, load_pack
from tests.nlu.keyword_engine import KeywordEngine
from tests.nlu.talker import Talker

CLIENT = "client: {id: club, name: Club, languages: [en, de]}\nbot: {name: Cleo, max_turns: 40}\n"

DOMAIN = """
version: "3.1"
intents: [statement, swap, damage, days_off, post, greet, goodbye, thanks, affirm, deny, cancel, human]
entities: [order_number, month, colour, wish]
slots:
  language: {type: categorical, values: [en, de], mappings: [{type: custom}]}
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  month: {type: text, mappings: [{type: from_entity, entity: month}, {type: from_text}]}
  colour: {type: text, mappings: [{type: from_entity, entity: colour}, {type: from_text}]}
  damage: {type: text, mappings: [{type: from_text}]}
  wish: {type: text, mappings: [{type: from_entity, entity: wish}, {type: from_text}]}
  first_day: {type: text, mappings: [{type: from_text}]}
  last_day: {type: text, mappings: [{type: from_text}]}
  address: {type: text, mappings: [{type: from_text}]}
actions: [action_statement, action_swap, action_damage, action_days_off, action_post]
responses:
  utter_ask_order_number: [{text: "Which number?"}, {text: "The six digits, please."}]
  utter_ask_month: [{text: "Which month?"}, {text: "For which month?"}]
  utter_ask_colour: [{text: "Which one instead?"}, {text: "What would you like instead?"}]
  utter_ask_damage: [{text: "What is broken?"}, {text: "What happened to it?"}]
  utter_ask_wish:
  - text: "Repair or replacement?"
    buttons:
    - {title: "Repair", payload: "/SetSlots(wish=repair)"}
    - {title: "Replacement", payload: "/SetSlots(wish=replacement)"}
  - text: "What would you like?"
    buttons:
    - {title: "Repair", payload: "/SetSlots(wish=repair)"}
    - {title: "Replacement", payload: "/SetSlots(wish=replacement)"}
  utter_ask_first_day: [{text: "From when?"}, {text: "The first day?"}]
  utter_ask_last_day: [{text: "Until when?"}, {text: "The last day?"}]
  utter_ask_address: [{text: "Where to?"}, {text: "The address?"}]
  utter_done: [{text: "Done."}]
"""

FLOWS = """
flows:
  statement:
    name: Statement
    description: a monthly statement
    nlu_trigger: [{intent: statement}]
    steps: [{collect: month}, {action: action_statement}, {action: utter_done}]
  swap:
    name: Exchange
    description: another one instead
    nlu_trigger: [{intent: swap}]
    steps: [{collect: order_number}, {collect: colour}, {action: action_swap}, {action: utter_done}]
  damage:
    name: Damage
    description: something is broken
    nlu_trigger: [{intent: damage}]
    steps: [{collect: order_number}, {collect: wish}, {action: action_damage}, {action: utter_done}]
  days_off:
    name: Days off
    description: days off
    nlu_trigger: [{intent: days_off}]
    steps:
    - collect: first_day
      metadata: {value: start}
    - collect: last_day
      metadata: {value: end}
    - action: action_days_off
    - action: utter_done
  post:
    name: Bulletin
    description: where the bulletin goes
    nlu_trigger: [{intent: post}]
    steps:
    - collect: address
      metadata: {parts: [street, postcode, town]}
    - action: action_post
    - action: utter_done
"""

ACTIONS = """
actions:
  action_statement: {method: POST, url: "http://club.test/statements", body: {month: "{month}"}}
  action_swap: {method: POST, url: "http://club.test/swaps", body: {order: "{order_number}", colour: "{colour}"}}
  action_damage: {method: POST, url: "http://club.test/damage", body: {order: "{order_number}", wish: "{wish}"}}
  action_days_off: {method: POST, url: "http://club.test/days", body: {first: "{first_day}", last: "{last_day}"}}
  action_post: {method: POST, url: "http://club.test/post", body: {to: "{address}"}}
"""

KEYWORDS = {
    "statement": "statement|kontoauszug",
    "swap": "exchange|umtausch|wrong colour|falsche farbe",
    "damage": "damage|schaden",
    "days_off": "day off|days off|urlaub",
    "post": "bulletin|vereinsblatt",
    "greet": r"^(hello|hallo)",
    "goodbye": r"\b(bye|tschüss)",
    "thanks": r"\bthanks|danke",
    "affirm": r"^(yes|ja)\b",
    "deny": r"^(no|nein)\b",
    "cancel": "never mind|vergiss es",
    "human": "person|mensch",
}

_MONTH = r"(?:october|november|oktober|oct|okt|nov)(?: \d{4})?"
_ENTITIES = {
    "colour": re.compile(r"\b(black|blue|red|green|schwarz|blau|rot|grün)\b", re.IGNORECASE),
    "month": re.compile(rf"\b{_MONTH}(?: (?:and|und|&) {_MONTH})?\b", re.IGNORECASE),
    "wish": re.compile(r"\b(repair|replacement|reparatur|ersatz)\b", re.IGNORECASE),
}
_WISHES = {"reparatur": "repair", "ersatz": "replacement"}


class ClubEngine(KeywordEngine):
    """Knows colours, a few months, of which it takes two as one, and what may be done about a damage."""

    def _understand(self, text: str, prior: str | None) -> Understanding:
        found = super()._understand(text, prior)
        named = (
            Entity(name, _WISHES.get(m[0].casefold(), m[0].casefold()), m.start(), m.end(), "regex")
            for name, pattern in _ENTITIES.items()
            for m in pattern.finditer(text)
        )
        return replace(found, entities=(*found.entities, *named))


def club_pack() -> Pack:
    lines = ['version: "3.1"', "nlu:"]
    for intent in KEYWORDS:
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - words of {intent} {n}" for n in range(5))]
    files = {"client.yml": CLIENT, "domain.yml": DOMAIN, "flows.yml": FLOWS, "actions.yml": ACTIONS}
    return load_pack(files | {"nlu/all.yml": "\n".join(lines)})


def member(language: str = "en") -> Talker:
    """Somebody who writes to the club on a Monday; every write succeeds and is kept in `actions.calls`."""
    names = ("action_statement", "action_swap", "action_damage", "action_days_off", "action_post")
    actions = FakeActions(dict.fromkeys(names, ActionResult(True, {}, status=200)))
    talker = Talker(bot=Bot(club_pack(), ClubEngine(KEYWORDS), actions))
    talker.actions, talker.now = actions, datetime(2026, 11, 30, 12, tzinfo=UTC)
    talker.conversation = replace(talker.conversation, language=language, tracker={"version": VERSION, "spoken": True})
    return talker


def known(talker: Talker) -> dict[str, object]:
    """What the bot holds, without the language."""
    kept = talker.conversation.tracker["slots"]
    return {name: value for name, value in kept.items() if name != "language"}
