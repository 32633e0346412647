"""How long an unplanned lesson is: as long as its takes."""

from fleet.courses import service as courses
from fleet.db import Session
from fleet.recordings import repository


def fit(session: Session, lesson_id: str) -> None:
    """Let a lesson begin and end with its takes, if it was made of them."""
    session.flush()
    takes = repository.of_lesson(session, lesson_id)
    starts_at = min(take.started_at for take in takes)
    ends_at = max(take.ended_at or take.started_at for take in takes)
    courses.set_span(session, lesson_id, starts_at, max(starts_at, ends_at))
