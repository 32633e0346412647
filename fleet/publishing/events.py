"""What publishing announces, in the transaction that makes it true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LessonPublished:
    """A revision of a lesson can be played by everyone who may see the course.

    Attributes:
        duration: seconds.
        playable_after: seconds from the bell, or None when nobody knows the bell.
    """

    lesson_id: str
    revision: int
    duration: float
    playable_after: float | None


@dataclass(frozen=True, slots=True)
class PublishingFailed:
    """Publishing gave up; a person has to look at it."""

    lesson_id: str
    revision: int
    error: str
