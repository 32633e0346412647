"""The table of the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, JSON, Index, Integer, String, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from fleet.db import Base, UtcDateTime
from fleet.db.paths import PathText


class AuditRow(Base):
    """One thing somebody did. `digest` is SHA-256 over the row and the digest before it.

    `path` is where it was done: who looks after that part of the organisation may read the row.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_path", "path", "number"),
        Index("ix_audit_actor", "actor", "number"),
        Index("ix_audit_target", "target", "number"),
        Index("ix_audit_at", "at"),
    )

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

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'rows of the audit trail cannot be changed'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'rows of the audit trail cannot be deleted'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'rows of the audit trail cannot be changed or deleted'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ],
}
"""The same refusal in the database, for what does not go through the class above."""

for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        _ddl: Any = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(AuditRow.__table__, "after_create", _ddl.execute_if(dialect=_dialect))
