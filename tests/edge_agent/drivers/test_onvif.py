"""The ONVIF driver against a simulated camera that two foreign clients agree with."""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from contract.profile import Command, Golden, Reading
from edge_agent import profiles
from edge_agent.drivers import onvif
from edge_agent.drivers.onvif import Onvif
from edge_agent.errors import (
    BadConfiguration,
    Busy,
    EdgeError,
    Garbled,
    Refused,
    Unreachable,
    Unsupported,
)
from simulator.onvif_answers import SoapFault
from simulator.onvif_camera import OnvifCamera
from tests.devices.rtsp import RtspCamera
from tests.edge_agent.drivers.simulated import device, until

SECRET = ("teacher", "blackboard & chalk")
LIMIT = 0.6
Scene = Callable[[OnvifCamera, Onvif], Coroutine[Any, Any, None]]


def _driver(camera: OnvifCamera, **options: Any) -> Onvif:
    options = {"secret": SECRET, "connect_timeout": 10.0, "reply_timeout": LIMIT} | options
    return onvif.make(device("onvif-camera", camera.port, **options))


def _camera() -> OnvifCamera:
    return OnvifCamera(user=SECRET[0], password=SECRET[1])


def _run(scene: Scene, **options: Any) -> None:
    async def run() -> None:
        async with asyncio.timeout(30), _camera() as camera:
            driver = _driver(camera, **options)
            await driver.connect()
            try:
                await scene(camera, driver)
            finally:
                await driver.close()
                await driver.close()

    asyncio.run(run())


def test_the_shipped_profile_holds() -> None:
    assert list(onvif.problems(profiles.load("onvif-camera"))) == []


def test_what_a_profile_gets_wrong_is_told() -> None:
    wrong = msgspec.structs.replace(
        profiles.load("onvif-camera"),
        commands={
            "home": Command(send="Reboot"),
            "stop": Command(send="Stop 1"),
            "park": Command(send="GotoPreset {where}"),
            "move": Command(send="ContinuousMove 1 2 x", expect="OK"),
        },
        readings={
            "pan": Reading(query="GetUsers", parse="User", type="text"),
            "tilt": Reading(query="GetStatus", parse="Position..x", type="number"),
            "clock_skew": Reading(query="GetSystemDateAndTime", parse="ahead", type="number"),
        },
        golden=(Golden(command="home", sent="3C", source="nobody"),),
    )

    told = "\n".join(onvif.problems(wrong))

    for what in (
        "command home: 'Reboot'", "command stop: Stop takes 0", "command park: nothing is called",
        "command move: 'x' is neither", "reading pan: query", "reading tilt: parse",
        "reading clock_skew: parse", "golden 0:",
    ):  # fmt: skip
        assert what in told


def test_each_reading_is_answered() -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        said = {
            point: await driver.query(point) for point in profiles.load("onvif-camera").readings
        }
        assert said.pop("clock_skew") == pytest.approx(0, abs=1.5)
        assert said == {
            "pan": 0.0, "tilt": 0.0, "zoom": 0.0, "x_moving": "idle", "model": "Simulated",
            "serial": "SIM0001", "firmware": "1.0",
        }  # fmt: skip

    _run(scene)


def test_each_command_does_what_it_says() -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        head, presets = camera.body.head, camera.body.presets
        await driver.send("move", {"pan": -100, "tilt": 50})
        await driver.send("zoom", {"speed": 80})
        await until(lambda: head.pan.position < -0.02 and head.zoom.position > 0.02)
        assert head.tilt.position > 0
        assert await driver.query("x_moving") == "moving"
        await driver.send("stop", {})
        assert not head.moving
        assert await driver.query("pan") == pytest.approx(head.pan.position, abs=1e-3)
        await driver.send("preset_store", {"number": 1})
        assert list(presets.values()) == [("Preset 1", head.position)]
        await driver.send("home", {})
        await until(lambda: head.position == (0.0, 0.0, 0.0))
        await driver.send("preset", {"number": 1})
        await until(lambda: head.position == presets["p1"][1])
        await driver.send("preset_store", {"number": 1})
        assert list(presets) == ["p1"]
        presets["p9"] = ("Wall", (0.0, 0.05, 0.0))
        await driver.send("park", {})
        await until(lambda: head.position == (0.0, 0.05, 0.0))

    _run(scene)


def test_only_the_zoom_is_moved_by_zoom_and_both_are_stopped_by_nothing() -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        head = camera.body.head
        await driver.send("move", {"pan": 10, "tilt": 0})
        await driver.send("zoom", {"speed": 10})
        assert head.pan.moving
        assert head.zoom.moving
        await driver.send("move", {"pan": 0, "tilt": 0})
        assert not head.pan.moving

    _run(scene)


def test_what_it_has_not_is_told() -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        with pytest.raises(Refused, match="no preset 'Wall'"):
            await driver.send("park", {})
        with pytest.raises(Refused, match="no preset 3"):
            await driver.send("preset", {"number": 3})
        with pytest.raises(Refused, match="next free preset is 1"):
            await driver.send("preset_store", {"number": 3})
        with pytest.raises(Unsupported, match="no command"):
            await driver.send("tracking", {"on": True})
        camera.body.without = {"GotoHomePosition", "GetStatus"}
        with pytest.raises(Unsupported, match="Not Implemented"):
            await driver.send("home", {})
        with pytest.raises(Unsupported):
            await driver.query("pan")
        del camera.body.named["Model"]
        with pytest.raises(Unsupported, match="does not tell Model"):
            await driver.query("model")

    _run(scene)


def test_a_camera_that_is_busy_or_refuses_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        for fault, error in (
            (SoapFault("Receiver", ("Action",), "Rebooting"), Busy),
            (SoapFault("Sender", ("InvalidArgVal", "InvalidVelocity"), "Too fast"), Refused),
        ):
            monkeypatch.setattr(camera.body, "_stop", _raising(fault))
            with pytest.raises(error, match=str(fault)) as caught:
                await driver.send("stop", {})
            assert type(caught.value) is error

    _run(scene)


def _raising(fault: Exception) -> Callable[..., str]:
    def answer(*_: object) -> str:
        raise fault

    return answer


def test_a_reading_no_lint_has_seen_is_an_error_of_ours() -> None:
    async def scene(_: OnvifCamera, driver: Onvif) -> None:
        with pytest.raises(BadConfiguration, match="GetUsers"):
            await driver.query("model")

    _run(scene, overrides={"readings": {"model": {"query": "GetUsers"}}})


@pytest.mark.parametrize("by_http", [False, True])
def test_a_wrong_password_is_refused_and_told_to_nobody(
    by_http: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene() -> EdgeError:
        async with _camera() as camera:
            camera.asks_by_http = by_http
            driver = _driver(camera, secret=("teacher", "hunter2-is-wrong"))
            with pytest.raises(Refused) as error:
                await driver.connect()
            await driver.close()
            return error.value

    error = asyncio.run(scene())

    assert "does not take our user and password" in str(error)
    assert "hunter2" not in f"{error!r} {error.__cause__!r} {caplog.text}"


@pytest.mark.parametrize("days", [-365, 365])
def test_a_clock_that_is_wrong_by_a_year_does_not_matter(days: int) -> None:
    async def scene() -> object:
        async with _camera() as camera:
            camera.clock_offset = timedelta(days=days)
            driver = _driver(camera)
            await driver.connect()
            await driver.send("stop", {})
            skew = await driver.query("clock_skew")
            await driver.close()
            return skew

    assert asyncio.run(scene()) == pytest.approx(days * 86_400, abs=1.5)


def test_a_clock_that_is_set_meanwhile_is_measured_anew_by_connecting() -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        camera.clock_offset = timedelta(hours=3)
        with pytest.raises(Unreachable, match="no longer takes our password"):
            await driver.send("stop", {})
        await driver.connect()
        await driver.send("stop", {})

    _run(scene)


def test_a_camera_that_asks_by_http_digest_is_answered() -> None:
    async def scene() -> None:
        async with _camera() as camera:
            camera.asks_by_http = True
            driver = _driver(camera)
            await driver.connect()
            assert await driver.query("model") == "Simulated"
            await driver.close()

    asyncio.run(scene())


def test_a_camera_without_a_password_is_spoken_to() -> None:
    async def scene() -> None:
        async with OnvifCamera() as camera:
            driver = _driver(camera, secret=None)
            await driver.connect()
            assert await driver.query("model") == "Simulated"
            await driver.close()

    asyncio.run(scene())


def test_behind_nat_all_is_at_the_host_we_reached() -> None:
    async def scene() -> tuple[str, str]:
        async with _camera() as camera:
            camera.address = "http://10.9.9.9:8000"
            camera.body.stream = "rtsp://admin:1234@10.9.9.9:8554/main?channel=1"
            camera.body.snapshot = "http://10.9.9.9:8000/picture.jpg"
            driver = _driver(camera)
            await driver.connect()
            found = await driver.stream_uri(), await driver.snapshot_uri()
            await driver.close()
            return found[0], found[1].replace(str(camera.port), "PORT")

    assert asyncio.run(scene()) == (
        "rtsp://127.0.0.1:8554/main?channel=1",
        "http://127.0.0.1:PORT/picture.jpg",
    )


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "rtsp://", "rtsp://[::1", "x" * 300])
def test_what_is_no_address_of_a_stream_is_garbled(address: str) -> None:
    async def scene(camera: OnvifCamera, driver: Onvif) -> None:
        camera.body.stream = address
        with pytest.raises(Garbled):
            await driver.stream_uri()

    _run(scene)


def test_its_stream_is_one_that_can_be_seen(rtsp_camera: Callable[..., RtspCamera]) -> None:
    stream = rtsp_camera()

    async def scene() -> str:
        async with _camera() as camera:
            camera.body.stream = stream.url
            driver = _driver(camera)
            await driver.connect()
            uri = await driver.stream_uri()
            await driver.close()
            return uri

    uri = asyncio.run(scene())
    probe = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries"]
    done = subprocess.run(
        [*probe, "stream=codec_name,width", "-of", "csv=p=0", uri],
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.stdout.strip() == "h264,640", done.stderr


def test_nothing_is_asked_before_it_is_connected() -> None:
    async def scene() -> None:
        async with _camera() as camera:
            driver = _driver(camera)
            with pytest.raises(Unreachable, match="not open"):
                await driver.query("model")
            await driver.close()

    asyncio.run(scene())


def test_a_camera_that_is_not_there_is_unreachable() -> None:
    async def scene() -> None:
        async with _camera() as camera:
            driver = _driver(camera)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            await driver.connect()
        assert time.monotonic() - began < 2 * LIMIT

    asyncio.run(scene())


def test_the_library_leaves_the_programs_logging_alone() -> None:
    says = "import edge_agent.drivers.onvif, logging as l; print(l.root.handlers, l.root.level)"
    done = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == "[] 30", done.stderr
