"""`fleet user`: people from the command line of the machine, which may do everything."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from fleet import app
from fleet.auth import service as auth
from fleet.auth.rules import ROLES
from fleet.db import Session
from fleet.people import service
from fleet.people.service import THE_FLEET
from fleet.settings import FleetSettings

Load = Callable[[], FleetSettings]
_A_PAGE = 200
_role = click.option("--role", type=click.Choice(list(ROLES)), default="viewer")
_unit = click.option("--unit", default="", help="Code of the part of the organisation [all of it].")


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@_role
@_unit
@click.pass_obj
def add(load: Load, email: str, name: str, role: str, unit: str) -> None:
    """Add a person and print a link, good once and for a day, to choose a password with.

    \b
    Example:
      fleet user add amina@example.org --name "Amina Yusuf" \\
        --role institution-it --unit ke-uon
    """
    loaded = load()
    with _writing(loaded) as session:
        _id, token = service.add(
            session,
            THE_FLEET,
            email=email,
            name=name,
            role=role,
            path=service.place(session, unit),
            now=datetime.now(UTC),
        )
    click.echo(f"Give {email} this link:\n{auth.link_address(loaded.url, token)}")


@user.command("list")
@click.option("--unit", default="", help="Code of the part of the organisation [all of it].")
@click.pass_obj
def list_people(load: Load, unit: str) -> None:
    """Show people, their roles and where.

    \b
    Example:
      fleet user list --unit ke
    """
    database = app.build(load()).database
    with database.read() as session:
        path = service.place(session, unit)
        after = ""
        while found := service.people(session, THE_FLEET, "", after, _A_PAGE):
            for one in found:
                if one.user.path.startswith(path):
                    click.echo(_line(one))
            after = found[-1].user.id
    database.close()


@user.command("grant")
@click.argument("email")
@_role
@_unit
@click.option("--withdraw", is_flag=True, help="Take the role away instead.")
@click.pass_obj
def grant(load: Load, email: str, role: str, unit: str, withdraw: bool) -> None:
    """Give a person a role on a part of the organisation; they have to sign in again.

    \b
    Example:
      fleet user grant amina@example.org --role instructor --unit ke-uon
    """
    now = datetime.now(UTC)
    with _writing(load()) as session:
        person = auth.user_id_of(session, email)
        path = service.place(session, unit)
        if withdraw:
            rows = service.person(session, person).roles
            found = [one.id for one, _at in rows if (one.role, one.path) == (role, path)]
            service.withdraw(session, THE_FLEET, person, next(iter(found), ""), now=now)
        else:
            service.give(session, THE_FLEET, person, role, path, now=now)
    click.echo("Done.")


@user.command("link")
@click.argument("email")
@click.pass_obj
def link(load: Load, email: str) -> None:
    """Print a new link for a person to choose a password with; links before stop working.

    \b
    Example:
      fleet user link amina@example.org
    """
    loaded = load()
    with _writing(loaded) as session:
        person = auth.user_id_of(session, email)
        token = service.new_link(session, THE_FLEET, person, now=datetime.now(UTC))
    click.echo(auth.link_address(loaded.url, token))


@user.command("disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the person in again.")
@click.pass_obj
def disable(load: Load, email: str, undo: bool) -> None:
    """Shut a person out: every session and token ends within seconds.

    \b
    Example:
      fleet user disable amina@example.org
    """
    act = service.enable if undo else service.disable
    with _writing(load()) as session:
        act(session, THE_FLEET, auth.user_id_of(session, email), now=datetime.now(UTC))
    click.echo("Done.")


def _line(one: service.Person) -> str:
    roles = ", ".join(f"{row.role}@{unit.code if unit else '*'}" for row, unit in one.roles)
    return f"{one.user.email}  {one.user.name}  {one.state}  {roles}"


@contextmanager
def _writing(loaded: FleetSettings) -> Iterator[Session]:
    database = app.build(loaded).database
    try:
        with database.write() as session:
            yield session
    finally:
        database.close()
