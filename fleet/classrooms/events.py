"""What classrooms announce, on the bus, in the transaction in which it became true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoomAdded:
    """There is a new room; nothing is wanted of it yet."""

    room_id: str
