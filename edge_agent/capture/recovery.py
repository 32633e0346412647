"""What a crash left in a take's directory, repaired and digested."""

from collections.abc import Sequence
from pathlib import Path

from edge_agent.capture.ledger import Ledger, Row, rows
from edge_agent.capture.mending import mend
from edge_agent.capture.plan import SEGMENT
from edge_agent.capture.sealing import digest, seal
from edge_agent.ports.recorder import ClosedSegment


def segments(directory: Path) -> list[tuple[str, int, int, Path]]:
    """Track, index, run and path of each segment file there, in order."""
    found = ((SEGMENT.fullmatch(path.name), path) for path in directory.iterdir())
    return sorted(
        (match["track"], int(match["index"]), int(match["run"]), path)
        for match, path in found
        if match
    )


def recover(directory: Path, ffmpeg: str) -> Sequence[ClosedSegment]:
    """Repair and digest the segments in `directory`; blocks for as long as reading them takes."""
    known = rows(directory)
    ends: dict[str, float] = {}
    found: list[ClosedSegment] = []
    ledger = Ledger(directory)
    try:
        for track, index, run, path in segments(directory):
            row = known.get((track, index))
            if row is None:
                # Killed before its first row: it began no earlier than the one before ended.
                row = Row(track=track, run=run, index=index, start=ends.get(track, 0.0))
            segment = _as_it_was(row, path) or _mended(row, path, ffmpeg)
            if segment is None:
                continue
            if row.sha256 != segment.sha256:
                ledger.write(Row.of(segment))
            ends[track] = segment.start + segment.duration
            found.append(segment)
    finally:
        ledger.close()
    return found


def _as_it_was(row: Row, path: Path) -> ClosedSegment | None:
    """The segment, if it was closed and nothing has changed it."""
    if row.sha256 is None or path.stat().st_size != row.bytes or digest(path) != row.sha256:
        return None
    return _segment(row, path, row.duration, row.bytes, row.sha256)


def _mended(row: Row, path: Path, ffmpeg: str) -> ClosedSegment | None:
    duration = mend(path, ffmpeg)
    if duration is None:
        return None
    size, sha256 = seal(path)
    return _segment(row, path, duration, size, sha256)


def _segment(row: Row, path: Path, duration: float, size: int, sha256: str) -> ClosedSegment:
    return ClosedSegment(row.track, row.index, row.run, row.start, duration, size, sha256, path)
