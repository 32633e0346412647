"""The schema's history makes exactly the tables of the code, on both databases."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.util.exc import CommandError
from sqlalchemy import inspect

from fleet import migrations
from fleet.db import Database
from fleet.migrations import tables


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql").url
    database = Database(url)
    yield database
    database.close()


def test_the_newest_revision_makes_the_tables_of_the_code(empty: Database) -> None:
    migrations.upgrade(empty)

    with empty.engine.begin() as connection:
        command.check(migrations.configuration(connection))
    assert set(inspect(empty.engine).get_table_names()) == {
        *tables.metadata.tables,
        "alembic_version",
    }


def test_a_difference_is_found(empty: Database) -> None:
    """The check above can fail."""
    migrations.upgrade(empty)

    with empty.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE room ADD COLUMN floor INTEGER")
        with pytest.raises(CommandError, match="floor"):
            command.check(migrations.configuration(connection))


def test_processes_that_start_at_once_migrate_once(empty: Database) -> None:
    failures: list[Exception] = []

    def start() -> None:
        database = Database(empty.engine.url.render_as_string(hide_password=False))
        try:
            migrations.upgrade(database)
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert "room" in inspect(empty.engine).get_table_names()


def test_the_way_back_leaves_nothing(empty: Database) -> None:
    migrations.upgrade(empty)

    with empty.engine.begin() as connection:
        command.downgrade(migrations.configuration(connection), "base")

    assert inspect(empty.engine).get_table_names() == ["alembic_version"]
