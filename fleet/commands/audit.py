"""`fleet audit`: the audit trail from the command line."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

import json
import sys
from collections.abc import Callable

import click

from fleet import app
from fleet.audit import service
from fleet.settings import FleetSettings

Load = Callable[[], FleetSettings]


@click.group("audit")
def trail() -> None:
    """Who did what, where and when."""


@trail.command("verify")
@click.pass_obj
def verify(load: Load) -> None:
    """Check that no row was changed, removed or put in. Exit status 1 names the first bad one.

    Rows cut off at the very end cannot be seen from the chain alone: keep the number and digest
    that this prints somewhere else, and look whether that row is still the same.

    \b
    Example:
      fleet audit verify
    """
    database = app.build(load()).database
    with database.read() as session:
        bad = service.verify(session)
        last = service.newest(session)
    database.close()
    if bad is not None:
        click.echo(f"Row {bad} of the audit trail is not what was written.", err=True)
        sys.exit(1)
    if last is None:
        click.echo("The audit trail is empty.")
    else:
        click.echo(f"All {last.number} rows are as they were written; the last is {last.digest}")


@trail.command("export")
@click.pass_obj
def export(load: Load) -> None:
    """Print every row as one line of JSON, the oldest first.

    \b
    Example:
      fleet audit export > audit.jsonl
    """
    database = app.build(load()).database
    with database.read() as session:
        for row in service.rows(session):
            facts = {
                "number": row.number,
                "at": row.at.isoformat(),
                "actor": row.actor,
                "action": row.action,
                "target": row.target,
                "detail": row.detail,
                "path": row.path,
                "digest": row.digest,
            }
            click.echo(json.dumps(facts, ensure_ascii=False))
    database.close()
