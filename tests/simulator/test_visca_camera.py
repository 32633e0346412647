"""The simulated VISCA camera, judged by a client nobody here wrote."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from visca_over_ip import Camera
from visca_over_ip.exceptions import NoQueryResponse, ViscaException

from simulator.visca_body import PAN_STEPS, TILT_STEPS, ZOOM_STEPS
from simulator.visca_camera import ViscaCamera
from tests.edge_agent.drivers.simulated import until

# The client listens where the camera does, on every address; so the camera takes one of its own.
CAMERA = "127.0.0.2"
MOMENT = 0.15
"""Seconds in which it moves visibly, and does not arrive."""


def _judged(judge: Callable[[Camera], Any], camera: ViscaCamera | None = None) -> Any:
    camera = camera or ViscaCamera(host=CAMERA)

    def work() -> Any:
        client = Camera(CAMERA, camera.udp_port)
        try:
            return judge(client)
        finally:
            client.close_connection()

    async def scene() -> Any:
        async with camera:
            return await asyncio.to_thread(work)

    return asyncio.run(scene())


def test_visca_over_ip_switches_it_on_and_off() -> None:
    camera = ViscaCamera(host=CAMERA)

    def judge(client: Camera) -> None:
        client.set_power(False)
        assert not camera.body.power
        with pytest.raises(ViscaException, match="not executable"):
            client.recall_preset(1)
        client.set_power(True)
        assert camera.body.power

    _judged(judge, camera)


def test_visca_over_ip_turns_it_and_reads_where_it_looks() -> None:
    def judge(client: Camera) -> None:
        assert client.get_pantilt_position() == (0, 0)
        client.pantilt(pan_speed=24, tilt_speed=20)  # its own direction code for "left" is 02
        time.sleep(MOMENT)
        pan, tilt = client.get_pantilt_position()
        assert 0 < pan < PAN_STEPS
        assert -TILT_STEPS < tilt < 0

    _judged(judge)


def test_visca_over_ip_zooms() -> None:
    def judge(client: Camera) -> None:
        client.zoom(7)
        time.sleep(MOMENT)
        client.zoom(0)
        first = client.get_zoom_position()
        assert 0 < first < ZOOM_STEPS
        assert client.get_zoom_position() == first
        client.zoom_to(1.0)
        for _ in range(100):
            if client.get_zoom_position() == ZOOM_STEPS:
                return
            time.sleep(MOMENT)
        raise AssertionError("it never got to the tele end")

    _judged(judge)


def test_visca_over_ip_stores_and_recalls_a_preset() -> None:
    camera = ViscaCamera(host=CAMERA)

    def judge(client: Camera) -> None:
        camera.body.head.go((0.1, 0.05, 0.0))
        time.sleep(MOMENT)
        time.sleep(MOMENT)
        stored = client.get_pantilt_position()
        assert stored == (round(0.1 * PAN_STEPS), round(0.05 * TILT_STEPS))
        client.save_preset(5)
        client.pantilt_home()
        client.recall_preset(5)
        assert camera.body.preset == 5
        assert camera.body.head.presets.keys() == {5}

    _judged(judge, camera)


def test_visca_over_ip_gets_its_errors() -> None:
    def judge(client: Camera) -> None:
        with pytest.raises(ViscaException, match="Syntax error"):
            client.defog(True)

    _judged(judge)


def test_visca_over_ip_asks_again_when_a_datagram_is_lost() -> None:
    camera = ViscaCamera(host=CAMERA)

    def judge(client: Camera) -> None:
        camera.lose = 2
        assert client.get_zoom_position() == 0
        camera.lose_replies = 2
        assert client.get_zoom_position() == 0
        assert camera.lose == camera.lose_replies == 0
        camera.faults.silent = True
        with pytest.raises(NoQueryResponse):
            client.get_zoom_position()

    _judged(judge, camera)


def test_it_keeps_two_commands_and_refuses_a_third() -> None:
    async def scene() -> list[str]:
        async with ViscaCamera() as camera:
            camera.body.head.presets[1] = (1.0, 0.0, 0.0)
            reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
            writer.write(bytes.fromhex("81 01 04 3F 02 01 FF") * 3)
            said = [(await reader.readuntil(b"\xff")).hex(" ") for _ in range(3)]
            writer.close()
            return said

    assert asyncio.run(scene()) == ["90 41 ff", "90 42 ff", "90 60 03 ff"]


def test_it_passes_over_packets_for_others_of_its_chain() -> None:
    async def scene() -> bytes:
        async with ViscaCamera(address=2) as camera:
            reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
            writer.write(bytes.fromhex("81 09 04 00 FF 82 09 04 00 FF"))
            said = await reader.readuntil(b"\xff")
            writer.close()
            return said

    assert asyncio.run(scene()) == bytes.fromhex("A0 50 02 FF")


def test_it_knows_a_message_it_has_executed() -> None:
    """Sony, BRC-X400 Command List, page 12: to its repetition the sequence is abnormal."""

    async def scene() -> list[bytes]:
        async with ViscaCamera() as camera:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setblocking(False)
                client.connect(("127.0.0.1", camera.udp_port))
                loop = asyncio.get_running_loop()
                said = []
                for message in (
                    "02 00 00 01 00 00 00 00 01",
                    "01 10 00 05 00 00 00 01 81 09 04 00 FF",
                    "01 10 00 05 00 00 00 01 81 09 04 00 FF",
                ):
                    await loop.sock_sendall(client, bytes.fromhex(message))
                    said.append(await loop.sock_recv(client, 100))
                return said

    assert asyncio.run(scene()) == [
        bytes.fromhex("02 01 00 01 00 00 00 00 01"),
        bytes.fromhex("01 11 00 04 00 00 00 01 90 50 02 FF"),
        bytes.fromhex("02 01 00 02 00 00 00 01 0F 01"),
    ]


def test_it_warms_up() -> None:
    async def scene() -> list[str]:
        async with ViscaCamera() as camera:
            camera.body.power, camera.body.warming = False, 0.2
            camera.body.head.presets[1] = (0.0, 0.0, 0.0)
            reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
            writer.write(bytes.fromhex("81 01 04 00 02 FF 81 01 04 3F 02 01 FF"))
            said = {(await reader.readuntil(b"\xff")).hex(" ") for _ in range(3)}
            await asyncio.sleep(0.25)
            writer.write(bytes.fromhex("81 01 04 3F 02 01 FF"))
            said.add("then " + (await reader.readuntil(b"\xff")).hex(" "))
            writer.close()
            await until(lambda: camera.lines == 0)
            return sorted(said)

    assert asyncio.run(scene()) == ["90 41 ff", "90 51 ff", "90 60 41 ff", "then 90 41 ff"]
