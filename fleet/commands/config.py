"""`fleet config`: the organisation, its rooms and what is wanted of them as files."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from fleet import app
from fleet.alerts.files import AlarmRules
from fleet.alerts.quiet_files import Silences
from fleet.db import Database, Session
from fleet.desk.units import applying, planning, reading, writing
from fleet.desk.units.changes import Change, Plan
from fleet.errors import Conflict, NotFound, Refused
from fleet.orgs import service as orgs
from fleet.orgs.files import FLEET, Act, Section
from fleet.orgs.models import OrgUnit
from fleet.orgs.wanted import Problem, WantedUnit
from fleet.settings import FleetSettings

Load = Callable[[], FleetSettings]
SECTIONS: tuple[Section, ...] = (AlarmRules(), Silences())
"""What other folders have in a unit's file."""

CHANGES = 2
"""Exit status of a plan that is not empty."""

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def config() -> None:
    """The organisation, its rooms and what is wanted of them, as files to keep in git.

    One YAML file a unit, <code>.yaml. What a file does not speak of stays as it is.
    """


@config.command()
@click.argument("directory", type=_FOLDER)
@click.option("--unit", default="", help="Code of the unit to begin at [all].")
@click.pass_obj
def export(load: Load, directory: Path, unit: str) -> None:
    """Write what is into DIRECTORY.

    Files of units that are gone are left there, and named.

    \b
    Example:
      fleet config export configuration --unit ke && git -C configuration diff
    """
    database = app.build(load()).database
    try:
        with database.read() as session:
            chosen = orgs.by_code(session, unit) if unit else _top(session)
            files = dict(writing.files(session, chosen, SECTIONS))
    finally:
        database.close()
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"Wrote {len(files)} files to {directory}.")
    for path in sorted(directory.glob(f"*{reading.SUFFIX}")):
        if not unit and path.name not in files:
            click.echo(f"No unit has this file any more: {path}", err=True)


@config.command()
@click.argument("directory", type=_FOLDER)
@click.option("--prune", is_flag=True, help="Take away what the files do not speak of.")
@click.pass_obj
def plan(load: Load, directory: Path, prune: bool) -> None:
    """Say what `apply` would do: + is added, ~ is changed, - is removed.

    The exit status is 0 when there is nothing to do, 2 when there is, 1 when a file is wrong.

    \b
    Example:
      fleet config plan configuration
    """
    wanted = _read(directory)
    database = app.build(load()).database
    try:
        found = _plan(database, wanted, prune)
    finally:
        database.close()
    _show(found)
    if found.changes:
        sys.exit(CHANGES)


@config.command("apply")
@click.argument("directory", type=_FOLDER)
@click.option("--prune", is_flag=True, help="Take away what the files do not speak of.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def apply_files(load: Load, directory: Path, prune: bool, yes: bool) -> None:
    """Do what the plan says, all of it or nothing; each change is in the audit.

    \b
    Example:
      fleet config apply configuration --yes
    """
    wanted = _read(directory)
    database = app.build(load()).database
    try:
        found = _plan(database, wanted, prune)
        _show(found)
        if not found.changes:
            return
        if not yes:
            click.confirm("Do it?", abort=True)
        with database.write() as session:
            _same(found, planning.plan(session, wanted, prune=prune, sections=SECTIONS))
            applying.apply(session, found.changes, Act(FLEET, datetime.now(UTC)))
    finally:
        database.close()
    click.echo("Done.")


def _read(directory: Path) -> list[WantedUnit]:
    found = reading.read(directory, [section.key for section in SECTIONS])
    _refuse(found.problems)
    return found.units


def _plan(database: Database, wanted: list[WantedUnit], prune: bool) -> Plan:
    with database.read() as session:
        found = planning.plan(session, wanted, prune=prune, sections=SECTIONS)
    _refuse(found.problems)
    return found


def _same(shown: Plan, now: Plan) -> None:
    """What is done is what was shown.

    Raises:
        Conflict: somebody has changed something in between.
    """
    if [one.line for one in shown.changes] != [one.line for one in now.changes]:
        raise Conflict("something was changed in between; nothing was done: plan again")


def _refuse(problems: Iterable[Problem]) -> None:
    told = list(problems)
    for one in told:
        field = f" {one.field}:" if one.field else ""
        click.echo(f"{one.file}:{one.line}:{field} {one.text}", err=True)
    if told:
        raise Refused(f"{len(told)} to put right in the files; nothing was done")


def _show(found: Plan) -> None:
    for one in found.changes:
        click.secho(one.line, fg=_COLOURS[one.mark])
    if found.kept:
        click.echo("Kept, though no file speaks of it; --prune takes it away:", err=True)
        for one in found.kept:
            click.echo(f"  {_kept(one)}", err=True)
    click.echo(f"{len(found.changes)} changes." if found.changes else "Nothing to do.")


_COLOURS = {"+": "green", "~": "yellow", "-": "red"}


def _kept(one: Change) -> str:
    return one.line.removeprefix("- ")


def _top(session: Session) -> OrgUnit:
    found = orgs.subtree(session)
    if not found:
        raise NotFound("there is no organisation yet")
    return found[0]
