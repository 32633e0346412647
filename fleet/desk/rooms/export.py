"""Lists of rooms as CSV that a spreadsheet opens, and in which it runs nothing."""

import csv
import io
from collections.abc import Iterable, Iterator

from fleet.desk.board import Snapshot
from fleet.desk.rooms.repository import Row
from fleet.web.spreadsheet import cell

HEAD = (
    "room",
    "name",
    "unit",
    "time_zone",
    "standing",
    "presence",
    "trouble",
    "agent_version",
    "last_heard",
)
_MARK = "\ufeff"


def lines(rows: Iterable[Row], snapshot: Snapshot, reach: Iterable[str]) -> Iterator[str]:
    """The file line by line, with the byte order mark by which spreadsheets know UTF-8."""
    prefixes = tuple(reach)
    names: dict[str, str] = {}
    yield _MARK + _line(HEAD)
    for row in rows:
        if row.path not in names:
            names[row.path] = " / ".join(one.name for one in snapshot.above(row.path, prefixes))
        heard = row.seen_at.isoformat(timespec="seconds") if row.seen_at else ""
        yield _line(
            (
                row.id,
                row.name,
                names[row.path],
                row.timezone,
                row.standing,
                row.presence,
                row.trouble,
                row.version,
                heard,
            )
        )


def _line(values: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(map(cell, values))
    return written.getvalue()
