"""The audit trail notices what was done to it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from fleet.audit import service
from fleet.audit.models import AuditRow
from fleet.db import Database
from tests.fleet.web.application import NOON, Application


def _disarm(database: Database) -> None:
    """What somebody can do who owns the database: take the triggers away first."""
    dialect = database.engine.dialect.name
    on = "" if dialect == "sqlite" else " ON audit"
    with database.write() as session:
        for name in {"sqlite": ("update", "delete"), "postgresql": ("change",)}[dialect]:
            session.execute(text(f"DROP TRIGGER audit_no_{name}{on}"))


def _record(application: Application, count: int) -> None:
    with application.db.write() as session:
        for number in range(count):
            service.record(
                session,
                actor="nobody",
                action="test.done",
                target=f"thing {number}",
                detail={"n": number, "نص": "é"},
                now=NOON + timedelta(seconds=number),
            )


def test_an_untouched_trail_verifies(application: Application) -> None:
    _record(application, 5)
    with application.db.read() as session:
        assert session.query(AuditRow).count() == 5
        assert service.verify(session) is None


@pytest.mark.parametrize(
    ("tampering", "first_broken"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE number = 3", 3),
        ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 4", 4),
        (
            "UPDATE audit SET digest = '00' WHERE number = 2",
            2,
        ),
    ],
)
def test_tampering_is_found(application: Application, tampering: str, first_broken: int) -> None:
    _record(application, 5)
    _disarm(application.db)
    with application.db.write() as session:
        session.execute(text(tampering))
    with application.db.read() as session:
        assert service.verify(session) == first_broken


def test_the_program_itself_cannot_change_a_row(application: Application) -> None:
    _record(application, 1)
    with (
        pytest.raises(RuntimeError, match="cannot be changed"),
        application.db.write() as session,
    ):
        session.get_one(AuditRow, 1).actor = "somebody"


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'somebody'", "DELETE FROM audit WHERE number = 1"]
)
def test_the_database_refuses_too(database: Database, statement: str) -> None:
    with database.write() as session:
        service.record(session, actor="nobody", action="test.done", now=NOON)
    with pytest.raises(DatabaseError, match="audit trail"), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        assert service.verify(session) is None


def test_tampering_is_found_on_both_databases(database: Database) -> None:
    with database.write() as session:
        for number in range(4):
            service.record(
                session, actor="nobody", action="test.done", target=str(number), now=NOON
            )
    _disarm(database)
    with database.write() as session:
        session.execute(text("UPDATE audit SET target = '7' WHERE number = 3"))
    with database.read() as session:
        assert service.verify(session) == 3
