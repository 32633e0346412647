"""When readings have to stay with their rooms."""

from pathlib import Path

import pytest

from fleet.telemetry import repository
from fleet.telemetry.forwarding import Forwarder
from fleet.telemetry.holding import Holding
from fleet.telemetry.queue import Queued
from tests.fleet.telemetry.stores import Kept
from tests.fleet.telemetry.test_forwarding import all_sent, house, pretence

__all__ = ["house"]
LIMIT = 30_000


def test_readings_are_held_from_the_limit_until_the_queue_is_shorter(
    house: Kept, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = pretence()
    house.store = Queued(store)
    holding = Holding(house.database, tmp_path, limit=LIMIT, reserve=0)
    assert not holding.measure()

    number = 0
    while not holding.measure():
        number += 1
        house.write(*(house.point(number, 1.0, point=f"p{i}") for i in range(10)))
        with house.database.read() as session:
            exact, about = repository.waiting(session)[1], repository.queued_bytes(session)
        assert abs(exact - about) <= exact // 20

    assert holding.held
    assert exact > LIMIT
    assert "rooms keep their readings" in caplog.text
    all_sent(Forwarder(house.database, store))
    assert not holding.measure()
    assert len(store.there) == 10 * number


def test_a_full_disk_holds_readings_too(house: Kept, tmp_path: Path) -> None:
    holding = Holding(house.database, tmp_path, limit=LIMIT, reserve=1 << 60)
    assert holding.measure()
