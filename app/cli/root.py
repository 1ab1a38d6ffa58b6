"""The tree of commands."""

from pathlib import Path

import typer
from dotenv import load_dotenv

from app.cli import client, doctor, nlu, packtest, run, sla, user, wallboard

app = typer.Typer(
    name="switchboard",
    help="Chat support for many clients from one desk: bots, people, and SLAs beyond dispute.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(run.demo)
app.command()(run.serve)
app.command()(run.web)
app.command()(run.worker)
app.command()(run.poll)
app.command()(run.migrate)
app.command(name="test")(packtest.run_tests)
app.command()(doctor.doctor)
app.add_typer(client.app, name="client")
app.add_typer(nlu.app, name="nlu")
app.add_typer(sla.app, name="sla")
app.add_typer(user.app, name="user")
app.add_typer(wallboard.app, name="wallboard")


def main() -> None:
    """The console script. Lines of `.env` become environment variables, as the packs' tokens must; what is set already
    wins.
    """
    load_dotenv(Path(".env"))
    app()
