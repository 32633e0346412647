"""Which rows point to a row, by the foreign keys of all tables."""

from collections.abc import Container

from sqlalchemy import exists, inspect, select
from sqlalchemy.orm import Session

from fleet.db.base import Base


def of(session: Session, row: Base, besides: Container[str] = ()) -> list[str]:
    """Names of the tables with rows that point to this row; those in `besides` do not count.

    It has to be a row with one primary key.
    """
    table = inspect(type(row)).local_table
    (key,) = inspect(row).identity or (None,)
    found = []
    for other in Base.metadata.sorted_tables:
        columns = [fk.parent for fk in other.foreign_keys if fk.column.table is table]
        if other.name not in besides and any(
            session.scalar(select(exists().where(column == key))) for column in columns
        ):
            found.append(other.name)
    return found
