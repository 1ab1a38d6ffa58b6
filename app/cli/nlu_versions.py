"""`switchboard nlu …` about versions: list, activate, roll back, shadow, compare, drift."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.on_platform import on_platform
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:  # commands import what they need when they run
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from app.wiring import Platform
    from conversation.ids import ClientId
    from nlu.versions.compare import Comparison, Paired
    from nlu.versions.drift import Drift, Watched
    from nlu.versions.version import BotVersion, Disagreements, NeedsApproval, Promise

    T = TypeVar("T")

Client = Annotated[str, typer.Argument(help="the client's id")]
Number = Annotated[int, typer.Argument(help="a version's number", min=1)]
Reason = Annotated[str, typer.Option(help="why, for the audit log")]
By = Annotated[str, typer.Option(help="who does it, for the audit log")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
COMMAND_LINE = "command line"


def versions(client: Client, as_json: AsJson = False) -> None:
    """The client's bot versions, the newest first; * runs, ~ is in the shadow."""
    found = _of(client, lambda p, known: p.bot_versions.versions(known))
    if as_json:
        print_json([as_plain(one) for one in found])
        return
    print_table(("", "version", "made", "engine", "accuracy", "F1", "promise", "tests"), map(_line, found))


def activate(
    client: Client,
    number: Number,
    force: Annotated[bool, typer.Option(help="although it is refused; needs --reason")] = False,
    reason: Reason = "",
    by: By = COMMAND_LINE,
    as_json: AsJson = False,
) -> None:
    """Lets a version answer the client's customers, within two seconds. Refused (exit code 1) if it is worse beyond
    noise than the one that runs, or if its conversation tests fail. New texts wait for the client's approval.
    """
    from nlu.versions.version import Activated, NeedsApproval, Refused

    async def work(p: "Platform", known: "ClientId") -> "tuple[Activated | Refused | NeedsApproval, BotVersion]":
        done = await p.bot_versions.activate(known, number, by_name=by, reason=reason, force=force)
        return done, next(one for one in await p.bot_versions.versions(known) if one.number == number)

    done, version = _of(client, work)
    if as_json:
        print_json({"outcome": type(done).__name__.lower(), **plain(asdict(done))})
    match done:
        case Refused() if as_json:
            raise typer.Exit(1)
        case Refused():
            running = f"version {done.running} goes on" if done.running else "no bot runs"
            refuse(f"version {number} of {client} is refused, {running}: {done}", code=1)
        case _ if as_json:
            pass
        case NeedsApproval():
            show_proposal(done)
        case Activated():
            forced = f", forced although {'; '.join(map(str, done.reasons))}" if done.forced else ""
            console.print(f"{client}: bot version {number} runs{forced}.", markup=False, soft_wrap=True)
            console.print(variations_line(version), markup=False, soft_wrap=True)


def rollback(client: Client, reason: Reason = "", by: By = COMMAND_LINE, as_json: AsJson = False) -> None:
    """Goes back to the version that ran before; prices and other terms stay."""
    done = _of(client, lambda p, known: p.bot_versions.rollback(known, by_name=by, reason=reason))
    if as_json:
        print_json(plain(asdict(done)))
    else:
        console.print(f"{client}: bot version {done.number} runs again instead of {done.before}.", markup=False)


def shadow(
    client: Client,
    number: Annotated[str, typer.Argument(help="a version's number, or off")],
    by: By = COMMAND_LINE,
    as_json: AsJson = False,
) -> None:
    """Lets a candidate understand live traffic beside the version that runs, without answering."""
    if number != "off" and not number.isdigit():
        refuse(f"{number!r} is neither a version's number nor off")
    chosen = None if number == "off" else int(number)
    _of(client, lambda p, known: p.bot_versions.shadow(known, chosen, by_name=by))
    if as_json:
        print_json({"client": client, "candidate": chosen})
        return
    told = "no candidate listens now" if chosen is None else f"version {chosen} listens to live traffic from now on"
    console.print(f"{client}: {told}.", markup=False)


def disagreements(
    client: Client,
    limit: Annotated[int, typer.Option(help="how many of the newest to show", min=1, max=10_000)] = 20,
    as_json: AsJson = False,
) -> None:
    """Where the candidate in the shadow understood live messages differently."""
    found = _of(client, lambda p, known: p.bot_versions.disagreements(known, limit=limit))
    if as_json:
        print_json(plain(asdict(found)))
    elif found.number is None:
        console.print(f"No candidate has listened yet: switchboard nlu shadow {client} N", markup=False)
    else:
        _show_disagreements(found)


def compare(
    client: Client,
    a: Number,
    b: Number,
    as_json: AsJson = False,
) -> None:
    """Version B beside version A on the examples that both held out."""
    found = _of(client, lambda p, known: p.bot_versions.compare(known, a, b))
    if as_json:
        print_json(plain(asdict(found)))
    else:
        _show_comparison(found)


def drift(client: Client, as_json: AsJson = False) -> None:
    """The last seven days beside what the version that runs has learned."""
    found = _of(client, lambda p, known: p.bot_versions.drift(known))
    if as_json:
        print_json({**plain(asdict(found)), "warns": found.warns})
    else:
        _show_drift(found)


def tighten(
    client: Client,
    target: Annotated[str, typer.Argument(help="the share of wrong answers to stay below, like 0.02; or off")],
    reason: Annotated[str, typer.Option(help="why, for the audit log")],
    by: By = COMMAND_LINE,
    as_json: AsJson = False,
) -> None:
    """Holds the bot to a stricter share of wrong answers than its pack asks for."""
    try:
        wanted = None if target == "off" else float(target)
    except ValueError:
        refuse(f"{target!r} is neither a share like 0.02 nor off")
    _of(client, lambda p, known: p.bot_versions.tighten(known, wanted, reason=reason, by_name=by))
    if as_json:
        print_json({"client": client, "target": wanted})
        return
    told = "the pack's own target is in force" if wanted is None else f"at most {wanted:.1%} may be wrong"
    console.print(f"{client}: {told}.", markup=False)


def as_plain(version: "BotVersion") -> dict[str, Any]:
    """A version as JSON, its promise in words beside the numbers."""
    row: dict[str, Any] = plain(asdict(version))
    if version.evaluation is not None:
        row["evaluation"]["promise"]["words"] = str(version.evaluation.promise)
    return row


def plain(value: Any) -> Any:
    """Values as JSON knows them: times in ISO 8601."""
    from datetime import datetime

    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [plain(child) for child in value]
    return value.isoformat() if isinstance(value, datetime) else value


def show_version(version: "BotVersion") -> None:
    """What is known of one version."""
    rows: list[tuple[str, object]] = [("engine", version.engine)]
    if (e := version.evaluation) is not None:
        rows += [
            ("held-out examples", f"{e.examples} in {e.folds} folds"),
            ("accuracy", f"{e.accuracy:.1%}"),
            ("macro F1", f"{e.macro_f1:.1%}"),
            ("calibration error (ECE)", f"{e.ece:.1%}"),
            ("threshold", f"{e.promise.threshold:.3f} for at most {e.promise.target:.1%} wrong"),
            ("promise", e.promise),
            *(("  often confused", f"{c.intent} taken for {c.predicted}, {c.count} times") for c in e.confusions[:5]),
        ]
    else:
        rows.append(("promise", "none: too little to hold out"))
    rows += [("conversation tests", _tests(version)), ("variations of these", variations_line(version))]
    print_table(("figure", "value"), rows)


def variations_line(version: "BotVersion") -> str:
    """How the version did on variations of its conversation tests, in a line."""
    kept = version.facts.get("variations")
    return str(kept["line"]) if kept else "not run: switchboard test PACK --variations"


def show_proposal(waits: "NeedsApproval") -> None:
    """The texts that wait for the client, and how they are approved."""
    print_table(("text", "in force", "proposed"), ((path, old or "", new or "") for path, old, new in waits.difference))
    console.print(
        f"Bot version {waits.number} says new things, so it waits as version {waits.proposal}: a client admin\n"
        f"approves them with switchboard client approve {waits.client} --version {waits.proposal} --by E-MAIL",
        markup=False,
        soft_wrap=True,
    )


def _of(client: str, work: "Callable[[Platform, ClientId], Awaitable[T]]") -> "T":
    """Like `for_client`, for one that has at least trained versions."""
    from app.packs import Unusable
    from conversation.ids import ClientId

    async def run(built: "Platform") -> "T":
        known = [*await built.clients.ids()]
        if client not in known and not await built.bot_versions.versions(ClientId(client)):
            refuse(f"there is no client {client!r}: known are {', '.join(sorted(known)) or 'none yet'}")
        return await work(built, ClientId(client))

    try:
        return on_platform(run)
    except Unusable as error:
        refuse(str(error))


def _line(one: "BotVersion") -> tuple[object, ...]:
    e = one.evaluation
    figures = (f"{e.accuracy:.1%}", f"{e.macro_f1:.1%}", e.promise) if e is not None else ("-", "-", "-")
    mark = "*" if one.active else "~" if one.shadow else ""
    return mark, one.number, f"{one.created_at:%Y-%m-%d %H:%M}", one.engine, *figures, _tests(one)


def _tests(version: "BotVersion") -> str:
    run = version.tests
    if run is None:
        return "not run"
    failed = f", {len(run.failed)} failed: {', '.join(one.name for one in run.failed[:3])}" if run.failed else ""
    return f"{run.passed} passed{failed}"


def _show_disagreements(found: "Disagreements") -> None:
    state = "listens" if found.running else "listened"
    console.print(
        f"Version {found.number} {state} since {found.since:%Y-%m-%d %H:%M}: {found.heard} messages heard, "
        f"{found.differing} understood differently. The bot that runs alone would have answered "
        f"{found.only_active}, the candidate alone {found.only_candidate}; both, differently, {found.other_answer}.",
        markup=False,
        soft_wrap=True,
    )
    print_table(
        ("text", "runs", "candidate", "who would have answered"),
        (
            (
                one.text[:60],
                f"{one.active.intent} {one.active.confidence:.0%}",
                f"{one.candidate.intent} {one.candidate.confidence:.0%}",
                _who(active=one.active.answers, candidate=one.candidate.answers),
            )
            for one in found.newest
        ),
    )


def _who(*, active: bool, candidate: bool) -> str:
    if active and candidate:
        return "both"
    return "the one that runs" if active else "the candidate" if candidate else "neither"


def _show_comparison(c: "Comparison") -> None:
    print_table(
        ("figure", f"version {c.a}", f"version {c.b}", "difference (95 %)", "p"),
        (
            _paired("right", c.accuracy),
            _paired("answered rightly by itself", c.answered),
            _paired("answered wrongly by itself", c.wrong),
            ("promise", _promise(c.promise_a), _promise(c.promise_b), "", ""),
        ),
    )
    console.print(
        f"on the {c.common} examples held out by both ({c.examples_a} and {c.examples_b} in all)", markup=False
    )
    if c.folds_a != c.folds_b:
        console.print(f"judged on {c.folds_a} and {c.folds_b} folds: fewer look a little worse", markup=False)
    changes = [("better", one) for one in c.better] + [("worse", one) for one in c.worse]
    if changes:
        print_table(
            ("", "intent", "examples", f"right in {c.a}", f"right in {c.b}"),
            ((how, one.intent, one.examples, f"{one.right_a:.0%}", f"{one.right_b:.0%}") for how, one in changes),
        )
    if c.flips:
        print_table(
            ("example", "is", f"version {c.a}", f"version {c.b}"),
            ((one.text[:60], one.intent, one.predicted_a, one.predicted_b) for one in c.flips[:20]),
        )
        if len(c.flips) > 20:
            console.print(f"… and {len(c.flips) - 20} more: --json has all", markup=False)


def _paired(name: str, one: "Paired") -> tuple[object, ...]:
    difference = f"{one.difference:+.1%} ({one.low:+.1%} … {one.high:+.1%})"
    return name, f"{one.share_a:.1%}", f"{one.share_b:.1%}", difference, f"{one.p:.3f}"


def _promise(promise: "Promise | None") -> str:
    return str(promise) if promise is not None else "none"


def _show_drift(found: "Drift") -> None:
    if found.number is None:
        console.print("No bot version runs yet.", markup=False)
        return
    console.print(
        f"Version {found.number} since {found.since:%Y-%m-%d %H:%M}: {found.messages} conversations opened.",
        markup=False,
    )
    if found.below is None and found.words is None and found.mix is None:
        console.print("Too few to say anything: 50 are needed.", markup=False)
        return
    rows = [_watched("below the threshold", found.below), _watched("new words", found.words)]
    if found.mix is not None:
        state = "WARNING" if found.mix.warns else "well"
        told = f"stability index {found.mix.stability:.2f}, distance {found.mix.distance:.2f}"
        rows.append(("mix of intents", told, f"of {found.mix.before} before", state))
    print_table(("figure", "now", "learned", ""), rows)
    if found.new_words:
        words = ", ".join(f"{one.word} ({one.messages})" for one in found.new_words)
        console.print(f"new words, by messages: {words}", markup=False)
    for part in (found.below, found.words, found.mix):
        if part is not None and part.warns:
            console.print(part.rule, markup=False)


def _watched(name: str, one: "Watched | None") -> tuple[str, str, str, str]:
    if one is None:
        return name, "-", "-", "not measured"
    now = f"{one.share:.1%} ({one.low:.1%} … {one.high:.1%})"
    return name, now, f"{one.expected:.1%}", "WARNING" if one.warns else "well"
