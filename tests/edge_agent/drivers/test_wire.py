"""TCP, UDP and serial carry bytes alike, and whatever goes wrong is said in time."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import serial

from edge_agent.drivers.inbox import MOST_DROPPED, MOST_HELD
from edge_agent.drivers.network_wire import NetworkWire
from edge_agent.drivers.wire import Wire, wire_for
from edge_agent.errors import BadConfiguration, Unreachable
from tests.devices.serial_pair import open_end, serial_pair
from tests.edge_agent.drivers.plain_device import plain_device

Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def _tcp(client: Client = _echo, limit: float = 2) -> AsyncIterator[Wire]:
    server = await asyncio.start_server(client, "127.0.0.1", 0)
    async with server:
        wire = wire_for(plain_device("tcp", server.sockets[0].getsockname()[1], limit=limit))
        await wire.open()
        try:
            yield wire
        finally:
            await wire.close()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is waited for is the other side's
            await asyncio.sleep(0.005)


def test_tcp_carries_bytes_both_ways() -> None:
    async def run() -> None:
        async with _tcp() as wire:
            await wire.write(b"one")
            assert await wire.read() == b"one"

    asyncio.run(run())


def test_udp_carries_one_datagram_a_read() -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            device.bind(("127.0.0.1", 0))
            device.setblocking(False)
            wire = wire_for(plain_device("udp", device.getsockname()[1]))
            await wire.open()
            await wire.write(b"question")
            data, room = await asyncio.get_running_loop().sock_recvfrom(device, 100)
            device.sendto(data + b"?", room)
            device.sendto(b"more", room)
            assert await wire.read() == b"question?"
            assert await wire.read() == b"more"
            await wire.close()

    asyncio.run(run())


def test_a_serial_line_carries_bytes_both_ways(tmp_path: Path) -> None:
    async def run() -> None:
        with serial_pair(tmp_path) as pair:
            end = open_end(pair.theirs)
            wire = wire_for(plain_device("serial", line=pair.ours))
            await wire.open()
            await wire.write(b"question")
            assert await asyncio.to_thread(os.read, end, 100) == b"question"
            os.write(end, b"answer")
            assert (await wire.read()) + (await _rest(wire, 6 - 1)) == b"answer"
            await wire.close()
            os.close(end)

    asyncio.run(run())


async def _rest(wire: Wire, most: int) -> bytes:
    """What follows the first piece, however the line cuts it up."""
    heard = b""
    while len(heard) < most:
        try:
            heard += await wire.read(0.2)
        except Unreachable:
            break
    return heard


def test_nobody_at_the_tcp_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
        asyncio.run(wire_for(plain_device("tcp", port)).open())


def test_nobody_at_the_udp_port_shows_with_the_answer() -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        wire = wire_for(plain_device("udp", port, limit=5))
        await wire.open()
        await wire.write(b"question")
        began = time.monotonic()
        with pytest.raises(Unreachable, match="nobody listens"):
            await wire.read()
        assert time.monotonic() - began < 2
        await wire.close()

    asyncio.run(run())


def test_a_port_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no-such-port"):
        asyncio.run(wire_for(plain_device("serial", line=tmp_path / "no-such-port")).open())


def test_a_serial_port_is_held_alone(tmp_path: Path) -> None:
    async def run() -> None:
        with serial_pair(tmp_path) as pair:
            first = wire_for(plain_device("serial", line=pair.ours))
            second = wire_for(plain_device("serial", line=pair.ours))
            await first.open()
            with pytest.raises(Unreachable, match="lock"):
                await second.open()
            with pytest.raises(serial.SerialException):
                await asyncio.to_thread(serial.Serial, str(pair.ours), exclusive=True)
            await first.close()
            await second.open()
            await second.close()

    asyncio.run(run())


def test_a_pulled_serial_cable_is_unreachable(tmp_path: Path) -> None:
    async def run() -> None:
        with serial_pair(tmp_path) as pair:
            wire = wire_for(plain_device("serial", line=pair.ours, limit=5))
            await wire.open()
            pair.cut()
            began = time.monotonic()
            with pytest.raises(Unreachable):
                await wire.read()
            with pytest.raises(Unreachable):
                await wire.write(b"question")
            assert time.monotonic() - began < 3
            await wire.close()

    asyncio.run(run())


def test_silence_is_unreachable_after_the_limit() -> None:
    async def run() -> None:
        async with _tcp(limit=0.2) as wire:
            began = time.monotonic()
            with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
                await wire.read()
            assert 0.15 < time.monotonic() - began < 1

    asyncio.run(run())


def test_what_came_before_the_end_can_still_be_read() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.close()

    async def run() -> None:
        async with _tcp(hang_up) as wire:
            assert await wire.read() == b"bye"
            with pytest.raises(Unreachable, match="closed the connection"):
                await wire.read()
            with pytest.raises(Unreachable, match="closed the connection"):
                await wire.write(b"question")

    asyncio.run(run())


def test_what_came_unasked_is_discarded() -> None:
    async def run() -> None:
        async with _tcp() as wire:
            await wire.write(b"old")
            assert await wire.read() == b"old"
            await wire.write(b"stale")
            await asyncio.sleep(0.05)
            wire.discard()
            await wire.write(b"new")
            assert await wire.read() == b"new"

    asyncio.run(run())


def test_a_flood_is_not_stored_and_ends_the_line() -> None:
    sent = 0

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        try:
            while True:
                writer.write(bytes(1 << 14))
                sent += 1 << 14
                await writer.drain()
        except OSError:
            writer.close()

    async def run() -> None:
        async with _tcp(flood) as wire:
            assert isinstance(wire, NetworkWire)
            line = wire._opened()
            await _until(lambda: bool(line.inbox.ended))
            assert line.inbox._held <= MOST_HELD
            assert sent > MOST_DROPPED
            assert len(await _rest(wire, MOST_DROPPED)) <= MOST_HELD
            with pytest.raises(Unreachable, match="floods"):
                await wire.read()

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["tcp", "udp", "serial"])
def test_a_wire_that_is_not_open_says_so(kind: str, tmp_path: Path) -> None:
    async def run() -> None:
        device = {
            "tcp": lambda: plain_device("tcp", 1),
            "udp": lambda: plain_device("udp", 1),
            "serial": lambda: plain_device("serial", line=tmp_path / "none"),
        }[kind]()
        wire = wire_for(device)
        wire.discard()
        await wire.close()
        with pytest.raises(Unreachable, match="not open"):
            await wire.read()
        with pytest.raises(Unreachable, match="not open"):
            await wire.write(b"question")

    asyncio.run(run())


def test_a_transport_without_bytes_or_port_is_a_mistake() -> None:
    with pytest.raises(BadConfiguration, match="http"):
        wire_for(plain_device("http", 80))
    with pytest.raises(BadConfiguration, match="port"):
        wire_for(plain_device("tcp"))
