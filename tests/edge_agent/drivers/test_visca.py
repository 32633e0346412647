"""The VISCA driver against a simulated camera that a foreign client agrees with."""

import asyncio
import contextlib
import dataclasses
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.profile import Command, Golden, Reading
from edge_agent import profiles
from edge_agent.drivers import registry, visca
from edge_agent.errors import (
    BadConfiguration,
    Busy,
    EdgeError,
    Garbled,
    Refused,
    Unreachable,
    Unsupported,
)
from edge_agent.ports.driver import Driver
from simulator.visca_body import PAN_STEPS, ZOOM_STEPS
from simulator.visca_camera import ViscaCamera
from tests.devices.serial_pair import open_end, serial_pair
from tests.edge_agent.drivers.simulated import connected, device, until

PROFILES = ("visca-camera", "visca-camera-tracking", "sony-visca")
LIMIT = 0.4
STRAY = {
    "tcp": bytes.fromhex("90 51 FF"),
    "udp": bytes.fromhex("01 11 00 03 FF FF FF FF 90 51 FF"),
}
"""Completions of what nobody said."""

Scene = Callable[[ViscaCamera, Driver], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def _driven(
    kind: str, profile: str = "visca-camera-tracking", **options: Any
) -> AsyncIterator[tuple[ViscaCamera, Driver]]:
    async with ViscaCamera() as camera:
        port = camera.udp_port if kind == "udp" else camera.port
        async with connected(device(profile, port, kind=kind, **options)) as driver:
            yield camera, driver


def _run(scene: Scene, kind: str = "udp", **options: Any) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), _driven(kind, **options) as (camera, driver):
            await scene(camera, driver)

    asyncio.run(run())


both = pytest.mark.parametrize("kind", ["udp", "tcp"])


@pytest.mark.parametrize("name", PROFILES)
def test_the_shipped_profiles_hold_with_their_golden_frames(name: str) -> None:
    profile = profiles.load(name)

    assert list(visca.problems(profile)) == []
    assert len(profile.golden) >= 4


def test_what_a_profile_gets_wrong_is_told() -> None:
    wrong = msgspec.structs.replace(
        profiles.load("visca-camera"),
        commands={"home": Command(send="01 06 {where}"), "stop": Command(send="01", expect="4y")},
        readings={
            "pan": Reading(query="09 06 12", parse="", type="number"),
            "tilt": Reading(query="09 0Z", parse="pp", type="number"),
            "zoom": Reading(query="09 04 47", parse="pp", type="number"),
        },
        golden=(
            Golden(reading="zoom", value=1, sent="81 09 04 48 FF", source="nobody"),
            Golden(
                reading="zoom", value=1, sent="81 09 04 47 FF", received="90 50 02 FF", source="-"
            ),
            Golden(reading="zoom", value=1, sent="eighty-one", source="nobody"),
        ),
    )

    told = "\n".join(visca.problems(wrong))

    for what in (
        "command home: nothing is called 'where'", "command stop: expect", "reading pan: parse",
        "reading tilt: '0Z'", "golden 0: 81 09 04 47 FF would be sent",
        "golden 1: 90 50 02 FF means something else", "golden 2:",
    ):  # fmt: skip
        assert what in told
    assert "reading zoom" not in told


def test_a_serial_chain_has_seven_addresses() -> None:
    for number in (0, 8):
        camera = dataclasses.replace(device("visca-camera", 1, kind="tcp"), number=number)
        with pytest.raises(BadConfiguration, match="address from 1 to 7"):
            registry.driver(camera)


@both
def test_each_reading_is_answered(kind: str) -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.body.head.presets[3] = (0.0, 0.0, 0.0)
        await driver.send("preset", {"number": 3})
        said = {point: await driver.query(point) for point in profiles.load(PROFILES[0]).readings}
        assert said == {
            "power": "on", "error_other": "ok", "preset": 3.0, "zoom": 0.0, "pan": 0.0,
            "tilt": 0.0, "model": "0511", "firmware": "0102",
        }  # fmt: skip

    _run(scene, kind)


@both
def test_each_command_does_what_it_says(kind: str) -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        head = camera.body.head
        await driver.send("move", {"pan": -100, "tilt": 50})
        await driver.send("zoom", {"speed": 60})
        await until(lambda: head.pan.position < -0.02 and head.zoom.position > 0.02)
        await driver.send("stop", {})
        assert not head.moving
        assert head.tilt.position > 0
        assert await driver.query("pan") == round(head.pan.position * PAN_STEPS)
        assert await driver.query("zoom") == round(head.zoom.position * ZOOM_STEPS)
        await driver.send("preset_store", {"number": 4})
        await driver.send("home", {})
        await until(lambda: head.position == (0.0, 0.0, 0.0))
        await driver.send("preset", {"number": 4})
        await until(lambda: head.position == head.presets[4])
        await driver.send("tracking", {"on": True})
        assert camera.body.tracking
        head.presets[9] = (-1.0, 0.0, 0.0)
        await driver.send("park", {})
        assert not camera.body.tracking
        assert await driver.query("preset") == 9.0
        await driver.send("power_off", {})
        assert await driver.query("power") == "off"
        with pytest.raises(Busy, match="not executable"):
            await driver.send("home", {})
        await driver.send("power_on", {})
        assert await driver.query("power") == "on"

    _run(scene, kind)


@both
def test_without_ack_enough_a_command_waits_for_its_completion(kind: str) -> None:
    patient = {"commands": {"home": {"expect": ""}}}

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.body.head.go((0.1, 0.0, 0.0))
        await until(lambda: not camera.body.head.moving)
        await driver.send("home", {})
        assert camera.body.head.position == (0.0, 0.0, 0.0)

    _run(scene, kind, overrides=patient)


@both
def test_what_it_says_late_of_an_earlier_command_is_passed_over(kind: str) -> None:
    """The recall's completion comes in the middle of the next exchanges."""

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.body.head.presets[1] = (0.06, 0.0, 0.0)
        await driver.send("preset", {"number": 1})
        while camera.body.head.moving:
            assert await driver.query("power") == "on"
            await driver.send("preset_store", {"number": 2})
        await asyncio.sleep(0.02)
        assert await driver.query("preset") == 1.0
        await driver.send("preset_store", {"number": 2})

    _run(scene, kind)


def test_the_errors_are_told_apart() -> None:
    unknown = {
        "commands": {"home": {"send": "01 06 44"}},
        "readings": {"tilt": {"query": "09 06 44"}},
    }

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        with pytest.raises(Refused, match="syntax error"):
            await driver.send("home", {})
        with pytest.raises(Unsupported, match="syntax error"):
            await driver.query("tilt")
        with pytest.raises(Unsupported, match="no command"):
            await driver.send("freeze", {"on": True})
        with pytest.raises(Unsupported, match="no reading"):
            await driver.query("lamp_hours")
        camera.body.head.presets[1] = (1.0, 0.0, 0.0)
        await driver.send("preset", {"number": 1})
        await driver.send("preset", {"number": 1})
        with pytest.raises(Busy, match="buffer full"):
            await driver.send("preset", {"number": 1})
        assert await driver.query("power") == "on"

    _run(scene, overrides=unknown)


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

    _run(scene, overrides={"commands": {"preset_store": {"expect": "ack"}}})


def test_a_lost_ack_leaves_the_completion() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.lose_replies = 1
        await driver.send("preset_store", {"number": 2})

    _run(scene)


def test_two_lost_datagrams_are_nobody_there() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.lose = 2
        with pytest.raises(Unreachable, match="no answer"):
            await driver.query("power")

    _run(scene)


def test_answers_that_come_twice_are_taken_once() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.twice = True
        for _ in range(5):
            assert await driver.query("power") == "on"
            assert await driver.query("zoom") == 0.0
            await driver.send("preset_store", {"number": 2})

    _run(scene)


def test_the_answer_to_an_earlier_question_is_not_taken_for_the_next() -> None:
    """It answers when the driver has given up; the number tells it apart."""

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.faults.delay = LIMIT + 0.1
        with pytest.raises(Unreachable):
            await driver.query("power")
        camera.faults.delay = 0.15
        for _ in range(2):
            assert await driver.query("zoom") == 0.0

    _run(scene)


def test_a_camera_that_counts_otherwise_is_met_anew() -> None:
    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        await driver.query("power")
        camera.counts_from(1000)
        with pytest.raises(Garbled, match="counts otherwise"):
            await driver.query("power")
        await driver.connect()
        assert await driver.query("power") == "on"

    _run(scene)


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

    _run(scene, kind)


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


def test_over_a_serial_line_the_address_is_the_devices_number(tmp_path: Path) -> None:
    async def scene() -> None:
        with serial_pair(tmp_path) as pair:
            end = open_end(pair.theirs)
            loop = asyncio.get_running_loop()
            reader = asyncio.StreamReader()
            reading, _ = await loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb", 0)
            )
            writing, protocol = await loop.connect_write_pipe(
                asyncio.streams.FlowControlMixin, os.fdopen(os.dup(end), "wb", 0)
            )
            writer = asyncio.StreamWriter(writing, protocol, reader, loop)
            there = dataclasses.replace(
                device("visca-camera", kind="serial", reply_timeout=2.0),
                line=str(pair.ours),
                number=3,
            )
            async with ViscaCamera(address=3) as camera:
                camera.start(camera.serve(reader, writer))
                async with connected(there) as driver:
                    assert await driver.query("power") == "on"
                    await driver.send("preset_store", {"number": 7})
                    assert camera.body.head.presets.keys() == {7}
                    other = registry.driver(dataclasses.replace(there, number=2))
                await other.connect()
                with pytest.raises(Unreachable):
                    await other.query("power")
                await other.close()
            reading.close()
            writing.close()

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
