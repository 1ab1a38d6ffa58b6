"""A client that hires out tools, with a slot of each kind of value: counts, accounts, spans, sums, sites, sizes."""

from dataclasses import replace
from datetime import UTC, date, datetime

from nlu.action import ActionResult
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.state import VERSION
from nlu.dialogue.values.assign import assign
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.pack import Pack, load_pack
from tests.nlu.keyword_engine import KeywordEngine
from tests.nlu.talker import Talker

MONDAY = date(2026, 11, 30)

CLIENT = "client: {id: hire, name: Hire, languages: [en, de]}\nbot: {name: Bo, max_turns: 40}\n"

DOMAIN = """
version: "3.1"
intents: [hire, absent, site, order, hours, greet, goodbye, thanks, affirm, deny, cancel, human]
entities: [order_number, shoe]
slots:
  language: {type: categorical, values: [en, de], mappings: [{type: custom}]}
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  tool: {type: text, mappings: [{type: from_text}]}
  pieces: {type: text, mappings: [{type: from_text}]}
  account: {type: text, mappings: [{type: from_text}]}
  first_day: {type: text, mappings: [{type: from_text}]}
  last_day: {type: text, mappings: [{type: from_text}]}
  back_on: {type: text, mappings: [{type: from_text}]}
  deposit: {type: text, mappings: [{type: from_text}]}
  address: {type: text, mappings: [{type: from_text}]}
  size: {type: text, mappings: [{type: from_text}, {type: from_entity, entity: shoe}]}
  insured: {type: bool, mappings: [{type: from_text}]}
  note: {type: text, mappings: [{type: from_text}]}
actions: [action_hire, action_absent, action_site, action_look]
responses:
  utter_ask_tool: [{text: "Which tool?"}, {text: "What do you need?"}]
  utter_ask_pieces: [{text: "How many?"}, {text: "How many of them?"}]
  utter_ask_account: [{text: "Which account?"}, {text: "Your account, please."}]
  utter_ask_first_day: [{text: "From when?"}, {text: "The first day?"}]
  utter_ask_last_day: [{text: "Until when?"}, {text: "The last day?"}]
  utter_ask_back_on: [{text: "Until when?"}, {text: "How long?"}]
  utter_ask_deposit: [{text: "What deposit?"}, {text: "The sum?"}]
  utter_ask_insured: [{text: "Insured?"}, {text: "Is it insured?"}]
  utter_ask_address: [{text: "Where to?"}, {text: "The address?"}]
  utter_ask_note: [{text: "Anything to note?"}, {text: "A note?"}]
  utter_ask_order_number: [{text: "Which order?"}, {text: "The order number?"}]
  utter_ask_size:
  - text: "Which size?"
    buttons:
    - {title: "Size S", payload: "/SetSlots(size=S)"}
    - {title: "Size M", payload: "/SetSlots(size=M)"}
    - {title: "Size XL", payload: "/SetSlots(size=XL)"}
  - text: "What size?"
    buttons:
    - {title: "Size S", payload: "/SetSlots(size=S)"}
    - {title: "Size M", payload: "/SetSlots(size=M)"}
    - {title: "Size XL", payload: "/SetSlots(size=XL)"}
  utter_bad_account: [{text: "No account."}]
  utter_hired: [{text: "Hired {pieces} for {deposit}."}]
  utter_site: [{text: "Noted."}]
  utter_absent: [{text: "Get well."}]
  utter_hours: [{text: "We open at nine."}]
  utter_order: [{text: "It is on its way."}]
  utter_label_account:
  - {text: "Account", condition: [{type: slot, name: language, value: en}]}
  - {text: "Kundenkonto", condition: [{type: slot, name: language, value: de}]}
  utter_label_pieces:
  - {text: "Quantity", condition: [{type: slot, name: language, value: en}]}
  - {text: "Anzahl", condition: [{type: slot, name: language, value: de}]}
  utter_label_deposit: [{text: "Deposit"}]
"""

FLOWS = """
flows:
  hire:
    name: Hire
    description: hire tools
    nlu_trigger: [{intent: hire}]
    steps:
    - collect: tool
    - collect: pieces
      metadata: {value: quantity}
    - collect: account
      rejections: [{if: 'not (slots.account matches "^[0-9]{4}$")', utter: utter_bad_account}]
    - collect: first_day
      metadata: {value: start}
    - collect: last_day
      metadata: {value: end}
    - collect: insured
    - collect: deposit
      metadata: {value: money}
    - action: action_hire
    - action: utter_hired
  absent:
    name: Absent
    description: somebody is ill
    nlu_trigger: [{intent: absent}]
    steps:
    - collect: back_on
      metadata: {value: end}
    - collect: note
    - action: action_absent
    - action: utter_absent
  site:
    name: Site
    description: a site gets shoes
    nlu_trigger: [{intent: site}]
    steps:
    - collect: size
    - collect: address
      metadata: {parts: [street, postcode, town]}
    - action: action_site
    - action: utter_site
  order:
    name: Order
    description: where an order is
    nlu_trigger: [{intent: order}]
    steps:
    - collect: order_number
      rejections: [{if: 'not (slots.order_number matches "^[0-9]{6}$")', utter: utter_ask_order_number}]
    - action: action_look
    - action: utter_order
"""

ACTIONS = """
actions:
  action_hire: {method: POST, url: "http://hire.test/hire", body: {tool: "{tool}", n: "{pieces}", a: "{account}", f: "{first_day}", l: "{last_day}", d: "{deposit}", i: "{insured}"}}
  action_absent: {method: POST, url: "http://hire.test/absent", body: {until: "{back_on}", note: "{note}"}}
  action_site: {method: POST, url: "http://hire.test/site", body: {size: "{size}", to: "{address}"}}
  action_look: {url: "http://hire.test/orders/{order_number}"}
"""

KEYWORDS = {
    "hire": "hire|leihen",
    "absent": "absent|krank|sick",
    "site": "shoes|schuhe",
    "order": "where is my order|wo ist meine bestellung",
    "hours": "open|geöffnet",
    "greet": r"^(hello|hallo)",
    "goodbye": r"\b(bye|goodbye|tschüss)",
    "thanks": r"\bthanks|danke",
    "affirm": r"^(yes|ja)\b",
    "deny": r"^(no|nein)\b",
    "cancel": "never mind|vergiss es|^egal",
    "human": "person|mensch",
}


def hire_pack() -> Pack:
    lines = ['version: "3.1"', "nlu:"]
    for intent in KEYWORDS:
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - words of {intent} {n}" for n in range(5))]
    files = {"client.yml": CLIENT, "domain.yml": DOMAIN, "flows.yml": FLOWS, "actions.yml": ACTIONS}
    return load_pack(files | {"nlu/all.yml": "\n".join(lines)})


def hirer(language: str = "en") -> Talker:
    """Somebody who writes to the hire shop on a Monday; every write succeeds and is kept in `actions.calls`."""
    names = ("action_hire", "action_absent", "action_site", "action_look")
    actions = FakeActions(dict.fromkeys(names, ActionResult(True, {}, status=200)))
    talker = Talker(bot=Bot(hire_pack(), KeywordEngine(KEYWORDS), actions))
    talker.actions, talker.now = actions, datetime(2026, 11, 30, 12, tzinfo=UTC)
    talker.conversation = replace(talker.conversation, language=language, tracker={"version": VERSION, "spoken": True})
    return talker


def slots_of(talker: Talker) -> dict[str, object]:
    """What the bot knows, without the language."""
    kept = talker.conversation.tracker["slots"]
    return {name: value for name, value in kept.items() if name != "language"}


def wishes(*names: str) -> list[Wanted]:
    """Slots of the hire shop as its flows collect them."""
    pack = hire_pack()
    collects = {c.slot: c for flow in pack.flows.values() for c in flow.collects}
    return [one for name in names if (one := wanted(pack.domain, name, collects[name])) is not None]


def given(text: str, *names: str, held: dict[str, object] | None = None, asked: str = "", start: str = "") -> dict:
    """What a text gives these slots on the Monday."""
    understood = KeywordEngine(KEYWORDS).parse([text])[0]
    words = lexicon("en").beside(lexicon("de"))
    filled = assign(text, understood, wishes(*names), MONDAY, ("en", "de"), words, held, asked, start or None)
    return {one.slot: one.value for one in filled}
