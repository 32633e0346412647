"""What pages of alarms show and read from forms."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from fleet.alerts import place_repository, service, texts
from fleet.alerts.models import Alarm
from fleet.alerts.service import Wanted
from fleet.auth import service as auth
from fleet.db import Session
from fleet.devices import points
from fleet.errors import FleetError, NotFound, Refused
from fleet.notices import service as notices
from fleet.notices.models import Notice
from fleet.orgs.models import OrgUnit
from fleet.telemetry import service as telemetry
from fleet.telemetry.ports import MetricStore
from fleet.web.language import gettext as _

_KEYS = ("unit", "severity", "rule", "state", "room")
_ID = re.compile(r"[0-9a-f-]{36}")
_AROUND = timedelta(hours=1)
_MOST_PAGES = 400


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for."""

    wanted: Wanted
    unit: str
    page: int
    query: str

    @classmethod
    def nothing(cls, reach: Sequence[str]) -> Self:
        """Everything that is open."""
        return cls(Wanted(tuple(reach)), "", 1, "")

    def at(self, page: int) -> str:
        """The address of another page of the same list."""
        return f"{self.query}{'&' if self.query else ''}page={page}"


@dataclass(frozen=True, slots=True)
class Past:
    """A line of an alarm's history."""

    at: datetime
    who: str
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Around:
    """Readings around an alarm: the address of the same as JSON, and a table."""

    address: str
    name: str
    unit: str
    rows: list[tuple[datetime, float | None]]


def filters(session: Session, given: Mapping[str, str], reach: Sequence[str]) -> Filters:
    """The filters of an address, within what somebody may see.

    Raises:
        Refused: a filter is none.
        NotFound: there is no such unit, or not for them.
    """
    values = {key: given.get(key, "") for key in _KEYS}
    within = tuple(reach)
    if values["unit"]:
        known = {one.id: one.path for one in units(session, reach)}
        if values["unit"] not in known:
            raise NotFound(_("There is no such unit, or you may not see it."), field="unit")
        within = (known[values["unit"]],)
    state = values["state"] or "open"
    if state != "all" and state not in service.STATES:
        raise Refused(_("There is no such state."), field="state")
    if values["severity"] not in ("", "critical", "warning", "info"):
        raise Refused(_("There is no such severity."), field="severity")
    wanted = Wanted(
        within,
        values["severity"],
        values["rule"][:100],
        "" if state == "all" else state,
        values["room"][:36],
    )
    number = given.get("page", "1")
    page = int(number) if number.isdecimal() and len(number) < 5 else 1
    query = urlencode({key: value for key, value in values.items() if value})
    return Filters(wanted, values["unit"], min(max(page, 1), _MOST_PAGES), query)


def clean_query(query: str) -> str:
    """The filters of a query string, and nothing else."""
    pairs = parse_qsl(query[:2000])
    return urlencode([(key, value) for key, value in pairs if key in (*_KEYS, "page")])


def units(session: Session, reach: Sequence[str]) -> list[OrgUnit]:
    """Units that somebody may see, the highest first."""
    return place_repository.units(session, reach)


def rule_names(session: Session, reach: Sequence[str]) -> list[tuple[str, str]]:
    """Rules there are alarms of, by name."""
    found = {rule: texts.title(text, rule) for rule, text in service.rules_seen(session, reach)}
    return sorted(found.items(), key=lambda one: one[1])


def states() -> list[tuple[str, str]]:
    """States to filter by, in words."""
    return [
        ("open", _("Open")),
        ("new", _("Open, nobody sees to it")),
        ("acknowledged", _("Open, somebody sees to it")),
        ("silenced", _("Silenced")),
        ("masked", _("Explained by another alarm")),
        ("resolved", _("Over")),
        ("all", _("All")),
    ]


def history(session: Session, alarm_id: str) -> list[Past]:
    """What happened to an alarm, the newest first."""
    rows = service.notes(session, alarm_id)
    names = auth.names(session, [row.by for row in rows])
    return [Past(row.at, names.get(row.by, ""), _happened(row.kind), row.text) for row in rows]


def told(session: Session, alarm_id: str) -> Sequence[Notice]:
    """Mails about an alarm."""
    return notices.of_cause(session, f"alarm:{alarm_id}")


def readings(session: Session, metrics: MetricStore, alarm: Alarm, now: datetime) -> Around | None:
    """Readings that the alarm is about, an hour around its beginning; None if it is about none."""
    rule = service.rulebook(session).of(alarm.rule, alarm.path, alarm.text)
    if rule is None or not rule.point or alarm.room_id is None:
        return None
    start, end = alarm.fired_at - _AROUND, min(alarm.fired_at + _AROUND, now)
    asked = {
        "device": alarm.subject,
        "point": rule.point,
        "start": start.isoformat(),
        "end": end.isoformat(),
    }
    address = f"/api/v1/rooms/{alarm.room_id}/readings?{urlencode(asked)}"
    name = points.reading(rule.point)
    try:
        chart = telemetry.chart(
            session, metrics, alarm.room_id, [(alarm.subject, rule.point)], start, end
        )
    except FleetError:
        return Around(address, name, rule.unit, [])
    rows = [(at, values[0]) for at, values in chart.rows()]
    return Around(address, name, rule.unit, rows[-30:])


def hours(text: str, least: int = 1) -> int:
    """So many hours, at most a year's."""
    if not text.isdecimal() or not least <= int(text[:6]) <= 8760:
        raise Refused(_("Write a whole number of hours."), field="hours")
    return int(text[:6])


def local_time(text: str, zone: str, field: str) -> datetime:
    """A date and time as browsers send them, on the clock of a time zone.

    Raises:
        Refused: it is none.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(_("Write the date and the time."), field=field) from None


def is_id(text: str) -> bool:
    """Whether it may be the id of an alarm."""
    return bool(_ID.fullmatch(text))


def _happened(kind: str) -> str:
    words = {
        "fired": _("Began"),
        "resolved": _("Over"),
        "masked": _("Explained by another alarm"),
        "unmasked": _("No longer explained by another alarm"),
        "flapping": _("Comes and goes: held until it is quiet"),
        "acknowledged": _("Somebody sees to it"),
        "silenced": _("Silenced"),
        "note": _("Note"),
        "mailed": _("Told by mail"),
    }
    return words.get(kind, kind)
