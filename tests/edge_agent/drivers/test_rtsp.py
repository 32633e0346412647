"""A camera that only streams, judged by GStreamer's RTSP server."""

import asyncio
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.drivers import registry, rtsp
from edge_agent.errors import EdgeError, Garbled, Unreachable, Unsupported
from simulator.tcp_device import TcpDevice
from tests.devices.rtsp import RtspCamera
from tests.edge_agent.drivers.simulated import connected, device, driven
from tests.servers.ports import free_port

PROFILE = "rtsp-camera"
OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def test_the_shipped_profile_holds() -> None:
    assert list(rtsp.problems(profiles.load(PROFILE))) == []


@pytest.mark.parametrize("secret", [None, ("viewer", "word")])
def test_a_camera_has_a_signal_until_its_plug_is_pulled(
    rtsp_camera: Callable[..., RtspCamera], secret: tuple[str, str] | None
) -> None:
    camera = rtsp_camera(secret=secret)
    path = {"codec": {"parameters": {"path": "/camera"}}}
    there = device(PROFILE, camera.port, overrides=path, connect_timeout=3.0, reply_timeout=3.0)

    async def scene() -> None:
        async with connected(there) as driver:
            assert await driver.query("signal") is True
            with pytest.raises(Unsupported):
                await driver.send("power_on", {})
            with pytest.raises(Unsupported):
                await driver.query("power")
            camera.kill()
            with pytest.raises(Unreachable):
                await driver.query("signal")
            await asyncio.to_thread(camera.start)
            assert await driver.query("signal") is True

    asyncio.run(scene())


class _Peer(TcpDevice):
    def __init__(self, said: bytes) -> None:
        super().__init__()
        self.said = said
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = await reader.readuntil(b"\r\n\r\n")
        await self.answer(writer, self.said)
        await reader.read()


@pytest.mark.parametrize(
    ("status", "signal"),
    [("200 OK", True), ("401 Unauthorized", True), ("404 Not Found", False), ("503 Busy", False)],
)
def test_what_a_status_means(status: str, signal: bool) -> None:
    async def scene() -> bytes:
        answer = OK.replace(b"200 OK", status.encode())
        async with driven(_Peer(answer), PROFILE) as (peer, driver):
            assert await driver.query("signal") is signal
            return peer.heard

    assert asyncio.run(scene()).startswith(b"OPTIONS rtsp://127.0.0.1:")


@pytest.mark.parametrize(
    ("fault", "expected"), [("silent", Unreachable), ("garbage", Unreachable), ("cut", Unreachable)]
)
def test_a_fault(fault: str, expected: type[EdgeError]) -> None:
    async def scene() -> None:
        async with driven(_Peer(OK), PROFILE) as (peer, driver):
            setattr(peer.faults, fault, True)
            began = time.monotonic()
            with pytest.raises(expected):
                await driver.query("signal")
            assert time.monotonic() - began < 1.5
            setattr(peer.faults, fault, False)
            assert await driver.query("signal") is True

    asyncio.run(scene())


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nCSeq: 1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n\r\n",
        b"x" * 200_000,
    ],
)
def test_an_answer_that_means_nothing(said: bytes) -> None:
    async def scene() -> None:
        async with _Peer(said) as peer:
            with pytest.raises(Garbled):
                await registry.driver(device(PROFILE, peer.port)).connect()

    asyncio.run(scene())


def test_nobody_listens() -> None:
    with pytest.raises(Unreachable):
        asyncio.run(registry.driver(device(PROFILE, free_port())).connect())


@settings(max_examples=40)
@given(said=st.binary(max_size=60) | st.binary(max_size=20).map(lambda b: b"RTSP/1.0 " + b + OK))
def test_no_bytes_hang_us_or_escape_as_another_error(said: bytes) -> None:
    async def scene() -> None:
        async with _Peer(said) as peer, asyncio.timeout(2):
            try:
                await registry.driver(device(PROFILE, peer.port, connect_timeout=0.03)).connect()
            except EdgeError:
                return

    asyncio.run(scene())


def test_what_is_wrong_in_a_profile_is_said() -> None:
    wrong = {
        "commands": {"power_on": {"send": "SETUP"}},
        "readings": {"signal": {"query": "describe"}},
        "golden": [{"reading": "signal", "sent": "00", "source": "nowhere"}],
    }

    told = list(rtsp.problems(profiles.load(PROFILE, overrides=wrong)))

    assert [line.partition(": ")[0] for line in told] == [
        "commands.power_on", "readings.signal", "golden[0]",
    ]  # fmt: skip
