"""Readings survive the change of their table, both ways, and are summed up by it."""

from datetime import timedelta

from alembic import command
from sqlalchemy import text

from fleet import migrations
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.db import Database
from fleet.telemetry.ports import Range
from tests.fleet.telemetry.stores import NOON, Kept, furnished


def test_readings_of_the_former_table_are_kept_and_summed_up(database: Database) -> None:
    kept = furnished(database, SqlMetrics(), lambda: None)
    seconds = (0, 1.000001, 299.5, 300, 3600.25)
    kept.write(*(kept.point(at, float(n)) for n, at in enumerate(seconds)))
    before = _all(kept)
    with database.engine.begin() as connection:
        wanted = migrations.configuration(connection)
        command.downgrade(wanted, "0004")
        times = connection.execute(text("SELECT at FROM raw_reading ORDER BY at")).scalars().all()
        assert str(times[1])[:26] == f"{NOON:%Y-%m-%d %H:%M}:01.000001"
        command.upgrade(wanted, "head")

    assert _all(kept) == before
    asked = Range(NOON, NOON + timedelta(hours=2), 300, "sum")
    assert [value for _, value in kept.range(kept.key(), asked)] == [3.0, 3.0, 4.0]


def _all(kept: Kept) -> object:
    return [
        kept.readings(kept.key(), NOON, NOON + timedelta(hours=2)),
        *(
            kept.range(kept.key(), Range(NOON, NOON + timedelta(hours=2), 3600, one))
            for one in ("mean", "last", "count")
        ),
    ]
