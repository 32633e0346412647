"""Readings for pages and programs: the newest, charts of a series, of a room, of units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from fleet.db import Session
from fleet.errors import NotFound, Refused
from fleet.orgs import service as orgs
from fleet.telemetry import levels, repository
from fleet.telemetry.ports import Aggregate, Group, MetricStore, Point, Range, Sample, SeriesKey

STEPS: Final = (
    10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800,
)  # fmt: skip
"""Lengths of a step, in seconds, of which a chart takes the first that is long enough."""

MOST_STEPS: Final = 500
"""Of a line, unless it is asked for more: about as many as a screen has room for."""

LIMIT_STEPS: Final = 20_000
LONGEST: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the same times.

    Attributes:
        step: seconds of a step; of what is kept only in longer ones, times are further apart.
        times: the beginning of each step in which at least one line has a value, UTC.
        lines: by key, a value for each time; None where there is none.
        units: of measurement, by key; empty where it is not known.
    """

    step: int
    times: tuple[datetime, ...]
    lines: Mapping[str, tuple[float | None, ...]]
    units: Mapping[str, str]

    def columns(self) -> list[list[float | None]]:
        """What uPlot draws: seconds since 1970, then each line."""
        seconds: list[float | None] = [at.timestamp() for at in self.times]
        return [seconds, *map(list, self.lines.values())]

    def rows(self) -> list[tuple[datetime, tuple[float | None, ...]]]:
        """The same as a table: a time and the value of each line."""
        return list(zip(self.times, zip(*self.lines.values(), strict=True), strict=True))


def last(session: Session, room_id: str) -> list[Point]:
    """The newest reading of each series of a room, by device and point; whatever the store."""
    return repository.last(session, room_id)


def chart(
    session: Session,
    metrics: MetricStore,
    room_id: str,
    series: Sequence[tuple[str, str]],
    start: datetime,
    end: datetime,
    *,
    step: int | None = None,
    aggregate: Aggregate = "mean",
) -> Chart:
    """Series of a room, each a device and a measuring point, as lines `device/point`.

    Without a step, one is chosen that gives at most `MOST_STEPS`.

    Raises:
        Refused: the times or the step make no sense.
        NotFound: the room has no such series.
        StoreDown, StoreRefused: an outside store does not answer.
    """
    asked = _asked(start, end, step, aggregate)
    known = {(p.device, p.point): p.unit for p in repository.last(session, room_id)}
    for name in series:
        if name not in known:
            raise NotFound(f"this room has no readings of {name[1]!r} of {name[0]!r}")
    found = {
        f"{device}/{point}": metrics.range(session, SeriesKey(room_id, device, point), asked)
        for device, point in series
    }
    units = {f"{device}/{point}": known[device, point] for device, point in series}
    return _together(found, units, asked.step)


def chart_of_units(
    session: Session,
    metrics: MetricStore,
    units: Sequence[str],
    point: str,
    start: datetime,
    end: datetime,
    *,
    step: int | None = None,
    aggregate: Aggregate = "mean",
) -> Chart:
    """One measuring point of all rooms of each of these units and below, a line by unit's id.

    Raises:
        Refused: the times or the step make no sense.
        NotFound: there is no such unit.
        StoreDown, StoreRefused: an outside store does not answer.
    """
    asked = _asked(start, end, max(step, levels.SHORT) if step else None, aggregate)
    paths = [orgs.get(session, unit).path for unit in units]
    below = orgs.subtree(session, paths) if paths else []
    groups = [
        Group(unit, tuple(one.id for one in below if one.path.startswith(path)))
        for unit, path in zip(units, paths, strict=True)
    ]
    found = metrics.grouped(session, point, groups, asked)
    return _together(found, dict.fromkeys(units, ""), asked.step)


def chart_below(
    session: Session,
    metrics: MetricStore,
    unit: str,
    point: str,
    start: datetime,
    end: datetime,
    *,
    step: int | None = None,
    aggregate: Aggregate = "mean",
) -> Chart:
    """The same with a line for each unit right below one; for itself, if there is none."""
    units = [one.id for one in orgs.children(session, unit)] or [unit]
    return chart_of_units(
        session, metrics, units, point, start, end, step=step, aggregate=aggregate
    )


def in_utc(at: datetime) -> datetime:
    """The same time in UTC.

    Raises:
        Refused: it is so near the end of all times that it has none there, or before 1970.
    """
    try:
        found = at.astimezone(UTC)
    except (OverflowError, ValueError):
        found = None
    if found is None or not 1970 <= found.year < 9000:
        raise Refused("start, end: between 1970 and 9000", field="start")
    return found


def waiting(session: Session) -> tuple[int, int]:
    """How many readings wait for a store elsewhere, and how many bytes they take."""
    return repository.waiting(session)


def reports_waiting(session: Session) -> int:
    """How many reports wait for a store elsewhere, at the most; cheap to ask."""
    return repository.reports_waiting(session)


def _asked(start: datetime, end: datetime, step: int | None, aggregate: Aggregate) -> Range:
    if start.tzinfo is None or end.tzinfo is None:
        raise Refused("start, end: give them an offset, like 2026-03-02T12:00:00Z", field="start")
    if not timedelta(0) < end - start <= LONGEST:
        raise Refused("end: it is after start, by ten years at the most", field="end")
    if step is None:
        step = levels.nice_step(end - start, MOST_STEPS, STEPS)
    if step < 1 or (end - start).total_seconds() / step > LIMIT_STEPS:
        raise Refused(f"step: at most {LIMIT_STEPS} steps are told at once", field="step")
    return Range(start, end, step, aggregate)


def _together(found: Mapping[str, Sequence[Sample]], units: Mapping[str, str], step: int) -> Chart:
    split = {key: tuple(zip(*samples, strict=True)) for key, samples in found.items() if samples}
    stretches = [times for times, _values in split.values()]
    if len(split) == len(found) and all(times == stretches[0] for times in stretches):
        # The usual case; in a chart of countries there are tens of thousands of numbers.
        lines = {key: values for key, (_times, values) in split.items()}
        return Chart(step, stretches[0] if stretches else (), lines, units)
    every = tuple(sorted({at for times in stretches for at in times}))
    lines = {key: tuple(map(dict(samples).get, every)) for key, samples in found.items()}
    return Chart(step, every, lines, units)
