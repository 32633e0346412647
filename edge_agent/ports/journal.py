"""What a room must not forget. Every method returns when the disk holds what it says.

Three views of one file: what is to be told the fleet, what was recorded, what else is known.
Any method raises `sqlite3.OperationalError` when the disk takes nothing more.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from contract.http import Receipt
from contract.messages import Payload, Reply, Segment, TakeEnd, TakeEnded
from edge_agent.ports.uploader import SegmentFile

Lane = Literal["answer", "event", "telemetry"]
TakePhase = Literal["starting", "recording", "stopping", "delivering", "done"]


@dataclass(frozen=True, slots=True)
class Row:
    """A message waiting for its acknowledgement; `body` is the CloudEvents document."""

    seq: int
    channel: str
    body: bytes


@dataclass(frozen=True, slots=True)
class TakeRow:
    """A take as the journal holds it. `began` is monotonic within boot `boot`."""

    take: str
    lesson: str | None
    phase: TakePhase
    started_at: datetime
    began: float
    boot: str
    directory: Path
    reason: TakeEnd | None = None
    slot_end: datetime | None = None
    course: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file the fleet has given a receipt for; the disk keeper may delete it.

    `sha256` is what was journalled when the segment was closed.
    """

    path: Path
    bytes: int
    sha256: str
    receipt: Receipt


class Outbox(Protocol):
    """What the fleet's database does not hold yet."""

    @property
    def epoch(self) -> str:
        """UUID of the file."""

    async def append(self, *payloads: Payload) -> int:
        """Keep messages for the fleet, all or none; the last one's sequence number."""

    async def pending(
        self, lane: Lane, after: int, limit: int, until: int | None = None
    ) -> Sequence[Row]:
        """Rows of a lane with `after` < seq ≤ `until`, oldest first."""

    async def again(self, seqs: Collection[int]) -> Sequence[Row]:
        """Those of these rows that are not acknowledged yet."""

    async def acknowledge(self, epoch: str, ranges: Sequence[tuple[int, int]]) -> int:
        """Forget what the fleet holds; how many rows that were. Another epoch's are ignored."""

    async def last(self) -> int:
        """The highest sequence number given out so far."""

    async def waiting(self) -> int:
        """How many messages are not acknowledged."""

    def listen(self, rows_came: Callable[[], None]) -> None:
        """Call `rows_came` whenever new rows were committed."""


class Takes(Protocol):
    """What was recorded and how far it is on its way."""

    async def open(self, row: TakeRow) -> None:
        """Begin a take in phase `starting`."""

    async def move(
        self,
        take: str,
        phase: TakePhase,
        *payloads: Payload,
        reason: TakeEnd | None = None,
        slot_end: datetime | None = None,
    ) -> None:
        """Change a take's phase and keep the messages that say so, in one transaction."""

    async def drop(self, take: str) -> None:
        """Forget a take that never recorded anything."""

    async def close(self, ended: TakeEnded, *, segments: Sequence[tuple[Segment, Path]]) -> None:
        """Set phase `delivering`; keep the manifest for the fleet and any segment still unknown."""

    async def add_segment(self, take: str, segment: Segment, path: Path) -> None:
        """Keep a closed segment and the message about it. The same one again changes nothing."""

    async def segments(self, take: str) -> Sequence[tuple[Segment, Path]]:
        """All segments of a take, in order of track and index."""

    async def takes(self) -> Sequence[TakeRow]:
        """Every take, in order of beginning."""


class Deliveries(Protocol):
    """Segments on their way to the fleet."""

    async def next(self, live_take: str | None) -> SegmentFile | None:
        """The segment to send next: the running take's first, then oldest first."""

    async def progress(self, file: SegmentFile, url: str, offset: int) -> None:
        """Where the upload is and how many bytes the fleet confirmed."""

    async def delivered(self, file: SegmentFile, receipt: Receipt) -> None:
        """Keep a receipt."""

    async def refused(self, file: SegmentFile, why: str) -> None:
        """The fleet will never take it: tell it so once, and keep the file."""

    async def settled(self) -> Sequence[str]:
        """Takes in phase `delivering` of which nothing is left to send."""

    async def waiting(self) -> tuple[int, int]:
        """How many segments, and how many bytes of them, the fleet does not hold yet."""

    async def reclaimable(self) -> Sequence[DeliveredFile]:
        """Files with a receipt that were not deleted yet, oldest first."""

    async def deleted(self, path: Path) -> None:
        """A file with a receipt is gone from the disk."""


class Memory(Protocol):
    """Small things to remember: values are JSON."""

    async def get(self, key: str) -> bytes | None:
        """What was put under `key`."""

    async def put(self, key: str, value: bytes) -> None:
        """Remember it."""

    async def reply_of(self, order: str) -> Reply | None:
        """What was answered to an order within the last day."""

    async def reply(self, reply: Reply) -> None:
        """Remember the reply to an order and keep it for the fleet."""
