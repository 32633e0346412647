"""Tables of recordings (takes), their segments and slides, and uploads on their way."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime


class Recording(Base):
    """A take as the fleet holds it. The id is the take's, given by the room.

    Attributes:
        lesson_id: the lesson it is of, or None: it lies in the tray, `tray_reason` says why.
        hint: the lesson that the room says it is of.
        course: the course chosen in the room for a take of no planned lesson; maybe unknown here.
        linked_by: `timetable` when matched by itself, `room` when it is of a lesson made for what
            was chosen in the room, or the user who chose.
        state: recording → waiting (for segments the manifest names) → complete.
        manifest: the `TakeEnded` payload as JSON, once the take has ended.
        announced: whether publishing has been told of it as a part of its lesson.
    """

    __tablename__ = "recording"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(48), index=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    lesson_id: Mapped[str | None] = mapped_column(ForeignKey("lesson.id"), index=True)
    hint: Mapped[str | None] = mapped_column(String(64))
    course: Mapped[str | None] = mapped_column(String(64))
    linked_by: Mapped[str] = mapped_column(String(254), default="")
    tray_reason: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duration: Mapped[float | None]
    end_reason: Mapped[str] = mapped_column(String(16), default="")
    manifest: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    announced: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StoredSegment(Base):
    """One segment of a take: what the room says of it, and the bytes the fleet holds.

    Either may come first: `run`, `start` and `duration` are None until the room's message is
    here, `key` (its file in the FileStore) is None until the bytes are proved and synced.
    """

    __tablename__ = "segment"

    agent_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    take_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    track: Mapped[str] = mapped_column(String(32), primary_key=True)
    idx: Mapped[int] = mapped_column(Integer, primary_key=True)
    run: Mapped[int | None]
    start: Mapped[float | None]
    duration: Mapped[float | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(200))
    upload_id: Mapped[str | None] = mapped_column(String(36))
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Slide(Base):
    """The presentation showed another page `at` seconds into a take. Chapters begin there."""

    __tablename__ = "slide"

    agent_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    take_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    track: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[float] = mapped_column(primary_key=True)


class Upload(Base):
    """One tus upload of a segment. `offset` bytes are synced to the disk; never fewer.

    `state`: open → stored, or refused (`why`), expired, terminated.
    """

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("agent_id", "take_id", "track", "idx", "sha256", "attempt"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(48), index=True)
    room_id: Mapped[str] = mapped_column(String(36))
    take_id: Mapped[str] = mapped_column(String(64))
    track: Mapped[str] = mapped_column(String(32))
    idx: Mapped[int] = mapped_column(Integer)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(16), index=True)
    why: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
