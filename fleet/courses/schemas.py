"""JSON of courses, slots and lessons."""

from datetime import date, datetime, time
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fleet.courses.models import Course, Lesson, Slot

Title = Annotated[str, Field(min_length=1, max_length=200)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CourseIn(_Input):
    """A course to add."""

    title: Title
    slug: str | None = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] = "en"
    category: Annotated[str, Field(max_length=100)] = ""
    unit_id: str | None = None
    publish: Literal["auto", "hold"] = "auto"


class CourseOut(BaseModel):
    """A course."""

    id: str
    slug: str
    title: str
    description: str
    language: str
    category: str
    publish: str

    @classmethod
    def of(cls, course: Course) -> Self:
        """From the row."""
        return cls.model_validate(course, from_attributes=True)


class SlotIn(_Input):
    """A weekly meeting to add; `weekday` 0 is Monday, `starts` is the room's wall clock."""

    room_id: str
    weekday: Annotated[int, Field(ge=0, le=6)]
    starts: time
    minutes: Annotated[int, Field(ge=1, le=720)]
    first_date: date
    last_date: date


class SlotOut(BaseModel):
    """A weekly meeting."""

    id: str
    course_id: str
    room_id: str
    weekday: int
    starts: time
    minutes: int
    first_date: date
    last_date: date

    @classmethod
    def of(cls, slot: Slot) -> Self:
        """From the row."""
        return cls.model_validate(slot, from_attributes=True)


class LessonIn(_Input):
    """A single lesson to add; times must carry an offset."""

    room_id: str
    title: Annotated[str, Field(max_length=200)] = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class LessonOut(BaseModel):
    """A lesson."""

    id: str
    course_id: str
    room_id: str
    title: str
    number: int
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, lesson: Lesson) -> Self:
        """From the row."""
        return cls.model_validate(lesson, from_attributes=True)
