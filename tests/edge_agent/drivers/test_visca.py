"""The VISCA driver against a simulated camera that a foreign client agrees with."""

import asyncio
import dataclasses
import os
from pathlib import Path

import msgspec
import pytest

from contract.profile import Command, Golden, Reading
from edge_agent import profiles
from edge_agent.drivers import registry, visca
from edge_agent.errors import BadConfiguration, Busy, Refused, Unreachable, Unsupported
from edge_agent.ports.driver import Driver
from simulator.visca_body import PAN_STEPS, ZOOM_STEPS
from simulator.visca_camera import ViscaCamera
from tests.devices.serial_pair import open_end, serial_pair
from tests.edge_agent.drivers.simulated import connected, device, until
from tests.edge_agent.drivers.visca_scene import both, play

PROFILES = ("visca-camera", "visca-camera-tracking", "sony-visca")


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
            "preset": Reading(query="09 04 3F; 09 04 00", parse="pp", type="number"),
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
        "reading tilt: '0Z'", "reading preset: query", "golden 0: 81 09 04 47 FF would be sent",
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

    play(scene, kind)


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

    play(scene, kind)


@both
def test_without_ack_enough_a_command_waits_for_its_completion(kind: str) -> None:
    patient = {"commands": {"home": {"expect": ""}}}

    async def scene(camera: ViscaCamera, driver: Driver) -> None:
        camera.body.head.go((0.1, 0.0, 0.0))
        await until(lambda: not camera.body.head.moving)
        await driver.send("home", {})
        assert camera.body.head.position == (0.0, 0.0, 0.0)

    play(scene, kind, overrides=patient)


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

    play(scene, kind)


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

    play(scene, overrides=unknown)


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
