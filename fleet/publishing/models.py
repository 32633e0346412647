"""Tables of publishing."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fleet.db import Base, UtcDateTime, new_id

State = Literal["due", "processing", "held", "published", "failed", "superseded"]
LowState = Literal["due", "made", "failed"]
Variant = Literal["source", "low"]
FileKind = Literal["video", "audio", "poster", "playlist", "segments"]
Reason = Literal["no_media", "no_space", "media", "storage", "internal"]


class Publication(Base):
    """One edition of a lesson: what was recorded at some time, made playable.

    A late take makes a new revision; the older one stays playable until the new one is. `content`
    is the digest of what it is made from, so that the same news twice makes one revision.
    `tries` counts how often a person asked for it, `attempts` what was tried by itself since then;
    `playable_after` is the seconds from the bell to the moment it could be played.
    """

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("lesson_id", "revision"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    lesson_id: Mapped[str] = mapped_column(String(36), index=True)
    revision: Mapped[int]
    content: Mapped[str] = mapped_column(String(64))
    state: Mapped[State] = mapped_column(String(12), index=True)
    low: Mapped[LowState] = mapped_column(String(8), default="due")
    step: Mapped[str] = mapped_column(String(16), default="")
    tries: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[Reason | None] = mapped_column(String(12), default=None)
    error: Mapped[str | None] = mapped_column(Text, default=None)
    duration: Mapped[float | None] = mapped_column(default=None)
    marks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    bell_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    playable_after: Mapped[float | None] = mapped_column(default=None)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    files: Mapped[list["MediaFile"]] = relationship(
        cascade="all, delete-orphan", order_by="MediaFile.name"
    )

    @property
    def workflow(self) -> str:
        """Id of the workflow that makes it playable."""
        return f"publish/{self.lesson_id}/{self.revision}/{self.tries}"

    @property
    def low_workflow(self) -> str:
        """Id of the workflow that makes the low-bitrate copies."""
        return f"renditions/{self.lesson_id}/{self.revision}/{self.tries}"


class MediaFile(Base):
    """One file of a publication, in the file store under `key`."""

    __tablename__ = "media_file"
    __table_args__ = (UniqueConstraint("publication_id", "name"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    publication_id: Mapped[str] = mapped_column(ForeignKey("publication.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[FileKind] = mapped_column(String(12))
    track: Mapped[str] = mapped_column(String(64))
    variant: Mapped[Variant] = mapped_column(String(8))
    sound: Mapped[bool]
    key: Mapped[str] = mapped_column(String(200))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    duration: Mapped[float | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    bitrate: Mapped[int | None]
