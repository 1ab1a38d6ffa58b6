"""A small client in two languages, so that the engine's tests read like customers."""

from nlu.training_data import TrainingData, parse_training_data

BIKE_SHOP = """
version: "3.1"
nlu:
- intent: order_status
  examples: |
    - where is my order [100234](order_number)
    - when will my bike arrive
    - has my parcel been sent yet
    - track my delivery please
    - what is the status of order [100777](order_number)
    - my package still has not come
    - wo ist meine Bestellung [100234](order_number)
    - wann kommt mein Fahrrad an
    - wurde mein Paket schon verschickt
    - Sendungsverfolgung bitte
    - wie ist der Stand meiner Bestellung
    - mein Paket ist immer noch nicht da
- intent: return_item
  examples: |
    - how do i return my bike
    - I want to send the helmet back
    - can i return shoes that do not fit
    - I would like to give this back
    - return label please
    - what is your return policy
    - wie kann ich mein Rad zurückgeben
    - ich möchte den Helm zurückschicken
    - kann ich Schuhe zurückgeben die nicht passen
    - Retourenschein bitte
    - wie läuft die Rücksendung
    - wie lange kann ich etwas zurückgeben
- intent: refund
  examples: |
    - where is my refund
    - when do i get my money back
    - I have not received the refund yet
    - how long does a refund take
    - please refund the amount to my [visa](payment)
    - refund to [paypal](payment)
    - wo bleibt meine Erstattung
    - wann bekomme ich mein Geld zurück
    - die Erstattung ist noch nicht da
    - wie lange dauert die Rückzahlung
    - bitte erstatten Sie den Betrag
    - Geld noch nicht erhalten
- intent: book_workshop
  examples: |
    - I need a workshop appointment in [Munich](city)
    - book an inspection for my bike
    - can you repair my brakes on friday
    - service appointment please
    - my chain is broken and needs fixing
    - when is the workshop free
    - ich brauche einen Termin in der Werkstatt
    - Inspektion buchen bitte
    - können Sie am Freitag meine Bremse reparieren
    - meine Kette ist gerissen
    - Werkstatttermin in [München]{"entity": "city", "value": "Munich"}
    - wann hat die Werkstatt Zeit
- intent: human
  examples: |
    - I want to talk to someone
    - give me a real person
    - agent please
    - can i speak to an employee
    - no bot, a human
    - connect me with support staff
    - ich will mit einem Menschen sprechen
    - bitte einen Mitarbeiter
    - kein Bot, ein echter Mensch
    - verbinden Sie mich mit dem Support
    - kann ich jemanden sprechen
    - Kundenbetreuer bitte
- synonym: credit card
  examples: |
    - visa
    - mastercard
- regex: order_number
  examples: |
    - \\b\\d{6}\\b
- lookup: model
  examples: |
    - Gipfel 3
    - Talfahrt
"""


def bike_shop() -> TrainingData:
    data, problems = parse_training_data(BIKE_SHOP, "bike_shop.yml")
    assert not problems
    return data
