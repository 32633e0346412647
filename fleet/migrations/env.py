"""Run by Alembic: migrate over the connection it was given."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from fleet.db import UtcDateTime
from fleet.migrations.tables import metadata


def _render(kind: str, item: Any, drafting: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        drafting.imports.add("from fleet.db import UtcDateTime")
        return "UtcDateTime()"
    return False


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_render,
    compare_type=True,
)
context.run_migrations()
