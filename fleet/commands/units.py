"""`fleet units`: the organisation from the command line."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from fleet import app
from fleet.desk.units import applying, importing
from fleet.desk.units.changes import Plan
from fleet.errors import Refused
from fleet.orgs import service as orgs
from fleet.orgs.files import FLEET, Act
from fleet.settings import FleetSettings

Load = Callable[[], FleetSettings]
MOST_PROBLEMS = 50


@click.group()
def units() -> None:
    """The organisation: regions, countries, institutions."""


@units.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.pass_obj
def import_file(load: Load, file: Path, dry_run: bool) -> None:
    """Add organisations and rooms from a CSV table; what is there already is changed.

    Columns: region,country,iso2,institution and, if you like, code,room,timezone,uplink,language.
    If anything is wrong in any row nothing is done. Nothing is ever removed.

    \b
    Example:
      fleet units import rooms.csv --dry-run
    """
    content = file.read_bytes()
    database = app.build(load()).database
    try:
        if dry_run:
            with database.read() as session:
                _show(importing.look(session, content))
            return
        with database.write() as session:
            plan = importing.look(session, content)
            _show(plan)
            applying.apply(session, plan.changes, Act(FLEET, datetime.now(UTC)))
    finally:
        database.close()


@units.command("list")
@click.pass_obj
def list_units(load: Load) -> None:
    """Show the tree: each unit's code and name.

    \b
    Example:
      fleet units list
    """
    database = app.build(load()).database
    with database.read() as session:
        found = orgs.subtree(session)
    database.close()
    names: dict[str, tuple[str, ...]] = {}
    for unit in found:
        names[unit.id] = (*names.get(unit.parent_id or "", ()), unit.name)
    for unit in sorted(found, key=lambda unit: names[unit.id]):
        depth = len(names[unit.id]) - 1
        click.echo(f"{'  ' * depth}{unit.code}  {unit.name}")


def _show(plan: Plan) -> None:
    for problem in plan.problems[:MOST_PROBLEMS]:
        click.echo(importing.said(problem), err=True)
    if plan.problems:
        count = len(plan.problems)
        raise Refused(f"{count} to put right in the table; nothing was done")
    for note in plan.notes:
        click.echo(importing.said(note), err=True)
    for one in plan.changes:
        click.echo(one.line)
    click.echo(f"{len(plan.changes)} changes." if plan.changes else "Nothing to do.")
