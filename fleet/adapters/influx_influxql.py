"""Reading InfluxDB 1, and 3, in InfluxQL.

There are no parameters in it; what goes into a statement is quoted in `_quoted`.
"""
# ruff: noqa: S608

from datetime import UTC, datetime
from typing import Any, Final

import httpx

from fleet.adapters.influx_http import Http, Place
from fleet.adapters.influx_lines import FIELD, MEASUREMENT, name, tag
from fleet.adapters.influx_read import Where
from fleet.telemetry import levels
from fleet.telemetry.ports import Aggregate, Point, Sample, StoreRefused

_TAGS: Final = ("room", "device", "point", "unit", "site")
_COLUMNS: Final = ", ".join(f'"{key}"' for key in _TAGS)
_Row = dict[str, Any]


class InfluxqlReader:
    """One statement a request. `version` is the server's: 1 or 3."""

    def __init__(
        self, place: Place, version: int, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = Http(place, "Basic" if version == 1 else "Bearer", transport)
        self._database = place.bucket
        self._version = version

    def aggregated(
        self, where: Where, first: int, end: int, step: int, aggregate: Aggregate
    ) -> list[Sample]:
        """See `Reader`."""
        if end <= first:
            return []
        rows = self._ask(
            f'SELECT {aggregate}("{FIELD}") AS "found" FROM "{MEASUREMENT}" '
            f"WHERE {_condition(where)} AND time >= {first}s AND time < {end}s "
            f"GROUP BY time({step}s) fill(none)"
        )
        return [
            (levels.from_micros(_micros(row["time"])), float(row["found"]))
            for row in rows
            if row["found"] is not None
        ]

    def raw(self, where: Where, start: int, end: int) -> list[tuple[Point, int]]:
        """See `Reader`."""
        rows = self._ask(
            f'SELECT "{FIELD}", {_COLUMNS} FROM "{MEASUREMENT}" '
            f"WHERE {_condition(where)} AND time >= {start}u AND time < {end}u ORDER BY time"
        )
        return [(point := _point(row, row[FIELD]), levels.micros(point.at)) for row in rows]

    def newest(self, room: str) -> list[Point]:
        """See `Reader`."""
        rows = self._ask(
            f'SELECT last("{FIELD}") AS "found" FROM "{MEASUREMENT}" '
            f"WHERE {_condition({'room': (tag(room),)})} "
            f"GROUP BY {_COLUMNS}"
        )
        return [_point(row, row["found"]) for row in rows if row["found"] is not None]

    def _ask(self, statement: str) -> list[_Row]:
        if self._version == 1:
            return self._ask_1(statement)
        asked = {"db": self._database, "q": statement, "format": "json"}
        rows: list[_Row] = _json(self._http.post("/api/v3/query_influxql", json=asked))
        return rows

    def _ask_1(self, statement: str) -> list[_Row]:
        form = {"db": self._database, "q": statement, "epoch": "u"}
        found = _json(self._http.post("/query", form=form))["results"][0]
        if "error" in found:
            raise StoreRefused(f"InfluxDB: {found['error']}")
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in found.get("series", ())
            for row in series["values"]
        ]


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise StoreRefused("the metric store does not answer InfluxQL") from error


def _condition(where: Where) -> str:
    return " AND ".join(
        "(" + " OR ".join(f'"{key}" = {_quoted(value)}' for value in values) + ")"
        for key, values in where.items()
    )


def _quoted(text: str) -> str:
    """There are no backslashes and no line ends in tags of ours."""
    return "'" + text.replace("'", r"\'") + "'"


def _micros(time: int | str) -> int:
    """A time as version 1 gives it, microseconds, or version 3: ISO 8601 in UTC."""
    if isinstance(time, int):
        return time
    at = datetime.fromisoformat(time)
    return levels.micros(at.replace(tzinfo=UTC) if at.tzinfo is None else at)


def _point(row: _Row, value: float) -> Point:
    room, device, point, unit, site = (name(row.get(key) or "~") for key in _TAGS)
    at = levels.from_micros(_micros(row["time"]))
    return Point(room, device, point, at, float(value), unit, site)
