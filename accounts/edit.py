"""Changes to a person as plain values, checked before anything is written."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from accounts import limits
from accounts.errors import InvalidField, Unknown
from accounts.user import Role, User
from conversation.ids import ClientId

LARGEST_CAPACITY = 50

V = TypeVar("V", bound=str)


@dataclass(frozen=True, slots=True)
class SetEdit(Generic[V]):
    """How a set changes: `instead` replaces it (None: it stays), then `add` and `remove` apply."""

    instead: frozenset[V] | None = None
    add: frozenset[V] = frozenset()
    remove: frozenset[V] = frozenset()

    def applied(self, now: frozenset[V]) -> frozenset[V]:
        """The set afterwards."""
        return ((now if self.instead is None else self.instead) | self.add) - self.remove

    @property
    def named(self) -> frozenset[V]:
        """Every value the edit names."""
        return (self.instead or frozenset()) | self.add | self.remove


@dataclass(frozen=True, slots=True)
class UserEdit:
    """What changes of a person; what is None or an empty edit stays."""

    name: str | None = None
    roles: SetEdit[Role] = field(default_factory=SetEdit)
    clients: SetEdit[ClientId] = field(default_factory=SetEdit)
    skills: SetEdit[str] = field(default_factory=SetEdit)
    languages: SetEdit[str] = field(default_factory=SetEdit)
    capacity: int | None = None
    locale: str | None = None

    def applied(self, user: User) -> User:
        """The person afterwards. Raises InvalidField where they would be left without a role or language."""
        after = replace(
            user,
            name=user.name if self.name is None else self.name.strip(),
            roles=self.roles.applied(user.roles),
            clients=self.clients.applied(user.clients),
            skills=self.skills.applied(user.skills),
            languages=self.languages.applied(user.languages),
            capacity=user.capacity if self.capacity is None else self.capacity,
            locale=user.locale if self.locale is None else self.locale,
        )
        check(after)
        return after


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What there is to grant: clients, the skills their queues ask for, the languages they are served in."""

    clients: Collection[ClientId] = ()
    skills: Collection[str] = ()
    languages: Collection[str] = ()
    locales: Collection[str] = ()

    def check(self, edit: UserEdit, user: User | None = None) -> None:
        """Raises Unknown for a value that neither exists nor is the person's already."""
        groups = (
            ("client", edit.clients.named, self.clients, user.clients if user else ()),
            ("skill", edit.skills.named, self.skills, user.skills if user else ()),
            ("language", edit.languages.named, self.languages, user.languages if user else ()),
            ("locale", {edit.locale} - {None}, self.locales, ()),
        )
        for what, named, known, theirs in groups:
            unknown = sorted(str(one) for one in named if one not in known and one not in theirs)
            if unknown:
                raise Unknown(what, unknown[0], known)


def check_email(email: str) -> None:
    """Raises InvalidField for what cannot be an address."""
    _text("an e-mail address", email, limits.EMAIL)
    mailbox, _, host = email.rpartition("@")
    if not (mailbox and host) or any(letter.isspace() for letter in email):
        raise InvalidField(f"{email!r} is no e-mail address; write name@example.org")


def check(user: User) -> None:
    """Raises InvalidField for what no person can have."""
    _text("a name", user.name, limits.NAME)
    if not user.roles:
        raise InvalidField("a person needs at least one role; to keep somebody out, disable them")
    if not user.languages:
        raise InvalidField("a person needs at least one language")
    if not 1 <= user.capacity <= LARGEST_CAPACITY:
        raise InvalidField(f"a capacity is 1 to {LARGEST_CAPACITY} conversations, not {user.capacity}")


def _text(what: str, text: str, longest: int) -> None:
    if not text.strip():
        raise InvalidField(f"{what} cannot be empty")
    if len(text) > longest:
        raise InvalidField(f"{what} has at most {longest} characters; this has {len(text)}")
    if not text.isprintable():
        raise InvalidField(f"{what} holds letters that cannot be printed: {text!r}")
