"""What the folders below say of a lesson, in the words of publishing."""

from fleet.courses import service as courses
from fleet.db import Session
from fleet.publishing.ports import Policy, Sources
from fleet.publishing.timeline import Lost, Piece, Take, TakeTrack
from fleet.recordings import service as recordings
from fleet.recordings.views import TakeView, TrackView


def takes_of(session: Session, lesson_id: str) -> list[Take]:
    """The complete takes of a lesson."""
    return [_take(view) for view in recordings.takes_of_lesson(session, lesson_id)]


def policy_of(session: Session, lesson_id: str) -> Policy:
    """Whether the lesson's course shows its lessons at once."""
    course_id = courses.lesson(session, lesson_id).course_id
    held = courses.course(session, course_id).publish == "hold"
    return "hold" if held else "auto"


SOURCES = Sources(takes=takes_of, policy=policy_of)


def _take(view: TakeView) -> Take:
    return Take(
        id=view.id,
        started_at=view.started_at,
        tracks=tuple(_track(track) for track in view.tracks),
        ended_at=view.ended_at,
        ended=view.end_reason,
    )


def _track(view: TrackView) -> TakeTrack:
    return TakeTrack(
        name=view.name,
        kind=view.kind,
        pieces=tuple(
            Piece(part.key, part.run, _micro(part.start), _micro(part.duration))
            for part in view.segments
        ),
        lost=tuple(Lost(_micro(gap.start), _micro(gap.duration), gap.why) for gap in view.gaps),
    )


def _micro(seconds: float) -> int:
    return round(seconds * 1_000_000)
