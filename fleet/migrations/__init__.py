"""The schema and its history: Alembic, run from inside, never by hand."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from fleet.db import Database

_LOCK = 0x4C656374
"""Key of PostgreSQL's advisory lock: one process migrates, the others wait for it."""


def upgrade(database: Database) -> None:
    """Bring the schema to this version; nothing happens when it is there. Safe to run at once."""
    with database.engine.execution_options(write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(configuration(connection), "head")


def head() -> str:
    """The revision of this version."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for one connection, whose transaction it uses."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
