"""Tables of courses, timetable slots and lessons."""

from datetime import date, datetime, time

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id


class Course(Base):
    """A course. `publish` is `auto`, or `hold` when staff look at each lesson first."""

    __tablename__ = "course"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(35))
    category: Mapped[str] = mapped_column(String(100))
    unit_id: Mapped[str | None] = mapped_column(String(36), index=True)
    publish: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Slot(Base):
    """A weekly meeting in a room, `starts` by the room's wall clock; `weekday` 0 is Monday."""

    __tablename__ = "slot"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)
    room_id: Mapped[str] = mapped_column(String(36), index=True)
    weekday: Mapped[int]
    starts: Mapped[time]
    minutes: Mapped[int]
    first_date: Mapped[date]
    last_date: Mapped[date]


class Lesson(Base):
    """One meeting of a course: half-open `[starts_at, ends_at)`.

    `slot_id` and `local_date` say which slot it came from, so that it comes only once. `made_for`
    is the first take of a lesson that nobody planned and that was made of its recording.
    """

    __tablename__ = "lesson"
    __table_args__ = (
        UniqueConstraint("slot_id", "local_date"),
        UniqueConstraint("course_id", "number"),
        Index("ix_lesson_room_time", "room_id", "starts_at"),
        Index("ix_lesson_starts_at", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)
    room_id: Mapped[str] = mapped_column(String(36))
    slot_id: Mapped[str | None] = mapped_column(ForeignKey("slot.id"))
    local_date: Mapped[date | None]
    made_for: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    title: Mapped[str] = mapped_column(String(200))
    number: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
