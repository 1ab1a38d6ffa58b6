"""Sentences with marked entities, from templates: neither values nor templates of the test part occur in training."""

from __future__ import annotations

import random

from nlu.training_data import Example, parse_training_data

TRAINED = {
    "city": "Berlin|Paris|Munich|Hamburg|Rome|Oslo|Cologne|Vienna|Madrid|Leeds|New York|Bad Homburg",
    "person": "Anna Schmidt|Peter Brown|Ms Keller|Julia|Thomas Meyer|Mr Wood|Sabine|John Miller|Dr Vogel|Emma Clark",
    "company": "Siemens|Acme Ltd|Nordwind GmbH|Contoso|Bluebird Inc|Hansen & Sohn|Orbital|Metro AG",
    "product": "rain jacket|winter boots|blue lamp|desk chair|coffee mill|Zelt|Rucksack|Wanderschuhe|Kaffeemaschine",
    "room": "room 12|the Blue Room|Raum 4|room 301|Saal B",
}
UNSEEN = {
    "city": "Lisbon|Bremen|Zurich|Prague|Graz|Dublin|Stuttgart|San Marino|Kiel|Turin|Helsinki",
    "person": "Laura Weber|David Young|Ms Ortega|Markus|Nina Hoffmann|Mr Patel|Oliver|Dr Lang|Sophie Turner",
    "company": "Globex|Südsee GmbH|Initech Ltd|Krause & Partner|Umbrella Inc|Vega AG|Bergwerk",
    "product": "hiking poles|red scarf|table fan|tea kettle|Schlafsack|Regenmantel|Stirnlampe|bread knife",
    "room": "room 27|the Green Room|Raum 9|Saal D|room 410",
}
TRAINING = """
I need a train from {city:from} to {city:to}
book a flight to {city:to} please
from {city:from} I want to go to {city:to} tomorrow
is there a bus to {city:to}
my parcel is stuck in {city}
do you have a shop in {city}
Ich brauche ein Ticket von {city:from} nach {city:to}
fährt heute noch ein Zug nach {city:to}
gibt es eine Filiale in {city}
mein Paket liegt in {city}
please let {person} know that I am late
I spoke with {person} yesterday
can I talk to {person} again
ich habe mit {person} telefoniert
bitte verbinden Sie mich mit {person}
sag {person} dass ich später komme
I work for {company} and need an invoice
send the invoice to {company}
die Rechnung soll auf {company} lauten
ich arbeite bei {company}
I ordered a {product} last week
my {product} is broken
where is the {product} that I bought
when will the {product} be back in stock
ich habe einen {product} bestellt
mein {product} ist kaputt
wann ist der {product} wieder da
is {room} free at noon
please book {room} for the team
ist {room} morgen frei
where is my order
can I pay by card
I want to talk to a person
what are your opening hours
wo ist meine Bestellung
kann ich auf Rechnung zahlen
thank you very much
my account is locked
the website does not work
how long does delivery take
""".strip().splitlines()
TESTED = """
I would like to travel from {city:from} to {city:to} on Friday
any trains to {city:to} tonight
how do I get from {city:from} to {city:to}
is your office in {city} open
wie komme ich von {city:from} nach {city:to}
gibt es einen Laden in {city}
yesterday I talked to {person}
could you tell {person} that I am ill
ich möchte mit {person} sprechen
I am calling for {company}
schickt die Rechnung an {company}
ich rufe für {company} an
I bought a {product} and it is broken
the {product} has not arrived
mein {product} ist nicht angekommen
can we have {room} tomorrow
ist {room} heute noch frei
can I talk to someone about my bill
how do I change my password
to be honest I want my money back
wann habt ihr geöffnet
das geht von alleine wieder aus
my parcel has not arrived in time
""".strip().splitlines()


def marked_sentences(count: int, seed: int = 5, *, unseen: bool = False) -> tuple[Example, ...]:
    """`count` sentences with entities city (roles from, to), person, company, product and room, English and German."""
    dice = random.Random(seed)
    templates, values = (TESTED, UNSEEN) if unseen else (TRAINING, TRAINED)
    pools = {name: words.split("|") for name, words in values.items()}
    lines = [_filled(templates[number % len(templates)], pools, dice) for number in range(count)]
    text = "nlu:\n- intent: any\n  examples: |\n" + "".join(f"    - {line}\n" for line in lines)
    data, problems = parse_training_data(text)
    assert not problems, problems
    return data.examples


def _filled(template: str, pools: dict[str, list[str]], dice: random.Random) -> str:
    out, rest = "", template
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        entity, _, role = name.partition(":")
        part = f', "role": "{role}"' if role else ""
        out += f'{before}[{dice.choice(pools[entity])}]{{"entity": "{entity}"{part}}}'
    line = out + rest
    return line if dice.random() < 0.7 else f"{line}."
