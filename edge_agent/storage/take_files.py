"""What lies beside the segments of a take, so that it can be told without the journal."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from contract.messages import TakeEnded
from edge_agent import durable
from edge_agent.ports.journal import TakeRow

_TAKE = "take.json"
_MANIFEST = "manifest.json"


class _Facts(msgspec.Struct, frozen=True):
    take: str
    lesson: str | None
    started_at: datetime
    began: float
    boot: str
    course: str | None = None


class DiskTakeFiles:
    """The `TakeFiles` port. `folder` holds a directory for each take."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def directory(self, take: str) -> Path:
        """See the port."""
        return self._folder / take

    async def begin(self, row: TakeRow) -> None:
        """See the port."""
        await asyncio.to_thread(_begin, row)

    async def end(self, directory: Path, ended: TakeEnded) -> None:
        """See the port."""
        await asyncio.to_thread(_end, directory, ended)

    async def forget(self, directory: Path) -> None:
        """See the port."""
        await asyncio.to_thread(_forget, directory)

    async def strangers(self, known: Collection[str]) -> Sequence[tuple[TakeRow, TakeEnded | None]]:
        """See the port."""
        return await asyncio.to_thread(_strangers, self._folder, known)


def _begin(row: TakeRow) -> None:
    row.directory.mkdir(parents=True, exist_ok=True)
    durable.sync_directory(row.directory.parent)
    facts = _Facts(row.take, row.lesson, row.started_at, row.began, row.boot, row.course)
    durable.write(row.directory / _TAKE, msgspec.json.encode(facts))


def _end(directory: Path, ended: TakeEnded) -> None:
    if directory.is_dir():
        durable.write(directory / _MANIFEST, msgspec.json.encode(ended))


def _forget(directory: Path) -> None:
    (directory / _TAKE).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        directory.rmdir()


def _strangers(takes: Path, known: Collection[str]) -> list[tuple[TakeRow, TakeEnded | None]]:
    found = []
    for path in sorted(takes.glob(f"*/{_TAKE}")):
        if path.parent.name in known:
            continue
        try:
            facts = msgspec.json.decode(path.read_bytes(), type=_Facts)
            manifest = path.with_name(_MANIFEST)
            ended = (
                msgspec.json.decode(manifest.read_bytes(), type=TakeEnded)
                if manifest.exists()
                else None
            )
        except msgspec.DecodeError:
            continue  # durable.write leaves no half files: this one is not ours
        row = TakeRow(
            facts.take,
            facts.lesson,
            "starting",
            facts.started_at,
            facts.began,
            facts.boot,
            path.parent,
            course=facts.course,
        )
        found.append((row, ended))
    return found
