"""Standing silences and maintenance in the files of units: the key `silences`.

    silences:
    - kind: maintenance
      days: [sat, sun]
      from: '22:00'
      to: '06:00'
      why: The power is off.

They hold for the whole unit and what is below, until the file no longer has them. What ends by
itself, or is about one room, is the affair of a day: it is set in the browser and stays.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.alerts import repository, service
from fleet.alerts.files import paths
from fleet.alerts.models import Quiet
from fleet.db import Session
from fleet.errors import Refused
from fleet.orgs.files import Act, SectionChange
from fleet.orgs.models import OrgUnit

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = ("kind", "rule", "days", "from", "to", "why")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, order=True)
class _Standing:
    """One of them, as a file says it; two that say the same are one."""

    kind: str
    rule: str
    weekdays: str
    from_minute: int
    to_minute: int
    why: str

    def __str__(self) -> str:
        days = " ".join(_DAYS[int(day)] for day in self.weekdays)
        hours = f"{_clock(self.from_minute)}-{_clock(self.to_minute)}" if days else "for good"
        return " ".join(one for one in (self.kind, self.rule, days, hours) if one)

    def plain(self) -> dict[str, Any]:
        """As it is written."""
        said: dict[str, Any] = {"kind": self.kind}
        if self.rule:
            said["rule"] = self.rule
        if self.weekdays:
            said["days"] = [_DAYS[int(day)] for day in self.weekdays]
            said["from"], said["to"] = _clock(self.from_minute), _clock(self.to_minute)
        if self.why:
            said["why"] = self.why
        return said


class Silences:
    """The silences and the maintenance of a unit that have no end."""

    key = "silences"

    def export(self, session: Session, unit: OrgUnit) -> Any | None:
        """Each of them, in order; None is nothing."""
        return [one.plain() for one in sorted(_here(session, unit))] or None

    def plan(self, session: Session, unit: OrgUnit | None, value: Any) -> Iterator[SectionChange]:
        """What differs.

        Raises:
            Refused: a day or a time is none.
        """
        if not isinstance(value, list):
            raise Refused("a list of silences")
        here = _here(session, unit) if unit is not None else {}
        wanted = {_read(one, f"[{number}]") for number, one in enumerate(value)}
        for one in sorted(wanted - here.keys()):
            yield SectionChange("+", f"quiet: {one}", _begin(one))
        for one in sorted(here.keys() - wanted):
            yield SectionChange("-", f"quiet: {one}", _end(here[one]))


def _here(session: Session, unit: OrgUnit) -> dict[_Standing, list[str]]:
    """What stands right here, with the ids of the rows that say so."""
    found: dict[_Standing, list[str]] = {}
    for row in repository.standing_quiets(session, paths(unit)):
        if row.kind == "silence" or not row.rule:  # maintenance of one rule holds nothing back
            found.setdefault(_of(row), []).append(row.id)
    return found


def _of(row: Quiet) -> _Standing:
    if not row.weekdays:
        return _Standing(row.kind, row.rule, "", 0, 0, row.why)
    return _Standing(row.kind, row.rule, row.weekdays, row.from_minute, row.to_minute, row.why)


def _read(given: Any, at: str) -> _Standing:
    if not isinstance(given, Mapping):
        raise Refused("a silence has keys: kind, days, from, to, rule, why", field=at)
    for key in given:
        if key not in _KEYS:
            raise Refused("there is no such key", field=f"{at}.{key}")
    kind, rule, why = (given.get(key, "") for key in ("kind", "rule", "why"))
    if kind not in ("silence", "maintenance"):
        raise Refused("silence or maintenance", field=f"{at}.kind")
    if not isinstance(rule, str) or len(rule) > 100 or (rule and kind != "silence"):
        raise Refused("the name of a rule, of a silence only", field=f"{at}.rule")
    if not isinstance(why, str) or len(why) > 4000:
        raise Refused("a text", field=f"{at}.why")
    days = given.get("days", [])
    if not isinstance(days, list) or ("days" in given and not days):
        raise Refused("a list of mon, tue, wed, thu, fri, sat, sun", field=f"{at}.days")
    for day in days:
        if day not in _DAYS:
            raise Refused("mon, tue, wed, thu, fri, sat or sun", field=f"{at}.days")
    if not days:
        for key in ("from", "to"):
            if key in given:
                raise Refused("say on which days", field=f"{at}.{key}")
    weekdays = "".join(sorted({str(_DAYS.index(day)) for day in days}))
    first, last = (_minute(given.get(key, 0), f"{at}.{key}") for key in ("from", "to"))
    return _Standing(kind, rule, weekdays, first, last, why.strip())


def _minute(given: Any, field: str) -> int:
    """A time of day; YAML makes the minutes of 22:00 where nobody has quoted it."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 1440:
        return given
    found = _TIME.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise Refused("a time of the day, '22:00'", field=field)
    return int(found[1]) * 60 + int(found[2])


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _begin(one: _Standing) -> Callable[[Session, OrgUnit, Act], None]:
    def do(session: Session, unit: OrgUnit, act: Act) -> None:
        service.be_quiet(
            session, kind=one.kind, path=paths(unit)[0], rule=one.rule, weekdays=one.weekdays,
            from_minute=one.from_minute, to_minute=one.to_minute, why=one.why,
            by=act.actor, now=act.now,
        )  # fmt: skip

    return do


def _end(ids: list[str]) -> Callable[[Session, OrgUnit, Act], None]:
    def do(session: Session, _unit: OrgUnit, act: Act) -> None:
        for quiet_id in ids:
            service.end_quiet(session, quiet_id, by=act.actor, now=act.now)

    return do
