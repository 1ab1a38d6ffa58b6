"""`switchboard user disable | enable | passwd | sign-out | unlock`: whether a person gets in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from app.cli.actors import By, acting
from app.cli.on_platform import on_platform
from app.cli.output import console
from app.cli.passwords import FromStdin, Generate, new_password
from app.cli.user_fields import Email

if TYPE_CHECKING:  # commands import what they need when they run
    from accounts.actor import Actor
    from accounts.people import Effect, People
    from app.wiring import Platform

    Act = Callable[[People, str, Actor, datetime], Awaitable[Effect]]


def join(app: typer.Typer) -> None:
    """Adds the commands to `switchboard user`."""
    for command in (disable, enable, passwd, sign_out, unlock):
        app.command()(command)


def disable(email: Email, by: By = "") -> None:
    """Keeps a person out: sessions and presence end, what they hold goes back to its queues with its priority."""
    effect = _done(email, by, lambda people, *more: people.disable(*more))
    _say(f"{effect.after.email} is disabled." if effect.changed else f"{effect.after.email} was disabled already.")
    print_sessions(effect)
    print_returned(effect)


def enable(email: Email, by: By = "") -> None:
    """Lets a disabled person sign in again, with the same password, roles and clients."""
    effect = _done(email, by, lambda people, *more: people.enable(*more))
    _say(f"{effect.after.email} can sign in again." if effect.changed else f"{effect.after.email} was not disabled.")


def passwd(email: Email, generate: Generate = False, password_stdin: FromStdin = False, by: By = "") -> None:
    """Gives a person a new password and signs them out everywhere. It is asked for, unless it is made up or read from
    standard input.
    """

    async def work(built: "Platform") -> "Effect":
        actor = await acting(built, by)
        person = await built.people.get(email)
        password = new_password(generate=generate, from_stdin=password_stdin)
        effect = await built.people.set_password(person.email, password.text, actor, built.clock.now())
        password.show()
        return effect

    effect = on_platform(work)
    _say(f"{effect.after.email} has a new password.")
    print_sessions(effect)


def sign_out(email: Email, by: By = "") -> None:
    """Ends a person's sessions everywhere; they may sign in again."""
    print_sessions(_done(email, by, lambda people, *more: people.sign_out(*more)), even_none=True)


def unlock(email: Email, by: By = "") -> None:
    """Forgets the refused sign-ins of an account, so that its owner need not wait."""
    effect = _done(email, by, lambda people, *more: people.unlock(*more))
    _say(f"{effect.after.email} can be tried at once; {effect.forgotten} refused sign-ins are forgotten.")


def print_returned(effect: "Effect") -> None:
    if effect.returned:
        _say(f"{effect.returned} conversations went back to their queues.")


def print_sessions(effect: "Effect", *, even_none: bool = False) -> None:
    if effect.sessions or even_none:
        _say(f"{effect.sessions} sessions of {effect.after.email} ended.")


def _done(email: str, by: str, act: "Act") -> "Effect":
    async def work(built: "Platform") -> "Effect":
        return await act(built.people, email, await acting(built, by), built.clock.now())

    return on_platform(work)


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)
