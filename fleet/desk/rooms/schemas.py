"""JSON of rooms."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from fleet.desk.rooms.repository import Row


class RoomOut(BaseModel):
    """A room. `unit_path` is the ids of the units it belongs to, from the top."""

    id: str
    name: str
    unit_path: str
    timezone: str
    standing: Annotated[str, Field(description="working, risk, dark or none")]
    presence: Annotated[str, Field(description="of its PC; none while there is none")]
    trouble: Annotated[str, Field(description="the worst severity of its alarms, or empty")]
    agent_version: str = ""
    last_heard: datetime | None = None

    @classmethod
    def of(cls, row: Row) -> "RoomOut":
        """As it is told."""
        return cls(
            id=row.id,
            name=row.name,
            unit_path=row.path,
            timezone=row.timezone,
            standing=row.standing,
            presence=row.presence,
            trouble=row.trouble,
            agent_version=row.version,
            last_heard=row.seen_at,
        )


class RoomsOut(BaseModel):
    """A page of rooms. Ask again with `next` as `after`; it is empty on the last."""

    rooms: list[RoomOut]
    next: str
