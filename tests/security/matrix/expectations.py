"""Who may call what, and which parts of a call belong to a client. Every route of the application has a row here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from accounts.user import Right


class Open(StrEnum):
    """Who may call what asks for no right."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed in"
    VISITOR = "visitor"
    PLATFORM = "platform"


Values = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One route. `@name` stands for an id of a client (Town.ids), other values for themselves. `works` is what those
    who may get for their own ids, `elsewhere` what an id of another client or of nobody gets. `unseen` are ids whose
    owner learns nothing from the answer and of which nothing is kept: there, another's id is answered like one's own.
    `needs` is the state a conversation must be in for the act.
    """

    who: Right | Open
    path: Values = field(default_factory=dict)
    query: Values = field(default_factory=dict)
    form: Values | None = None
    json: str = ""
    works: frozenset[int] = frozenset({200})
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    needs: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the ids in it, each once."""
        values = [*self.path.values(), *self.query.values(), *(self.form or {}).values(), self.json]
        return tuple(dict.fromkeys(value[1:] for value in values if value.startswith("@")))

    def unlike(self, id_: str) -> int:
        return self.elsewhere.get(id_, 404)


C = {"client": "@client"}
CSV = {"form": "csv"}
KIND = {"kind": "csv"}
MONTH = C | {"month": "@month"}
LINE = MONTH | {"line": "1"}
DAYS = C | {"month": "2026-11", "line": "1"}
DAY = DAYS | {"day": "2026-11-10"}
CONVERSATION = {"conversation": "@conversation"}
GONE = frozenset({303})
FILE = {"message": "@file_message", "index": "0"}
WHATIF = {"month": "2026-10", "first_response": "5m", "preset": "own", "objective": "90"}
DESK, SUPERVISE, READ = Right.DESK, Right.SUPERVISE, Right.DASHBOARD
APPROVE, ADMIN, TRAIN = Right.APPROVE, Right.ADMIN, Right.TRAIN
ALL, VISITOR = Open.EVERYBODY, Open.VISITOR


def read(who: Right | Open, path: Values | None = None, **more: object) -> Row:
    return Row(who, path or {}, **more)  # type: ignore[arg-type]  # the fields of Row


def act(who: Right | Open, path: Values | None = None, form: Values | None = None, **more: object) -> Row:
    kwargs: dict[str, object] = {"works": GONE} | more
    return Row(who, path or {}, form=form or {}, **kwargs)  # type: ignore[arg-type]  # the fields of Row


def desk_act(needs: str, form: Values | None = None, **more: object) -> Row:
    return act(DESK, CONVERSATION, form, needs=needs, works=frozenset({200}), **more)


TABLE: Mapping[str, Row] = {
    # signing in
    "GET /": read(ALL, works=GONE),
    "GET /login": read(ALL, works=frozenset({200, 303})),
    "POST /login": act(
        ALL, form={"email": "nobody@nowhere.example", "password": "x" * 20}, works=frozenset({401, 429})
    ),
    "POST /logout": act(Open.SIGNED_IN),
    "POST /language": act(ALL, form={"language": "en"}),
    # the desk
    "GET /desk": read(DESK),
    "GET /desk/list": read(DESK, query={"list": "waiting", "open": "@conversation"}, elsewhere={"conversation": 200}),
    "GET /desk/events": read(DESK),
    "GET /desk/c/{conversation}": read(DESK, CONVERSATION),
    "GET /desk/c/{conversation}/part": read(DESK, CONVERSATION),
    "GET /desk/c/{conversation}/files/{message}/{index}": read(DESK, {"conversation": "@handled"} | FILE),
    "POST /desk/take-next": act(DESK, works=frozenset({200, 409, 404})),
    "POST /desk/presence": act(DESK, form={"status": "online"}, works=frozenset({204})),
    "POST /desk/c/{conversation}/claim": desk_act("queued"),
    "POST /desk/c/{conversation}/release": desk_act("held"),
    "POST /desk/c/{conversation}/bot": desk_act("held"),
    "POST /desk/c/{conversation}/reopen": desk_act("resolved"),
    "POST /desk/c/{conversation}/wake": desk_act("snoozed"),
    "POST /desk/c/{conversation}/transfer": desk_act("held", {"to": "@agent"}, elsewhere={"agent": 409}),
    "POST /desk/c/{conversation}/snooze": desk_act("held", {"minutes": "5"}),
    "POST /desk/c/{conversation}/priority": desk_act("held", {"priority": "high"}),
    "POST /desk/c/{conversation}/resolve": desk_act("held", {"disposition": "sent"}),
    "POST /desk/c/{conversation}/merge": desk_act("held", {"into": "@queued"}, elsewhere={"queued": 404}),
    "POST /desk/c/{conversation}/reply": desk_act("held", {"key": "k", "text": "hello", "force": "1"}),
    "POST /desk/c/{conversation}/note": desk_act("held", {"key": "k", "text": "hello"}),
    "POST /desk/c/{conversation}/draft": act(DESK, CONVERSATION, {"text": "hello"}, works=frozenset({204})),
    "POST /desk/c/{conversation}/read": act(DESK, CONVERSATION, {"seq": "1"}, works=frozenset({204})),
    # the dashboard
    "GET /dashboard": read(READ, works=frozenset({200, 303})),
    "GET /dashboard/{client}": read(READ, C),
    "GET /dashboard/{client}/export/{table}.{kind}": read(
        READ, C | {"table": "breaches"} | KIND, query={"period": "last"}
    ),
    "GET /dashboard/{client}/behind/{which}.{kind}": read(READ, C | {"which": "handled"} | KIND),
    "GET /dashboard/{client}/behind/{which}": read(READ, C | {"which": "opened"}),
    "GET /dashboard/{client}/c/{conversation}": read(READ, C | CONVERSATION),
    "GET /dashboard/{client}/c/{conversation}/files/{message}/{index}": read(
        READ, C | {"conversation": "@handled"} | FILE
    ),
    "GET /dashboard/{client}/breaches": read(READ, C),
    "GET /dashboard/{client}/report": read(READ, C, query={"by": "agent"}),
    "GET /dashboard/{client}/report.pdf": read(READ, C),
    "GET /dashboard/{client}/report/{table}.{kind}": read(READ, C | {"table": "conversations"} | KIND),
    "GET /dashboard/{client}/staffing": read(READ, C),
    "GET /dashboard/{client}/staffing.{kind}": read(READ, C | KIND),
    "GET /staffing": read(SUPERVISE),
    "GET /staffing.{kind}": read(SUPERVISE, KIND),
    # money
    "GET /dashboard/{client}/statement": read(READ, C),
    "GET /dashboard/{client}/statement/months.{form}": read(READ, C | CSV),
    "GET /dashboard/{client}/statement/{month}": read(READ, MONTH),
    "GET /dashboard/{client}/statement/{month}.{form}": read(READ, MONTH | {"form": "pdf"}),
    "GET /dashboard/{client}/statement/{month}/missed/{clock}": read(READ, MONTH | {"clock": "first_response"}),
    "GET /dashboard/{client}/statement/{month}/missed/{clock}/clocks.{form}": read(
        READ, MONTH | {"clock": "first_response"} | CSV
    ),
    "GET /dashboard/{client}/statement/{month}/promises.{form}": read(READ, MONTH | CSV),
    "GET /dashboard/{client}/statement/{month}/close": read(ADMIN, MONTH, works=frozenset({200, 303})),
    "POST /dashboard/{client}/statement/{month}/close": act(ADMIN, MONTH, works=frozenset({409})),
    "GET /dashboard/{client}/statement/{month}/lines/{line}": read(READ, LINE),
    "GET /dashboard/{client}/statement/{month}/lines/{line}/conversations.{form}": read(READ, LINE | CSV),
    "GET /dashboard/{client}/statement/{month}/lines/{line}/days.{form}": read(READ, DAYS | CSV),
    "GET /dashboard/{client}/statement/{month}/lines/{line}/days/{day}": read(READ, DAY),
    "GET /dashboard/{client}/statement/{month}/lines/{line}/days/{day}/conversations.{form}": read(READ, DAY | CSV),
    "GET /dashboard/{client}/statement/{month}/today": read(READ, C | {"month": "@closed"}),
    "GET /dashboard/{client}/statement/{month}/today.{form}": read(READ, C | {"month": "@closed"} | CSV),
    "GET /dashboard/{client}/exclusions": read(READ, C),
    "GET /dashboard/{client}/exclusions/ledger.{form}": read(READ, C | CSV),
    "GET /dashboard/{client}/exclusions/new": read(SUPERVISE, C, query={"clock": "@clock"}),
    "POST /dashboard/{client}/exclusions": act(
        SUPERVISE, C, {"clock": "@clock", "reason": "spam", "evidence": "seen"}, works=frozenset({303, 422})
    ),
    "POST /dashboard/{client}/exclusions/{entry}": act(
        APPROVE, C | {"entry": "@entry"}, {"decision": "approve"}, works=frozenset({303, 409}), elsewhere={"entry": 409}
    ),
    "GET /dashboard/{client}/approvals": read(READ, C),
    "GET /dashboard/{client}/approvals/changes.{form}": read(READ, C | CSV),
    "GET /dashboard/{client}/approvals/{version}": read(READ, C | {"version": "@version"}),
    "POST /dashboard/{client}/approvals/{version}": act(
        APPROVE,
        C | {"version": "@version"},
        {"decision": "reject"},
        works=frozenset({303, 409}),
        elsewhere={"version": 409},
    ),
    "GET /dashboard/{client}/what-if": read(READ, C, query=WHATIF, works=frozenset({200, 422})),
    "GET /dashboard/{client}/what-if/attainment.{form}": read(READ, C | CSV, query=WHATIF),
    "GET /dashboard/{client}/what-if/switched.{form}": read(READ, C | CSV, query=WHATIF),
    # the floor
    "GET /wallboard": read(SUPERVISE),
    "GET /wallboard/part": read(SUPERVISE),
    "GET /wallboard/events": read(SUPERVISE),
    "GET /wallboard/links": read(SUPERVISE),
    "POST /wallboard/links": act(
        SUPERVISE,
        form={"name": "hall", "locale": "en", "client": "@client"},
        works=frozenset({200}),
        elsewhere={"client": 422},
    ),
    "POST /wallboard/links/{link}/revoke": act(SUPERVISE, {"link": "@screen"}, works=frozenset({303, 404})),
    "GET /display/{token}": read(ALL, {"token": "@display"}),
    "GET /display/{token}/part": read(ALL, {"token": "@display"}),
    "GET /display/{token}/events": read(ALL, {"token": "@display"}),
    "GET /alarms": read(SUPERVISE),
    "POST /alarms/enable": act(SUPERVISE, form={"recipient": "@recipient"}),
    "GET /admin": read(ADMIN),
    # bots
    "GET /training": read(TRAIN, works=frozenset({200, 303})),
    "GET /training/{client}": read(TRAIN, C),
    "GET /training/{client}/compare": read(TRAIN, C, query={"a": "1", "b": "@bot"}),
    "GET /training/{client}/disagreements": read(TRAIN, C),
    "POST /training/{client}/versions/{number}/activate": act(
        TRAIN, C | {"number": "@bot"}, works=frozenset({303, 409}), elsewhere={"bot": 409}
    ),
    "POST /training/{client}/rollback": act(TRAIN, C, works=frozenset({303, 409})),
    "POST /training/{client}/versions/{number}/shadow": act(TRAIN, C | {"number": "@bot"}, elsewhere={"bot": 409}),
    "POST /training/{client}/shadow/end": act(TRAIN, C),
    "GET /training/{client}/audit": read(TRAIN, C),
    "POST /training/{client}/audit": act(
        TRAIN,
        C,
        {"week": "2026-W46", "message": "@judged", "verdict": "right"},
        elsewhere={"judged": 303},
    ),
    "POST /training/{client}/audit/pass": act(
        TRAIN, C, {"week": "2026-W46", "message": "@judged"}, elsewhere={"judged": 303}
    ),
    "POST /training/{client}/audit/undo": act(TRAIN, C),
    "POST /training/{client}/audit/again": act(TRAIN, C),
    "GET /training/{client}/inbox": read(TRAIN, C),
    "POST /training/{client}/inbox": act(
        TRAIN, C, {"choice": "@intent", "message": "@judged"}, elsewhere={"intent": 422, "judged": 303}
    ),
    "POST /training/{client}/inbox/undo": act(TRAIN, C),
    "GET /training/{client}/inbox/export.yml": read(TRAIN, C),
    # machines
    "GET /healthz": read(ALL),
    "GET /readyz": read(ALL),
    "GET /static/{path}": read(ALL, {"path": "css/base.css"}),
    "POST /webhooks/telegram/{channel}": act(Open.PLATFORM, {"channel": "@telegram"}),
    "POST /webhooks/slack/{channel}": act(Open.PLATFORM, {"channel": "@slack"}),
    # the web chat
    "GET /chat/static/{version}/{name}": read(ALL, {"version": "x", "name": "chat.js"}),
    "GET /chat/{channel}": read(ALL, {"channel": "@channel"}),
    "GET /chat/{channel}/widget.js": read(ALL, {"channel": "@channel"}),
    "OPTIONS /chat/{channel}/{rest:path}": read(
        ALL, {"channel": "@channel", "rest:path": "messages"}, works=frozenset({204}), elsewhere={"channel": 204}
    ),
    "POST /chat/{channel}/session": act(ALL, {"channel": "@channel"}, works=frozenset({201, 429})),
    "POST /chat/{channel}/messages": Row(
        VISITOR,
        {"channel": "@channel"},
        json='{"number": "12345678", "text": "hello"}',
        works=frozenset({202, 429}),
    ),
    "GET /chat/{channel}/events": read(VISITOR, {"channel": "@channel"}),
    "POST /chat/{channel}/files": act(VISITOR, {"channel": "@channel"}, works=frozenset({422, 429})),
    "GET /chat/{channel}/files/{link}/{name}": read(ALL, {"channel": "@channel", "link": "@link", "name": "a.png"}),
    "GET /chat/{channel}/links/{message}/{index}": read(VISITOR, {"channel": "@channel"} | FILE),
}
