"""All rows of one database into another, SQLite or PostgreSQL, in one transaction.

What is copied is proved before it is committed: both sides' rows are counted and digested, and
the chain of the audit trail is walked on the new side.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fleet import migrations
from fleet.audit import service as audit
from fleet.db import Database
from fleet.errors import Refused
from fleet.migrations import tables

_BATCH = 1000
_SPACE = 1 << 256
Tell = Callable[[str, int], None]


@dataclass(slots=True)
class Sum:
    """So many rows, and a digest of them that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def add(self, row: Sequence[Any]) -> None:
        """One more row."""
        self.rows += 1
        seen = hashlib.sha256(repr(tuple(row)).encode(errors="surrogatepass")).digest()
        self.digest = (self.digest + int.from_bytes(seen, "big")) % _SPACE


def copy(source: Database, target: Database, tell: Tell) -> int:
    """Copy everything; returns the number of rows. The target is as before if it fails. Blocks.

    Nobody may write to either side meanwhile: stop the fleet. The state of workflows stays
    behind; the fleet starts again what its tables say is unfinished.

    Args:
        source: at this version's schema.
        target: another database, without rows; its tables are made where they are missing.
        tell: is told each table's name and how many rows of it have been copied.

    Raises:
        Refused: the source has another schema, the target has rows, or what arrived is not what
            was sent.
    """
    _same_version(source)
    migrations.upgrade(target)
    with _snapshot(source) as old, target.engine.execution_options(write=True).begin() as new:
        if new.engine.url == old.engine.url:
            raise Refused("the two databases are one and the same")
        if full := [table.name for table in _all() if _count(new, table)]:
            raise Refused(f"the target is not empty: it has rows in {', '.join(full)}")
        total = 0
        for table in _all():
            total += _table(old, new, table, tell)
        _sequences(new)
        with Session(bind=new, join_transaction_mode="rollback_only") as session:
            if (number := audit.verify(session)) is not None:
                raise Refused(f"the audit trail is broken at row {number}; nothing was copied")
    return total


def _all() -> Sequence[Table]:
    """Every table, those that others point to first."""
    return tables.metadata.sorted_tables


def _same_version(source: Database) -> None:
    with source.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations.configuration(connection))
        known = inspect(connection).has_table("alembic_version")
        at = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    if at != script.get_current_head():
        raise Refused(
            f"the source is at schema {at}, this version's is {script.get_current_head()}: "
            "run `fleet migrate` on it first"
        )


def _snapshot(source: Database) -> Connection:
    """A transaction that sees one moment of the source."""
    connection = source.engine.connect()
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    return connection


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _table(old: Connection, new: Connection, table: Table, tell: Tell) -> int:
    sent, arrived = Sum(), Sum()
    statement = _insert(table, new)
    try:
        for batch in _batches(old, table):
            for row in batch:
                sent.add(row)
            names = [column.name for column in table.columns]
            new.execute(statement, [dict(zip(names, row, strict=True)) for row in batch])
            tell(table.name, sent.rows)
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).partition("\n")[0]
        raise Refused(f"{table.name}: a row was not taken: {why}") from error
    for row in _read(new, table):
        arrived.add(row)
    if sent != arrived:
        raise Refused(
            f"{table.name}: {sent.rows} rows were sent, {arrived.rows} arrived, or not the same"
        )
    return sent.rows


def _read(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """All rows; JSON as the text that is stored, so that null and nothing stay different."""
    columns = [cast(column, Text) if _is_json(column) else column for column in table.columns]
    query = select(*columns).execution_options(yield_per=_BATCH)
    for row in connection.execute(query):
        yield tuple(row)


def _batches(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    rows = _read(connection, table)
    if inner := _points_to_itself(table):
        rows = iter(_parents_first(list(rows), *inner))
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _insert(table: Table, connection: Connection) -> Any:
    """An insert that takes JSON as text."""
    values: dict[str, Any] = {}
    for column in table.columns:
        bound = bindparam(column.name, type_=Text() if _is_json(column) else column.type)
        if _is_json(column) and connection.dialect.name == "postgresql":
            values[column.name] = cast(bound, column.type)
        elif _is_json(column):
            values[column.name] = type_coerce(bound, Text())
        else:
            values[column.name] = bound
    return insert(table).values(values)


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _points_to_itself(table: Table) -> tuple[int, int] | None:
    """Places in a row of the reference and of what it refers to."""
    names = list(table.columns.keys())
    for key in table.foreign_keys:
        if key.column.table is table:
            return names.index(key.parent.name), names.index(key.column.name)
    return None


def _parents_first(
    rows: list[tuple[Any, ...]], reference: int, identity: int
) -> list[tuple[Any, ...]]:
    done: set[Any] = {None}
    ordered: list[tuple[Any, ...]] = []
    while rows:
        ready = [row for row in rows if row[reference] in done]
        if not ready:
            return ordered + rows  # the database will say what is wrong with them
        ordered += ready
        done |= {row[identity] for row in ready}
        rows = [row for row in rows if row[identity] not in done]
    return ordered


def _sequences(new: Connection) -> None:
    """Let PostgreSQL count on from the highest number that was copied."""
    if new.dialect.name != "postgresql":
        return
    for table in _all():
        column = table.autoincrement_column
        if column is None or not isinstance(column.type, Integer):
            continue
        sequence = new.scalar(
            select(func.pg_get_serial_sequence(literal(table.name), literal(column.name)))
        )
        if sequence:
            highest = new.scalar(select(func.max(column)))
            new.execute(select(func.setval(sequence, highest or 1, highest is not None)))
