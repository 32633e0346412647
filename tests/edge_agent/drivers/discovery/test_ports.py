"""A look at named addresses: what answers, what is only open, and no more than was allowed."""

import asyncio
import time

import pytest

from edge_agent import profiles
from edge_agent.drivers.discovery import ports
from edge_agent.drivers.discovery.found import Found
from edge_agent.drivers.discovery.ports import DOORS, Door, addresses, look
from edge_agent.errors import BadConfiguration
from simulator.mdc_display import MdcDisplay
from simulator.projector import Projector
from simulator.tcp_device import TcpDevice
from tests.edge_agent.drivers.simulated import until


class _Mute(TcpDevice):
    """Takes a line, keeps what it hears, says nothing."""

    heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while heard := await reader.read(1024):
            self.heard += heard


def test_a_projector_says_so_and_a_panel_is_only_open() -> None:
    async def scene() -> tuple[tuple[Found, ...], bytes]:
        async with Projector() as projector, MdcDisplay() as panel, _Mute() as other:
            doors = (
                Door(projector.port, "projector", "pjlink-class-1", hello=b"PJLINK "),
                Door(panel.port, "panel", "samsung-mdc", transport="tcp"),
                Door(panel.port, "projector", "pjlink-class-1", hello=b"PJLINK "),
                Door(other.port, "camera", "rtsp-camera", b"OPTIONS *\r\n\r\n", b"RTSP/"),
                Door(1, "camera", "visca-camera"),
            )
            found = await look(("127.0.0.1",), doors=doors)
            await until(lambda: other.lines == 0)
            return found, other.heard

    found, heard = asyncio.run(scene())

    assert [(each.kind, each.profile, each.transport) for each in found] == [
        ("projector", "pjlink-class-1", None),
        ("panel", "samsung-mdc", "tcp"),
    ]
    assert found[0].why.endswith("as PJLINK")
    assert "not asked" in found[1].why
    assert heard == b"OPTIONS *\r\n\r\n"


def test_an_unknown_device_is_sent_nothing() -> None:
    async def scene() -> bytes:
        async with _Mute() as other:
            await look(("127.0.0.1",), doors=(Door(other.port, "panel", "maxhub-ifp-v6"),))
            await until(lambda: other.opened == 1 and other.lines == 0)
            return other.heard

    assert asyncio.run(scene()) == b""


def test_not_more_are_begun_a_second_than_allowed() -> None:
    hosts = tuple(f"127.0.9.{last}" for last in range(1, 21))
    began = time.monotonic()

    assert asyncio.run(look(hosts, doors=(Door(9, "panel", "x"),), per_second=50)) == ()

    assert time.monotonic() - began >= 20 / 50 * 0.95


def test_no_more_than_256_addresses_are_looked_at() -> None:
    assert addresses("192.0.2.7") == ("192.0.2.7",)
    assert addresses("192.0.2.77/30") == ("192.0.2.77", "192.0.2.78")
    assert len(addresses("192.0.2.0/24")) == 254
    for wrong in ("192.0.2.0/23", "0.0.0.0/0", "room", "", "192.0.2.0/99", "::1"):
        with pytest.raises(BadConfiguration):
            addresses(wrong)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.profile)
def test_each_door_is_that_of_its_profile(door: Door) -> None:
    profile = profiles.load(door.profile)
    wanted = door.transport or profile.transports[0].kind
    port = next(each.port for each in profile.transports if each.kind == wanted)

    assert (profile.kind, port) == (door.kind, door.port)
    assert ports.SMALLEST_PREFIX == 24
