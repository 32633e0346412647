"""What rooms say about themselves: presence, description, and everything that happened."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from contract import codec
from contract import messages as m
from fleet.classrooms import help_calls, service
from fleet.classrooms.events import LessonMissed, PresenceChanged
from fleet.classrooms.identity import AgentRef, as_json, payload_of
from fleet.classrooms.models import Agent, Event
from fleet.db import Session, publish


def presence(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """Keep whether the agent is there; the will of an earlier session changes nothing."""
    payload = payload_of(received, m.Presence)
    row = session.get_one(Agent, agent.agent)
    if payload.session < row.session:
        return
    before, row.presence = row.presence, payload.state
    row.session = payload.session
    row.boot = payload.boot[:64]
    row.agent_version = payload.agent_version[:64]
    row.presence_at = datetime.now(UTC)
    if row.presence != before:
        service.agent_is(session, agent.room, row.presence)
        changed = PresenceChanged(agent.room, agent.agent, row.presence, before, row.presence_at)
        publish(session, changed)


def description(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """Keep what the PC is; the broker repeats the last one at each start of the fleet."""
    payload = payload_of(received, m.Description)
    row = session.get_one(Agent, agent.agent)
    body = as_json(payload)
    if row.description != body:
        row.description = body
        row.agent_version = payload.agent_version[:64]


def history(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """Keep an event, of a type known or not, in the room's history."""
    session.add(
        Event(
            room_id=agent.room,
            agent_id=agent.agent,
            type=received.type[:100],
            time=received.time,
            received_at=datetime.now(UTC),
            body=_body(received.payload),
        )
    )


def help_called(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.help.called`."""
    help_calls.call(session, agent, received, payload_of(received, m.HelpCalled))


def lesson_missed(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.lesson.missed`."""
    payload = payload_of(received, m.LessonMissed)
    publish(session, LessonMissed(agent.room, payload.lesson, payload.why))


def _body(payload: m.Payload) -> dict[str, Any]:
    if isinstance(payload, codec.Unknown):
        return {"unknown": msgspec.json.decode(payload.raw)}
    body: dict[str, Any] = as_json(payload)
    return body
