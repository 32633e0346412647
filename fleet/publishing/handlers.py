"""What publishing does when the folders below announce something."""

from collections.abc import Callable
from datetime import UTC, datetime

from fleet.db import Bus, Session, after_commit
from fleet.publishing import service
from fleet.publishing.intake import takes_of
from fleet.recordings.events import LessonRecorded


def _nobody() -> None:
    """Without workers in this process, theirs look into the table by themselves."""


def register(bus: Bus, wake: Callable[[], None] = _nobody) -> None:
    """Have recorded lessons published; `wake` is `Jobs.wake` where this process has workers."""

    def recorded(session: Session, event: LessonRecorded) -> None:
        takes = takes_of(session, event.lesson_id)
        if service.request(session, event.lesson_id, takes, datetime.now(UTC)):
            after_commit(session, wake)

    bus.on(LessonRecorded, recorded)
