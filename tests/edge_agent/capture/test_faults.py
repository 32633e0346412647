"""What is broken on purpose, and what is lost by it."""

import asyncio
import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.ports.recorder import Back, ClosedSegment, Lost, Recording
from edge_agent.room.model import Source
from tests.devices import playback
from tests.devices.rtsp import RtspCamera
from tests.devices.xvfb import Xvfb
from tests.edge_agent.capture.taking import PICTURE, SOUND, taking
from tests.servers.child import Children

pytestmark = pytest.mark.fault
Figure = Callable[[str, str], None]


def _recorder(**settings: float) -> FfmpegRecorder:
    return FfmpegRecorder(CaptureSettings(encoder="libx264", **settings))


def _ffmpegs(directory: Path) -> list[psutil.Process]:
    """The children that record into a directory."""
    found = []
    for process in psutil.process_iter(["cwd", "name"]):
        if process.info["cwd"] == str(directory) and process.info["name"] == "ffmpeg":
            found.append(process)
    return found


def _until_gone(processes: list[psutil.Process], seconds: float = 5) -> float:
    """How long it takes until none of them runs; fails the test if one does not end."""
    begun = time.monotonic()
    while left := [p for p in processes if _runs(p)]:
        assert time.monotonic() < begun + seconds, f"outlived the agent: {left}"
        time.sleep(0.01)
    return time.monotonic() - begun


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _host(children: Children, directory: Path, sources: list[Source]) -> tuple:
    directory.mkdir()
    listed = json.dumps([asdict(source) for source in sources])
    program = [sys.executable, Path(__file__).with_name("host.py"), directory, "2", listed]
    host = children.start(program, name="host", env={"PYTHONPATH": str(Path.cwd())})
    began = json.loads(host.wait_for(r'^.*"began".*$').group())["at"]
    return host, began


@pytest.mark.parametrize("also_ffmpeg", [False, True], ids=["agent", "agent and ffmpeg"])
def test_a_killed_agent_loses_at_most_the_last_second(
    children: Children, tmp_path: Path, figure: Figure, also_ffmpeg: bool
) -> None:
    directory = tmp_path / "take"
    host, began = _host(children, directory, [PICTURE, SOUND])
    host.wait_for(r'"ClosedSegment".*"presentation".*"index": 1', 30)
    time.sleep(0.7)
    ffmpegs = _ffmpegs(directory)
    assert len(ffmpegs) == 2
    if also_ffmpeg:
        for ffmpeg in ffmpegs:
            ffmpeg.kill()
    killed = time.monotonic() - began
    host.kill()
    survived = _until_gone(ffmpegs)

    found = asyncio.run(_recorder().recover(directory))
    for track in ("presentation", "audio"):
        segments = [segment for segment in found if segment.track == track]
        for one, after in itertools.pairwise(segments):
            assert after.start == pytest.approx(one.start + one.duration, abs=0.005)
        lost = killed - (segments[-1].start + segments[-1].duration)
        figure(f"{track} lost before the kill", f"{max(0.0, lost):.2f} s")
        assert lost < 1.5
    last = [segment for segment in found if segment.track == "presentation"][-1]
    assert playback.decode_video(last.path).frames > 0
    figure("children outlived the agent by", f"{survived:.2f} s")


def test_a_child_of_a_silent_source_dies_with_the_agent_too(
    children: Children, rtsp_camera: Callable[..., RtspCamera], tmp_path: Path, figure: Figure
) -> None:
    camera = rtsp_camera(size="320x180", flash=0)
    source = Source("camera", "camera", "presenter", "rtsp", camera.url, copy=True)
    host, _ = _host(children, tmp_path / "take", [source])
    host.wait_for('"Recording"', 20)
    ffmpegs = _ffmpegs(tmp_path / "take")
    os.kill(camera._child.pid, signal.SIGSTOP)
    try:
        time.sleep(0.3)
        host.kill()
        assert ffmpegs
        figure("its child outlived the agent by", f"{_until_gone(ffmpegs):.2f} s")
    finally:
        os.kill(camera._child.pid, signal.SIGCONT)


def test_a_killed_child_is_replaced_and_the_others_go_on(tmp_path: Path, figure: Figure) -> None:
    async def record() -> None:
        directory = tmp_path / "take"
        async with taking(_recorder(), directory, [PICTURE, SOUND]) as take:
            await take.wait_for(ClosedSegment, "presentation")
            await take.wait_for(Recording, "audio")
            victim = next(p for p in _ffmpegs(directory) if "audio-" in " ".join(p.cmdline()))
            killed = take.now
            victim.kill()
            lost = await take.wait_for(Lost, "audio")
            back = await take.wait_for(Back, "audio")
            await asyncio.sleep(1.5)
        assert take.of(Lost) == [lost]
        assert [event.run for event in take.of(Recording, "audio")] == [0, 1]
        assert killed - lost.at < 0.2
        figure("gap of the killed track", f"{back.gap:.2f} s")
        assert back.gap < 2.0
        before, after = ([s for s in take.segments("audio") if s.run == run] for run in (0, 1))
        end = before[-1].start + before[-1].duration
        figure("lost before the kill", f"{killed - end:.2f} s")
        assert killed - end < 1.5
        assert after[0].start == pytest.approx(back.at, abs=0.1)
        assert after[0].index > before[-1].index
        assert {segment.run for segment in take.segments("presentation")} == {0}

    asyncio.run(record())


def test_a_camera_that_vanishes_rejoins_its_take(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path, figure: Figure
) -> None:
    camera = rtsp_camera(size="320x180", flash=1.0)
    source = Source("camera", "camera", "presenter", "rtsp", camera.url, copy=True)

    async def record() -> None:
        async with taking(_recorder(), tmp_path / "take", [source, SOUND]) as take:
            await take.wait_for(ClosedSegment, "presenter")
            killed = take.now
            camera.kill()
            await take.wait_for(Lost, "presenter")
            figure("noticed after", f"{take.now - killed:.2f} s")
            assert take.now - killed < 3.5
            await asyncio.sleep(4)
            await asyncio.to_thread(camera.start)
            on = take.now
            back = await take.wait_for(Back, "presenter")
            figure("rejoined after", f"{take.now - on:.2f} s; its data begins {back.at - on:.2f} s")
            assert take.now - on < 4
            await asyncio.sleep(2.5)
        assert len(take.of(Lost)) == 1
        assert {segment.run for segment in take.segments("presenter")} == {0, 1}
        seen = take.when("presenter", playback.flashes)
        shown = [at - take.order.began for at in camera.flashes()]
        later = [at for at in seen if at > back.at]
        assert len(later) >= 2
        late = [at - min(shown, key=lambda each, at=at: abs(each - at)) for at in later]
        figure("its pictures are late by", f"{min(late):.3f} to {max(late):.3f} s")
        assert all(-0.05 < each < 0.3 for each in late)
        assert {segment.run for segment in take.segments("audio")} == {0}

    asyncio.run(record())


def test_a_source_that_stalls_is_lost_and_opened_again(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path, figure: Figure
) -> None:
    camera = rtsp_camera(size="320x180", flash=0)
    source = Source("camera", "camera", "presenter", "rtsp", camera.url, copy=True)

    async def record() -> None:
        async with taking(_recorder(stall_seconds=1.5), tmp_path / "take", [source]) as take:
            await take.wait_for(Recording)
            os.kill(camera._child.pid, signal.SIGSTOP)
            stalled = take.now
            lost = await take.wait_for(Lost)
            figure("noticed after", f"{take.now - stalled:.2f} s")
            # Usually within 0.2 s of its 1.5 s; ffmpeg's own limit is the second line of defence.
            assert take.now - stalled < 1.5 + 3.0
            assert "no data" in lost.why or "timed out" in lost.why
            os.kill(camera._child.pid, signal.SIGCONT)
            await take.wait_for(Back)
        assert take.segments("presenter")[-1].run >= 1

    asyncio.run(record())


def test_a_source_that_cannot_be_opened_is_lost_once_and_the_others_record(tmp_path: Path) -> None:
    missing = Source("camera", "camera", "presenter", "file", str(tmp_path / "missing.mp4"))

    async def record() -> None:
        async with taking(_recorder(), tmp_path / "take", [missing, SOUND]) as take:
            await take.wait_for(ClosedSegment, "audio")
        assert [type(event) for event in take.events if event.track == "presenter"] == [Lost]
        assert "No such file" in take.of(Lost)[0].why

    asyncio.run(record())


def test_without_ffmpeg_every_source_is_lost_and_the_reason_said(tmp_path: Path) -> None:
    async def record() -> None:
        recorder = FfmpegRecorder(CaptureSettings(ffmpeg=str(tmp_path / "none"), encoder="auto"))
        async with taking(recorder, tmp_path / "take", [SOUND]) as take:
            lost = await take.wait_for(Lost)
        assert "cannot be started" in lost.why

    asyncio.run(record())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    directory = tmp_path / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", directory]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    yield directory
    subprocess.run(["umount", "-l", directory], check=True)


@pytest.mark.parametrize("watched", [False, True], ids=["unwatched", "watched"])
def test_a_full_disk_loses_the_source_keeps_the_rest_and_says_so(
    small_disk: Path, watched: bool
) -> None:
    directory = small_disk / "take"
    watch = FfmpegWatch((PICTURE, SOUND)) if watched else None

    async def record() -> None:
        recorder = FfmpegRecorder(CaptureSettings(encoder="libx264"), watch)
        async with taking(recorder, directory, [PICTURE, SOUND], 2.0) as take:
            await take.wait_for(ClosedSegment, "presentation")
            lost = await take.wait_for(Lost, "presentation", seconds=40)
        assert "No space left on device" in lost.why
        for segment in take.of(ClosedSegment):
            assert segment.sha256 == hashlib.sha256(segment.path.read_bytes()).hexdigest()
        assert playback.decode_video(take.segments("presentation")[0].path).frames == 30

    asyncio.run(record())
    if watch is not None:
        watch.end()


def _wrapped(directory: Path, first: str) -> str:
    """An ffmpeg that does something first."""
    program = directory / "ffmpeg"
    program.write_text(f'#!/bin/sh\n{first}\nexec ffmpeg "$@"\n')
    program.chmod(0o755)
    return str(program)


CLOCK = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@pytest.mark.parametrize("step", ["+1d", "-1d", "+9000d"])
def test_a_stepped_wall_clock_moves_nothing(
    xvfb: Xvfb, pulse: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if not CLOCK.exists():
        pytest.skip(f"not installed: libfaketime ({CLOCK})")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    clock = f"LD_PRELOAD={CLOCK} DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1"
    wrapped = _wrapped(tmp_path, f"export {clock} FAKETIME_TIMESTAMP_FILE={offset}")
    for name, value in {**xvfb.env, **pulse.env}.items():
        monkeypatch.setenv(name, value)
    screen = Source("s", "screen", "presentation", "x11", xvfb.name, size=(320, 180), rate=15)
    sound = Source("m", "microphone", "audio", "pulse", pulse.microphone)

    async def record() -> None:
        recorder = FfmpegRecorder(CaptureSettings(ffmpeg=wrapped, encoder="libx264"))
        async with taking(recorder, tmp_path / "take", [screen, sound]) as take:
            await take.wait_for(ClosedSegment, "presentation")
            await take.wait_for(Recording, "audio")
            offset.with_suffix(".new").write_text(step)
            offset.with_suffix(".new").replace(offset)
            await asyncio.sleep(5)
            ended = take.now
        assert not take.of(Lost)
        for track in ("presentation", "audio"):
            segments = take.segments(track)
            assert len(segments) >= 3
            assert sum(s.duration for s in segments) + segments[0].start == pytest.approx(
                ended, abs=0.35
            )
            for one, after in itertools.pairwise(segments):
                assert after.start == pytest.approx(one.start + one.duration, abs=0.005)
        pictures = sum(playback.decode_video(s.path).frames for s in take.segments("presentation"))
        expected = 15 * (ended - take.segments("presentation")[0].start)
        assert pictures == pytest.approx(expected, abs=4)

    asyncio.run(record())
