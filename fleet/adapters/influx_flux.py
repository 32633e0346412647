"""Reading InfluxDB 2 in Flux. Tested on recorded answers: no such server is packaged here."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import httpx

from fleet.adapters.influx_http import Http, Place
from fleet.adapters.influx_lines import FIELD, MEASUREMENT, name, tag
from fleet.adapters.influx_read import Where
from fleet.telemetry import levels
from fleet.telemetry.ports import Aggregate, Point, Sample, StoreRefused

_TAGS: Final = ("room", "device", "point", "unit", "site")
_HEADERS: Final = {"Content-Type": "application/vnd.flux", "Accept": "application/csv"}
_EVER: Final = "1970-01-01T00:00:00Z"


class FluxReader:
    """Answers are annotated CSV, without annotations: tables apart by an empty line."""

    def __init__(self, place: Place, transport: httpx.BaseTransport | None = None) -> None:
        self._http = Http(place, "Token", transport)
        self._bucket = place.bucket
        self._org = place.org

    def aggregated(
        self, where: Where, first: int, end: int, step: int, aggregate: Aggregate
    ) -> list[Sample]:
        """See `Reader`."""
        if end <= first:
            return []
        start, stop = (_time(levels.from_seconds(at)) for at in (first, end))
        rows = self._ask(
            f"{self._from(where, start, stop)} |> group() "
            '|> sort(columns: ["_time"]) '
            f"|> aggregateWindow(every: {step}s, fn: {aggregate}, createEmpty: false, "
            'timeSrc: "_start")'
        )
        return [(datetime.fromisoformat(row["_time"]), float(row["_value"])) for row in rows]

    def raw(self, where: Where, start: int, end: int) -> list[tuple[Point, int]]:
        """See `Reader`."""
        first, stop = (_time(levels.from_micros(at)) for at in (start, end))
        rows = self._ask(f'{self._from(where, first, stop)} |> group() |> sort(columns: ["_time"])')
        return [(point := _point(row), levels.micros(point.at)) for row in rows]

    def newest(self, room: str) -> list[Point]:
        """See `Reader`."""
        return [
            _point(row)
            for row in self._ask(f"{self._from({'room': (tag(room),)}, _EVER, '')} |> last()")
        ]

    def _from(self, where: Where, start: str, stop: str) -> str:
        until = f", stop: {stop}" if stop else ""
        conditions = [
            f'r._measurement == "{MEASUREMENT}"',
            f'r._field == "{FIELD}"',
            *(
                "(" + " or ".join(f"r.{key} == {_quoted(value)}" for value in values) + ")"
                for key, values in where.items()
            ),
        ]
        return (
            f"from(bucket: {_quoted(self._bucket)}) |> range(start: {start}{until}) "
            f"|> filter(fn: (r) => {' and '.join(conditions)})"
        )

    def _ask(self, query: str) -> Iterator[dict[str, str]]:
        answer = self._http.post(
            "/api/v2/query", params={"org": self._org}, body=query.encode(), headers=_HEADERS
        )
        heads: list[str] = []
        for row in csv.reader(io.StringIO(answer.text, newline="")):
            if not row:
                heads = []
            elif not heads:
                heads = row
                if "error" in heads:
                    raise StoreRefused("InfluxDB could not finish a query")
            else:
                yield dict(zip(heads, row, strict=False))


def _quoted(text: str) -> str:
    """There are no backslashes and no line ends in tags of ours."""
    return '"' + text.replace('"', r"\"").replace("${", r"\${") + '"'


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _point(row: dict[str, str]) -> Point:
    room, device, point, unit, site = (name(row.get(key) or "~") for key in _TAGS)
    at = datetime.fromisoformat(row["_time"])
    return Point(room, device, point, at, float(row["_value"]), unit, site)
