"""SQL of alarms and their notes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select
from sqlalchemy.orm import Session

from fleet.alerts.models import Alarm, AlarmNote
from fleet.db.paths import within

_AT_ONCE = 500
_WORST_FIRST = case({"critical": 0, "warning": 1}, value=Alarm.severity, else_=2)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shows. Empty is all; `states` are those of `fleet.alerts.service.STATES`."""

    within: tuple[str, ...] = ("",)
    severity: str = ""
    rule: str = ""
    state: str = "open"
    room_id: str = ""


def get(session: Session, alarm_id: str, *, lock: bool = False) -> Alarm | None:
    """One alarm."""
    return session.get(Alarm, alarm_id, with_for_update=lock or None)


def some(session: Session, ids: Iterable[str]) -> dict[str, Alarm]:
    """Some alarms by id."""
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Alarm).where(Alarm.id.in_(wanted[start : start + _AT_ONCE]))
        found.update({one.id: one for one in session.scalars(query)})
    return found


def add(session: Session, row: Alarm | AlarmNote) -> None:
    """A new row."""
    session.add(row)


def listed(session: Session, wanted: Wanted, now: datetime, limit: int, skip: int) -> list[Alarm]:
    """Alarms for a page: what fires first, the worst first, then the newest."""
    order = (
        case((Alarm.state == "firing", 0), else_=1),
        case((Alarm.masked_by.is_(None), 0), else_=1),
        _WORST_FIRST,
        Alarm.fired_at.desc(),
        Alarm.id,
    )
    query = select(Alarm).where(*_where(wanted, now)).order_by(*order)
    return list(session.scalars(query.limit(limit).offset(skip)))


def count(session: Session, wanted: Wanted, now: datetime) -> int:
    """How many there are."""
    query = select(func.count()).select_from(Alarm).where(*_where(wanted, now))
    return session.scalar(query) or 0


def open_by_severity(session: Session, prefixes: Sequence[str]) -> dict[str, int]:
    """How many fire that nothing else explains, by severity."""
    query = (
        select(Alarm.severity, func.count())
        .where(Alarm.state == "firing", Alarm.masked_by.is_(None), within(Alarm.path, prefixes))
        .group_by(Alarm.severity)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def untold(session: Session) -> list[Alarm]:
    """What fires, is explained by nothing else and has not been told."""
    query = select(Alarm).where(
        Alarm.state == "firing", Alarm.told_at.is_(None), Alarm.masked_by.is_(None)
    )
    return list(session.scalars(query.order_by(Alarm.fired_at, Alarm.id)))


def over_untold(session: Session, since: datetime) -> list[Alarm]:
    """What is over since then, was told when it began, and is not told to be over."""
    query = select(Alarm).where(
        Alarm.state == "resolved", Alarm.told_at < Alarm.resolved_at, Alarm.resolved_at >= since
    )
    return list(session.scalars(query.order_by(Alarm.resolved_at, Alarm.id)))


def noted(session: Session, ids: Iterable[str], kind: str) -> dict[str, set[str]]:
    """Who has a note of a kind at these alarms, by alarm."""
    wanted, found = sorted(set(ids)), dict[str, set[str]]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(AlarmNote.alarm_id, AlarmNote.by).where(
            AlarmNote.alarm_id.in_(wanted[start : start + _AT_ONCE]), AlarmNote.kind == kind
        )
        for alarm, by in session.execute(query):
            found.setdefault(alarm, set()).add(by)
    return found


def of_span(
    session: Session, start: datetime, end: datetime, prefixes: Sequence[str]
) -> list[Alarm]:
    """Alarms of some subtrees that fired, or came to their end, then; the worst first."""
    query = select(Alarm).where(
        or_(
            and_(Alarm.fired_at >= start, Alarm.fired_at < end),
            and_(Alarm.resolved_at >= start, Alarm.resolved_at < end),
        ),
        within(Alarm.path, prefixes),
    )
    return list(session.scalars(query.order_by(_WORST_FIRST, Alarm.fired_at, Alarm.id)))


def troubles(session: Session, rooms: Iterable[str], without: str) -> list[tuple[str, str]]:
    """Room and severity of what fires in rooms and nothing else explains."""
    wanted, found = sorted(set(rooms)), []
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Alarm.room_id, Alarm.severity).where(
            Alarm.room_id.in_(wanted[start : start + _AT_ONCE]),
            Alarm.state == "firing",
            Alarm.masked_by.is_(None),
            Alarm.rule != without,
        )
        found += [(row[0] or "", row[1]) for row in session.execute(query)]
    return found


def masked(session: Session, alarm_id: str, limit: int) -> list[Alarm]:
    """What an alarm explains and was an alarm before."""
    query = select(Alarm).where(Alarm.masked_by == alarm_id, Alarm.state == "firing")
    return list(session.scalars(query.order_by(Alarm.fired_at).limit(limit)))


def notes(session: Session, alarm_id: str) -> list[AlarmNote]:
    """What happened to an alarm, the newest first."""
    query = select(AlarmNote).where(AlarmNote.alarm_id == alarm_id)
    return list(session.scalars(query.order_by(AlarmNote.at.desc(), AlarmNote.id.desc())))


def before(session: Session, alarm: Alarm, limit: int) -> list[Alarm]:
    """Earlier episodes of the same, the newest first."""
    query = select(Alarm).where(
        Alarm.rule == alarm.rule,
        Alarm.room_id == alarm.room_id,
        Alarm.subject == alarm.subject,
        Alarm.path == alarm.path,
        Alarm.id != alarm.id,
    )
    return list(session.scalars(query.order_by(Alarm.fired_at.desc(), Alarm.id).limit(limit)))


def rules_seen(session: Session, prefixes: Sequence[str]) -> list[tuple[str, str]]:
    """Rules, with the key of their text, that alarms of some subtrees are of."""
    query = select(Alarm.rule, Alarm.text).where(within(Alarm.path, prefixes)).distinct()
    return sorted((row[0], row[1]) for row in session.execute(query))


def forget(session: Session, before_then: datetime) -> None:
    """Delete what was over before then, with its notes."""
    session.execute(delete(Alarm).where(Alarm.state == "resolved", Alarm.resolved_at < before_then))


def _where(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    found = [within(Alarm.path, wanted.within)]
    for column, value in (
        (Alarm.severity, wanted.severity),
        (Alarm.rule, wanted.rule),
        (Alarm.room_id, wanted.room_id),
    ):
        if value:
            found.append(column == value)
    match wanted.state:
        case "open":
            found += [Alarm.state == "firing", Alarm.masked_by.is_(None)]
        case "new":
            found += [Alarm.state == "firing", Alarm.acknowledged_at.is_(None)]
            found.append(Alarm.masked_by.is_(None))
        case "acknowledged":
            found += [Alarm.state == "firing", Alarm.acknowledged_at.is_not(None)]
        case "silenced":
            found += [Alarm.state == "firing", Alarm.silenced_until > now]
        case "masked":
            found += [Alarm.state == "firing", Alarm.masked_by.is_not(None)]
        case "resolved":
            found.append(Alarm.state == "resolved")
    return found
