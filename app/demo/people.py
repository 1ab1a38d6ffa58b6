"""Names for people who never existed, and the demo's logins."""

from dataclasses import dataclass

from accounts.user import Role

_FIRST = (
    "Lena Jonas Mia Paul Emma Felix Hannah Lukas Sofia Elias Marie Anton Clara Theo Ida Moritz Frieda Oskar Greta Emil "
    "Aylin Mehmet Olga Piotr Chiara Luca Nora Finn Amelie Tom Oliver Charlotte George Isla Harry Freya Jack Grace"
)
_LAST = "Albers Brandt Conrad Dietz Ebert Fuchs Graf Haas Iversen Jung Kern Lang Meyer Noll Otto Peters Roth"
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()
COMMENTS = {  # by language, and whether the score was good
    "de": {
        True: ("Schnell und freundlich!", "Hat mir sofort geholfen.", "Genau so wünscht man sich das."),
        False: (
            "Hat viel zu lange gedauert.",
            "Ich musste alles zweimal erklären.",
            "Die Antwort half mir nicht weiter.",
        ),
    },
    "en": {
        True: ("Quick and friendly!", "Solved in a minute.", "Just how it should be."),
        False: ("Took far too long.", "I had to explain everything twice.", "The answer did not help me."),
    },
}
PASSWORD = "maple otter violet"  # noqa: S105  the demo's, printed on the screen and valid on this machine only


@dataclass(frozen=True, slots=True)
class Login:
    """One demo login; `clients` None means every sample client."""

    email: str
    name: str
    role: Role
    clients: tuple[str, ...] | None = None
    locale: str = "en"
    skills: tuple[str, ...] = ()
    capacity: int = 6


LOGINS = (
    Login("mira@demo.test", "Mira Sander", Role.AGENT, locale="de", skills=("workshop", "finance", "hr")),
    Login("tom@demo.test", "Tom Becker", Role.AGENT, skills=("workshop", "procurement", "backoffice")),
    Login("supervisor@demo.test", "Ruth Winter", Role.SUPERVISOR),
    Login("trainer@demo.test", "Nils Arendt", Role.TRAINER),
    Login("admin@alpenrad.test", "Anna Huber", Role.CLIENT_ADMIN, ("alpenrad",), "de"),
    Login("admin@kontor.test", "Jan Petersen", Role.CLIENT_ADMIN, ("kontor",), "de"),
    Login("admin@demo.test", "Pat Doyle", Role.PROVIDER_ADMIN),
)
