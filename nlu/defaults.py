"""What every bot can say in German and English, even if its pack does not say it."""

from collections.abc import Mapping

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "utter_greet": {
        "de": "Hallo! Ich bin {bot_name}. Wie kann ich helfen?",
        "en": "Hello! I'm {bot_name}. How can I help?",
    },
    "utter_goodbye": {"de": "Auf Wiedersehen!", "en": "Goodbye!"},
    "utter_thanks": {"de": "Gern geschehen!", "en": "You're welcome!"},
    "utter_default": {"de": "Das habe ich nicht verstanden.", "en": "I didn't understand that."},
    "utter_clarify": {"de": "Meinst du eines davon?", "en": "Did you mean one of these?"},
    "utter_handoff_in_hours": {
        "de": "Ich gebe an einen Menschen weiter. Wartezeit: etwa {wait_minutes} {wait_minutes|Minute|Minuten}.",
        "en": "I'm passing you on to a person. Expected wait: about {wait_minutes} {wait_minutes|minute|minutes}.",
    },
    "utter_handoff_by": {
        "de": "Ich gebe an einen Menschen weiter. Du hast spätestens {due_at} eine Antwort.",
        "en": "I'm passing you on to a person. You will have an answer by {due_at} at the latest.",
    },
    "utter_handoff_soon": {
        "de": "Ich gebe an einen Menschen weiter, der sich hier bei dir meldet.",
        "en": "I'm passing you on to a person, who will answer you here.",
    },
    "utter_handoff_out_of_hours": {
        "de": "Gerade ist niemand da. Ab {opens_at} meldet sich ein Mensch hier bei dir.",
        "en": "Nobody is here right now. A person will answer you here from {opens_at}.",
    },
    "utter_handoff_urgent": {
        "de": "Ich hole sofort einen Menschen dazu. Die Aufsicht ist alarmiert und hat alles, was du geschrieben hast.",
        "en": "I'm getting a person right now. The supervisors are alarmed and have everything you wrote.",
    },
    "utter_handoff_urgent_out_of_hours": {
        "de": "Wir haben gerade geschlossen, also warte bitte nicht auf uns: Hilfe bekommst du unter der Nummer oben, "
        "rund um die Uhr. Dein Bericht liegt mit allem, was du geschrieben hast, bei der Aufsicht. Ab {opens_at} "
        "meldet sich ein Mensch hier bei dir.",
        "en": "We are closed right now, so please don't wait for us: help is there at the number above, day and night. "
        "Your report and everything you wrote are with the supervisors. A person will answer you here from {opens_at}.",
    },
    "utter_unsupported": {
        "de": "Damit kann ich leider nichts anfangen. Schreib mir bitte, worum es geht.",
        "en": "I'm afraid I can't read that. Please write to me what it is about.",
    },
    "utter_voice_received": {
        "de": "Sprachnachrichten kann ich noch nicht anhören. Schreib mir bitte kurz, worum es geht.",
        "en": "I can't listen to voice messages yet. Please write to me in a few words what it is about.",
    },
    "utter_location_received": {
        "de": "Danke für den Standort. Was möchtest du dazu wissen?",
        "en": "Thanks for the location. What would you like to know about it?",
    },
    "utter_sticker_received": {"de": "🙂 Wie kann ich helfen?", "en": "🙂 How can I help?"},
    "utter_file_received": {
        "de": "Danke, die Datei ist angekommen. Schreib mir bitte noch, worum es geht.",
        "en": "Thanks, your file has arrived. Please also tell me what it is about.",
    },
    "utter_file_refused": {
        "de": "{file_name} kann ich nicht annehmen. Es gehen Bilder, PDF, Office-Dateien ohne Makros (docx, xlsx, "
        "pptx, odt, ods, odp), Text, Ton und Video bis {limit_mb} MB.",
        "en": "I can't accept {file_name}. Pictures, PDF, office files without macros (docx, xlsx, pptx, "
        "odt, ods, odp), text, sound and video are fine, up to {limit_mb} MB.",
    },
    "utter_file_lost": {
        "de": "{file_name} ist leider nicht angekommen. Schick es bitte noch einmal.",
        "en": "Sorry, {file_name} did not arrive. Please send it again.",
    },
    "utter_cancelled": {
        "de": "Alles klar, ich habe das abgebrochen.",
        "en": "All right, I've cancelled that.",
    },
    "utter_cancelled_after_writes": {
        "de": "In Ordnung, das lasse ich. Was vorher schon erledigt wurde, bleibt so.",
        "en": "All right, I'll leave that. What was done before stays as it is.",
    },
    "utter_nothing_to_cancel": {
        "de": "Es läuft gerade nichts, was ich abbrechen könnte.",
        "en": "There is nothing running that I could cancel.",
    },
    "utter_anything_else": {
        "de": "Kann ich sonst noch etwas für dich tun?",
        "en": "Is there anything else I can do for you?",
    },
    "utter_what_else": {"de": "Gern, was brauchst du?", "en": "Sure, what do you need?"},
    "utter_all_right": {
        "de": "Alles klar. Wenn du etwas brauchst, schreib einfach.",
        "en": "All right. Just write if you need anything.",
    },
    "utter_ask_rephrase": {
        "de": "Das habe ich nicht verstanden. Kannst du es anders sagen?",
        "en": "I didn't get that. Could you put it another way?",
    },
    "utter_action_failed": {
        "de": "Da klappt gerade etwas Technisches nicht.",
        "en": "Something technical isn't working right now.",
    },
    "utter_help": {
        "de": "Schreib mir einfach, worum es geht. Mit /human erreichst du einen Menschen, mit /cancel brichst du ab.",
        "en": "Just tell me what you need. /human gets you a person, /cancel stops what we are doing.",
    },
    "utter_bot_challenge": {
        "de": "Ich bin {bot_name}, ein Bot. Wenn du möchtest, gebe ich dich an einen Menschen weiter.",
        "en": "I'm {bot_name}, a bot. If you like, I can pass you on to a person.",
    },
    "utter_unknown_command": {
        "de": "Diesen Befehl kenne ich nicht. Es gibt /help, /human und /cancel.",
        "en": "I don't know that command. There are /help, /human and /cancel.",
    },
    "utter_old_button": {
        "de": "Diese Auswahl gilt nicht mehr. Schreib mir bitte, was du brauchst.",
        "en": "That choice is no longer valid. Please tell me what you need.",
    },
    "utter_article": {
        "de": "„{article_title}“:\n{article_text}",
        "en": "“{article_title}”:\n{article_text}",
    },
    "utter_article_again": {
        "de": "Wie oben geschrieben: {article_text}\nBeantwortet das deine Frage nicht, hole ich gern jemanden dazu.",
        "en": "As I wrote above: {article_text}\nIf that doesn't answer your question, I can get someone who will.",
    },
    "utter_article_known": {
        "de": "Mehr als das, was oben dazu steht („{article_heading}“), weiß ich nicht. Frag gern jemanden von uns.",
        "en": "I'm afraid I know no more than what stands above (“{article_heading}”). Feel free to ask one of us.",
    },
    "utter_ask_a_person": {"de": "Jemanden fragen", "en": "Ask someone"},
    "utter_yes": {"de": "Ja", "en": "Yes"},
    "utter_no": {"de": "Nein", "en": "No"},
    "utter_leave_it": {"de": "Nichts, lass es", "en": "Nothing, leave it"},
    "utter_confirm": {
        "de": "{matter}, bitte einmal prüfen:\n{summary}\nSoll ich das so machen?",
        "en": "{matter}, please check:\n{summary}\nShall I do it like this?",
    },
    "utter_is_done": {
        "de": "Ja, das ist eingetragen: {matter}\n{summary}",
        "en": "Yes, that is in: {matter}\n{summary}",
    },
    "utter_confirm_undo": {
        "de": "{matter} zurücknehmen?\n{summary}",
        "en": "Take this back: {matter}?\n{summary}",
    },
    "utter_confirm_change": {
        "de": "{matter} so ändern?\n{summary}",
        "en": "Change it to this: {matter}?\n{summary}",
    },
    "utter_ask_which": {
        "de": "Was davon meinst du?\n{summary}",
        "en": "Which of these do you mean?\n{summary}",
    },
    "utter_once_more": {"de": "Ich frage lieber noch einmal:", "en": "Let me ask once more:"},
    "utter_ask_change": {
        "de": "Was soll ich ändern, oder soll ich es lassen?",
        "en": "What should I change, or shall I leave it?",
    },
    "utter_ask_parts": {"de": "Danke. Mir fehlt noch: {parts}.", "en": "Thanks. I still need: {parts}."},
    "utter_part_street": {"de": "Straße und Hausnummer", "en": "street and number"},
    "utter_part_postcode": {"de": "Postleitzahl", "en": "postcode"},
    "utter_part_town": {"de": "Ort", "en": "town"},
    "utter_part_date": {"de": "Tag", "en": "day"},
    "utter_part_time": {"de": "Uhrzeit", "en": "time"},
    "utter_ask_new_value": {
        "de": "Gern. Was soll stattdessen dort stehen?",
        "en": "Sure. What should it be instead?",
    },
    "utter_undone": {"de": "Das ist zurückgenommen.", "en": "That has been taken back."},
    "utter_changed": {"de": "Das ist geändert.", "en": "That has been changed."},
    "utter_left_as_it_is": {"de": "Gut, es bleibt, wie es ist.", "en": "All right, it stays as it is."},
    "utter_change_by_person": {
        "de": "Das kann ich selbst nicht mehr ändern. Ein Mensch kümmert sich darum und sieht "
        "alles, was du gesagt hast.",
        "en": "I can no longer change that myself. A person will take care of it and sees everything you've told me.",
    },
    "utter_parked": {
        "de": "Alles klar, bis später. Noch offen: {matter}. Schreib einfach hier weiter, dann machen wir das fertig.",
        "en": "All right, see you later. Still open: {matter}. Just write here again and we'll finish it.",
    },
    "utter_matters_noted": {
        "de": "Danach geht es weiter mit: {matters}.",
        "en": "After that we'll go on with: {matters}.",
    },
    "utter_left_out": {
        "de": "Gut, das lasse ich weg: {matters}.",
        "en": "All right, I'll leave that out: {matters}.",
    },
    "utter_next_matter": {"de": "Nun zu: {matter}.", "en": "Now for: {matter}."},
    "utter_taken_up_again": {
        "de": "Hier hat sich inzwischen etwas geändert. Was du mir gesagt hast, weiß ich noch; sag mir bitte "
        "noch einmal, was du brauchst.",
        "en": "Something has changed here in the meantime. I still know what you told me; please tell me "
        "once more what you need.",
    },
    "utter_take_your_time": {"de": "Lass dir Zeit, ich bin da.", "en": "Take your time, I'm here."},
    "utter_not_a_clear_yes": {
        "de": "Das war für mich kein klares Ja, darum habe ich noch nichts gemacht.",
        "en": "That wasn't a clear yes to me, so I haven't done anything yet.",
    },
    "utter_value_needed": {
        "de": "Hier brauche ich leider eine Angabe von dir.",
        "en": "I'm afraid I do need an answer from you here.",
    },
    "utter_value_needed_look": {
        "de": "Schau in Ruhe nach, ohne diese Angabe komme ich nicht weiter.",
        "en": "Have a look when you can; I can't go on without it.",
    },
    "utter_offer_person": {
        "de": "Wir kommen hier nicht weiter. Soll jemand von uns übernehmen?",
        "en": "We're stuck here. Shall one of us take over?",
    },
    "utter_trouble": {
        "de": "Da habe ich dich falsch verstanden, tut mir leid. Sag mir bitte, was nicht stimmt. Oder soll jemand "
        "von uns übernehmen?",
        "en": "I got that wrong, sorry. Please tell me what isn't right. Or shall one of us take over?",
    },
    "utter_trouble_to_person": {
        "de": "Ich verstehe dich hier nicht richtig, entschuldige. Jemand von uns übernimmt und sieht alles, was du "
        "gesagt hast.",
        "en": "I'm not getting this right, sorry. One of us takes over and sees everything you've told me.",
    },
    "utter_no_article": {
        "de": "Dazu habe ich leider nichts Genaues.",
        "en": "I'm afraid I have nothing exact on that.",
    },
    "utter_part_not_understood": {
        "de": "Damit komme ich noch nicht weiter: „{part}“. Sag es mir bitte noch einmal anders.",
        "en": "I couldn't make sense of this part: “{part}”. Please put it another way.",
    },
    "utter_offer_after_article": {
        "de": "Soll ich das gleich für dich in die Hand nehmen ({matter})?",
        "en": "Shall I start that for you now ({matter})?",
    },
    "utter_offer_flow": {
        "de": "Dazu habe ich keine genaue Auskunft, aber ich kann das für dich anstoßen: {matter}. Möchtest du das?",
        "en": "I have no exact information on that, but I can start it for you: {matter}. Would you like that?",
    },
    "utter_not_due_yet": {
        "de": "Das tut mir leid. Vorgesehen ist es bis {due}.",
        "en": "I'm sorry. It is due by {due}.",
    },
    "utter_offer_watch": {
        "de": "Soll jemand an dem Tag nachsehen und sich hier melden, falls es dann nicht da ist?",
        "en": "Shall somebody look again on that day and write to you here if it hasn't come?",
    },
    "utter_watching": {
        "de": "Gut. Wir sehen am {due} nach und melden uns hier.",
        "en": "Good. We'll look on {due} and write to you here.",
    },
    "utter_title_watch": {"de": "Nachsehen, ob es da ist", "en": "Look whether it has come"},
    "utter_problem_by_person": {
        "de": "Das ist ärgerlich und sollte nicht sein. Das sieht sich jetzt ein Mensch an.",
        "en": "That's annoying and shouldn't be so. A person will look at it now.",
    },
    "utter_urgent": {
        "de": "Bring dich bitte zuerst in Sicherheit; bei Gefahr für Menschen wähle die 112, rund um die Uhr.",
        "en": "Please get to safety first; if anybody is in danger, call 112, day and night.",
    },
    "utter_none_of_these": {"de": "Etwas anderes / ein Mensch", "en": "Something else / a person"},
    "utter_csat": {
        "de": "Wie zufrieden bist du mit unserer Hilfe? 1 ist gar nicht, 5 ist sehr.",
        "en": "How satisfied are you with our help? 1 is not at all, 5 is very.",
    },
    "utter_csat_thanks": {"de": "Danke für deine Bewertung!", "en": "Thank you for your rating!"},
    "utter_csat_comment": {
        "de": "Was möchtest du uns dazu sagen? Schreib es in einer Nachricht.",
        "en": "What would you like to tell us about it? Write it in one message.",
    },
    "utter_csat_noted": {"de": "Danke, das hilft uns.", "en": "Thank you, that helps us."},
    "utter_title_csat_comment": {"de": "Etwas dazu sagen", "en": "Say why"},
    "utter_title_greet": {"de": "Begrüßung", "en": "Greeting"},
    "utter_title_goodbye": {"de": "Verabschiedung", "en": "Goodbye"},
    "utter_title_thanks": {"de": "Dank", "en": "Thanks"},
    "utter_title_affirm": {"de": "Ja", "en": "Yes"},
    "utter_title_deny": {"de": "Nein", "en": "No"},
    "utter_title_cancel": {"de": "Abbrechen", "en": "Cancel"},
    "utter_title_human": {"de": "Mit einem Menschen sprechen", "en": "Talk to a person"},
    "utter_title_help": {"de": "Was kannst du?", "en": "What can you do?"},
    "utter_title_bot_challenge": {"de": "Bist du ein Bot?", "en": "Are you a bot?"},
    "utter_title_nlu_fallback": {"de": "Nicht verstanden", "en": "Not understood"},
}
