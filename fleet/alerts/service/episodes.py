"""Alarms open and close as their watches fire and rest; rooms' standing follows."""

from fleet.alerts import alarm_repository, repository, rulebook
from fleet.alerts.events import AlarmFired, AlarmOver
from fleet.alerts.models import Alarm, AlarmNote, Watch
from fleet.alerts.service.parents import ROOM_DARK
from fleet.alerts.service.round import Round
from fleet.classrooms import service as classrooms
from fleet.db import new_id, publish

_TEXT = 100


def settle(this: Round) -> None:
    """Open, close, explain and change the alarms of what was touched; parents first."""
    touched = sorted(this.touched.values(), key=_parents_first)
    this.session.flush()
    alarms = alarm_repository.some(this.session, [one.alarm_id for one in touched if one.alarm_id])
    rooms: set[str] = set()
    for watch in touched:
        alarm = alarms.get(watch.alarm_id or "")
        if _settle(this, watch, alarm) and watch.room_id and watch.rule != ROOM_DARK:
            rooms.add(watch.room_id)
    this.session.flush()
    _stand(this, rooms)


def _settle(this: Round, watch: Watch, alarm: Alarm | None) -> bool:
    """Bring one alarm up to date; whether it changed."""
    if watch.state != "firing":
        if alarm is not None and watch.state == "ok":
            _close(this, watch, alarm)
            return True
        return False
    if alarm is None:
        if watch.parent:
            return False
        _open(this, watch)
        return True
    masked_by = _explaining(this, watch)
    severity = _severity(this, watch)
    changed = (alarm.masked_by, alarm.severity) != (masked_by, severity)
    if alarm.masked_by != masked_by:
        note(this, alarm, "masked" if masked_by else "unmasked")
    if watch.flapping and not alarm.flapping:
        note(this, alarm, "flapping")
    alarm.masked_by, alarm.severity, alarm.flapping = masked_by, severity, watch.flapping
    alarm.value = str(watch.said.get("value", alarm.value))
    alarm.count = int(watch.said.get("count", alarm.count))
    return changed


def _open(this: Round, watch: Watch) -> None:
    said = watch.said
    rule = this.rule(watch)
    alarm = Alarm(
        id=new_id(),
        rule=watch.rule,
        scope=watch.scope,
        room_id=watch.room_id,
        unit_id=watch.path.split(".")[-2] if watch.path else None,
        subject=watch.subject or (watch.place.partition("|")[2] if "|" in watch.place else ""),
        path=watch.path,
        severity=_severity(this, watch),
        text=str(said.get("text") or watch.rule)[:_TEXT],
        what=str(said.get("what") or (rule.name if rule else "")),
        todo=str(said.get("todo", "")),
        value=str(said.get("value", "")),
        flapping=watch.flapping,
        since=watch.since or this.now,
        fired_at=this.now,
        count=int(said.get("count", 1)),
        open_key=f"{watch.rule} {watch.place} {watch.subject}",
    )
    alarm_repository.add(this.session, alarm)
    watch.alarm_id = alarm.id
    note(this, alarm, "fired")
    publish(this.session, AlarmFired(*_told(alarm), this.now))


def _close(this: Round, watch: Watch, alarm: Alarm) -> None:
    alarm.state, alarm.resolved_at, alarm.open_key = "resolved", this.now, None
    alarm.flapping, alarm.masked_by = False, None
    watch.alarm_id = None
    note(this, alarm, "resolved")
    publish(this.session, AlarmOver(*_told(alarm), this.now))


def note(this: Round, alarm: Alarm, kind: str) -> None:
    """Write into an alarm's history what the fleet has done."""
    row = AlarmNote(alarm_id=alarm.id, at=this.now, by="fleet", kind=kind, text="")
    alarm_repository.add(this.session, row)


def _told(alarm: Alarm) -> tuple[str, str, str, str, str | None, str]:
    """What both events say first."""
    return (
        alarm.id, alarm.rule, alarm.severity, alarm.path, alarm.room_id, alarm.subject,
    )  # fmt: skip


def _severity(this: Round, watch: Watch) -> str:
    rule = this.rule(watch)
    said = str(watch.said.get("severity", ""))
    given = (rule.severity if rule else "") or said
    return given if given in rulebook.SEVERITIES else "warning"


def _explaining(this: Round, watch: Watch) -> str | None:
    """The alarm that explains a watch, however far above."""
    for _ in range(8):
        if not watch.parent:
            return None
        rule, _sep, place = watch.parent.partition(" ")
        key = (rule, place, "")
        above = this.watches.get(key) or repository.watches(this.session, [key]).get(key)
        if above is None:
            return None
        this.watches[key] = above
        if above.alarm_id and not above.parent:
            return above.alarm_id
        watch = above
    return None


def _parents_first(watch: Watch) -> tuple[int, str, str, str]:
    order = {"unit": 0, "uplink": 1}.get(watch.scope, 2 if watch.rule == ROOM_DARK else 3)
    return order, watch.rule, watch.place, watch.subject


def _stand(this: Round, rooms: set[str]) -> None:
    """Tell the rooms what is wrong in them; what something else explains does not count."""
    found: dict[str, list[str]] = {room: [] for room in rooms}
    for room, severity in alarm_repository.troubles(this.session, rooms, without=ROOM_DARK):
        found[room].append(severity)
    for room, severities in found.items():
        worst = rulebook.worst(one for one in severities if one != "info")
        classrooms.in_trouble(this.session, room, worst)
