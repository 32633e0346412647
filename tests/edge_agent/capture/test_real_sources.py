"""A screen, a microphone and a network camera, on one clock."""

import asyncio
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.ports.recorder import ClosedSegment, Lost, Recording
from edge_agent.room.model import Source
from tests.devices import playback, speech
from tests.devices.pulse import Pulse
from tests.devices.rtsp import RtspCamera
from tests.devices.slides import Slides
from tests.devices.xvfb import Xvfb
from tests.edge_agent.capture.taking import SOUND, Take, taking
from tests.servers.child import Children

Figure = Callable[[str, str], None]
IN_STEP = 0.12


def _recorder() -> FfmpegRecorder:
    return FfmpegRecorder(CaptureSettings(encoder="libx264"))


def _screen(xvfb: Xvfb) -> Source:
    size = (xvfb.width, xvfb.height)
    return Source("s", "screen", "presentation", "x11", xvfb.name, size=size, rate=15)


def _apart(these: list[float], those: list[float]) -> list[float]:
    """How much later each of `these` is than the nearest of `those`."""
    return [at - min(those, key=lambda each: abs(each - at)) for at in these]


def test_picture_and_sound_are_in_step_while_they_are_watched(
    xvfb: Xvfb,
    pulse: Pulse,
    children: Children,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    figure: Figure,
) -> None:
    for name, value in pulse.env.items():
        monkeypatch.setenv(name, value)
    clip = tmp_path / "clip.mkv"
    speech.flash_and_beep(clip, 10)
    microphone = Source("m", "microphone", "audio", "pulse", pulse.microphone)

    watch = FfmpegWatch([_screen(xvfb), microphone])

    async def record() -> Take:
        recorder = FfmpegRecorder(CaptureSettings(encoder="libx264"), watch)
        async with taking(recorder, tmp_path / "take", [_screen(xvfb), microphone], 4) as take:
            await take.wait_for(Recording, "presentation")
            await take.wait_for(Recording, "audio")
            player = children.start(
                ["ffplay", "-v", "error", "-autoexit", "-left", "0", "-top", "0", clip],
                env={**xvfb.env, **pulse.env, "SDL_AUDIODRIVER": "pulseaudio"},
            )
            await asyncio.to_thread(player.wait, 30)
        return take

    take = asyncio.run(record())
    watch.end()
    beeps = take.when("audio", playback.beeps)
    late = _apart(take.when("presentation", playback.flashes), beeps)

    assert len(late) >= 4
    figure("picture later than sound by", f"{min(late):.3f} to {max(late):.3f} s")
    # A single late flash is the player's, when the machine is busy.
    assert abs(statistics.median(late)) < IN_STEP


def test_slides_are_where_they_were_shown(
    xvfb: Xvfb, slides: Callable[..., Slides], tmp_path: Path, figure: Figure
) -> None:
    async def record() -> tuple[Take, Slides]:
        async with taking(_recorder(), tmp_path / "take", [_screen(xvfb)], 2) as take:
            await take.wait_for(Recording)
            deck = await asyncio.to_thread(slides, 1.3)
            await take.wait_for(ClosedSegment, count=4)
        return take, deck

    take, deck = asyncio.run(record())
    changes = take.when("presentation", lambda path: [at for at, _ in playback.steps(path)])
    late = _apart(changes, [at - take.order.began for at in deck.shown()])

    assert len(late) >= 3
    figure("pages later than they were shown by", f"{min(late):.3f} to {max(late):.3f} s")
    assert -0.05 < statistics.median(late) < IN_STEP


def test_a_camera_is_copied_and_its_calibrated_latency_taken_off(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path, figure: Figure
) -> None:
    camera = rtsp_camera(size="320x180", rate=15, flash=1.0)
    source = Source("c", "camera", "presenter", "rtsp", camera.url, copy=True)

    async def record(source: Source, name: str) -> list[float]:
        async with taking(_recorder(), tmp_path / name, [source], 2) as take:
            await take.wait_for(ClosedSegment, count=2)
            await asyncio.sleep(1)
        shown = [at - take.order.began for at in camera.flashes()]
        return _apart(take.when("presenter", playback.flashes), shown)

    late = asyncio.run(record(source, "first"))
    calibrated = asyncio.run(record(replace(source, latency=late[0]), "second"))

    assert len(late) >= 3
    assert len(calibrated) >= 3
    figure("late by", f"{min(late):.3f} to {max(late):.3f} s")
    figure("late when calibrated by", f"{min(calibrated):.3f} to {max(calibrated):.3f} s")
    assert statistics.pstdev(late) < 0.07
    assert abs(statistics.median(calibrated)) < IN_STEP


def test_a_password_is_visible_to_nobody(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = ("lectern", "it's s3cret/")
    camera = rtsp_camera(size="320x180", flash=0, secret=secret)
    source = Source("c", "camera", "presenter", "rtsp", camera.url, copy=True, secret=secret)
    caplog.set_level("DEBUG")

    async def record() -> None:
        directory = tmp_path / "take"
        async with taking(_recorder(), directory, [source, SOUND], 2) as take:
            await take.wait_for(Recording, "presenter")
            for process in psutil.Process().children(recursive=True):
                if process.name() == "ffmpeg":
                    words = " ".join([*process.cmdline(), *process.environ().values()])
                    assert "s3cret" not in words
            await take.wait_for(ClosedSegment, "presenter")
            camera.kill()
            await take.wait_for(Lost, "presenter")
        told = "".join(path.read_text() for path in directory.glob("*.[cj]s*"))
        assert "s3cret" not in told + repr(take.events) + caplog.text

    asyncio.run(record())


def test_a_wrong_password_is_said_without_the_password(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path
) -> None:
    camera = rtsp_camera(size="320x180", flash=0, secret=("lectern", "right"))
    wrong = Source("c", "camera", "presenter", "rtsp", camera.url, secret=("lectern", "wr0ng"))

    async def record() -> None:
        async with taking(_recorder(), tmp_path / "take", [wrong]) as take:
            lost = await take.wait_for(Lost)
        assert "401" in lost.why
        assert "wr0ng" not in lost.why

    asyncio.run(record())


def test_a_file_that_is_looped_is_recorded_in_real_time(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=1", clip]
    subprocess.run(make, check=True)
    source = Source("f", "camera", "presenter", "file", str(clip), rate=10)

    async def record() -> None:
        async with taking(_recorder(), tmp_path / "take", [source], 2) as take:
            await take.wait_for(ClosedSegment, count=2)
        first, second = take.segments("presenter")[:2]
        assert second.start - first.start == pytest.approx(2, abs=0.2)
        assert playback.decode_video(second.path).frames == 20

    asyncio.run(record())
