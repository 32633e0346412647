"""`fleet db copy`: everything arrives on the other database, or nothing does."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from fleet.audit.models import AuditRow
from fleet.auth import service as auth
from fleet.classrooms.models import Event
from fleet.commands import copying
from fleet.db import Database
from fleet.migrations import tables
from fleet.settings import FleetSettings
from tests.fleet.commands.filled import check, command, fill
from tests.servers.ports import free_port
from tests.servers.postgresql import PostgreSql

NewDatabase = Callable[[str], str]


@pytest.fixture
def new_database(cluster: PostgreSql, tmp_path: Path) -> NewDatabase:
    """`new_database("postgresql")` is the URL of an empty database."""
    made = iter(range(10))

    def make(kind: str) -> str:
        number = next(made)
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'{number}.sqlite'}"
        return cluster.database(f"copy_{tmp_path.name}_{number}".replace("-", "_").lower())

    return make


def fleet_on(url: str, tmp_path: Path, name: str) -> FleetSettings:
    return FleetSettings(data_dir=tmp_path / name, database_url=url, listen_port=free_port())


def rows(url: str) -> dict[str, int]:
    database = Database(url)
    with database.read() as session:
        found = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.metadata.sorted_tables
        }
    database.close()
    return found


@pytest.mark.story
@pytest.mark.parametrize(("one", "other"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_fleet_moves_and_goes_on(
    one: str, other: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    old, new = new_database(one), new_database(other)
    before = fleet_on(old, tmp_path, "fleet")
    lesson = fill(before)

    done = command(before, "db", "copy", "--to", new)

    assert done.exit_code == 0, done.output
    assert "every table and the audit trail are as they were" in done.output
    assert "audit: " in done.output
    assert rows(new) == rows(old)
    after = fleet_on(new, tmp_path, "fleet")
    check(after, lesson)
    database = Database(new)
    with database.write() as session:  # numbers go on where they were
        auth.add_user(session, "new@example.org", "New", "viewer", now=datetime.now(UTC))
        last = session.scalar(select(func.max(Event.id)))
        copied = session.scalars(select(Event).limit(1)).one()
        values = {column.name: getattr(copied, column.name) for column in Event.__table__.columns}
        event = Event(**{**values, "id": None})
        session.add(event)
        session.flush()
        assert last is not None
        assert event.id > last
    database.close()


def test_a_target_with_rows_is_refused_and_left_alone(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    old, new = new_database("sqlite"), new_database("sqlite")
    fill(fleet_on(old, tmp_path, "one"))
    fill(fleet_on(new, tmp_path, "two"))
    before = rows(new)

    done = command(fleet_on(old, tmp_path, "one"), "db", "copy", "--to", new)

    assert done.exit_code == 1
    assert "the target is not empty" in done.output
    assert rows(new) == before


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_fails_in_the_middle_leaves_the_target_empty_and_can_be_done_again(
    kind: str, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_database("sqlite"), new_database(kind)
    settings = fleet_on(old, tmp_path, "fleet")
    fill(settings)
    source, target = Database(old), Database(new)

    def killed(table: str, _rows: int) -> None:
        if table == "event":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.copy(source, target, killed)
    assert not any(rows(new).values())

    changed: list[str] = []
    real = copying.Sum.add

    def lossy(self: copying.Sum, row: tuple[object, ...]) -> None:
        changed.append("")
        real(self, ("other",) if len(changed) == 1 else row)

    monkeypatch.setattr(copying.Sum, "add", lossy)
    with pytest.raises(copying.Refused, match="not the same"):
        copying.copy(source, target, lambda _table, _rows: None)
    assert not any(rows(new).values())
    monkeypatch.undo()

    assert copying.copy(source, target, lambda _table, _rows: None) == sum(rows(old).values())
    source.close()
    target.close()


def test_what_postgresql_does_not_take_is_told_with_its_table(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    old, new = new_database("sqlite"), new_database("postgresql")
    settings = fleet_on(old, tmp_path, "fleet")
    fill(settings)
    database = Database(old)
    with database.write() as session:
        session.execute(text("UPDATE account SET name = 'a' || char(0) || 'b'"))
    database.close()

    done = command(settings, "db", "copy", "--to", new)

    assert done.exit_code == 1
    assert "account: a row was not taken" in done.output
    assert not any(rows(new).values())


def test_a_broken_audit_trail_and_an_old_schema_are_not_carried_on(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    old, new = new_database("sqlite"), new_database("postgresql")
    settings = fleet_on(old, tmp_path, "fleet")
    fill(settings)
    database = Database(old)
    with database.write() as session:
        session.execute(text("DROP TRIGGER audit_no_update"))
        session.connection().execute(AuditRow.__table__.update().values(actor="nobody else"))
    broken = command(settings, "db", "copy", "--to", new)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    database.close()
    behind = command(settings, "db", "copy", "--to", new)

    assert "the audit trail is broken at row 1; nothing was copied" in broken.output
    assert "run `fleet migrate` on it first" in behind.output
    assert not any(rows(new).values())


def test_passwords_are_not_taken_from_the_command_line(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    settings = fleet_on(new_database("sqlite"), tmp_path, "fleet")
    fill(settings)
    secret = "canary"
    shown = command(settings, "db", "copy", "--to", f"postgresql://me:{secret}@127.0.0.1/x")
    file = tmp_path / "url"
    file.write_text(new_database("postgresql") + "\n")
    hidden = command(settings, "db", "copy", "--to", f"@{file}")
    wrong = command(settings, "db", "copy", "--to", "mysql://somewhere/x")
    missing = command(settings, "db", "copy", "--to", "@nowhere")
    itself = command(settings, "db", "copy", "--to", settings.database)

    assert "can be read by others" in shown.output
    assert secret not in shown.output
    assert hidden.exit_code == 0, hidden.output
    assert "write it like" in wrong.output
    assert "nowhere: No such file" in missing.output
    assert itself.exit_code == 1
