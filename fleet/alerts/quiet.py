"""When nobody is told: silences and maintenance, once or each week on the room's clock. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time and what it covers; see `fleet.alerts.models.Quiet`."""

    kind: str
    path: str
    room_id: str | None
    rule: str
    starts_at: datetime
    ends_at: datetime | None
    weekdays: str
    from_minute: int
    to_minute: int


def open_at(window: Window, at: datetime, zone: str) -> bool:
    """Whether it is this time of the window, on the clock of `zone`."""
    if at < window.starts_at or (window.ends_at is not None and at >= window.ends_at):
        return False
    if not window.weekdays:
        return True
    local = at.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    if window.from_minute < window.to_minute:
        return _on(window, local) and window.from_minute <= minute < window.to_minute
    yesterday = local - timedelta(days=1)
    return (_on(window, local) and minute >= window.from_minute) or (
        _on(window, yesterday) and minute < window.to_minute
    )


def covers(
    window: Window, *, path: str, room_id: str | None, rule: str, at: datetime, zone: str
) -> bool:
    """Whether a window is open for a rule of a room, or of a place above rooms."""
    if window.room_id is not None and window.room_id != room_id:
        return False
    if not path.startswith(window.path) or window.rule not in ("", rule):
        return False
    return open_at(window, at, zone)


def any_covers(
    windows: Iterable[Window], *, path: str, room_id: str | None, rule: str, at: datetime, zone: str
) -> bool:
    """Whether one of them is."""
    return any(
        covers(one, path=path, room_id=room_id, rule=rule, at=at, zone=zone) for one in windows
    )


def _on(window: Window, local: datetime) -> bool:
    return str(local.weekday()) in window.weekdays
