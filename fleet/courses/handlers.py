"""What courses do when the folders below announce something."""

from datetime import UTC, datetime

from fleet.classrooms.events import RoomAdded
from fleet.courses import service
from fleet.db import Bus, Session


def register(bus: Bus) -> None:
    """Have each new room told the courses it may offer."""

    def added(session: Session, event: RoomAdded) -> None:
        service.offer(session, event.room_id, datetime.now(UTC))

    bus.on(RoomAdded, added)
