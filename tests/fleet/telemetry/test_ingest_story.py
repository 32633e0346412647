"""The whole way of a reading: room, broker, `fleet ingest`, queue, store; which is killed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import messages as m
from contract import topics
from fleet.adapters.influx import open_store
from fleet.adapters.influx_http import Place
from fleet.app import Fleet
from fleet.settings import FleetSettings
from fleet.telemetry import service
from fleet.telemetry.ports import SeriesKey
from tests.fleet.ingesting import start_ingest
from tests.fleet.rooms import Room
from tests.servers.child import Children
from tests.servers.mosquitto import Broker
from tests.servers.ports import free_port
from tests.servers.victoriametrics import Missing, VictoriaMetrics


@pytest.fixture
def metrics_server(children: Children, tmp_path: Path) -> VictoriaMetrics:
    try:
        return VictoriaMetrics(children, tmp_path)
    except Missing as missing:
        pytest.skip(f"not installed: {missing} (`make setup-test` installs it)")


@pytest.fixture
def settings(tmp_path: Path, metrics_server: VictoriaMetrics) -> FleetSettings:
    return FleetSettings(
        data_dir=tmp_path / "fleet",
        listen_port=free_port(),
        mqtt_port=free_port(),
        low_disk_bytes=0,
        metric_store="victoriametrics",
        metric_url=metrics_server.url,
    )


@pytest.mark.story
@pytest.mark.fault
def test_a_store_that_is_killed_delays_readings_and_nothing_else(
    settings: FleetSettings,
    fleet: Fleet,
    broker: Broker,
    room: Callable[[str], Room],
    children: Children,
    metrics_server: VictoriaMetrics,
    figure: Callable[[str, str], None],
) -> None:
    lab = room("Lab")
    start_ingest(children, settings)
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

    def report(number: int) -> None:
        readings = tuple(m.Reading(device="pc", point=f"p{i}", value=number) for i in range(10))
        at = first + timedelta(seconds=number)
        pc.send(*lab.message(m.Report(at=at, uptime=5, readings=readings), 2 * number + 1))
        pc.send(*lab.message(m.ClockStepped(by_seconds=number), 2 * number + 2))

    def acknowledged(until: int) -> float:
        began = time.monotonic()
        pc.wait_until_acknowledged(lab, set(range(1, 2 * until + 1)), 30)
        return time.monotonic() - began

    for number in range(50):
        report(number)
    acknowledged(50)
    metrics_server.kill()
    for number in range(50, 100):
        report(number)
    figure(
        "events and reports acknowledged while the store is dead, after",
        f"{acknowledged(100):.1f} s",
    )
    with fleet.database.read() as session:
        assert service.waiting(session)[0] >= 500
        assert {p.value for p in service.last(session, lab.id)} == {99.0}
    metrics_server.start()
    report(100)
    acknowledged(101)

    until = time.monotonic() + 120
    while time.monotonic() < until:
        with fleet.database.read() as session:
            if service.waiting(session) == (0, 0):
                break
        time.sleep(0.5)
    else:
        pytest.fail("readings still wait")
    metrics_server.flush()
    store = open_store("victoriametrics", Place(metrics_server.url))
    for i in range(10):
        key = SeriesKey(lab.id, "pc", f"p{i}")
        with fleet.database.read() as session:
            found = store.readings(session, key, first, first + timedelta(hours=1))
        assert [value for _, value in found] == [float(n) for n in range(101)]
    pc.close()


@pytest.mark.story
@pytest.mark.fault
def test_while_the_queue_is_full_a_room_keeps_its_readings_and_events_go_on(
    settings: FleetSettings,
    fleet: Fleet,
    broker: Broker,
    room: Callable[[str], Room],
    children: Children,
    metrics_server: VictoriaMetrics,
) -> None:
    lab = room("Lab")
    start_ingest(children, settings.model_copy(update={"metric_queue_bytes": 1 << 20}))
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    metrics_server.kill()
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

    def report(seq: int) -> None:
        """As a room's journal has it: the same each time it is sent."""
        at = first + timedelta(seconds=seq)
        readings = tuple(m.Reading(device="pc", point=f"p{i}", value=seq) for i in range(1000))
        pc.send(*lab.message(m.Report(at=at, uptime=5, readings=readings), seq))

    def taken(seq: int, seconds: float) -> bool:
        try:
            pc.wait_until_acknowledged(lab, {seq}, seconds)
        except AssertionError:
            return False
        return True

    kept = 0
    for seq in range(1, 100):
        report(seq)
        if not taken(seq, 3):
            kept = seq
            break
        time.sleep(0.3)
    assert kept > 5
    for seq in range(kept + 1, kept + 21):
        pc.send(*lab.message(m.ClockStepped(by_seconds=seq), seq))
    pc.wait_until_acknowledged(lab, set(range(kept + 1, kept + 21)), 30)
    assert not taken(kept, 0.1)

    metrics_server.start()
    until = time.monotonic() + 120
    while not taken(kept, 2):
        assert time.monotonic() < until
        report(kept)
    while time.monotonic() < until:
        with fleet.database.read() as session:
            if service.waiting(session) == (0, 0):
                break
        time.sleep(0.5)
    metrics_server.flush()
    store = open_store("victoriametrics", Place(metrics_server.url))
    for i in (0, 500, 999):
        with fleet.database.read() as session:
            key = SeriesKey(lab.id, "pc", f"p{i}")
            found = store.readings(session, key, first, first + timedelta(hours=1))
        assert [value for _, value in found] == [float(n) for n in range(1, kept + 1)]
    pc.close()
