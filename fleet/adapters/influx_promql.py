"""Reading VictoriaMetrics: PromQL, and its export for readings as they came."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from fleet.adapters.influx_http import Http, Place
from fleet.adapters.influx_lines import FIELD, MEASUREMENT, name, tag
from fleet.adapters.influx_read import Where
from fleet.telemetry import levels
from fleet.telemetry.ports import Aggregate, Point, Sample, StoreDown, StoreRefused

_METRIC: Final = f"{MEASUREMENT}_{FIELD}"
_LONGEST: Final = "3650d"
_QUERIES: Final[dict[Aggregate, str]] = {
    "mean": "sum(sum_over_time({series}[{step}s])) / sum(count_over_time({series}[{step}s]))",
    "min": "min(min_over_time({series}[{step}s]))",
    "max": "max(max_over_time({series}[{step}s]))",
    "count": "sum(count_over_time({series}[{step}s]))",
    "sum": "sum(sum_over_time({series}[{step}s]))",
}


class PromReader:
    """A step is `(t - step, t]` in PromQL, and times are milliseconds: it is asked for at the
    last millisecond of each step.
    """  # noqa: D205 - one sentence

    def __init__(self, place: Place, transport: httpx.BaseTransport | None = None) -> None:
        self._http = Http(place, "Bearer", transport)

    def aggregated(
        self, where: Where, first: int, end: int, step: int, aggregate: Aggregate
    ) -> list[Sample]:
        """See `Reader`."""
        if end <= first:
            return []
        if aggregate == "last":
            return self._last(where, first, end, step)
        query = _QUERIES[aggregate].format(series=_selector(where), step=step)
        found = self._ask_range(query, first, end, step)
        return [
            (_beginning(at, step), float(value))
            for series in found
            for at, value in series["values"]
        ]

    def _last(self, where: Where, first: int, end: int, step: int) -> list[Sample]:
        """Of several series the newest, step by step."""
        window = f"{_selector(where)}[{step}s]"
        values = self._ask_range(f"last_over_time({window})", first, end, step)
        times = self._ask_range(f"tlast_over_time({window})", first, end, step)
        when = {(_identity(one), at): float(value) for one in times for at, value in one["values"]}
        newest: dict[datetime, tuple[float, float]] = {}
        for one in values:
            for at, value in one["values"]:
                begin = _beginning(at, step)
                found = (when.get((_identity(one), at), 0.0), float(value))
                newest[begin] = max(found, newest.get(begin, found))
        return sorted((at, value) for at, (_, value) in newest.items())

    def raw(self, where: Where, start: int, end: int) -> list[tuple[Point, int]]:
        """See `Reader`. Also what is too new to be found by a query."""
        if end <= start:
            return []
        form: dict[str, str | list[str]] = {
            "match[]": [_selector(where)],
            "start": f"{-(-start // 1000) / 1000:.3f}",
            "end": f"{(end - 1) // 1000 / 1000:.3f}",
        }
        return sorted(self._export(form), key=lambda one: one[1])

    def export(self, rooms: Iterable[str], start: int, end: int) -> list[tuple[Point, int]]:
        """Everything of some rooms, in microseconds, both ends included, in no order."""
        return self._export(
            {
                "match[]": [_selector({"room": (tag(room),)}) for room in rooms],
                "start": f"{start / levels.MICROS - 0.001:.3f}",
                "end": f"{end / levels.MICROS + 0.001:.3f}",
            }
        )

    def flush(self) -> None:
        """Let what was written lately be found.

        Raises:
            StoreRefused: only an operator's key may do that, or it is a cluster.
        """
        self._http.post("/internal/force_flush")

    def newest(self, room: str) -> list[Point]:
        """See `Reader`."""
        series = _selector({"room": (tag(room),)})
        ahead = (datetime.now(UTC) + timedelta(days=1)).timestamp()
        values, times = (
            self._ask(f"{function}({series}[{_LONGEST}])", ahead)
            for function in ("last_over_time", "tlast_over_time")
        )
        when = {_identity(one): float(one["value"][1]) for one in times}
        return [
            _point(one["metric"], levels.from_micros(round(at * 1e6)), float(one["value"][1]))
            for one in values
            if (at := when.get(_identity(one))) is not None
        ]

    def _export(self, form: dict[str, str | list[str]]) -> list[tuple[Point, int]]:
        answer = self._http.post("/api/v1/export", form=form)
        found = []
        # Not splitlines(): a name may hold U+0085 or U+2028, which JSON leaves as they are.
        for line in filter(None, answer.text.split("\n")):
            series = json.loads(line)
            for at, value in zip(series["timestamps"], series["values"], strict=True):
                when = levels.from_micros(at * 1000)
                found.append((_point(series["metric"], when, float(value)), at * 1000))
        return found

    def _ask_range(self, query: str, first: int, end: int, step: int) -> list[Any]:
        # Without nocache, the ends are moved to multiples of the step.
        asked = {
            "query": query,
            "start": f"{first + step - 0.001:.3f}",
            "end": f"{end - 0.001:.3f}",
            "step": str(step),
            "nocache": "1",
        }
        return _result(self._http.post("/api/v1/query_range", form=asked))

    def _ask(self, query: str, at: float) -> list[Any]:
        asked = {"query": query, "time": f"{at:.3f}", "nocache": "1"}
        return _result(self._http.post("/api/v1/query", form=asked))


def _result(answer: httpx.Response) -> list[Any]:
    try:
        found = answer.json()
        result: list[Any] = found["data"]["result"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreRefused("the metric store does not answer PromQL") from error
    if found.get("isPartial"):
        raise StoreDown("a part of the metric store does not answer")
    return result


def _selector(where: Where) -> str:
    # The alternatives are exact: a regular expression is only used for several, of our own ids.
    parts = []
    for key, values in where.items():
        if len(values) == 1:
            parts.append(f"{key}={_quoted(values[0])}")
        else:
            parts.append(f"{key}=~{_quoted('|'.join(map(_plain, values)))}")
    return f"{_METRIC}{{{','.join(parts)}}}"


def _plain(value: str) -> str:
    """A regular expression that only this value fits."""
    return "".join(
        c if c.isalnum() or c in "-_ " else f"[{c}]" if c != "^" else r"\^" for c in value
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _identity(series: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in series["metric"].items() if k != "__name__"))


def _beginning(at: float, step: int) -> datetime:
    """The beginning of the step whose last millisecond is `at`."""
    return levels.from_seconds(round(at + 0.001) - step)


def _point(tags: dict[str, str], at: datetime, value: float) -> Point:
    room, device, point, unit, site = (
        name(tags.get(key, "~")) for key in ("room", "device", "point", "unit", "site")
    )
    return Point(room, device, point, at, value, unit, site)
