"""What the recorder writes beside a take's segments, so that their offsets survive its death."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.capture.sealing import sync_directory
from edge_agent.ports.recorder import ClosedSegment

NAME: Final = "take.jsonl"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a segment. Of several rows of one segment the last one holds.

    `sha256` is None while the segment is open; `start` may then still be corrected.
    """

    track: str
    run: int
    index: int
    start: float
    duration: float = 0.0
    bytes: int = 0
    sha256: str | None = None

    @classmethod
    def of(cls, segment: ClosedSegment) -> "Row":
        """The row of a closed segment."""
        return cls(
            track=segment.track,
            run=segment.run,
            index=segment.index,
            start=segment.start,
            duration=segment.duration,
            bytes=segment.bytes,
            sha256=segment.sha256,
        )


class Ledger:
    """An open `take.jsonl`; one thread writes."""

    def __init__(self, directory: Path) -> None:
        self._file = (directory / NAME).open("ab", buffering=0)
        # A row torn by a crash or a full disk must not swallow the next.
        self._torn = self._file.tell() > 0
        sync_directory(directory)

    def write(self, row: Row) -> None:
        """Append a row; durable when it returns.

        Raises:
            OSError: it could not be written; the next row is readable all the same.
        """
        line = b"\n" * self._torn + msgspec.json.encode(row) + b"\n"
        self._torn = True
        if self._file.write(line) < len(line):
            raise OSError(errno.ENOSPC, "the disk is full", NAME)
        os.fsync(self._file.fileno())
        self._torn = False

    def close(self) -> None:
        """Nothing is written any more."""
        self._file.close()


def rows(directory: Path) -> Mapping[tuple[str, int], Row]:
    """The last row of each segment, by track and index. Torn rows are passed over."""
    try:
        lines = (directory / NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    found: dict[tuple[str, int], Row] = {}
    for line in lines:
        try:
            row = msgspec.json.decode(line, type=Row)
        except msgspec.DecodeError:
            continue
        found[row.track, row.index] = row
    return found
