"""The simulated ONVIF camera, judged by two clients nobody here wrote."""

import asyncio
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from onvif import ONVIFCamera
from onvif.util import is_auth_error
from zeep.exceptions import Fault

from simulator.onvif_camera import OnvifCamera
from tests.edge_agent.drivers.simulated import until

ROOT = Path(__file__).parents[2]
USER, PASSWORD = "teacher", "blackboard & chalk"
YEAR = timedelta(days=365)
STREAM = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


def _camera() -> OnvifCamera:
    return OnvifCamera(user=USER, password=PASSWORD)


def test_onvif_zeep_async_runs_it() -> None:
    async def scene() -> None:
        async with _camera() as camera:
            camera.clock_offset = -YEAR
            client = ONVIFCamera(
                "127.0.0.1", camera.port, USER, PASSWORD, no_cache=True, adjust_time=True
            )
            await client.update_xaddrs()
            assert (await client.get_capabilities())["PTZ"]["XAddr"].endswith("/onvif/ptz")
            device = await client.create_devicemgmt_service()
            media = await client.create_media_service()
            ptz = await client.create_ptz_service()
            assert (await device.GetDeviceInformation()).SerialNumber == "SIM0001"
            profile = (await media.GetProfiles())[0].token
            uri = await media.GetStreamUri({"StreamSetup": STREAM, "ProfileToken": profile})
            assert uri.Uri == camera.body.stream
            assert await client.get_snapshot_uri(profile) == camera.body.snapshot
            assert (await ptz.GetNodes())[0].HomeSupported

            stored = await ptz.SetPreset({"ProfileToken": profile, "PresetName": "Wall"})
            listed = await ptz.GetPresets({"ProfileToken": profile})
            assert [(each.token, each.Name) for each in listed] == [(stored, "Wall")]
            speed = {"PanTilt": {"x": 1, "y": 0}, "Zoom": {"x": 1}}
            await ptz.ContinuousMove({"ProfileToken": profile, "Velocity": speed})
            assert (await ptz.GetStatus({"ProfileToken": profile})).MoveStatus.PanTilt == "MOVING"
            await until(lambda: camera.body.head.pan.position > 0.02)
            await ptz.Stop({"ProfileToken": profile, "PanTilt": True, "Zoom": True})
            where = (await ptz.GetStatus({"ProfileToken": profile})).Position
            assert where.PanTilt.x == pytest.approx(camera.body.head.pan.position, abs=1e-3)
            await ptz.GotoPreset({"ProfileToken": profile, "PresetToken": stored})
            await until(lambda: camera.body.head.position == (0.0, 0.0, 0.0))
            place = {"PanTilt": {"x": 0.02, "y": 0.01}, "Zoom": {"x": 0}}
            await ptz.AbsoluteMove({"ProfileToken": profile, "Position": place})
            await until(lambda: camera.body.head.position == (0.02, 0.01, 0.0))
            await ptz.GotoHomePosition({"ProfileToken": profile})
            await until(lambda: not camera.body.head.moving)
            assert camera.body.head.position == (0.0, 0.0, 0.0)
            with pytest.raises(Fault, match="does not exist"):
                await ptz.GotoPreset({"ProfileToken": profile, "PresetToken": "x"})
            with pytest.raises(Fault, match="Profile token"):
                await ptz.GetStatus({"ProfileToken": "x"})
            await client.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("password", "offset"), [("wrong", timedelta()), (PASSWORD, timedelta(minutes=10))]
)
def test_a_wrong_password_or_an_old_digest_is_not_taken(password: str, offset: timedelta) -> None:
    async def scene() -> None:
        async with _camera() as camera:
            camera.clock_offset = offset
            client = ONVIFCamera("127.0.0.1", camera.port, USER, password, no_cache=True)
            await client.update_xaddrs()
            with pytest.raises(Fault) as error:
                await (await client.create_media_service()).GetProfiles()
            assert is_auth_error(error.value)
            await client.close()

    asyncio.run(scene())


async def _node(camera: OnvifCamera, **options: Any) -> subprocess.CompletedProcess[str]:
    if not shutil.which("node") or not (ROOT / "node_modules/onvif").is_dir():
        pytest.skip("not installed: node and its package onvif (`make setup-test` installs them)")
    asked = {
        "hostname": "127.0.0.1", "port": camera.port, "username": USER, "password": PASSWORD
    } | options  # fmt: skip
    return await asyncio.to_thread(
        subprocess.run,
        ["node", ROOT / "tests/node/onvif_client.cjs"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("by_http", [False, True])
def test_the_client_of_node_runs_it(by_http: bool) -> None:
    async def scene() -> tuple[dict[str, Any], OnvifCamera]:
        async with _camera() as camera:
            camera.clock_offset = YEAR
            camera.asks_by_http = by_http
            done = await _node(camera, useWSSecurity=not by_http)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout), camera

    seen, camera = asyncio.run(scene())

    assert seen["device"]["model"] == "Simulated"
    assert (seen["stream"], seen["snapshot"]) == (camera.body.stream, camera.body.snapshot)
    assert seen["nodes"] == ["node_1"]
    assert list(seen["presets"]) == ["Board"]
    assert seen["moved"]["x"] > 0
    assert seen["moved"]["y"] < 0
    assert seen["moved"]["zoom"] > 0
    assert "AbsoluteMove" in camera.asked


def test_the_client_of_node_is_refused_with_a_wrong_password() -> None:
    async def scene() -> subprocess.CompletedProcess[str]:
        async with _camera() as camera:
            return await _node(camera, password="wrong")

    done = asyncio.run(scene())

    assert done.returncode == 1
    assert "not Authorized" in done.stderr
