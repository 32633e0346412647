"""Who wanted what of rooms, and when."""

from collections.abc import Sequence
from typing import Any

from fleet.classrooms import repository
from fleet.classrooms.models import Desired, DesiredChange, Room
from fleet.db import Session


def version(session: Session, room_id: str) -> int:
    """The version of what is wanted of a room; 0 where nothing ever was."""
    row = session.get(Desired, room_id)
    return row.version if row else 0


def state(session: Session, room_id: str) -> dict[str, Any]:
    """What is wanted of a room, where something is."""
    row = session.get(Desired, room_id)
    return dict(row.state) if row else {}


def lock(session: Session, room_id: str) -> None:
    """Let nobody else want something of this room until the transaction ends.

    What belongs to the room is written meanwhile: messages of rooms do not wait for people.
    """
    session.get(Room, room_id, with_for_update={"key_share": True})
    session.get(Desired, room_id, with_for_update=True, populate_existing=True)


def last(session: Session, room_id: str) -> dict[str, DesiredChange]:
    """The newest change of each key of a room."""
    return repository.last_changes(session, [room_id]).get(room_id, {})


def of_batch(
    session: Session, batch: str, reach: Sequence[str]
) -> list[tuple[DesiredChange, Room]]:
    """What was changed at once, in these subtrees, by the names of rooms."""
    return repository.batch_changes(session, batch, reach)


def last_of(session: Session, room_ids: Sequence[str], key: str) -> dict[str, DesiredChange]:
    """The newest change of a key in each of some rooms."""
    found = repository.last_changes(session, room_ids)
    return {room: changes[key] for room, changes in found.items() if key in changes}
