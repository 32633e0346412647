"""Transactions, events and what waits for the commit."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from fleet.db import Bus, Database, UtcDateTime, after_commit, publish, savepoint
from fleet.db.requests import WriteSession


class OfThisTest(DeclarativeBase):
    """Apart from the fleet's tables, whose drift another test looks for."""


class Note(OfThisTest):
    __tablename__ = "note_of_a_test"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'db.sqlite'}")
    OfThisTest.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def note(number: int) -> Note:
    return Note(id=number, at=datetime(2026, 1, 1, tzinfo=UTC))


def numbers(database: Database) -> list[int]:
    with database.read() as session:
        return sorted(row.id for row in session.query(Note))


def test_times_come_back_in_utc_and_need_an_offset(database: Database) -> None:
    eastern = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    with database.write() as session:
        session.add(Note(id=1, at=eastern))
    with database.read() as session:
        assert session.get_one(Note, 1).at == datetime(2026, 1, 1, tzinfo=UTC)

    with database.write() as session:
        session.add(Note(id=2, at=datetime(2026, 1, 1)))  # noqa: DTZ001
        with pytest.raises(StatementError, match="without an offset"):
            session.flush()
        session.rollback()


def test_what_raises_is_rolled_back_and_its_actions_never_run(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        with database.write() as session:
            session.add(note(1))
            after_commit(session, lambda: done.append("ran"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert numbers(database) == []
    assert done == []


def test_actions_run_once_the_commit_is_visible(database: Database) -> None:
    seen: list[list[int]] = []

    with database.write() as session:
        session.add(note(1))
        after_commit(session, lambda: seen.append(numbers(database)))
        assert seen == []

    assert seen == [[1]]


def test_a_savepoint_that_fails_takes_only_its_own_along(database: Database) -> None:
    done: list[str] = []

    def clash(session: Session) -> None:
        with savepoint(session):
            after_commit(session, lambda: done.append("forgotten"))
            session.add_all([note(2), note(2)])
            session.flush()

    with database.write() as session:
        session.add(note(1))
        after_commit(session, lambda: done.append("kept"))
        with pytest.raises(IntegrityError):
            clash(session)
        with savepoint(session):
            session.add(note(3))

    assert numbers(database) == [1, 3]
    assert done == ["kept"]


def test_events_reach_their_handlers_in_the_same_transaction(tmp_path: Path) -> None:
    bus = Bus()
    heard: list[tuple[int, bool]] = []
    bus.on(int, lambda session, event: heard.append((event, isinstance(session, Session))))
    database = Database(f"sqlite:///{tmp_path / 'bus.sqlite'}", bus)

    with database.write() as session:
        publish(session, 7)
        publish(session, "nobody listens")

    assert heard == [(7, True)]


def test_writers_queue_instead_of_failing(database: Database) -> None:
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            with database.write() as session:
                before = len(session.query(Note).all())
                time.sleep(0.02)
                session.add(note(number))
                assert before == len(session.query(Note).all()) - 1
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert numbers(database) == list(range(8))


def test_an_answer_is_sent_only_after_its_commit(database: Database) -> None:
    app = FastAPI()
    app.state.database = database

    @app.post("/fine", status_code=201)
    def fine(session: WriteSession) -> None:
        session.add(note(1))

    @app.post("/clash", status_code=201)
    def clash(session: WriteSession) -> None:
        session.add(note(1))

    client = TestClient(app, raise_server_exceptions=False)

    assert client.post("/fine").status_code == 201
    assert client.post("/clash").status_code == 500
    assert numbers(database) == [1]


def test_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def start(path: Path, together: threading.Barrier) -> None:
        database = Database(f"sqlite:///{path}")
        together.wait(10)
        try:
            with database.write() as session:
                session.execute(text("CREATE TABLE IF NOT EXISTS thing (x INTEGER)"))
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            database.close()

    for number in range(40):
        together = threading.Barrier(6)
        path = tmp_path / f"{number}.sqlite"
        threads = [threading.Thread(target=start, args=(path, together)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
