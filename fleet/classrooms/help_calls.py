"""Calls for help from rooms: open until a person says that they are answered."""

from collections.abc import Sequence
from datetime import datetime

from contract import codec
from contract import messages as m
from fleet.classrooms import repository
from fleet.classrooms.identity import AgentRef
from fleet.classrooms.models import HelpCall
from fleet.db import Session
from fleet.errors import NotFound


def call(session: Session, agent: AgentRef, received: codec.Received, said: m.HelpCalled) -> None:
    """Somebody in the room asks for a person; the same message again is the same call."""
    message_id = received.id[:64]
    if repository.help_call(session, agent.agent, message_id) is not None:
        return
    row = HelpCall(
        room_id=agent.room,
        agent_id=agent.agent,
        message_id=message_id,
        topic=said.topic,
        lesson_id=said.lesson,
        called_at=received.time,
    )
    repository.add_help_call(session, row)


def answer(session: Session, room_id: str, call_id: str, *, by: str, now: datetime) -> bool:
    """Somebody sees to a call; False when somebody else has said so before.

    Raises:
        NotFound: the room has made no such call.
    """
    row = repository.help_call_of_room(session, room_id, call_id)
    if row is None:
        raise NotFound(f"there is no call {call_id} of this room")
    if row.answered_at is not None:
        return False
    row.answered_at, row.answered_by = now, by
    return True


def open_calls(session: Session, room_id: str) -> Sequence[HelpCall]:
    """The calls of a room that nobody has answered, the oldest first."""
    return repository.open_help_calls(session, room_id)


def rooms_calling(session: Session) -> set[str]:
    """Ids of rooms with a call that nobody has answered."""
    return {row.room_id for row in repository.open_help_calls(session)}
