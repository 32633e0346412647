"""The VISCA driver when datagrams are lost, doubled or late, and when the camera misbehaves."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.errors import Busy, EdgeError, Garbled, Unreachable
from edge_agent.ports.driver import Driver
from simulator.visca_camera import ViscaCamera
from tests.edge_agent.drivers.simulated import connected, device
from tests.edge_agent.drivers.visca_scene import LIMIT, both, play

STRAY = {
    "tcp": bytes.fromhex("90 51 FF"),
    "udp": bytes.fromhex("01 11 00 03 FF FF FF FF 90 51 FF"),
}
"""Completions of what nobody said."""


@pytest.mark.parametrize("lost", ["lose", "lose_replies"])
def test_one_lost_datagram_is_made_good(lost: str) -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        setattr(camera, lost, 1)
        assert await driver.query("power") == "on"
        setattr(camera, lost, 1)
        await driver.send("preset_store", {"number": 2})
        assert getattr(camera, lost) == 0
        assert [said for said in camera.heard if said[1:3] == b"\x04\x3f"] == [
            b"\x01\x04\x3f\x01\x02"
        ]

    play(scene, overrides={"commands": {"preset_store": {"expect": "ack"}}})


def test_a_lost_ack_leaves_the_completion() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.lose_replies = 1
        await driver.send("preset_store", {"number": 2})

    play(scene)


def test_a_lost_ack_of_a_long_command_is_made_good() -> None:
    """The camera is out of step with the repetition, which says that it has the command."""

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.body.head.presets[1] = (1.0, 0.0, 0.0)
        camera.lose_replies = 1
        await driver.send("preset", {"number": 1})
        assert camera.body.head.moving
        assert await driver.query("preset") == 1.0

    play(scene)


def test_the_error_of_an_earlier_command_is_not_the_next_ones() -> None:
    said = ["90 41 FF", "90 61 41 FF 90 42 FF 90 52 FF", "90 60 41 FF"]

    async def camera(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in said:
            await reader.readuntil(b"\xff")
            writer.write(bytes.fromhex(each))
        writer.close()

    async def scene() -> None:
        async with await asyncio.start_server(camera, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connected(device("visca-camera", port, kind="tcp")) as driver:
                await driver.send("preset", {"number": 1})
                await driver.send("preset_store", {"number": 2})
                with pytest.raises(Busy, match="not executable"):
                    await driver.send("preset_store", {"number": 2})

    asyncio.run(scene())


def test_two_lost_datagrams_are_nobody_there() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.lose = 2
        with pytest.raises(Unreachable, match="no answer"):
            await driver.query("power")

    play(scene)


def test_answers_that_come_twice_are_taken_once() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.twice = True
        for _ in range(5):
            assert await driver.query("power") == "on"
            assert await driver.query("zoom") == 0.0
            await driver.send("preset_store", {"number": 2})

    play(scene)


def test_the_answer_to_an_earlier_question_is_not_taken_for_the_next() -> None:
    """It answers when the driver has given up; the number tells it apart."""

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.faults.delay = LIMIT + 0.1
        with pytest.raises(Unreachable):
            await driver.query("power")
        camera.faults.delay = 0.15
        for _ in range(2):
            assert await driver.query("zoom") == 0.0

    play(scene)


def test_a_camera_that_counts_otherwise_is_met_anew() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        await driver.query("power")
        camera.counts_from(1000)
        with pytest.raises(Garbled, match="counts otherwise"):
            await driver.query("power")
        await driver.connect()
        assert await driver.query("power") == "on"

    play(scene)


@both
@pytest.mark.parametrize(
    ("fault", "error"),
    [("silent", Unreachable), ("garbage", Garbled), ("cut", (Garbled, Unreachable))],
)
def test_each_fault_is_an_error_in_time_and_over_with_the_fault(
    kind: str, fault: str, error: type[EdgeError]
) -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        setattr(camera.faults, fault, True)
        for exchange in (lambda: driver.query("power"), lambda: driver.send("home", {})):
            began = time.monotonic()
            with pytest.raises(error):
                await exchange()
            assert time.monotonic() - began < 2 * LIMIT
            await driver.close()
            setattr(camera.faults, fault, False)
            await driver.connect()
            assert await driver.query("power") == "on"
            setattr(camera.faults, fault, True)

    play(scene, kind)


@both
def test_a_camera_that_is_not_there_is_unreachable(kind: str) -> None:
    async def scene() -> None:
        async with ViscaCamera() as camera:
            there = device("visca-camera", camera.udp_port, kind=kind)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            async with connected(there):
                raise AssertionError("somebody answered")
        assert time.monotonic() - began < 2 * LIMIT

    asyncio.run(scene())


def test_a_silent_camera_does_not_connect_over_udp() -> None:
    async def scene() -> None:
        async with ViscaCamera() as camera:
            camera.faults.silent = True
            with pytest.raises(Unreachable):
                async with connected(device("visca-camera", camera.udp_port)):
                    raise AssertionError("somebody answered")
            unasked = {"codec": {"parameters": {"reset": False}}}
            async with connected(
                device("visca-camera", camera.udp_port, overrides=unasked)
            ) as driver:
                camera.faults.silent = False
                assert await driver.query("power") == "on"

    asyncio.run(scene())


class _Parrot(asyncio.DatagramProtocol):
    """Answers each datagram with what it was given to say, under the number it was asked with."""

    def __init__(self, sayings: list[bytes], *, numbered: bool) -> None:
        self._sayings = sayings
        self._numbered = numbered

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        for saying in self._sayings:
            header = b"\x01\x11" + len(saying).to_bytes(2, "big") + data[4:8]
            self._transport.sendto(header + saying if self._numbered else saying, addr)


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=24), max_size=4), st.booleans())
def test_no_datagrams_hang_it_or_end_in_another_error(sayings: list[bytes], numbered: bool) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Parrot(sayings, numbered=numbered), local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        there = device(
            "visca-camera",
            port,
            overrides={"codec": {"parameters": {"reset": False}}},
            reply_timeout=0.02,
        )
        async with asyncio.timeout(5), connected(there) as driver:
            for exchange in (lambda: driver.query("power"), lambda: driver.send("home", {})):
                with contextlib.suppress(EdgeError):
                    await exchange()
        transport.close()

    asyncio.run(scene())


@settings(max_examples=40)
@given(st.lists(st.binary(min_size=1, max_size=24), max_size=4))
def test_no_bytes_of_a_stream_hang_it_or_end_in_another_error(sayings: list[bytes]) -> None:
    async def parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(100):
                for saying in sayings:
                    writer.write(saying)
                    await asyncio.sleep(0)
        writer.close()

    async def scene() -> None:
        async with await asyncio.start_server(parrot, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            there = device("visca-camera", port, kind="tcp", reply_timeout=0.02)
            async with asyncio.timeout(5), connected(there) as driver:
                for exchange in (lambda: driver.query("power"), lambda: driver.send("home", {})):
                    with contextlib.suppress(EdgeError):
                        await exchange()

    asyncio.run(scene())


@both
def test_a_flood_of_unasked_bytes_ends_in_time(kind: str) -> None:
    async def flood(writer: Callable[[bytes], object], stop: asyncio.Event) -> None:
        while not stop.is_set():
            for _ in range(50):
                writer(STRAY[kind])
            await asyncio.sleep(0)

    async def scene() -> None:
        stop = asyncio.Event()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:

            async def client(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(ConnectionError):
                    await flood(writer.write, stop)
                writer.close()

            class Flooding(asyncio.DatagramProtocol):
                def connection_made(self, transport: Any) -> None:
                    self.transport = transport

                def datagram_received(self, data: bytes, addr: Any) -> None:
                    group.create_task(
                        flood(lambda saying: self.transport.sendto(saying, addr), stop)
                    )

            server = await asyncio.start_server(client, "127.0.0.1", 0)
            udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                Flooding, local_addr=("127.0.0.1", 0)
            )
            port = server.sockets[0].getsockname()[1]
            if kind == "udp":
                port = udp.get_extra_info("sockname")[1]
            there = device(
                "visca-camera",
                port,
                kind=kind,
                overrides={"codec": {"parameters": {"reset": False}}},
            )
            async with connected(there) as driver:
                began = time.monotonic()
                with pytest.raises(Unreachable):
                    await driver.query("power")
                assert time.monotonic() - began < 4 * LIMIT
            stop.set()
            server.close()
            udp.close()

    asyncio.run(scene())
