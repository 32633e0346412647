"""Watching real sources, in a take and between takes, with real ffmpeg and real PulseAudio."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.ports.recorder import ClosedSegment, Recording
from edge_agent.ports.watch import Heard, Observation, Seen, Shifted, Signal, Turned
from edge_agent.room.model import Source
from tests.devices import speech
from tests.devices.pulse import Pulse
from tests.devices.slides import Slides
from tests.devices.xvfb import Xvfb
from tests.edge_agent.capture.taking import PICTURE, SOUND, taking
from tests.servers.child import Children

Figure = Callable[[str, str], None]
SETTINGS = CaptureSettings(encoder="libx264")
CAMERA = replace(PICTURE, kind="camera", track="presenter")


@dataclass
class Listener:
    """What a watch has told."""

    watch: FfmpegWatch
    told: list[Observation] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def of(self, kind: type, track: str | None = None) -> list:
        return [o for o in self.told if isinstance(o, kind) and track in (None, o.track)]

    async def wait_for(self, kind: type, track: str | None = None, count: int = 1) -> list:
        await self.until(lambda: len(self.of(kind, track)) >= count)
        return self.of(kind, track)

    async def until(self, true: Callable[[], bool]) -> None:
        async with self.news, asyncio.timeout(15):
            await self.news.wait_for(true)

    async def listen(self) -> None:
        async for observations in self.watch.observations():
            async with self.news:
                self.told += observations
                self.news.notify_all()


@pytest.fixture
def watching() -> Iterator[Callable]:
    """Starts a watch of some sources, and listens to it."""
    watches: list[FfmpegWatch] = []

    @asynccontextmanager
    async def start(*sources: Source) -> AsyncIterator[Listener]:
        heard = Listener(FfmpegWatch(sources, SETTINGS))
        watches.append(heard.watch)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(heard.listen())
            try:
                yield heard
            finally:
                listening.cancel()

    yield start
    for watch in watches:
        watch.end()


def ffmpegs() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if p.name() == "ffmpeg"]


def until_none_runs(processes: list[psutil.Process], seconds: float = 3) -> None:
    until = time.monotonic() + seconds
    while alive := [process for process in processes if runs(process)]:
        assert time.monotonic() < until, f"still there: {alive}"
        time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_nothing_looks_or_listens_until_it_is_asked_to(watching: Callable) -> None:
    async def run() -> None:
        async with watching(CAMERA, SOUND) as heard:
            await asyncio.sleep(0.5)
            assert heard.told == []
            assert ffmpegs() == []
            heard.watch.open()
            await heard.wait_for(Seen, "presenter")
            await heard.wait_for(Heard, "audio")
            children = ffmpegs()
            assert len(children) == 2
            heard.watch.close()
            until_none_runs(children)
            await asyncio.sleep(0.2)
            heard.told.clear()
            await asyncio.sleep(0.5)
            assert heard.told == []

    asyncio.run(run())


def test_a_take_is_watched_and_starts_no_later_for_it(
    watching: Callable, tmp_path: Path, figure: Figure
) -> None:
    async def run() -> None:
        async with watching(CAMERA, SOUND) as heard:
            heard.watch.open()
            await heard.wait_for(Seen)
            looking = ffmpegs()
            recorder = FfmpegRecorder(SETTINGS, heard.watch)
            begun = time.monotonic()
            async with taking(recorder, tmp_path / "take", [CAMERA, SOUND], 1) as take:
                started = time.monotonic() - begun
                until_none_runs(looking, 0.5)
                first = await take.wait_for(Recording, "presenter")
                heard.told.clear()
                await take.wait_for(ClosedSegment, "presenter", 4)
                assert len(ffmpegs()) == 2
            figure("the recorder started in", f"{started:.3f} s, first data at {first.at:.2f} s")
            assert started < 0.3
            assert first.at < 1.5
            assert len(heard.of(Seen)) / 4 > 2
            assert len(heard.of(Heard)) / 4 == pytest.approx(10, rel=0.3)
            assert all(abs(shifted.by) < 0.1 for shifted in await heard.wait_for(Shifted))
            # It was still asked to look; now nothing records.
            heard.told.clear()
            await heard.wait_for(Seen)

    asyncio.run(run())


def test_a_source_without_a_signal_is_said_and_opened_again(
    watching: Callable, tmp_path: Path
) -> None:
    async def run() -> None:
        async with watching(CAMERA) as heard:
            heard.watch.open()
            (there,) = await heard.wait_for(Signal)
            assert there.present
            ffmpegs()[0].kill()
            gone, back = (await heard.wait_for(Signal, count=3))[1:]
            assert (gone.present, back.present) == (False, True)
            assert gone.at - there.at < 3

    asyncio.run(run())


def test_pages_are_told_in_seconds_of_the_take(
    watching: Callable, xvfb: Xvfb, slides: Callable[..., Slides], tmp_path: Path, figure: Figure
) -> None:
    screen = Source("s", "screen", "presentation", "x11", xvfb.name, size=(640, 360), rate=15)

    async def run() -> None:
        async with watching(screen) as heard:
            recorder = FfmpegRecorder(SETTINGS, heard.watch)
            async with taking(recorder, tmp_path / "take", [screen], 2) as take:
                await take.wait_for(Recording)
                deck = await asyncio.to_thread(slides, 3.0)
                turned = await heard.wait_for(Turned, count=2)
            shown = [at - take.order.began for at in deck.shown()]
            late = [min((t.into - at for at in shown), key=abs) for t in turned]
            figure("pages told later than shown by", f"{min(late):.2f} to {max(late):.2f} s")
            assert all(-0.05 < each < 0.6 for each in late)
            assert {t.take for t in turned} == {"take"}

    asyncio.run(run())


def test_a_microphone_of_pulseaudio_is_heard_through_portaudio(
    watching: Callable,
    pulse: Pulse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(pulse, tmp_path, monkeypatch)
    wav = tmp_path / "voice.wav"
    speech.speak(wav)
    microphone = Source("m", "microphone", "audio", "pulse", pulse.microphone)

    async def run() -> None:
        async with watching(microphone) as heard:
            heard.watch.open()
            await heard.wait_for(Heard)
            assert ffmpegs() == []
            pulse.play(wav)
            await heard.until(lambda: any(each.rms > -30 for each in heard.of(Heard)))
            recorder = FfmpegRecorder(SETTINGS, heard.watch)
            async with taking(recorder, tmp_path / "take", [microphone], 1) as take:
                recording = await take.wait_for(Recording)
                assert recording.at < 1.5
            heard.watch.close()

    asyncio.run(run())


def use(pulse: Pulse, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PortAudio knows ALSA only, whose plug-in speaks to PulseAudio."""
    config = directory / "asound.conf"
    names = ("pcm.pulse", "ctl.pulse", "pcm.!default", "ctl.!default")
    config.write_text("".join(f"{name} {{ type pulse }}\n" for name in names))
    for name, value in {**pulse.env, "ALSA_CONFIG_PATH": str(config)}.items():
        monkeypatch.setenv(name, value)


WATCHES = """
import json, sys, time
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.room.model import Source
watch = FfmpegWatch([Source("c", "camera", "presenter", "test", "", size=(320, 180), rate=15)])
watch.open()
time.sleep(60)
"""


@pytest.mark.fault
def test_what_only_looks_dies_with_a_killed_agent(children: Children, figure: Figure) -> None:
    agent = children.start([sys.executable, "-c", WATCHES], env={"PYTHONPATH": str(Path.cwd())})
    until = time.monotonic() + 10
    while not (looking := looking_for(agent.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    agent.kill()
    begun = time.monotonic()
    assert looking
    until_none_runs(looking, 3)
    figure("what only looks outlived the agent by", f"{time.monotonic() - begun:.2f} s")


def looking_for(pid: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(pid).children(recursive=True) if p.name() == "ffmpeg"]
