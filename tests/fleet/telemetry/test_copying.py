"""History moves from store to store; cut off, it goes on, and nothing is there twice."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet import migrations
from fleet.adapters.influx import open_store
from fleet.adapters.influx_http import Place
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.db import Database
from fleet.telemetry.copying import Progress, copy
from fleet.telemetry.ports import Point, Range, StoreDown
from tests.fleet.telemetry.stores import NOON, Kept, furnished
from tests.fleet.telemetry.test_forwarding import Pretence
from tests.servers.child import Children
from tests.servers.victoriametrics import Missing, VictoriaMetrics

NOW = datetime.now(UTC)


class Failing(Pretence):
    """Takes one piece, and fails at the next."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = 0

    def send(self, points: Sequence[Point]) -> None:
        self.turn += 1
        if self.turn % 2:
            super().send(points)
            return
        if self.turn % 4:
            self.there += points  # it has them, and does not say so
        raise StoreDown("pulled out")


@pytest.fixture
def filled(lite: Database) -> Kept:
    kept = furnished(lite, SqlMetrics(), lambda: None)
    for room in range(3):
        for name in ("cpu", "memory"):
            kept.write(*(kept.point(60 * n, float(n), room=room, point=name) for n in range(25)))
    return kept


def test_a_copy_that_is_cut_off_goes_on(filled: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.telemetry.copying._AT_ONCE", 10)
    target = Failing()
    told: list[Progress] = []

    for _ in range(100):
        with suppress(StoreDown):
            found = copy(
                filled.database, filled.store, target, outside=target, name="x", now=NOW,
                told=told.append,
            )  # fmt: skip
            break

    assert found == Progress(6, 6, 150)
    assert len(target.there) == 150
    assert len({(p.room, p.point, p.at) for p in target.there}) == 150
    assert [one.done for one in told] == [1, 2, 3, 4, 5, 6]
    assert {p.site for p in target.there} == {filled.units["ke"], filled.units["mn"]}
    assert {p.unit for p in target.there} == {"%"}


def test_from_victoriametrics_into_the_database_and_again(
    filled: Kept, children: Children, tmp_path: Path
) -> None:
    try:
        server = VictoriaMetrics(children, tmp_path)
    except Missing as missing:
        pytest.skip(f"not installed: {missing}")
    out = open_store("victoriametrics", Place(server.url))
    for _ in range(2):
        copy(filled.database, filled.store, out, outside=out, name="there", now=NOW)
    server.flush()
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    migrations.upgrade(other)
    try:
        back = furnished(other, SqlMetrics(), lambda: None)
        _same_rooms(filled, back)
        for _ in range(2):
            copy(other, out, back.store, name="back", now=NOW)
        asked = Range(NOON, NOON + timedelta(hours=1), 300, "sum")
        for room in range(3):
            found = back.range(filled.key(room), asked)
            assert found == filled.range(filled.key(room), asked)
            assert sum(value for _, value in found) == sum(range(25))
    finally:
        other.close()


def _same_rooms(one: Kept, other: Kept) -> None:
    """The other fleet knows the same rooms and series, and has none of their readings."""
    from fleet.classrooms.models import Room  # noqa: PLC0415 - only here
    from fleet.telemetry.models import Series  # noqa: PLC0415

    with other.database.write() as session:
        for room in one.rooms:
            row = Room(id=room, name=room, timezone="UTC", unit_id=other.units["ke"])
            session.add(row)
            session.flush()
            for name in ("cpu", "memory"):
                session.add(
                    Series(
                        room_id=room, device="pc", point=name, unit="%", last_at=NOON, last_value=0
                    )
                )
