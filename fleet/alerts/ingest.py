"""What rooms say of recordings in danger."""

from datetime import UTC, datetime

from contract import codec
from contract import messages as m
from fleet.alerts.service import hearing
from fleet.classrooms import AgentRef
from fleet.classrooms.identity import payload_of
from fleet.db import Session


def source_lost(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.source.lost`."""
    said = payload_of(received, m.SourceLost)
    hearing.source(session, agent.room, said.track, received.time, said.why, datetime.now(UTC))


def source_back(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.source.back`."""
    said = payload_of(received, m.SourceBack)
    hearing.source(session, agent.room, said.track, received.time, None, datetime.now(UTC))


def take_ended(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.take.ended`: nothing of it can be lost any more."""
    said = payload_of(received, m.TakeEnded)
    for track in said.tracks:
        hearing.source(session, agent.room, track.name, received.time, None, datetime.now(UTC))
