"""What rooms say to orders, and that a room is back that may not have got its own."""

from datetime import UTC, datetime

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms.events import PresenceChanged
from fleet.classrooms.identity import payload_of
from fleet.db import Session
from fleet.orders import answers


def reply(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.reply`."""
    answers.reply(session, agent, received, payload_of(received, m.Reply), datetime.now(UTC))


def presence_changed(session: Session, event: PresenceChanged) -> None:
    """A room that is back is sent once more what it has not answered."""
    if event.presence == "ready":
        answers.came_back(session, event.room_id)
