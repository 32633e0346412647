"""The table of the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from fleet.db import Base, UtcDateTime
from fleet.db.paths import PathText


class AuditRow(Base):
    """One thing somebody did. `digest` is SHA-256 over the row and the digest before it.

    `path` is where it was done: who looks after that part of the organisation may read the row.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_path", "path", "number"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(100), index=True)
    target: Mapped[str] = mapped_column(String(500))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    path: Mapped[str] = mapped_column(PathText, default="", server_default="")
    digest: Mapped[str] = mapped_column(String(64))


def _refuse(_mapper: Mapper[AuditRow], _connection: object, row: AuditRow) -> None:
    raise RuntimeError(f"audit row {row.number} cannot be changed or deleted")


event.listen(AuditRow, "before_update", _refuse)
event.listen(AuditRow, "before_delete", _refuse)
