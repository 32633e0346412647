"""What lies beside the segments of a take, so that it can be told without the journal."""

import contextlib
from datetime import datetime
from pathlib import Path

import msgspec

from contract.messages import TakeEnded
from edge_agent.ports.journal import TakeRow
from edge_agent.storage import durable

_TAKE = "take.json"
_MANIFEST = "manifest.json"


class _Facts(msgspec.Struct, frozen=True):
    take: str
    lesson: str | None
    started_at: datetime
    began: float
    boot: str


def begin(row: TakeRow) -> None:
    """Make the take's directory and say what it is for. Blocks."""
    row.directory.mkdir(parents=True, exist_ok=True)
    durable.sync_directory(row.directory.parent)
    facts = _Facts(row.take, row.lesson, row.started_at, row.began, row.boot)
    durable.write(row.directory / _TAKE, msgspec.json.encode(facts))


def end(directory: Path, ended: TakeEnded) -> None:
    """Keep the manifest beside the segments. Blocks."""
    if directory.is_dir():
        durable.write(directory / _MANIFEST, msgspec.json.encode(ended))


def forget(directory: Path) -> None:
    """A take that recorded nothing: take its directory away unless something is in it. Blocks."""
    (directory / _TAKE).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        directory.rmdir()


def strangers(takes: Path, known: set[str]) -> list[tuple[TakeRow, TakeEnded | None]]:
    """Takes on the disk that the journal does not know, with their manifests if they ended."""
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
        )
        found.append((row, ended))
    return found
