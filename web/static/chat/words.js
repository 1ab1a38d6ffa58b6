/** The chat's words; German is written, not translated, and fits clients who say du as well as those who say Sie. */
const WORDS = {
  en: {
    open: (client) => `Chat with ${client}`,
    close: "Close chat",
    log: "Messages",
    write: "Write a message",
    send: "Send",
    attach: "Send a file",
    choices: "Choices",
    you: "Your message",
    team: "Team",
    bot: (name) => (name ? `${name}, our assistant, answers` : "Our assistant answers"),
    person: (name) => (name ? `${name} answers you in person` : "A person answers you"),
    typing: (name) => (name ? `${name} is writing …` : "Writing …"),
    waiting: "Waiting to be sent",
    sending: "Sending …",
    paused: (seconds) => `A lot at once: goes on in ${seconds} s`,
    busy: (seconds) => `Too many chats are open here. Close one; new messages show in ${seconds} s.`,
    failed: "Not sent",
    again: "Try again",
    closed: "This chat is closed. Please contact us another way.",
    offline: "No connection. Your messages are sent as soon as it is back.",
    unread: (count) => (count === 1 ? "1 new message" : `${count} new messages`),
    refused: {
      type: "This kind of file is not accepted. Pictures, PDF, docx, xlsx, text, sound and video are.",
      mismatch: "Its content is not what its name says.",
      macros: "It may hold macros. Send it as PDF, docx or xlsx.",
      archive: "Please send its files one by one.",
      too_large: "The file is larger than 10 MB.",
      too_long: "The message is too long. Send it in parts.",
      empty: "The file is empty.",
      invalid: "This message could not be sent.",
    },
    broken: "The picture could not be loaded",
  },
  de: {
    open: (client) => `Mit ${client} chatten`,
    close: "Chat schließen",
    log: "Nachrichten",
    write: "Nachricht schreiben",
    send: "Senden",
    attach: "Datei senden",
    choices: "Auswahl",
    you: "Eigene Nachricht",
    team: "Team",
    bot: (name) => (name ? `${name}, unser Assistent, antwortet` : "Unser Assistent antwortet"),
    person: (name) => (name ? `${name} antwortet persönlich` : "Ein Mensch antwortet"),
    typing: (name) => (name ? `${name} schreibt …` : "Schreibt …"),
    waiting: "Wartet auf Verbindung",
    sending: "Wird gesendet …",
    paused: (seconds) => `Sehr viel auf einmal: geht in ${seconds} s weiter`,
    busy: (seconds) => `Hier sind zu viele Chats offen. Einen schließen; in ${seconds} s kommt Neues wieder an.`,
    failed: "Nicht gesendet",
    again: "Noch einmal",
    closed: "Dieser Chat ist geschlossen. Der Kontakt ist auf anderem Weg möglich.",
    offline: "Keine Verbindung. Nachrichten gehen raus, sobald sie wieder steht.",
    unread: (count) => (count === 1 ? "1 neue Nachricht" : `${count} neue Nachrichten`),
    refused: {
      type: "Diese Art Datei nehmen wir nicht an. Bilder, PDF, docx, xlsx, Text, Ton und Video schon.",
      mismatch: "Ihr Inhalt ist nicht, was ihr Name sagt.",
      macros: "Sie kann Makros enthalten. Bitte als PDF, docx oder xlsx senden.",
      archive: "Bitte die Dateien einzeln senden.",
      too_large: "Die Datei ist größer als 10 MB.",
      too_long: "Die Nachricht ist zu lang. Bitte in Teilen senden.",
      empty: "Die Datei ist leer.",
      invalid: "Diese Nachricht ließ sich nicht senden.",
    },
    broken: "Das Bild ließ sich nicht laden",
  },
};

/**
 * The language of the page, if the chat speaks it, else the chat's first.
 * @param {string} page @param {string[]} spoken
 */
export function languageOf(page, spoken) {
  const main = (page || navigator.language || "").slice(0, 2).toLowerCase();
  const known = spoken.filter((language) => language in WORDS);
  return known.includes(main) ? main : known[0] || "en";
}

/** @param {string} language */
export const wordsOf = (language) => WORDS[language] || WORDS.en;
