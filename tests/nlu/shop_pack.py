"""A small pack for dialogue tests: one shop with a lookup, a cancellation, a free-text job and some questions."""

CLIENT = """
client: {id: shop, name: Shop, languages: [de, en]}
bot: {name: Shoppy, max_turns: 6, max_failures: 2, reserved_intents: [complaint]}
"""

DOMAIN = """
version: "3.1"
intents: [order, cancel_order, job, hours, shipping, complaint, purchase, greet, goodbye, thanks, affirm, deny, cancel, human]
entities: [order_number]
slots:
  language: {type: categorical, values: [de, en], mappings: [{type: custom}]}
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  order_found: {type: bool, mappings: [{type: custom}]}
  status: {type: text, mappings: [{type: custom}]}
  day: {type: text, mappings: [{type: custom}]}
  sure: {type: bool, mappings: [{type: from_intent, intent: affirm, value: true}, {type: from_intent, intent: deny, value: false}]}
  details: {type: text, mappings: [{type: from_text}]}
  size: {type: categorical, values: [small, large], mappings: [{type: from_text}]}
  item: {type: text, mappings: [{type: from_text}]}
actions: [action_look, action_stop]
responses:
  utter_ask_order_number:
  - {text: "Wie lautet die Bestellnummer?", condition: [{type: slot, name: language, value: de}]}
  - {text: "What is the order number?", condition: [{type: slot, name: language, value: en}]}
  utter_bad_number:
  - {text: "Six digits, please."}
  utter_status:
  - {text: "Bestellung {order_number}: {status}, {day}.", condition: [{type: slot, name: language, value: de}]}
  - {text: "Order {order_number}: {status}, {day}.", condition: [{type: slot, name: language, value: en}]}
  - {text: "*{order_number}*: {status}", channel: slack}
  utter_unknown:
  - {text: "I don't know that order."}
  utter_ask_sure:
  - text: "Really stop {order_number}?"
    buttons:
    - {title: "Yes, stop it", payload: "/SetSlots(sure=true)"}
    - {title: "Keep it", payload: '/deny{"sure": false}'}
  utter_stopped:
  - {text: "Stopped."}
  utter_kept:
  - {text: "Kept."}
  utter_ask_details:
  - {text: "What is it about?"}
  utter_ask_size:
  - {text: "How big?"}
  utter_hours:
  - {text: "We open at nine."}
  utter_shipping:
  - {text: "Shipping is free."}
  utter_ask_item:
  - {text: "Which item?"}
  utter_title_hours:
  - {text: "Öffnungszeiten", condition: [{type: slot, name: language, value: de}]}
  - {text: "Opening hours", condition: [{type: slot, name: language, value: en}]}
  utter_anything_else:
  - {text: "Anything else?"}
"""

FLOWS = """
flows:
  find:
    description: find an order
    if: false
    steps:
    - collect: order_number
      rejections:
      - {if: 'not (slots.order_number matches "^[0-9]{6}$")', utter: utter_bad_number}
    - action: action_look
  order:
    name: Order status
    description: say where an order is
    nlu_trigger: [{intent: order}]
    steps:
    - call: find
    - noop: true
      next:
      - if: slots.order_found
        then: [{action: utter_status, next: END}]
      - else: [{action: utter_unknown, next: END}]
  cancel_order:
    description: stop an order
    nlu_trigger: [{intent: cancel_order}]
    steps:
    - call: find
    - collect: sure
      metadata: {confirms: action_stop}
      next:
      - if: slots.sure
        then: [{action: action_stop}, {action: utter_stopped, next: END}]
      - else: [{action: utter_kept, next: END}]
  job:
    description: a job for people
    nlu_trigger: [{intent: job}]
    steps:
    - collect: details
    - collect: size
    - action: action_handoff
  purchase:
    name: Purchase
    description: buy something
    nlu_trigger: [{intent: purchase}]
    steps:
    - collect: item
    - action: action_work_order
"""

ACTIONS = """
actions:
  action_look:
    url: "http://shop.test/orders/{order_number}"
    slots: {status: status, day: day}
    success: {order_found: true}
    on_status: {404: {set_slots: {order_found: false}}}
  action_stop: {method: POST, url: "http://shop.test/orders/{order_number}/stop", sign: "s3cret", body: {n: "{order_number}"}}
"""

_KEYWORDS = {
    "cancel_order": "stop my order|storno",
    "order": "where is|wo ist|status",
    "job": "job|auftrag",
    "hours": "open|geöffnet",
    "shipping": "shipping|versand",
    "complaint": "complain|beschwer",
    "purchase": "buy|kaufen",
    "greet": r"^(hello|hallo)",
    "goodbye": r"\b(bye|tschüss)",
    "thanks": "thanks|danke",
    "affirm": r"^(yes|ja)\b",
    "deny": r"^(no|nein)\b",
    "cancel": "never mind|vergiss es",
    "human": "person|mensch",
}
KEYWORDS = dict(_KEYWORDS)


def nlu() -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent, pattern in _KEYWORDS.items():
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {word} {intent} {n}" for n in range(5) for word in pattern.strip("^").split("|")[:1]]
    return "\n".join(lines)


KNOWLEDGE = """---
title: Batterien im Winter
language: de
---
# Lagerung

Lagere den Akku im Winter bei Zimmertemperatur und lade ihn auf sechzig Prozent.
"""


def texts(**changed: str) -> dict[str, str]:
    """The pack's files; `changed` replaces some (domain=…, flows=…)."""
    files = {
        "client.yml": CLIENT,
        "domain.yml": DOMAIN,
        "flows.yml": FLOWS,
        "actions.yml": ACTIONS,
        "nlu/all.yml": nlu(),
        "knowledge/akku.md": KNOWLEDGE,
    }
    named = {
        "client": "client.yml",
        "domain": "domain.yml",
        "flows": "flows.yml",
        "actions": "actions.yml",
        "nlu": "nlu/all.yml",
    }
    return files | {named.get(name, name): text for name, text in changed.items()}
