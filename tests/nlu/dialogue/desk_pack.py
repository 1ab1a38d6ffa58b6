"""A client whose processes write: expenses, stopping an order, moving house; with articles, dangers and due days."""

from dataclasses import replace

from nlu.action import ActionResult
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.dialogue.state import VERSION
from nlu.pack import load_pack
from tests.nlu.keyword_engine import KeywordEngine
from tests.nlu.talker import Talker

CLIENT = """
client: {id: desk, name: Desk, languages: [en, de]}
bot: {name: Desky, max_turns: 40, urgent_intents: [danger], reserved_intents: [complaint]}
"""

DOMAIN = """
version: "3.1"
intents: [order, stop_order, expense, move, job, hours, danger, complaint, booking, greet, goodbye, thanks, affirm, deny, cancel, human, refund]
entities: [order_number]
slots:
  language: {type: categorical, values: [en, de], mappings: [{type: custom}]}
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  status: {type: text, mappings: [{type: custom}]}
  day: {type: text, mappings: [{type: custom}]}
  purpose: {type: text, mappings: [{type: from_text}]}
  amount: {type: text, mappings: [{type: from_text}]}
  spent_on: {type: text, mappings: [{type: from_text}]}
  address: {type: text, mappings: [{type: from_text}]}
  details: {type: text, mappings: [{type: from_text}]}
  seats: {type: text, mappings: [{type: from_text}]}
  seat_kind: {type: categorical, values: [window, aisle], mappings: [{type: from_text}]}
  claim: {type: text, mappings: [{type: custom}]}
actions: [action_look, action_stop, action_restart, action_claim, action_drop_claim, action_change_claim, action_move, action_book]
responses:
  utter_ask_order_number: [{text: "Which order?"}, {text: "Tell me the six digits of the order, please."}]
  utter_status: [{text: "{order_number} is {status}, due {day}."}]
  utter_stopped: [{text: "Stopped."}]
  utter_ask_purpose: [{text: "What was it for?"}, {text: "What did you buy?"}]
  utter_ask_amount: [{text: "How much?"}, {text: "What sum was it?"}]
  utter_ask_spent_on: [{text: "On which day?"}, {text: "When was that?"}]
  utter_claimed: [{text: "Claimed as {claim}."}]
  utter_ask_address: [{text: "Where to?"}, {text: "What is the new address?"}]
  utter_moved: [{text: "Moved."}]
  utter_ask_details: [{text: "What is it about?"}, {text: "Please describe it."}]
  utter_ask_seats: [{text: "How many seats?"}, {text: "For how many?"}]
  utter_ask_seat_kind: [{text: "Window or aisle?"}, {text: "Which one, window or aisle?"}]
  utter_booked: [{text: "Booked."}]
  utter_hours: [{text: "We open at nine."}]
  utter_urgent_danger: [{text: "Get out and call 112. After six call the guard, 030 1234."}]
  utter_label_amount: [{text: "Amount"}]
  utter_label_purpose: [{text: "Purpose"}]
  utter_label_spent_on: [{text: "Day"}]
  utter_title_expense: [{text: "Expense claim"}]
  utter_title_stop_order: [{text: "Stop an order"}]
  utter_title_order: [{text: "Order status"}]
"""

FLOWS = """
flows:
  find:
    description: find an order
    if: false
    steps:
    - collect: order_number
      rejections: [{if: 'not (slots.order_number matches "^[0-9]{6}$")', utter: utter_ask_order_number}]
    - action: action_look
  order:
    description: say where an order is
    nlu_trigger: [{intent: order}]
    metadata: {due: day}
    steps:
    - call: find
    - action: utter_status
  refund:
    description: say where the money is
    nlu_trigger: [{intent: refund}]
    steps:
    - call: find
    - action: utter_status
  stop_order:
    description: stop an order
    nlu_trigger: [{intent: stop_order}]
    metadata: {undo: action_restart}
    steps:
    - call: find
    - action: action_stop
    - action: utter_stopped
  expense:
    name: Expense claim
    description: claim money
    nlu_trigger: [{intent: expense}]
    metadata: {undo: action_drop_claim, change: action_change_claim, reversible_until: 30m}
    steps:
    - collect: purpose
    - collect: amount
      metadata: {value: money}
    - collect: spent_on
      metadata: {value: date}
    - action: action_claim
    - action: utter_claimed
  move:
    description: change an address
    nlu_trigger: [{intent: move}]
    steps:
    - collect: address
      metadata: {parts: [street, postcode, town]}
    - action: action_move
    - action: utter_moved
  booking:
    description: book seats
    nlu_trigger: [{intent: booking}]
    steps:
    - collect: seats
      metadata: {value: quantity}
    - collect: seat_kind
      metadata: {default: aisle}
    - action: action_book
    - action: utter_booked
  job:
    name: Job
    description: a job for people
    nlu_trigger: [{intent: job}]
    steps:
    - collect: details
    - action: action_work_order
"""

ACTIONS = """
actions:
  action_look: {url: "http://desk.test/orders/{order_number}", slots: {status: status, day: day}}
  action_stop: {method: POST, url: "http://desk.test/orders/{order_number}/stop"}
  action_restart: {method: POST, url: "http://desk.test/orders/{order_number}/restart"}
  action_claim: {method: POST, url: "http://desk.test/claims", body: {what: "{purpose}", sum: "{amount}", on: "{spent_on}"}, slots: {claim: number}}
  action_drop_claim: {method: DELETE, url: "http://desk.test/claims/{claim}"}
  action_change_claim: {method: PUT, url: "http://desk.test/claims/{claim}", body: {what: "{purpose}", sum: "{amount}", on: "{spent_on}"}}
  action_move: {method: PUT, url: "http://desk.test/address", body: {to: "{address}"}}
  action_book: {method: POST, url: "http://desk.test/seats", body: {n: "{seats}", kind: "{seat_kind}"}}
"""

KNOWLEDGE = """---
title: Stopping orders
language: en
tags: [stop_order]
---
# Can I stop an order?

An order can be stopped free of charge until it has left the warehouse.
"""

KEYWORDS = {
    "stop_order": r"stop (my|an|the)? ?(order|it)?\b|\bstop\b.*\border|stornier",
    "order": "where is|wo ist|status",
    "expense": "expense|spesen",
    "move": "new address|moving|umzug",
    "booking": "seats please|book",
    "job": r"\bjob\b",
    "hours": "open|geöffnet",
    "danger": "smoke|burning|brennt|rauch",
    "complaint": "complain",
    "greet": r"^(hello|hallo)",
    "goodbye": r"\b(bye|goodbye|tschüss)",
    "thanks": r"\bthanks|danke",
    "affirm": r"^(yes|ja)\b",
    "deny": r"^(no|nein)\b",
    "cancel": "never mind|vergiss es",
    "human": "person|mensch",
    "refund": "money|geld|refund",
}

DUE = ActionResult(True, {"status": "on its way", "day": "2026-12-24"}, status=200)
LATE = ActionResult(True, {"status": "late", "day": "2026-11-01"}, status=200)
DONE = ActionResult(True, {}, status=200)
CLAIMED = ActionResult(True, {"claim": "C-1"}, status=200)


def desk_files(**changed: str) -> dict[str, str]:
    """The pack's files; `changed` replaces some by name, or adds one whose name has an ending."""
    lines = ['version: "3.1"', "nlu:"]
    for intent in KEYWORDS:
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - words of {intent} {n}" for n in range(5))]
    files = {
        "client.yml": CLIENT,
        "domain.yml": DOMAIN,
        "flows.yml": FLOWS,
        "actions.yml": ACTIONS,
        "nlu/all.yml": "\n".join(lines),
        "knowledge/stop.md": KNOWLEDGE,
    }
    return files | {name if "." in name else f"{name}.yml": text for name, text in changed.items()}


def customer(**changed: str) -> Talker:
    """Somebody who writes to the desk; every write succeeds and is kept in `actions.calls`."""
    answers = {"action_look": DUE, "action_claim": CLAIMED} | dict.fromkeys(
        ("action_stop", "action_restart", "action_drop_claim", "action_change_claim", "action_move", "action_book"),
        DONE,
    )
    actions = FakeActions(answers)
    talker = Talker(bot=Bot(load_pack(desk_files(**changed)), KeywordEngine(KEYWORDS), actions))
    talker.actions = actions
    talker.conversation = replace(talker.conversation, language="en", tracker={"version": VERSION, "spoken": True})
    return talker


def writes(talker: Talker) -> list[str]:
    """The names of the writes that were called."""
    return [call.name for call in talker.actions.calls if call.name != "action_look"]
