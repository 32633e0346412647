"""What recordings announce, on the bus, in the transaction in which it became true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordingComplete:
    """The fleet holds every segment of a take. `lesson_id` is None while it lies in the tray."""

    take_id: str
    room_id: str
    lesson_id: str | None


@dataclass(frozen=True, slots=True)
class LessonRecorded:
    """All takes of a lesson are complete and no more are expected, or what is there changed."""

    lesson_id: str
