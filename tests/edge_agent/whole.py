"""A whole agent with a fake recorder on a real broker, for tests that talk to it from outside."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from contract import messages as m
from edge_agent import app
from edge_agent.settings import RoomSettings
from tests.edge_agent.conftest import AGENT
from tests.fakes.fleet import FakeFleet, fake_fleet
from tests.fakes.recorder import FakeRecorder
from tests.fakes.tus_server import TusServer
from tests.servers.certificates import Authority


@dataclass
class Room:
    settings: RoomSettings
    recorder: FakeRecorder
    fleet: FakeFleet
    tus: TusServer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            agent = group.create_task(
                app.run(self.settings, ready=ready, recorder=self.recorder), name="agent"
            )
            await ready.wait()
            yield
            agent.cancel()

    def meeting(self, lesson: str, start: float, length: float) -> m.Meeting:
        begins = self.fleet.now() + timedelta(seconds=start)
        return m.Meeting(
            lesson=lesson,
            course="physics",
            title="Optics",
            starts_at=begins,
            ends_at=begins + timedelta(seconds=length),
        )

    async def plan(self, version: int, *meetings: m.Meeting) -> None:
        state = m.DesiredState(timetable=meetings)
        await self.fleet.want(AGENT, m.Desired(version=version, state=state))

    def whole(self, ended: m.TakeEnded) -> bool:
        """Whether the fleet holds every byte of the manifest."""
        digests = {hashlib.sha256(u.content).hexdigest() for u in self.tus.uploads.values()}
        return all(s.sha256 in digests for track in ended.tracks for s in track.segments)


async def until(what: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.02)


@pytest.fixture
def with_room(
    mosquitto: Callable,
    authority: Authority,
    tus_server: TusServer,
    enrolled: Callable,
    room_settings: Callable[..., RoomSettings],
):
    """Run a scenario with a room whose agent is not started yet."""
    broker = mosquitto()
    data = enrolled(broker.port, tus_server.url)

    def play(scenario: Callable, **sections: dict) -> None:
        async def scene() -> None:
            async with fake_fleet(broker.port, authority) as fleet:
                room = Room(room_settings(data, **sections), FakeRecorder(), fleet, tus_server)
                await asyncio.wait_for(scenario(room), 60)

        asyncio.run(scene())

    return play
