"""`switchboard nlu`: train, parse, evaluate; versions are in nlu_versions, the live audit in nlu_audit."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import nlu_audit, nlu_versions
from app.cli.output import console, errors, print_json, print_table, refuse

if TYPE_CHECKING:  # commands import what they need when they run
    from app.wiring import Platform
    from nlu.versions.version import BotVersion

app = typer.Typer(help="What the bots understand.", no_args_is_help=True)
for command in (
    nlu_versions.versions,
    nlu_versions.activate,
    nlu_versions.rollback,
    nlu_versions.shadow,
    nlu_versions.disagreements,
    nlu_versions.compare,
    nlu_versions.drift,
    nlu_versions.tighten,
    nlu_audit.audit,
):
    app.command()(command)
Engine = Annotated[str, typer.Option(help="embedded or rasa")]
ChosenEngine = Annotated[str, typer.Option(help="embedded or rasa; else the one that client.yml chose")]
LOOKED_EVERY_S = 5.0
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
def evaluate(
    train: Annotated[Path, typer.Option(help="training data in Rasa's NLU format")],
    test: Annotated[Path, typer.Option(help="test data in the same format; nlu_fallback marks out-of-scope texts")],
    engine: Engine = "embedded",
    target: Annotated[float, typer.Option(help="share of wrong automatic answers to stay below")] = 0.03,
    as_json: AsJson = False,
) -> None:
    """Trains on one file and judges on another."""
    from nlu.evaluate import EvaluationFailed
    from nlu.evaluate import evaluate as judge

    try:
        report = judge(train, test, engine=engine, target=target)
    except EvaluationFailed as error:
        refuse(str(error))
    if as_json:
        print_json(report)
        return
    scope, auto, latency = report["out_of_scope"], report["auto_answer"], report["latency_ms"]
    rows = [
        ("accuracy", _share(report["accuracy"])),
        ("macro F1", _share(report["macro_f1"])),
        ("calibration error (ECE)", _share(report["ece"])),
        ("out of scope: AUROC", _share(scope["auroc"])),
        ("out of scope: refused at 5 % of in-scope", _share(scope["recall_at_5"])),
        ("answered automatically", _share(auto["coverage"])),
        ("  of these right", _share(auto["precision"])),
        ("training", f"{report['train_s']:.2f} s"),
        ("one message p50 / p99", f"{latency['p50']:.2f} / {latency['p99']:.2f} ms"),
        ("model", f"{report['model_bytes'] / 1e6:.2f} MB"),
    ]
    print_table(("figure", "value"), rows)


@app.command()
def parse(
    text: Annotated[str, typer.Argument()],
    pack: Annotated[Path, typer.Option(help="the pack's folder")],
    language: Annotated[str | None, typer.Option(help="the thread's language, if known")] = None,
    engine: ChosenEngine = "",
    as_json: AsJson = False,
) -> None:
    """What the pack's bot understands of a text, in the shape of Rasa's /model/parse."""
    from app.engines import engine_guard
    from app.packs import Unusable, open_pack
    from app.settings import Settings
    from app.training import parse_text

    try:
        understood = parse_text(open_pack(pack), text, language, engine, engine_guard(Settings()))
    except Unusable as error:
        refuse(str(error))
    if as_json:
        print_json(understood)
        return
    console.print(f"{understood['intent']['name']}  {_share(understood['intent']['confidence'])}", markup=False)
    print_table(("intent", "confidence"), ((r["name"], _share(r["confidence"])) for r in understood["intent_ranking"]))
    for entity in understood["entities"]:
        console.print(f"{entity['entity']} = {entity['value']!r} [{entity['start']}:{entity['end']}]", markup=False)


@app.command()
def train(
    pack: Annotated[Path, typer.Argument(help="the pack's folder")],
    out: Annotated[Path | None, typer.Option(help="only write the model to this file, keep no version")] = None,
    engine: ChosenEngine = "",
    tests: Annotated[bool, typer.Option(help="run its conversation tests and variations of them, too")] = True,
    as_json: AsJson = False,
) -> None:
    """Trains the pack's bot, keeps it as a version and says what it promises; nobody hears it before it is activated.
    The same bot again is the version it was.
    """
    from app.packs import Unusable

    try:
        if out is not None:
            _train_into(out, pack, engine, as_json=as_json)
        else:
            _train_version(pack, engine, tests=tests, as_json=as_json)
    except Unusable as error:
        refuse(str(error))


def _train_into(out: Path, pack: Path, engine: str, *, as_json: bool) -> None:
    from app.packs import open_pack
    from app.training import train_pack

    trained = train_pack(open_pack(pack), engine)
    out.write_bytes(trained.model)
    report: dict[str, Any] = dict(trained.facts) | {"model_bytes": len(trained.model)}
    if trained.evaluation is not None:
        report |= {"promise": str(trained.evaluation.promise)}
    if as_json:
        print_json(report)
    else:
        print_table(("figure", "value"), report.items())


def _train_version(pack: Path, engine: str, *, tests: bool, as_json: bool) -> None:
    from app.cli.nlu_versions import COMMAND_LINE, as_plain, show_version
    from app.cli.on_platform import on_platform
    from app.packs import Unusable, open_pack

    async def run(p: "Platform") -> "tuple[BotVersion, bool, bool]":
        opened = open_pack(pack)
        kept = await p.bot_versions.train(opened, COMMAND_LINE, engine, vary=tests)
        version = kept.version
        if tests and version.tests is None:
            try:
                version = replace(version, tests=await p.bot_versions.test(opened.id, version.number))
            except Unusable as error:
                errors.print(f"switchboard: its conversation tests could not be run: {error}", markup=False)
        return version, kept.is_new, opened.id in await p.clients.ids()

    version, is_new, applied = on_platform(run)
    if as_json:
        print_json({**as_plain(version), "new": is_new})
        return
    state = "kept" if is_new else "the same bot as before, so no new one"
    console.print(f"{version.client}: bot version {version.number} ({state})", markup=False)
    show_version(version)
    if version.active:
        console.print("It runs already.", markup=False)
    elif applied:
        console.print(f"Let it run: switchboard nlu activate {version.client} {version.number}", markup=False)
    else:
        console.print(f"The client is not applied yet: switchboard client apply {pack}", markup=False, soft_wrap=True)


@app.command()
def serve(
    pack: Annotated[Path, typer.Argument(help="the pack's folder")],
    port: Annotated[int, typer.Option(help="on 127.0.0.1")] = 5005,
) -> None:
    """Trains the pack on the real Rasa (`make rasa-environment`) and serves it on 127.0.0.1, with a token."""
    import signal
    import threading

    from app.packs import Unusable, open_pack
    from app.rasa import serve_pack

    over = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: over.set())
    try:
        with serve_pack(open_pack(pack), port) as served:
            console.print("The Rasa server is up and runs the model. Write into client.yml:\n", markup=False)
            console.print(f"  {served.line}\n", markup=False, soft_wrap=True)
            console.print("and into .env, since the server lies inside your network:\n", markup=False)
            for line in (served.variable, served.setting):
                console.print(f"  {line}", markup=False, soft_wrap=True)
            console.print()
            console.print(f"then `switchboard client apply {pack}`. Ctrl-C ends the server.", markup=False)
            while not over.wait(LOOKED_EVERY_S):
                served.look()
    except Unusable as error:
        refuse(str(error))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
