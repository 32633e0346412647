"""The database: engine, transactions, base classes of tables, and events inside a transaction."""

from fleet.db.base import Base, UtcDateTime, new_id
from fleet.db.database import Database
from fleet.db.events import Bus, after_commit, publish, savepoint

__all__ = [
    "Base",
    "Bus",
    "Database",
    "UtcDateTime",
    "after_commit",
    "new_id",
    "publish",
    "savepoint",
]
