"""Recordings in JSON."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from fleet.recordings.models import Recording


class RecordingOut(BaseModel):
    """A take as the fleet holds it."""

    id: str
    room_id: str
    lesson_id: str | None
    linked_by: str
    tray_reason: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    duration: float | None
    end_reason: str

    @classmethod
    def of(cls, row: Recording) -> Self:
        """The row without its manifest."""
        return cls.model_validate(row, from_attributes=True)


class LinkIn(BaseModel):
    """Which lesson a recording is of."""

    lesson_id: str = Field(min_length=1, max_length=64)
