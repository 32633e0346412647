"""Looking at alarms: lists, one with its history, what is quiet, what is set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.alerts import alarm_repository, place_repository, repository
from fleet.alerts.alarm_repository import Wanted
from fleet.alerts.models import Alarm, AlarmNote, Quiet
from fleet.alerts.rulebook import Rulebook
from fleet.classrooms.models import Room
from fleet.db import Session
from fleet.errors import NotFound
from fleet.web.language import gettext as _

STATES = ("open", "new", "acknowledged", "silenced", "masked", "resolved", "")
"""What a list may be narrowed to; `open` fires and is explained by nothing else."""
_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Shown:
    """An alarm with the names of where it is. `zone` is the room's time zone."""

    alarm: Alarm
    room: str
    unit: str
    zone: str


def listed(
    session: Session, wanted: Wanted, now: datetime, *, limit: int = 50, skip: int = 0
) -> list[Shown]:
    """Alarms, firing ones first, the worst first, then the newest."""
    return shown(session, alarm_repository.listed(session, wanted, now, limit, skip))


def count(session: Session, wanted: Wanted, now: datetime) -> int:
    """How many there are."""
    return alarm_repository.count(session, wanted, now)


def open_by_severity(session: Session, within: Sequence[str] = ("",)) -> Mapping[str, int]:
    """How many fire that nothing else explains, by severity."""
    return alarm_repository.open_by_severity(session, within)


def alarm(session: Session, alarm_id: str) -> Alarm:
    """One alarm.

    Raises:
        NotFound: there is none with this id.
    """
    found = alarm_repository.get(session, alarm_id)
    if found is None:
        raise NotFound(_("There is no such alarm."))
    return found


def shown(session: Session, alarms: Sequence[Alarm]) -> list[Shown]:
    """Alarms with the names of where they are."""
    rooms = place_repository.rooms(session, [one.room_id for one in alarms if one.room_id])
    names = place_repository.unit_names(session, [one.unit_id for one in alarms if one.unit_id])
    return [_shown(one, rooms.get(one.room_id or ""), names) for one in alarms]


def explained(session: Session, alarm_id: str, limit: int = 100) -> list[Shown]:
    """Alarms that this one explains."""
    return shown(session, alarm_repository.masked(session, alarm_id, limit))


def dark_rooms(session: Session, found: Alarm, limit: int = 200) -> list[Room]:
    """The rooms that an alarm of an uplink or a unit is about."""
    if found.scope == "room":
        return []
    uplink = found.subject if found.scope == "uplink" else None
    return place_repository.dark_rooms(session, found.path, uplink, limit)


def notes(session: Session, alarm_id: str) -> Sequence[AlarmNote]:
    """What happened to an alarm and what people wrote, the newest first."""
    return alarm_repository.notes(session, alarm_id)


def before(session: Session, found: Alarm, limit: int = 10) -> Sequence[Alarm]:
    """Earlier episodes of the same, the newest first."""
    return alarm_repository.before(session, found, limit)


def rules_seen(session: Session, within: Sequence[str]) -> list[tuple[str, str]]:
    """Rules, with the key of their text, that there are alarms of."""
    return alarm_repository.rules_seen(session, within)


def quiets(session: Session, now: datetime, within: Sequence[str] = ("",)) -> Sequence[Quiet]:
    """Silences and maintenance that are not over."""
    return repository.quiets(session, now, within)


def maintenance_of(session: Session, room_id: str, now: datetime) -> Quiet | None:
    """The maintenance that a room is in."""
    for one in repository.quiets(session, now, ("",)):
        if one.kind == "maintenance" and one.room_id == room_id and one.starts_at <= now:
            return one
    return None


def rulebook(session: Session) -> Rulebook:
    """All rules with all their changes."""
    return Rulebook(repository.changes(session))


def tidy(session: Session, now: datetime) -> None:
    """Forget alarms that were over more than a year ago."""
    alarm_repository.forget(session, now - _KEPT)


def _shown(one: Alarm, room: Room | None, names: Mapping[str, str]) -> Shown:
    return Shown(
        one,
        room.name if room else "",
        names.get(one.unit_id or "", ""),
        room.timezone if room else "UTC",
    )
