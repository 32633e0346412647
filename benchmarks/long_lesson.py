"""A recorder for lessons longer than anybody wants to wait for.

The first part of the lesson was recorded before: its closed segments are handed over as soon as
the take starts. The last seconds are recorded by the real recorder, in real time, until the bell.
"""

import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.ports.recorder import (
    Back,
    ClosedSegment,
    Lost,
    RecorderEvent,
    Recording,
    TakeOrder,
)
from edge_agent.room.model import Source

FRAGMENTED = "movflags=+frag_keyframe+empty_moov+default_base_moof:frag_duration=1000000"


@dataclass(frozen=True, slots=True)
class Prepared:
    """One minute, or less, of one track, as the recorder would have closed it."""

    path: Path
    seconds: float
    sha256: str


def prepare(source: Source, seconds: float, directory: Path) -> Prepared:
    """Record `seconds` of a source faster than real time, at a lecture's bit rate."""
    path = directory / f"{source.track}.mp4"
    if source.is_audio:
        picture = ["-f", "lavfi", "-i", "anoisesrc=amplitude=0.1:sample_rate=48000"]
        coding = ["-c:a", "aac", "-b:a", "96k"]
    else:
        size, rate = source.size or (640, 360), source.rate or 15
        picture = ["-f", "lavfi", "-i", f"testsrc2=size={size[0]}x{size[1]}:rate={rate}"]
        coding = [
            "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(2 * rate),
            "-b:v", "800k", "-maxrate", "1000k", "-bufsize", "2000k", "-pix_fmt", "yuv420p",
        ]  # fmt: skip
    options = ["-t", str(seconds), *coding, "-f", "mp4"]
    for option in FRAGMENTED.split(":"):
        name, _, value = option.partition("=")
        options += [f"-{name}", value]
    command = ["ffmpeg", "-nostdin", "-v", "error", *picture, *options, "-y", str(path)]
    subprocess.run(command, check=True, timeout=120)
    return Prepared(path, seconds, hashlib.sha256(path.read_bytes()).hexdigest())


class LongLesson:
    """Implements `edge_agent.ports.recorder.Recorder`; see the module.

    `before` has the parts of each track that were recorded already; it may be changed between
    takes.
    """

    def __init__(self, before: dict[str, list[Prepared]]) -> None:
        self.before = before
        self._live = FfmpegRecorder()
        self._done: list[ClosedSegment] = []
        self._past = 0.0

    async def start(self, order: TakeOrder) -> None:
        """See the port."""
        self._done = [
            segment
            for track in self.before
            for segment in _closed(self.before[track], track, order)
        ]
        self._past = max((one.start + one.duration for one in self._done), default=0.0)
        await self._live.start(order)

    async def stop(self) -> None:
        """See the port."""
        await self._live.stop()

    async def events(self) -> AsyncIterator[RecorderEvent]:
        """See the port: first what was recorded before, then what is recorded now."""
        for segment in self._done:
            yield segment
        async for event in self._live.events():
            yield self._later(event)

    async def recover(self, directory: Path) -> Sequence[ClosedSegment]:
        """See the port."""
        return await self._live.recover(directory)

    def _later(self, event: RecorderEvent) -> RecorderEvent:
        match event:
            case ClosedSegment():
                earlier = len(self.before[event.track])
                return replace(
                    event,
                    index=event.index + earlier,
                    run=event.run + 1,
                    start=event.start + self._past,
                )
            case Recording():
                return replace(event, run=event.run + 1, at=event.at + self._past)
            case Lost() | Back():
                return replace(event, at=event.at + self._past)


def _closed(parts: list[Prepared], track: str, order: TakeOrder) -> list[ClosedSegment]:
    closed = []
    start = 0.0
    for index, part in enumerate(parts):
        path = order.directory / f"{track}-before-{index:05d}.mp4"
        shutil.copyfile(part.path, path)
        size = path.stat().st_size
        closed.append(ClosedSegment(track, index, 0, start, part.seconds, size, part.sha256, path))
        start += part.seconds
    return closed
