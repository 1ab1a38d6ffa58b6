"""`switchboard user`: people."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import user_access
from app.cli.actors import By, acting
from app.cli.on_platform import on_platform
from app.cli.output import console, print_json, print_table, refuse
from app.cli.passwords import FromStdin, Generate, new_password
from app.cli.troubles import told_in_a_line
from app.cli.user_fields import AsJson, Capacity, Email, Locale, edit_of, lines, listed, roles_of, row, session_row

if TYPE_CHECKING:  # commands import what they need when they run
    from accounts.people import Effect
    from accounts.user import User
    from app.wiring import Platform

app = typer.Typer(help="People: who may sign in, and what they may see and do.", no_args_is_help=True)

Name = Annotated[str, typer.Option(help="as colleagues and customers see it")]
Roles = Annotated[
    list[str], typer.Option("--role", help="agent, supervisor, trainer, client_admin, provider_admin; repeatable")
]
Clients = Annotated[list[str] | None, typer.Option("--client", help="a client's id they may see; repeatable")]
Skills = Annotated[list[str] | None, typer.Option("--skill", help="a skill queues ask for; repeatable")]
Languages = Annotated[list[str] | None, typer.Option("--language", help="a language they answer in; repeatable")]


@app.callback()
def _group() -> None:
    """People: who may sign in, and what they may see and do."""


@app.command()
def add(
    email: Email,
    name: Name,
    role: Roles,
    client: Clients = None,
    skill: Skills = None,
    language: Languages = None,
    capacity: Capacity = 4,
    locale: Locale = "en",
    generate: Generate = False,
    password_stdin: FromStdin = False,
    by: By = "",
) -> None:
    """Adds a person. The password is asked for, unless it is made up or read from standard input. Without --language
    they answer in German and English.
    """
    from accounts.edit import UserEdit
    from accounts.user import User
    from app.people import vocabulary
    from conversation.ids import UserId

    with told_in_a_line():
        edit = UserEdit(
            name=name,
            roles=edit_of(roles_of(role)),
            clients=edit_of(client),
            skills=edit_of(skill),
            languages=edit_of(language),
            capacity=capacity,
            locale=locale,
        )

    async def work(built: "Platform") -> "User":
        actor = await acting(built, by)
        nobody = User(UserId(""), email, "", frozenset(), frozenset())
        person = await built.people.check_new(nobody, edit, await vocabulary(built.directory))
        password = new_password(generate=generate, from_stdin=password_stdin)
        added = await built.people.add(person, password.text, actor, built.clock.now())
        password.show()
        return added

    added = on_platform(work)
    console.print(f"{added.name} <{added.email}> can sign in now.", markup=False, soft_wrap=True)


@app.command(name="list")
def list_people(
    role: Annotated[str | None, typer.Option(help="only those with this role")] = None,
    client: Annotated[str | None, typer.Option(help="only those who may see this client")] = None,
    disabled: Annotated[bool | None, typer.Option("--disabled/--active", help="only these")] = None,
    as_json: AsJson = False,
) -> None:
    """Lists people by name."""
    with told_in_a_line():
        roles_of([role] if role else None)

    async def work(built: "Platform") -> list[dict[str, Any]]:
        if client is not None and client not in (known := await built.clients.ids()):
            refuse(f"there is no client {client!r}: known are {listed(known)}")
        return [row(user) for user in await built.people.list()]

    found = [
        one
        for one in on_platform(work)
        if (role is None or role in one["roles"])
        and (client is None or client in one["clients"])
        and (disabled is None or one["active"] is not disabled)
    ]
    if as_json:
        print_json(found)
        return
    columns = ("email", "name", "state", "roles", "clients")
    print_table(
        columns, ([(dict(lines(one)) | {"email": one["email"]})[column] for column in columns] for one in found)
    )


@app.command()
def show(email: Email, as_json: AsJson = False) -> None:
    """Shows a person, where they are signed in, and how many conversations they hold."""

    async def work(built: "Platform") -> dict[str, Any]:
        user = await built.people.get(email)
        return row(user) | {
            "holds": len(await built.facts.open_ids(user.id)),
            "sessions": [session_row(one) for one in await built.people.sessions(user.id)],
        }

    found = on_platform(work)
    if as_json:
        print_json(found)
        return
    console.print(found["email"], markup=False)
    print_table(("", ""), [*lines(found), ("holds", f"{found['holds']} conversations")])
    if found["sessions"]:
        print_table(found["sessions"][0].keys(), (one.values() for one in found["sessions"]))
    else:
        console.print("Not signed in.", markup=False)


@app.command(name="set")
def set_fields(
    email: Email,
    name: Annotated[str | None, typer.Option(help="as colleagues and customers see it")] = None,
    role: Annotated[list[str] | None, typer.Option("--role", help="these roles instead; repeatable")] = None,
    add_role: Annotated[list[str] | None, typer.Option(help="one role more")] = None,
    remove_role: Annotated[list[str] | None, typer.Option(help="one role less")] = None,
    client: Annotated[list[str] | None, typer.Option("--client", help="these clients instead; repeatable")] = None,
    add_client: Annotated[list[str] | None, typer.Option(help="one client more")] = None,
    remove_client: Annotated[list[str] | None, typer.Option(help="one client less")] = None,
    no_clients: Annotated[bool, typer.Option("--no-clients", help="no client at all")] = False,
    skill: Annotated[list[str] | None, typer.Option("--skill", help="these skills instead; repeatable")] = None,
    add_skill: Annotated[list[str] | None, typer.Option(help="one skill more")] = None,
    remove_skill: Annotated[list[str] | None, typer.Option(help="one skill less")] = None,
    no_skills: Annotated[bool, typer.Option("--no-skills", help="no skill at all")] = False,
    language: Annotated[list[str] | None, typer.Option("--language", help="these languages instead")] = None,
    add_language: Annotated[list[str] | None, typer.Option(help="one language more")] = None,
    remove_language: Annotated[list[str] | None, typer.Option(help="one language less")] = None,
    capacity: Capacity = None,
    locale: Locale = None,
    by: By = "",
) -> None:
    """Changes a person; what is not named stays. It holds at once, in open pages within ten seconds. Conversations of
    clients they lose go back to their queues.
    """
    from accounts.edit import UserEdit
    from app.people import vocabulary

    with told_in_a_line():
        roles = edit_of(roles_of(role), roles_of(add_role), roles_of(remove_role))
    edit = UserEdit(
        name=name,
        roles=roles,
        clients=edit_of(client, add_client, remove_client, none=no_clients),
        skills=edit_of(skill, add_skill, remove_skill, none=no_skills),
        languages=edit_of(language, add_language, remove_language),
        capacity=capacity,
        locale=locale,
    )
    if edit == UserEdit():
        refuse("say what to change, for example --add-skill orders; see switchboard user set --help")

    async def work(built: "Platform") -> "Effect":
        known = await vocabulary(built.directory)
        return await built.people.change(email, edit, known, await acting(built, by), built.clock.now())

    effect = on_platform(work)
    if not effect.changed:
        console.print(f"{effect.after.email} is like that already.", markup=False, soft_wrap=True)
        return
    console.print(f"{effect.after.email} is changed.", markup=False, soft_wrap=True)
    user_access.print_returned(effect)


user_access.join(app)
