"""The database: engine, transactions, base classes of tables, and events inside a transaction.

Services and routes take `Session` and the database's errors from here; SQL stays in repositories.
"""

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from fleet.db.base import Base, UtcDateTime, new_id
from fleet.db.database import Database
from fleet.db.events import Bus, Flushed, after_commit, publish, savepoint

__all__ = [
    "Base",
    "Bus",
    "Database",
    "Flushed",
    "OperationalError",
    "SQLAlchemyError",
    "Session",
    "UtcDateTime",
    "after_commit",
    "new_id",
    "publish",
    "savepoint",
]
