"""The audit trail with names for ids, narrowed to what somebody may read."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fleet.audit.models import AuditRow
from fleet.auth.service import Signed
from fleet.db import Session
from fleet.desk.trail import repository
from fleet.errors import Refused
from fleet.web.forms import day
from fleet.web.language import gettext as _
from fleet.web.spreadsheet import cell

PAGE = 50
MOST_ROWS = 100_000
_MOST_NAMES = 500
COLUMNS = ("number", "time", "who", "what", "target", "where", "detail", "digest")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; kept in the address. Days are UTC, both included."""

    actor: str = ""
    action: str = ""
    target: str = ""
    since: str = ""
    until: str = ""

    def days(self) -> tuple[date | None, date | None]:
        """The days as dates. Raises Refused naming the field."""
        return (
            day(self.since, "since") if self.since else None,
            day(self.until, "until") if self.until else None,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A row, told."""

    row: AuditRow
    who: str
    target: str
    where: str

    @property
    def detail(self) -> str:
        """The facts as text."""
        return ", ".join(f"{key}: {_plain(value)}" for key, value in self.row.detail.items())


@dataclass(frozen=True, slots=True)
class Sheet:
    """Some rows, and the number to ask on with; 0 when these are the last."""

    rows: list[Told]
    next: int


def sheet(session: Session, signed: Signed, filters: Filters, before: int = 0) -> Sheet:
    """The newest rows before a number. Raises Refused when a day is none."""
    found = list(_rows(session, signed, filters, before or None, PAGE + 1))
    shown = found[:PAGE]
    return Sheet(_told(session, shown), shown[-1].number if len(found) > PAGE else 0)


def table(session: Session, signed: Signed, filters: Filters) -> Iterator[str]:
    """All of it as CSV, the newest first, up to `MOST_ROWS`."""
    yield "\ufeff" + _line(COLUMNS)
    waiting: list[AuditRow] = []
    for row in _rows(session, signed, filters, None, MOST_ROWS):
        waiting.append(row)
        if len(waiting) == _MOST_NAMES:
            yield from _lines(session, waiting)
            waiting = []
    yield from _lines(session, waiting)


def _lines(session: Session, rows: list[AuditRow]) -> Iterator[str]:
    for one in _told(session, rows):
        row = one.row
        yield _line(
            (
                str(row.number),
                row.at.isoformat(),
                one.who,
                row.action,
                one.target,
                one.where,
                one.detail,
                row.digest,
            )
        )


def _line(cells: tuple[str, ...]) -> str:
    """A line of CSV in which no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    csv.writer(out).writerow(map(cell, cells))
    return out.getvalue()


def _rows(
    session: Session, signed: Signed, filters: Filters, before: int | None, limit: int
) -> Iterator[AuditRow]:
    first, last = filters.days()
    actor, target = filters.actor.strip(), filters.target.strip()
    if len(filters.action) > 100:
        raise Refused(_("That is too long."), field="action")
    return repository.rows(
        session,
        signed.reach("audit.see"),
        actors=[actor, *repository.users_called(session, actor, _MOST_NAMES)] if actor else None,
        action=filters.action.strip(),
        targets=(
            [
                target,
                *repository.users_called(session, target, _MOST_NAMES),
                *repository.things_called(session, target, _MOST_NAMES),
            ]
            if target
            else None
        ),
        since=_midnight(first) if first else None,
        until=_midnight(last + timedelta(days=1)) if last else None,
        before=before,
        limit=limit,
    )


def _told(session: Session, rows: list[AuditRow]) -> list[Told]:
    ids = {one.actor for one in rows} | {one.target for one in rows}
    names = repository.names(session, ids)
    units = repository.codes(session, {one.path for one in rows})
    return [
        Told(
            one,
            names.get(one.actor, one.actor),
            names.get(one.target, one.target),
            units.get(one.path, ""),
        )
        for one in rows
    ]


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
