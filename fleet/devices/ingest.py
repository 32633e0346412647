"""What rooms say of their configuration, their devices and what is wrong with them."""

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.identity import as_json, payload_of
from fleet.db import Session
from fleet.devices import service, shadow
from fleet.devices.models import Shadow


def reported(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """Bring the room's shadow up to date.

    A whole report comes when a room connects: if it has applied less than it should, the broker
    may have lost what it kept for the room, and is given it again.
    """
    payload = payload_of(received, m.Reported)
    row = session.get(Shadow, agent.room)
    full = payload.full is not None
    if full:
        classrooms.want_again(session, agent.room, payload.applied_desired)
    stored = (row.agent_id, row.epoch, row.version) if row else None
    incoming = (agent.agent, received.epoch, payload.version)
    if not shadow.is_news(stored=stored, incoming=incoming, full=full):
        return
    if row is None:
        row = Shadow(room_id=agent.room, state={})
        session.add(row)
    row.agent_id, row.epoch, row.version = incoming
    row.applied_desired = payload.applied_desired
    row.outcomes = as_json(payload.outcomes)
    if payload.full is not None:
        row.state = payload.full
    else:
        row.state = shadow.merge_patch(row.state, payload.patch or {})
    row.reported_at = received.time


def description(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.description`."""
    service.described(session, agent, payload_of(received, m.Description))


def device_changed(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.device.changed`."""
    service.changed(session, agent, received, payload_of(received, m.DeviceChanged))


def alarm_raised(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.alarm.raised`."""
    service.alarm_raised(session, agent, received, payload_of(received, m.AlarmRaised))


def alarm_cleared(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """`lectern.alarm.cleared`."""
    service.alarm_cleared(session, agent, received, payload_of(received, m.AlarmCleared))
