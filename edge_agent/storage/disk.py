"""Keeps room on the disk for the next lesson. It deletes only what the fleet has proved to hold."""

import logging
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from edge_agent.durable import sync_directory

log = logging.getLogger(__name__)

DiskState = Literal["ok", "low", "full"]


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """Free bytes below which the room warns (`low`), and starts no take any more (`full`)."""

    low: int
    full: int

    def __post_init__(self) -> None:
        if not 0 <= self.full <= self.low:
            raise ValueError(f"full ({self.full}) must lie between 0 and low ({self.low}) bytes")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recorded file that might be deleted.

    Attributes:
        path: where it is.
        bytes: what deleting it gains.
        sha256: of the file, as journalled when it was closed.
        receipt_sha256: what the fleet's receipt names, or None without one.
        recorded_at: when it was closed.
    """

    path: Path
    bytes: int
    sha256: str
    receipt_sha256: str | None
    recorded_at: datetime

    @property
    def held_by_fleet(self) -> bool:
        """Whether the fleet has proved that it holds the same bytes."""
        return self.receipt_sha256 is not None and self.receipt_sha256 == self.sha256


def free(path: Path) -> int:
    """Bytes an ordinary user can still write to the file system that `path` is on."""
    return shutil.disk_usage(path).free


def state(free_bytes: int, limits: DiskLimits) -> DiskState:
    """What so many free bytes mean."""
    if free_bytes < limits.full:
        return "full"
    return "low" if free_bytes < limits.low else "ok"


def needed(free_bytes: int, limits: DiskLimits) -> int:
    """Bytes to gain until the disk is no longer low; 0 when it is not."""
    return max(0, limits.low - free_bytes)


def reclaim(candidates: Iterable[Candidate], need_bytes: int) -> Sequence[Candidate]:
    """Which to delete to gain `need_bytes`: the oldest first, only those the fleet holds.

    Fewer than needed when there are no more; none when nothing is needed.
    """
    chosen: list[Candidate] = []
    gained = 0
    for candidate in sorted(candidates, key=lambda each: each.recorded_at):
        if gained >= need_bytes:
            break
        if candidate.held_by_fleet:
            chosen.append(candidate)
            gained += candidate.bytes
    return chosen


def delete(candidates: Iterable[Candidate]) -> Sequence[Candidate]:
    """Delete files that `reclaim` chose; those that are gone afterwards.

    One that cannot be deleted is logged and kept; it is tried again next time.

    Raises:
        ValueError: the fleet does not hold one of them; nothing was deleted.
    """
    chosen = list(candidates)
    if orphan := next((each for each in chosen if not each.held_by_fleet), None):
        raise ValueError(f"{orphan.path} has no receipt with its digest; it must not be deleted")
    gone: list[Candidate] = []
    for candidate in chosen:
        try:
            candidate.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be deleted: %s", candidate.path, error)
            continue
        gone.append(candidate)
    for directory in {candidate.path.parent for candidate in gone}:
        if directory.is_dir():
            sync_directory(directory)
    return gone
