"""Where a new password comes from: asked for, read from standard input, or made up; never an argument."""

import os
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from app.cli.output import console, refuse

VARIABLE = "SWITCHBOARD_NEW_PASSWORD"

Generate = Annotated[bool, typer.Option("--generate", help="make one up and show it once")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="read it from standard input, one line")]


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password, and whether it was made up here."""

    text: str
    generated: bool = False

    def show(self) -> None:
        """Prints a password that was made up: nobody else knows it."""
        if self.generated:
            console.print(f"Password (shown only now): {self.text}", markup=False, soft_wrap=True)


def new_password(*, generate: bool, from_stdin: bool) -> NewPassword:
    """Asks at a terminal. Without one, as in a script, SWITCHBOARD_NEW_PASSWORD may hold it."""
    from accounts.people import new_password as make_one

    if generate and from_stdin:
        refuse("--generate and --password-stdin exclude each other")
    if generate:
        return NewPassword(make_one(), generated=True)
    if from_stdin:
        return NewPassword(_line())
    given = os.environ.get(VARIABLE, "")
    if given and not sys.stdin.isatty():
        return NewPassword(given)
    try:
        return NewPassword(typer.prompt("Password", hide_input=True, confirmation_prompt="Repeat for confirmation"))
    except typer.Abort:
        refuse("no password was given: use --generate, or --password-stdin and one line of input")


def _line() -> str:
    try:
        line = sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        refuse("the password on standard input is not UTF-8 text")
    if not line:
        refuse("standard input held no password: write one line, for example with `printf '%s\\n' \"$PASSWORD\" |`")
    return line
