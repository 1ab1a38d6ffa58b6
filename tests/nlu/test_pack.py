"""A pack as a whole: what is wrong with it, said by file and line."""

import pytest

from conversation.errors import PackInvalid
from nlu.pack import load_pack, validate
from tests.nlu.shop_pack import ACTIONS, CLIENT, DOMAIN, FLOWS, nlu, texts


def found(**changed: str) -> list[str]:
    return [str(problem) for problem in validate(texts(**changed))]


def test_a_good_pack_has_only_warnings_about_languages():
    assert [p for p in validate(texts()) if not p.warning] == []
    assert load_pack(texts()).profile.name == "Shop"


def test_the_digest_changes_with_any_file():
    assert load_pack(texts()).digest != load_pack(texts(client=CLIENT + "# a word\n")).digest


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "words"),
    [
        ("domain", 'version: "3.1"', "version: 3.1", "domain.yml:2", "quoted"),
        ("domain", "actions: [", "Actions: [", "domain.yml", "unknown key 'Actions'"),
        ("domain", "intents: [order", "intents: [5, order", "domain.yml:3", "is not text"),
        ("domain", "intents: [order", "intents: [order, order", "domain.yml:3", "defined twice"),
        ("domain", "entity: order_number}", "entity: nr}", "domain.yml:7", "unknown entity 'nr'"),
        ("domain", "intent: affirm", "intent: agree", "domain.yml:11", "unknown intent 'agree'"),
        ("domain", "{type: bool, mappings: [{type: custom}]}", "{type: bool}", "domain.yml:8", "needs `mappings`"),
        (
            "domain",
            "type: categorical, values: [small, large],",
            "type: categorical,",
            "domain.yml:13",
            "needs `values`",
        ),
        ("domain", "type: bool, mappings", "type: boolean, mappings", "domain.yml:8", "unknown slot type"),
        ("domain", "value: de}]}", "value: fr}]}", "domain.yml", "'fr' is no value of slot 'language'"),
        ("domain", "name: language, value: de", "name: lang, value: de", "domain.yml", "unknown slot 'lang'"),
        ("domain", "{status}, {day}.", "{state}, {day}.", "domain.yml", "unknown variable {state}"),
        ("domain", "/SetSlots(sure=true)", "/SetSlots(shure=true)", "domain.yml", "unknown slot 'shure'"),
        ("domain", '/deny{"sure": false}', "/deny{sure}", "domain.yml", "cannot be read"),
        ("domain", "utter_hours:", "hours_text:", "domain.yml", "must begin with utter_"),
        ("domain", '{text: "Stopped."}', "{txt: Stopped}", "domain.yml", "unknown key 'txt'"),
        ("flows", "action: utter_kept", "action: utter_keep", "flows.yml", "there is no response 'utter_keep'"),
        ("flows", "collect: details", "collect: detail", "flows.yml", "there is no slot 'detail'"),
        ("flows", "action: action_look", "action: action_peek", "flows.yml", "nothing runs the action 'action_peek'"),
        ("flows", "call: find", "call: search", "flows.yml", "there is no flow 'search'"),
        ("flows", "intent: job", "intent: jobs", "flows.yml", "unknown intent 'jobs'"),
        ("flows", "intent: job}", "intent: order}", "flows.yml", "triggers 'order' and 'job'"),
        ("flows", "if: slots.sure", "if: sure", "flows.yml", "cannot be read"),
        ("flows", "if: slots.sure", "if: slots.shure", "flows.yml", "there is no slot 'shure'"),
        ("flows", "{action: utter_stopped, next: END}", "{action: utter_stopped}", "flows.yml", "needs `next`"),
        ("flows", "- else: [{action: utter_kept, next: END}]", "", "flows.yml", "lack an `else`"),
        ("flows", "utter_kept, next: END", "utter_kept, next: nowhere", "flows.yml", "unknown step 'nowhere'"),
        (
            "flows",
            "- collect: size",
            "- collect: size\n      next: END",
            "flows.yml",
            "no way leads to step '2_action'",
        ),
        ("actions", "status: status", "state: status", "actions.yml", "there is no slot 'state'"),
        ("actions", "status: status", "status: 'a['", "actions.yml", "is not JMESPath"),
        (
            "actions",
            "http://shop.test/orders",
            "http://{status}.test/orders",
            "actions.yml",
            "the host of an action is fixed",
        ),
        ("actions", "http://shop.test/orders", "ftp://shop.test/orders", "actions.yml", "is not a web address"),
        ("actions", "http://shop.test/orders", "http://[::1/orders", "actions.yml", "is not a web address"),
        ("actions", "404:", "nope:", "actions.yml", "is not an HTTP status"),
        ("client", "[de, en]", "[de, fr]", "client.yml", "'fr' is not supported"),
        ("client", "max_turns: 6", "max_turns: many", "client.yml", "must be a number"),
        (
            "client",
            "reserved_intents: [complaint]",
            "reserved_intents: [rant]",
            "client.yml",
            "'rant' is not in the domain",
        ),
    ],
)
def test_every_mistake_is_named(file, old, new, place, words):
    source = {"domain": DOMAIN, "flows": FLOWS, "actions": ACTIONS, "client": CLIENT}[file]
    assert old in source, "the table is out of date"
    problems = found(**{file: source.replace(old, new, 1)})
    assert any(p.startswith(place) and words in p for p in problems), problems


def test_an_intent_in_the_examples_but_not_in_the_domain_is_an_error():
    assert any(
        "'mystery' is not in the domain" in p for p in found(nlu=nlu() + "\n- intent: mystery\n  examples: |\n    - hm")
    )


def test_an_intent_without_examples_and_one_without_answer_are_warned_of():
    problems = found(domain=DOMAIN.replace("intents: [order", "intents: [lonely, order"))
    assert any("'lonely' has no examples" in p and "warning" in p for p in problems)
    unanswered = found(
        domain=DOMAIN.replace("intents: [order", "intents: [mute, order"),
        nlu=nlu() + "\n- intent: mute\n  examples: |\n    - psst",
    )
    assert any("nothing answers the intent 'mute'" in p for p in unanswered)


def test_all_files_problems_come_together():
    with pytest.raises(PackInvalid) as caught:
        load_pack(
            texts(client="client: {}", flows="flows: {x: {steps: []}}", domain=DOMAIN.replace("/deny{", "/nope{"))
        )
    assert {p.file for p in caught.value.problems} >= {"client.yml", "flows.yml", "domain.yml"}


def test_an_article_needs_front_matter_and_text():
    problems = found(**{"knowledge/a.md": "no front", "knowledge/b.md": "---\ntitle: B\nlanguage: de\n---\n"})
    assert any(p.startswith("knowledge/a.md:1: the article has no front matter") for p in problems)
    assert any(p.startswith("knowledge/b.md") and "is empty" in p for p in problems)
