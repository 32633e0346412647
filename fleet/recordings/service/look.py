"""Looking at recordings."""

from collections.abc import Mapping, Sequence

import msgspec

from contract import messages as m
from fleet.db import Session
from fleet.errors import NotFound
from fleet.recordings import repository
from fleet.recordings.models import Recording, StoredSegment
from fleet.recordings.views import GapView, SegmentView, TakeView, TrackView


def recording(session: Session, take_id: str) -> Recording:
    """One recording.

    Raises:
        NotFound: there is none of this take.
    """
    found = repository.recording(session, take_id)
    if found is None:
        raise NotFound(f"there is no recording {take_id}")
    return found


def newest(session: Session, limit: int = 100, reach: Sequence[str] = ("",)) -> Sequence[Recording]:
    """The newest recordings of rooms in these subtrees."""
    return repository.newest(session, limit, reach)


def tray(session: Session, limit: int = 100, reach: Sequence[str] = ("",)) -> Sequence[Recording]:
    """Those of them that belong to no lesson yet; `tray_reason` says why."""
    return repository.unlinked(session, limit, reach)


def tray_count(session: Session) -> int:
    """How many lie in the tray."""
    return repository.count_unlinked(session)


def recordings_of_lesson(session: Session, lesson_id: str) -> Sequence[Recording]:
    """All recordings of a lesson, whatever their state, the first first."""
    return repository.of_lesson(session, lesson_id)


def recordings_of_lessons(
    session: Session, lesson_ids: Sequence[str]
) -> dict[str, list[Recording]]:
    """The same for several lessons in one query, by lesson."""
    found: dict[str, list[Recording]] = {}
    for row in repository.of_lessons(session, lesson_ids):
        if row.lesson_id is not None:
            found.setdefault(row.lesson_id, []).append(row)
    return found


def takes_of_lesson(session: Session, lesson_id: str) -> list[TakeView]:
    """The complete takes of a lesson in the order in which they began."""
    return [
        _view(session, row)
        for row in repository.of_lesson(session, lesson_id)
        if row.state == "complete"
    ]


def _view(session: Session, row: Recording) -> TakeView:
    manifest = msgspec.convert(row.manifest, m.TakeEnded, strict=False)
    held = {(one.track, one.idx): one for one in repository.segments(session, row.agent_id, row.id)}
    return TakeView(
        id=row.id,
        started_at=row.started_at,
        ended_at=row.ended_at or row.started_at,
        duration=manifest.duration,
        end_reason=manifest.reason,
        tracks=tuple(_track(track, held) for track in manifest.tracks),
    )


def _track(track: m.TrackManifest, held: Mapping[tuple[str, int], StoredSegment]) -> TrackView:
    """A track as far as the fleet holds it; what never came is a gap like any other."""
    segments: list[SegmentView] = []
    gaps = [GapView(gap.start, gap.duration, gap.why) for gap in track.gaps]
    for one in track.segments:
        row = held.get((track.name, one.index))
        if row is None or row.key is None or row.sha256 != one.sha256:
            gaps.append(GapView(one.start, one.duration, "this part never reached the fleet"))
            continue
        segments.append(
            SegmentView(
                index=one.index,
                run=one.run,
                start=one.start,
                duration=one.duration,
                bytes=one.bytes,
                sha256=one.sha256,
                key=row.key,
            )
        )
    gaps.sort(key=lambda gap: gap.start)
    return TrackView(track.name, track.kind, tuple(segments), tuple(gaps))
