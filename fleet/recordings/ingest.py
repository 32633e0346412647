"""Messages of rooms about their recordings. Each runs in its batch's transaction."""

from datetime import UTC, datetime

from contract import messages as m
from contract.codec import Received
from fleet.classrooms import AgentRef
from fleet.db import Session
from fleet.recordings import service


def take_started(session: Session, agent: AgentRef, received: Received) -> None:
    """`lectern.take.started`."""
    if isinstance(received.payload, m.TakeStarted):
        service.take_started(session, agent, received.payload)


def segment_closed(session: Session, agent: AgentRef, received: Received) -> None:
    """`lectern.segment.closed`."""
    if isinstance(received.payload, m.SegmentClosed):
        service.segment_announced(session, agent, received.payload)


def slide_changed(session: Session, agent: AgentRef, received: Received) -> None:
    """`lectern.slide.changed`."""
    if isinstance(received.payload, m.SlideChanged):
        service.slide_changed(session, agent, received.payload)


def take_ended(session: Session, agent: AgentRef, received: Received) -> None:
    """`lectern.take.ended`."""
    if isinstance(received.payload, m.TakeEnded):
        service.take_ended(session, agent, received.payload, datetime.now(UTC))
