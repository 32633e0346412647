"""Readings on their way to a store that is down, slow, or killed: each arrives, and once."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.adapters.influx import InfluxStore, VictoriaStore, open_store
from fleet.adapters.influx_http import Place
from fleet.db import Database
from fleet.telemetry import repository
from fleet.telemetry.forwarding import Forwarder
from fleet.telemetry.ports import Point, ReadingsRefused, StoreDown
from fleet.telemetry.queue import Queued
from tests.fleet.telemetry.stores import NOON, Kept, furnished
from tests.servers.child import Children
from tests.servers.victoriametrics import VictoriaMetrics


@dataclass
class Pretence(InfluxStore):
    """A store in memory that keeps what it gets twice, twice; and fails as it is told to."""

    overwrites: bool = False  # type: ignore[misc]
    settling: float = 0.0  # type: ignore[misc]
    there: list[Point] = field(default_factory=list)
    down: bool = False
    answers_lost: int = 0
    refuses: Callable[[Point], bool] = lambda _: False

    def send(self, points: Sequence[Point]) -> None:
        if self.down:
            raise StoreDown("down")
        if any(map(self.refuses, points)):
            raise ReadingsRefused("not these")
        self.there += points
        if self.answers_lost:
            self.answers_lost -= 1
            raise StoreDown("the answer was lost")

    def missing(self, points: Sequence[Point]) -> list[Point]:
        if self.down:
            raise StoreDown("down")
        return [point for point in points if point not in self.there]


@pytest.fixture
def house(database: Database) -> Kept:
    return furnished(database, Queued(pretence()), lambda: None)


def pretence(**how: Any) -> Pretence:
    return Pretence(**how)


def waiting(house: Kept) -> int:
    with house.database.read() as session:
        return repository.waiting(session)[0]


def all_sent(forwarder: Forwarder) -> None:
    while forwarder.step():
        pass


def test_readings_leave_the_queue_when_the_store_has_them(house: Kept) -> None:
    store = pretence()
    house.store = Queued(store)
    house.write(house.point(0, 1.0), house.point(0, 2.0, point="memory"))
    house.write(house.point(60, 3.0, room=1))
    forwarder = Forwarder(house.database, store)
    with house.database.read() as session:
        assert repository.reports_waiting(session) == 2

    all_sent(forwarder)

    with house.database.read() as session:
        assert repository.reports_waiting(session) == 0
    assert [point.value for point in store.there] == [1.0, 2.0, 3.0]
    assert {point.site for point in store.there} == {house.units["ke"]}
    assert waiting(house) == 0
    assert house.last(house.rooms[0]) == [house.point(0, 1.0), house.point(0, 2.0, point="memory")]


def test_an_answer_that_was_lost_doubles_nothing(house: Kept) -> None:
    store = pretence(answers_lost=2)
    house.store = Queued(store)
    for n in range(6):
        house.write(house.point(n, float(n)))
    forwarder = Forwarder(house.database, store, reports=2)

    for _ in range(10):
        with suppress(StoreDown):
            forwarder.step()

    assert sorted(point.value for point in store.there) == [0, 1, 2, 3, 4, 5]
    assert waiting(house) == 0


def test_a_forwarder_that_died_in_the_middle_is_followed_by_one_that_asks(house: Kept) -> None:
    store = pretence(answers_lost=1)
    house.store = Queued(store)
    house.write(house.point(0, 1.0))
    first = Forwarder(house.database, store)
    with pytest.raises(StoreDown):
        first.step()

    second = Forwarder(house.database, store)
    assert not second.step()  # the other may still be at it

    def two_minutes_later() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=2)

    later = Forwarder(house.database, store, now=two_minutes_later)
    all_sent(later)
    assert [point.value for point in store.there] == [1.0]


def test_a_reading_that_comes_twice_is_sent_once(house: Kept) -> None:
    store = pretence()
    house.store = Queued(store)
    forwarder = Forwarder(house.database, store)
    house.write(house.point(0, 1.0), house.point(60, 2.0))
    all_sent(forwarder)

    house.write(house.point(0, 1.0), house.point(60, 2.0), house.point(30, 9.0))
    house.write(house.point(30, 9.0))
    all_sent(forwarder)

    assert [point.value for point in store.there] == [1.0, 2.0, 9.0]


def test_what_cannot_be_taken_does_not_keep_the_rest_waiting(house: Kept) -> None:
    store = pretence(refuses=lambda point: point.value == 13.0)
    house.store = Queued(store)
    for n in range(10, 17):
        house.write(house.point(n, float(n)), house.point(n, n + 0.5, point="memory"))
    forwarder = Forwarder(house.database, store)

    all_sent(forwarder)

    values = sorted(point.value for point in store.there)
    assert values == sorted({n + h for n in range(10, 17) for h in (0.0, 0.5)} - {13.0})
    assert forwarder.dropped == 1
    assert waiting(house) == 0


def test_what_a_crash_of_the_store_lost_is_sent_again(house: Kept) -> None:
    store = pretence(settling=30.0)
    house.store = Queued(store)
    clock = [NOON]
    forwarder = Forwarder(house.database, store, now=lambda: clock[0])
    house.write(house.point(0, 1.0))
    house.write(house.point(60, 2.0))
    all_sent(forwarder)
    assert waiting(house) == 2

    store.there.pop(0)
    clock[0] += timedelta(seconds=31)
    all_sent(forwarder)
    assert sorted(point.value for point in store.there) == [1.0, 2.0]
    assert waiting(house) == 1  # what was sent again has to settle again

    clock[0] += timedelta(seconds=31)
    all_sent(forwarder)
    assert sorted(point.value for point in store.there) == [1.0, 2.0]
    assert waiting(house) == 0


def test_a_store_that_forgets_at_once_is_given_up_on(house: Kept) -> None:
    """As VictoriaMetrics does with what is older than it keeps."""
    store = pretence(settling=30.0)
    store.send = lambda points: None  # type: ignore[method-assign]
    house.store = Queued(store)
    clock = [NOON]
    forwarder = Forwarder(house.database, store, now=lambda: clock[0])
    house.write(house.point(0, 1.0))

    for _ in range(6):
        all_sent(forwarder)
        clock[0] += timedelta(seconds=31)

    assert waiting(house) == 0
    assert forwarder.dropped == 1


def test_what_waits_is_kept_however_much_it_is(house: Kept) -> None:
    store = pretence(down=True)
    house.store = Queued(store)
    for n in range(100):
        house.write(*(house.point(n, float(n), point=f"p{i}") for i in range(10)))
    forwarder = Forwarder(house.database, store)

    with pytest.raises(StoreDown):
        forwarder.step()
    assert waiting(house) == 1000

    store.down = False
    all_sent(forwarder)
    assert (len(store.there), forwarder.dropped) == (1000, 0)


@pytest.mark.fault
def test_a_victoriametrics_killed_again_and_again_has_each_reading_once(
    lite: Database,
    children: Children,
    tmp_path: Path,
    figure: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kill -9 in the middle: what it had acknowledged and lost is sent again.

    Killed while it writes to its disk, it may keep readings and not the index of their day: it
    does not show them, and shows them twice once they are there again. Guides name the flag.
    """
    server = VictoriaMetrics(children, tmp_path, None, "-dedup.minScrapeInterval=1ms")
    store = open_store("victoriametrics", Place(server.url))
    monkeypatch.setattr(VictoriaStore, "settling", 4.0)
    house = furnished(lite, Queued(store), server.flush)
    forwarder = Forwarder(lite, store, pause=0.05, reports=20)
    longest = 0.0

    with _running(forwarder):
        for number in range(120):
            points = [house.point(number, float(number), point=f"p{i}") for i in range(20)]
            began = time.monotonic()
            with lite.write() as session:
                house.store.write(session, points)
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
            if number % 40 == 20:
                server.kill()
            if number % 40 == 38:
                server.start()
        until = time.monotonic() + 60
        while waiting(house) and time.monotonic() < until:
            time.sleep(0.2)

    assert waiting(house) == 0
    server.flush()
    for i in range(20):
        found = house.readings(house.key(point=f"p{i}"), NOON, NOON + timedelta(hours=1))
        assert [value for _, value in found] == [float(n) for n in range(120)]
    figure("slowest of the transactions that took readings in", f"{longest * 1000:.0f} ms")
    assert longest < 5.0


@contextmanager
def _running(forwarder: Forwarder) -> Iterator[None]:
    """The forwarder in a loop of its own, as the fleet runs it."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(forwarder.run())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
