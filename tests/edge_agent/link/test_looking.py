"""A look into a room over a real broker, and what it costs the room's link."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from contract import messages as m
from edge_agent.capture.thumbnail import shrunk
from edge_agent.link.clock import FleetClock
from edge_agent.link.identity import IdentityStore
from edge_agent.link.mqtt import MqttUplink
from edge_agent.loops.bus import Bus
from edge_agent.loops.glimpses import GlimpseLoop
from edge_agent.loops.outbox import OutboxLoop
from edge_agent.loops.shadow import ShadowLoop
from edge_agent.loops.sight import Sight
from edge_agent.ports.touch import LOOK_SECONDS, Level, Picture
from edge_agent.room.model import Source
from edge_agent.settings import MqttSettings
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.conftest import AGENT
from tests.fakes.fleet import fake_fleet
from tests.servers.certificates import Authority
from tests.servers.mosquitto import Broker
from tests.servers.tcp_proxy import TcpProxy

CAMERA = Source("front", "camera", "presenter", "test", "")
MICROPHONE = Source("lectern", "microphone", "audio", "test", "")
DESCRIPTION = m.Description(
    version=1, hostname="h", os="o", cpu_count=1, memory_bytes=1, disk_bytes=1, agent_version="0"
)
EVERY = 2.0
COUNT = 4


class Restless:
    """A monitor of a camera whose every picture is noise: no room is larger as JPEG."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(3)

    def look(self, seconds: float = LOOK_SECONDS) -> None: ...

    def picture(self, track: str) -> Picture | None:
        noise = self._random.integers(0, 256, (180, 320, 3), np.uint8)
        _done, written = cv2.imencode(".jpg", noise)
        return Picture(written.tobytes(), 0.0)

    def heard(self) -> tuple[Level, ...]:
        return (Level("audio", -31.54321, -20.0),)

    async def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        yield self.heard()


def test_a_look_is_answered_with_glimpses_that_a_thin_link_bears(
    mosquitto: Callable[..., Broker],
    authority: Authority,
    enrolled: Callable[..., Path],
    tcp_proxy: Callable[..., TcpProxy],
    figure: Callable[[str, str], None],
) -> None:
    broker = mosquitto()
    proxy = tcp_proxy(("127.0.0.1", broker.port))
    data = enrolled(mqtt_port=proxy.port)

    async def scene() -> None:
        journal = await open_journal(data, agent=AGENT, now=lambda: datetime.now(UTC))
        bus, clock, settings = Bus(), FleetClock(), MqttSettings()
        line = OutboxLoop(
            MqttUplink(IdentityStore(data), settings),
            journal.outbox,
            clock,
            bus,
            ShadowLoop(journal.memory, journal.outbox, bus),
            agent=AGENT,
            session=1,
            boot="b",
            describe=lambda: DESCRIPTION,
            settings=settings,
        )
        sight = Sight(Restless(), (CAMERA, MICROPHONE), (), "always", clock, bus)
        glimpses = GlimpseLoop(sight, shrunk, clock, bus)
        async with fake_fleet(broker.port, authority) as fleet, asyncio.TaskGroup() as group:
            tasks = [group.create_task(line.run()), group.create_task(glimpses.run())]
            await fleet.until(lambda: fleet.presence)
            await fleet.one(m.Reported)
            await asyncio.sleep(1.0)
            assert fleet.glimpses == []
            before = proxy.up
            await fleet.look(AGENT, seconds=EVERY * (COUNT - 1) + 0.5, every=EVERY)
            await fleet.until(lambda: len(fleet.glimpses) >= COUNT, 20)
            await asyncio.sleep(EVERY + 0.5)
            assert len(fleet.glimpses) == COUNT, "nothing is sent when nobody looks"
            a_message = (proxy.up - before) / COUNT
            assert await journal.outbox.waiting() == 0
            for task in tasks:
                task.cancel()
        await journal.close()

        for glimpse, size in fleet.glimpses:
            assert glimpse.picture is not None
            assert glimpse.level == -31.5
            assert size <= 4500
            _height, width = cv2.imdecode(np.frombuffer(glimpse.picture, np.uint8), 1).shape[:2]
            assert width >= 64
        kbits = a_message * 8 / EVERY / 1000
        figure("a look at a room of noise", f"{a_message:.0f} bytes a glimpse, {kbits:.1f} kbit/s")
        # And the headers of TCP and IP of the four packets that a glimpse is at the most.
        assert a_message + 4 * 52 <= 5000
        assert kbits <= 20

    asyncio.run(asyncio.wait_for(scene(), 60))


def test_an_older_fleet_that_allows_no_look_is_served_all_the_same(
    mosquitto: Callable[..., Broker], authority: Authority, enrolled: Callable[..., Path]
) -> None:
    broker = mosquitto()
    acl = broker.config.parent / "acl"
    acl.write_text(
        acl.read_text().replace(
            "pattern readwrite lectern/v1/%u/#",
            "\n".join(
                [
                    *(f"pattern read lectern/v1/%u/{name}" for name in ("desired", "order", "ack")),
                    *(f"pattern write lectern/v1/%u/{name}" for name in ("presence", "event")),
                ]
            ),
        )
    )
    broker.reload()
    uplink = MqttUplink(IdentityStore(enrolled(mqtt_port=broker.port)), MqttSettings())

    async def scene() -> None:
        async with fake_fleet(broker.port, authority), uplink.connect(b"{}") as connection:
            assert (await anext(connection.messages())).state == "online"

    asyncio.run(asyncio.wait_for(scene(), 30))
