"""`fleet db`: moving everything from one database to another."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fleet.commands.copying import copy
from fleet.db import Database
from fleet.errors import Refused
from fleet.settings import FleetSettings, with_driver

Load = Callable[[], FleetSettings]


@click.group("db")
def database() -> None:
    """The database."""


@database.command("copy")
@click.option("--from", "source", default="", help="URL, or @FILE that holds it [the fleet's].")
@click.option("--to", "target", required=True, help="URL, or @FILE that holds it.")
@click.pass_obj
def copy_command(load: Load, source: str, target: str) -> None:
    """Move everything between SQLite and PostgreSQL, and prove that it arrived.

    Stop the fleet first. The target must be empty; its tables are made. If anything fails the
    target stays empty, and the command can be run again.

    A URL with a password has no place on a command line, where others can read it: write it
    into a file and give @FILE, or leave the password out and have it in ~/.pgpass or PGPASSWORD.

    \b
    Example:
      fleet db copy --to postgresql://lectern@db.example.org/lectern
      LECTERN_DATABASE_URL=postgresql://lectern@db.example.org/lectern fleet serve
    """
    old = Database(_url(source, "--from") if source else load().database)
    new = Database(_url(target, "--to"))
    try:
        total = copy(old, new, _tell)
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or type(error).__name__).strip()
        raise Refused(f"cannot copy: {why}") from error
    finally:
        old.close()
        new.close()
    click.echo(f"Copied {total} rows; every table and the audit trail are as they were.")


def _tell(table: str, rows: int) -> None:
    click.echo(f"{table}: {rows} rows", err=True)


def _url(given: str, option: str) -> str:
    """The URL that an option means.

    Raises:
        Refused: it is none, or it shows a password to everybody on this machine.
    """
    try:
        if given.startswith("@"):
            given = Path(given[1:]).expanduser().read_text(encoding="utf-8").strip()
            return _checked(given)
        if make_url(given).password:
            raise Refused(
                f"{option}: a password on a command line can be read by others; write the URL "
                f"into a file and give {option} @FILE"
            )
        return _checked(given)
    except (ArgumentError, ValueError) as error:
        raise Refused(
            f"{option}: write it like sqlite:///path/fleet.sqlite or postgresql://user@host/name"
        ) from error
    except OSError as error:
        raise Refused(f"{option}: {error.filename}: {error.strerror}") from error


def _checked(url: str) -> str:
    url = with_driver(url)
    parts = make_url(url)
    if parts.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ArgumentError("another database")
    return url
