"""What people do about alarms: acknowledge, silence, note, set rules, put rooms in maintenance."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fleet.alerts import alarm_repository, repository, rulebook
from fleet.alerts.models import Alarm, AlarmNote, AlarmRule, Quiet, Subscription
from fleet.alerts.service.look import alarm
from fleet.audit import service as audit
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.errors import NotFound, Refused
from fleet.web.language import gettext as _

LONGEST_SILENCE = timedelta(days=366)
HOW = ("immediate", "daily", "weekly")
_LONGEST_NOTE = 4000


def acknowledge(session: Session, alarm_id: str, *, by: str, now: datetime) -> bool:
    """Say that somebody sees to it; whether nobody had said so before.

    Raises:
        NotFound: there is no such alarm.
    """
    found = _lock(session, alarm_id)
    if found.acknowledged_at is not None or found.state != "firing":
        return False
    found.acknowledged_at, found.acknowledged_by = now, by
    _noted(session, found, "acknowledged", by, now)
    return True


def silence(session: Session, alarm_id: str, *, until: datetime, by: str, now: datetime) -> None:
    """Tell nobody of it until then.

    Raises:
        NotFound: there is no such alarm.
        Refused: that is over already, or a long way off.
    """
    if until <= now:
        raise Refused(_("Choose a time that is still to come."), field="until")
    if until - now > LONGEST_SILENCE:
        raise Refused(_("Silence it for a year at most."), field="until")
    found = _lock(session, alarm_id)
    found.silenced_until = until
    _noted(session, found, "silenced", by, now, until.isoformat(timespec="minutes"))


def write(session: Session, alarm_id: str, text: str, *, by: str, now: datetime) -> None:
    """Write a note to an alarm.

    Raises:
        NotFound: there is no such alarm.
        Refused: the note is empty or very long.
    """
    found = alarm(session, alarm_id)
    if not 0 < len(text.strip()) <= _LONGEST_NOTE:
        raise Refused(_("Write between 1 and 4000 characters."), field="text")
    _noted(session, found, "note", by, now, text.strip())


def change_rule(
    session: Session, *, path: str, rule: str, change: Mapping[str, Any], by: str, now: datetime
) -> None:
    """Set what differs for a rule in a subtree; nothing takes the change back.

    Raises:
        Refused: there is no such rule, or a value does not fit.
    """
    kept = rulebook.checked(rule, change) if change else {}
    row = repository.rule_row(session, path, rule)
    if not kept:
        if row is not None:
            repository.remove(session, row)
    elif row is None:
        made = AlarmRule(path=path, rule=rule, change=kept, changed_by=by, changed_at=now)
        repository.add(session, made)
    else:
        row.change, row.changed_by, row.changed_at = kept, by, now
    session.flush()
    repository.wake(session, now, path, rule="room." if rule.startswith("room") else rule)
    audit.record(
        session, actor=by, action="alarm-rule.changed", target=rule, detail=kept, path=path, now=now
    )


def be_quiet(
    session: Session, *, kind: str, path: str, by: str, now: datetime, room_id: str | None = None,
    rule: str = "", starts_at: datetime | None = None, ends_at: datetime | None = None,
    weekdays: str = "", from_minute: int = 0, to_minute: int = 0, why: str = "",
) -> str:  # fmt: skip
    """Silence a unit, a room or a rule for a while or each week, or put a room in maintenance.

    Raises:
        NotFound: there is no such room.
        Refused: it would end before it starts, or the week has no such days.
    """
    if kind not in ("silence", "maintenance"):
        raise Refused("kind: silence or maintenance", field="kind")
    starts = starts_at or now
    if ends_at is not None and ends_at <= max(starts, now):
        raise Refused(_("Choose a time that is still to come."), field="ends_at")
    if set(weekdays) - set("0123456"):
        raise Refused("weekdays: digits from 0, Monday, to 6", field="weekdays")
    if weekdays and not (0 <= from_minute < 1440 and 0 <= to_minute < 1440):
        raise Refused(_("Write the time as hours:minutes."), field="from_minute")
    if room_id is not None:
        path = classrooms.room(session, room_id).path
    row = Quiet(
        kind=kind,
        path=path,
        room_id=room_id,
        rule=rule,
        starts_at=starts,
        ends_at=ends_at,
        weekdays="".join(sorted(set(weekdays))),
        from_minute=from_minute,
        to_minute=to_minute,
        why=why.strip()[:_LONGEST_NOTE],
        made_by=by,
        made_at=now,
    )
    repository.add(session, row)
    session.flush()
    repository.wake(session, now, path, room_id=room_id or "")
    detail = {"kind": kind, "rule": rule, "until": ends_at.isoformat() if ends_at else ""}
    audit.record(
        session, actor=by, action="alarm-quiet.set", target=room_id or path, detail=detail,
        path=path, now=now,
    )  # fmt: skip
    return row.id


def end_quiet(session: Session, quiet_id: str, *, by: str, now: datetime) -> None:
    """End a silence or a maintenance now.

    Raises:
        NotFound: there is none with this id.
    """
    row = repository.quiet(session, quiet_id)
    if row is None:
        raise NotFound(_("There is no such silence."))
    row.ends_at = now
    session.flush()
    repository.wake(session, now, row.path, room_id=row.room_id or "")
    audit.record(
        session, actor=by, action="alarm-quiet.ended", target=row.room_id or row.path,
        path=row.path, now=now,
    )  # fmt: skip


def subscribe(
    session: Session, *, user_id: str, path: str, how: str, severity: str, now: datetime
) -> None:
    """Tell a person of what is wrong in a subtree, at once or by digest. Again changes it.

    Raises:
        Refused: there is no such way or severity.
    """
    if how not in HOW:
        raise Refused("how: immediate, daily or weekly", field="how")
    if severity not in rulebook.SEVERITIES:
        raise Refused("severity: critical, warning or info", field="severity")
    row = repository.subscription(session, user_id, path, how)
    if row is None:
        repository.add(
            session, Subscription(user_id=user_id, path=path, how=how, severity=severity)
        )
    else:
        row.severity = severity
    session.flush()


def unsubscribe(session: Session, *, user_id: str, path: str, how: str) -> None:
    """Tell them no more."""
    row = repository.subscription(session, user_id, path, how)
    if row is not None:
        repository.remove(session, row)


def subscriptions(session: Session, user_id: str) -> Sequence[Subscription]:
    """What a person is told."""
    return repository.subscriptions(session, user_id=user_id)


def _lock(session: Session, alarm_id: str) -> Alarm:
    found = alarm_repository.get(session, alarm_id, lock=True)
    if found is None:
        raise NotFound(_("There is no such alarm."))
    return found


def _noted(
    session: Session, found: Alarm, kind: str, by: str, now: datetime, text: str = ""
) -> None:
    alarm_repository.add(session, AlarmNote(alarm_id=found.id, at=now, by=by, kind=kind, text=text))
    audit.record(
        session,
        actor=by,
        action=f"alarm.{kind}",
        target=found.id,
        detail={"rule": found.rule, "room": found.room_id or ""},
        path=found.path,
        now=now,
    )
