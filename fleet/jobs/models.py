"""Who works."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime


class Worker(Base):
    """One process that runs workflows. `id` is its DBOS executor id, new at each start.

    `host`, `pid` and `born` (start of the process, seconds since the epoch) let another process
    of the same machine see at once that it is dead; from elsewhere an old `seen_at` says so.
    """

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    born: Mapped[float]
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
