"""Devices and alarms of rooms as they stand. Messages may come twice, late and in any order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.db import Session, publish
from fleet.devices import repository
from fleet.devices.events import AlarmChanged
from fleet.devices.models import Device, RoomAlarm
from fleet.devices.order import Told, is_news

_NAME = 100
"""Letters kept of a name that the contract does not bound."""


def described(session: Session, agent: AgentRef, said: m.Description) -> None:
    """A room says which devices it has; those it names no more are kept, but not shown."""
    known = {row.name: row for row in repository.devices(session, agent.room)}
    named = {one.name[:_NAME]: one for one in said.devices}
    for name, one in named.items():
        row = known.get(name) or _new_device(session, agent, name)
        if row.agent_id != agent.agent:
            _forget_state(row, agent)
        row.role, row.profile, row.vendor = one.role, one.profile[:63], one.vendor[:_NAME]
    for name in known.keys() - named.keys():
        known[name].role = ""


def changed(
    session: Session, agent: AgentRef, received: codec.Received, said: m.DeviceChanged
) -> None:
    """A device answers again or no longer, or has another power state."""
    name = said.device[:_NAME]
    row = repository.device(session, agent.room, name) or _new_device(session, agent, name)
    told = _told(agent, received)
    if not is_news(told, row.told):
        return
    row.online, row.power, row.why = said.online, said.power, said.why
    row.since = told.at
    row.agent_id, row.epoch, row.seq = told.agent, told.epoch, told.seq


def alarm_raised(
    session: Session, agent: AgentRef, received: codec.Received, said: m.AlarmRaised
) -> None:
    """Something in the room needs a person."""
    told = _told(agent, received)
    row = _alarm_of(session, told, agent.room, said.subject, said.alarm)
    if row is None:
        return
    row.severity, row.text, row.value = said.severity, said.text[:_NAME], said.value
    row.what, row.todo = said.what, said.todo
    row.raised_at, row.cleared_at = told.at, None
    publish(session, AlarmChanged(agent.room, row.subject, row.alarm, True, told.at, _shown(row)))


def alarm_cleared(
    session: Session, agent: AgentRef, received: codec.Received, said: m.AlarmCleared
) -> None:
    """An alarm is over."""
    told = _told(agent, received)
    row = _alarm_of(session, told, agent.room, said.subject, said.alarm)
    if row is None:
        return
    row.raised_at, row.cleared_at = told.at - timedelta(seconds=said.seconds), told.at
    publish(session, AlarmChanged(agent.room, row.subject, row.alarm, False, told.at, {}))


def devices(session: Session, room_id: str) -> Sequence[Device]:
    """The devices that a room describes, by name."""
    return [row for row in repository.devices(session, room_id) if row.role]


def raised_alarms(session: Session, room_id: str) -> Sequence[RoomAlarm]:
    """What is wrong in a room now, the worst first."""
    return repository.raised(session, room_id)


def rooms_in_trouble(session: Session) -> set[str]:
    """Ids of rooms with a critical alarm."""
    return repository.rooms_with_raised(session, "critical")


def on_since(session: Session, at: datetime) -> Sequence[tuple[str, str]]:
    """Room and name of each screen that is on, and was at that time already."""
    return repository.on_since(session, at)


def raised_keys(session: Session) -> set[tuple[str, str, str]]:
    """Room, subject and name of every alarm that a room has raised."""
    return repository.raised_keys(session)


def _shown(row: RoomAlarm) -> dict[str, str]:
    return {
        "severity": row.severity,
        "text": row.text,
        "what": row.what,
        "todo": row.todo,
        "value": row.value,
    }


def _told(agent: AgentRef, received: codec.Received) -> Told:
    # A clock that runs ahead must not make all that is told later look old.
    at = min(received.time, datetime.now(UTC))
    return Told(agent.agent, received.epoch, received.seq, at)


def _new_device(session: Session, agent: AgentRef, name: str) -> Device:
    row = Device(room_id=agent.room, name=name, agent_id=agent.agent)
    repository.add(session, row)
    return row


def _forget_state(row: Device, agent: AgentRef) -> None:
    """Another agent stands in the room: what the one before it saw is no longer known."""
    row.online, row.power, row.why, row.since = None, "unknown", "", None
    row.agent_id, row.epoch, row.seq = agent.agent, "", 0


def _alarm_of(
    session: Session, told: Told, room_id: str, subject: str, name: str
) -> RoomAlarm | None:
    """The row that a message changes; None if more is known already."""
    row = repository.alarm(session, room_id, subject[:_NAME], name[:_NAME])
    if row is None:
        row = RoomAlarm(
            room_id=room_id,
            subject=subject[:_NAME],
            alarm=name[:_NAME],
            raised_at=told.at,
            agent_id=told.agent,
            epoch=told.epoch,
            seq=told.seq,
        )
        repository.add(session, row)
        return row
    if not is_news(told, row.told):
        return None
    row.agent_id, row.epoch, row.seq = told.agent, told.epoch, told.seq
    return row
