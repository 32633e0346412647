"""The recorder as the lesson loop sees it. Offsets are seconds since the take began, monotonic."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge_agent.room.model import Source


@dataclass(frozen=True, slots=True)
class ClosedSegment:
    """A finished file, on disk and synced. `sha256` is hexadecimal."""

    track: str
    index: int
    run: int
    start: float
    duration: float
    bytes: int
    sha256: str
    path: Path


@dataclass(frozen=True, slots=True)
class Recording:
    """A track gave its first data `at` seconds into the take (once for each run)."""

    track: str
    run: int
    at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """A source stopped giving data; the recorder keeps trying to reopen it."""

    track: str
    at: float
    why: str


@dataclass(frozen=True, slots=True)
class Back:
    """A lost source gives data again; `gap` seconds of its track are missing."""

    track: str
    at: float
    gap: float


RecorderEvent = ClosedSegment | Recording | Lost | Back


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """What to record.

    `directory` exists and is the take's own; `began` is `time.monotonic()` at the take's zero.
    """

    take: str
    directory: Path
    sources: Sequence[Source]
    segment_seconds: float
    began: float


class Recorder(Protocol):
    """Records one take at a time."""

    async def start(self, order: TakeOrder) -> None:
        """Start a child for each source. Returns when all are started, not when they deliver.

        A source that cannot be opened is reported as `Lost` and tried again until `stop`.
        """

    async def stop(self) -> None:
        """Close every segment. When it returns, all their `ClosedSegment`s have been emitted."""

    def events(self) -> AsyncIterator[RecorderEvent]:
        """What happens in the running take, in order; ends after `stop`."""

    async def recover(self, directory: Path) -> Sequence[ClosedSegment]:
        """Repair and digest what a crash left in a take's directory, closed segments included.

        Idempotent. A file without a single readable frame is set aside as `*.unreadable`.
        """
