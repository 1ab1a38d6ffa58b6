"""What a person did that others may ask about later: a line in a log that is only ever added to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from accounts import limits
from conversation.ids import ClientId, UserId


class Act:
    """The names of acts, as `thing.done`. Other rooms add theirs beside these; the log takes any."""

    SIGNED_IN = "session.signed_in"
    SIGN_IN_REFUSED = "session.refused"
    SIGNED_OUT = "session.signed_out"
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105  the name of an act, not a secret
    USER_ADDED = "user.added"
    USER_CHANGED = "user.changed"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_SIGNED_OUT = "user.signed_out"
    USER_UNLOCKED = "user.unlocked"
    PASSWORD_RESET = "user.password_reset"  # noqa: S105  the name of an act, not a secret
    DISPLAY_LINK_CREATED = "display_link.created"
    DISPLAY_LINK_REVOKED = "display_link.revoked"
    TOKEN_CREATED = "token.created"  # noqa: S105  the same
    TOKEN_REVOKED = "token.revoked"  # noqa: S105  the same
    BOT_SWITCHED = "bot.switched"
    BOT_ACTIVATED = "bot.activated"
    BOT_FORCED = "bot.forced"
    BOT_ROLLED_BACK = "bot.rolled_back"
    BOT_REFUSED = "bot.refused"
    BOT_SHADOWED = "bot.shadowed"
    BOT_TARGET = "bot.target"
    PACK_APPLIED = "pack.applied"
    TERMS_PROPOSED = "terms.proposed"
    TERMS_APPROVED = "terms.approved"
    TERMS_REJECTED = "terms.rejected"
    TERMS_RENEWED = "terms.renewed"
    EXCLUSION_PROPOSED = "exclusion.proposed"
    EXCLUSION_APPROVED = "exclusion.approved"
    EXCLUSION_REJECTED = "exclusion.rejected"
    STATEMENT_CLOSED = "statement.closed"
    PROMISE_BROKEN = "promise.broken"
    ALARM_ENABLED = "alarm.enabled"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `id` is given by the log and sorts by time; `actor` is empty for the system or an unknown person;
    `subject` names what was acted on (`user:…`, `conversation:…`); `detail` never holds secrets or message texts.
    """

    at: datetime
    act: str
    actor: UserId | None = None
    actor_name: str = ""
    client: ClientId | None = None
    subject: str = ""
    address: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


def entry(
    act: str,
    at: datetime,
    *,
    actor: UserId | None = None,
    actor_name: str = "",
    client: ClientId | None = None,
    subject: str = "",
    address: str = "",
    **detail: Any,
) -> AuditEntry:
    """A new entry; what is left over becomes its detail."""
    return AuditEntry(at, act, actor, actor_name, client, subject, address, detail)


def shortened(entry: AuditEntry) -> AuditEntry:
    """The entry as a log adds it: what somebody typed is cut, so that nobody fills the log with one request."""
    return replace(
        entry,
        actor_name=entry.actor_name[: limits.NAME],
        subject=entry.subject[: limits.AUDIT_SUBJECT],
        address=entry.address[: limits.ADDRESS],
        detail={key[: limits.NAME]: _cut(value) for key, value in _first(entry.detail.items())},
    )


def _cut(value: Any, depth: int = 1) -> Any:
    if depth >= limits.AUDIT_DEPTH and isinstance(value, Mapping | list | tuple | set | frozenset):
        return "…"
    match value:
        case str():
            return value[: limits.AUDIT_TEXT]
        case Mapping():
            return {str(key)[: limits.NAME]: _cut(item, depth + 1) for key, item in _first(value.items())}
        case list() | tuple():
            return [_cut(item, depth + 1) for item in _first(value)]
        case set() | frozenset():
            return [_cut(item, depth + 1) for item in _first(sorted(value))]
    return value


def _first(items: Iterable[Any]) -> Iterable[Any]:
    return islice(items, limits.AUDIT_ITEMS)
