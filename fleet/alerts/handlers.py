"""What happens elsewhere and alarms judge: news is noted down, in the same transaction."""

from datetime import UTC, datetime

from fleet.alerts.service import hearing
from fleet.classrooms.events import PresenceChanged, RoomChanged, RoomRemoved
from fleet.db import Bus, Session
from fleet.devices.events import AlarmChanged
from fleet.telemetry.events import ReadingsCame


def register(bus: Bus) -> None:
    """Listen to rooms' presence, alarms and readings, and to where they belong."""
    readings = hearing.Readings()
    bus.on(PresenceChanged, _presence)
    bus.on(AlarmChanged, _alarm)
    bus.on(RoomChanged, lambda session, it: hearing.room_changed(session, it, datetime.now(UTC)))
    bus.on(RoomRemoved, hearing.room_removed)
    bus.on(ReadingsCame, lambda session, event: readings.came(session, event, datetime.now(UTC)))


def _presence(session: Session, event: PresenceChanged) -> None:
    hearing.presence(session, event, datetime.now(UTC))


def _alarm(session: Session, event: AlarmChanged) -> None:
    hearing.room_alarm(session, event, datetime.now(UTC))
