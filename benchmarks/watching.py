"""What watching picture and sound costs beyond recording them.

Two recorders of the same sources at the same time, so that whatever else the machine does meets
both: one with the side streams, their meters, the watching loop and the alarms, the other without.
Sources are a camera, a screen and a microphone. Counted is the CPU of each process and of its
children, divided by the seconds of picture that it recorded.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.bare_ffmpeg import PICTURE, SETTINGS, SOUND
from benchmarks.result import Result
from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.link.clock import FleetClock
from edge_agent.loops.alarms import AlarmsLoop
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import TakeRunning
from edge_agent.loops.watching import WatchingLoop
from edge_agent.ports.recorder import ClosedSegment, TakeOrder
from edge_agent.room import watch_rules
from edge_agent.room.events import Measured
from edge_agent.storage.disk import DiskLimits
from edge_agent.storage.recording_disk import RecordingDisk
from edge_agent.storage.sqlite_journal import open_journal

CAMERA: Final = replace(PICTURE, name="c", kind="camera", track="presenter")
SOURCES: Final = (CAMERA, PICTURE, SOUND)
SEGMENT_SECONDS: Final = 10.0
QUICK_SECONDS: Final = 12.0
LESSON_SECONDS: Final = 60.0


def run(quick: bool) -> list[Result]:
    """CPU of recording with watching over that of recording without."""
    with_watching, without = measure(QUICK_SECONDS if quick else LESSON_SECONDS)
    against = f"the recorder without, {without:.3f} CPU s a second of lesson"
    return [Result("watching.cpu", with_watching / without, "ratio", 1.15, "lower", against)]


def measure(seconds: float) -> tuple[float, float]:
    """CPU seconds a second of lesson, with and without watching.

    Raises:
        RuntimeError: a side failed, or nothing was seen or heard.
    """
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as name:
        sides = []
        for side in ("watched", "unwatched"):
            directory = Path(name, side)
            directory.mkdir()
            command = [sys.executable, "-m", "benchmarks.watching", side, str(directory)]
            sides.append(subprocess.Popen([*command, str(seconds)], stdout=subprocess.PIPE))
        told = [json.loads(side.communicate(timeout=seconds + 60)[0] or "{}") for side in sides]
    if any(side.returncode for side in sides):
        raise RuntimeError("a side of the benchmark failed; see above")
    return told[0]["cpu"], told[1]["cpu"]


async def _record(directory: Path, seconds: float, *, watched: bool) -> dict[str, float]:
    bus = Bus()
    watch = FfmpegWatch(SOURCES, SETTINGS) if watched else None
    recorder = FfmpegRecorder(SETTINGS, watch)
    before = _cpu()
    order = TakeOrder("t", directory, SOURCES, SEGMENT_SECONDS, time.monotonic())
    async with _watching(watch, directory, bus):
        bus.publish(TakeRunning("t", None))
        await recorder.start(order)
        await asyncio.sleep(seconds)
        await recorder.stop()
        bus.publish(TakeRunning(None, None))
    recorded = sum(
        [
            event.duration
            async for event in recorder.events()
            if isinstance(event, ClosedSegment) and event.track == PICTURE.track
        ]
    )
    return {"cpu": (_cpu() - before) / recorded}


@asynccontextmanager
async def _watching(watch: FfmpegWatch | None, directory: Path, bus: Bus) -> AsyncIterator[None]:
    """The loops that watch, on a journal of their own. Fails when they saw or heard nothing."""
    if watch is None:
        yield
        return
    clock = FleetClock()
    journal = await open_journal(directory, agent="a", now=clock.now)
    disk = RecordingDisk(directory, DiskLimits(low=0, full=0))
    rules = watch_rules.of_room(SOURCES)
    alarmed = AlarmsLoop(rules, journal.memory, journal.outbox, clock, bus)
    loop = WatchingLoop(
        watch, SOURCES, (), journal.outbox, clock, bus, disk, lesson_bytes=1e9, reserve_bytes=0
    )
    subjects: set[str] = set()
    bus.on(Measured, lambda measured: subjects.add(measured.subject))
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(each.run()) for each in (alarmed, loop)]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
    watch.end()
    await journal.close()
    if missing := {source.track for source in SOURCES} - subjects:
        raise RuntimeError(f"nothing was measured of {', '.join(missing)}")


def _cpu() -> float:
    """CPU seconds of this process and of all children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    told = asyncio.run(
        _record(Path(sys.argv[2]), float(sys.argv[3]), watched=sys.argv[1] == "watched")
    )
    print(json.dumps(told))
