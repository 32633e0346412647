"""How readings are summed up as they grow old. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from fleet.telemetry.ports import Aggregate

MICROS: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)


class Summary(NamedTuple):
    """What is kept of the readings of a step; `last_at` is in microseconds since 1970."""

    number: int
    total: float
    least: float
    most: float
    last: float
    last_at: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """How many days the readings themselves, and their sums by 5 minutes and by hour, are kept."""

    raw_days: float = 7.0
    short_days: float = 90.0
    long_days: float = 730.0


RAW: Final = 0
SHORT: Final = 300
LONG: Final = 3600
STEPS: Final = (SHORT, LONG)
"""Seconds of a step of each level of sums; each divides the next."""


def kept_days(keeping: Keeping, level: int) -> float:
    """For how many days a level is kept; a coarser one never for less than a finer one."""
    days = keeping.raw_days
    if level >= SHORT:
        days = max(days, keeping.short_days)
    if level >= LONG:
        days = max(days, keeping.long_days)
    return days


def level_for(keeping: Keeping, start: datetime, step: int, now: datetime) -> tuple[int, int]:
    """The level to answer from, and the step that the answer has, in seconds.

    The finest that still reaches back to `start`, as long as it is not coarser than asked; of
    those that give the same numbers the one with the fewest rows.
    """
    for level in reversed(STEPS):
        if step % level == 0 and _reaches(keeping, level, start, now):
            return level, step
    for level in (RAW, *STEPS):
        if _reaches(keeping, level, start, now):
            return level, _multiple(step, level)
    return LONG, _multiple(step, LONG)


def summaries(values: Mapping[tuple[int, int], float]) -> dict[tuple[int, int, int], Summary]:
    """Sums of readings: (series, microseconds) → value becomes (series, step, second) → summary."""
    found: dict[tuple[int, int, int], Summary] = {}
    for (series, at), value in values.items():
        one = Summary(1, value, value, value, value, at)
        for step in STEPS:
            key = (series, step, at // MICROS // step * step)
            before = found.get(key)
            found[key] = merged(before, one) if before else one
    return found


def merged(one: Summary, other: Summary) -> Summary:
    """Both together; whichever comes first."""
    newest = other if (other.last_at, other.last) > (one.last_at, one.last) else one
    return Summary(
        one.number + other.number,
        one.total + other.total,
        min(one.least, other.least),
        max(one.most, other.most),
        newest.last,
        newest.last_at,
    )


def together(summaries: Iterable[Summary]) -> Summary | None:
    """All of them together; None if there are none."""
    whole: Summary | None = None
    for one in summaries:
        whole = merged(whole, one) if whole else one
    return whole


def value_of(summary: Summary, aggregate: Aggregate) -> float:
    """One number of a summary."""
    match aggregate:
        case "mean":
            return summary.total / summary.number
        case "min":
            return summary.least
        case "max":
            return summary.most
        case "last":
            return summary.last
        case "count":
            return float(summary.number)
        case "sum":
            return summary.total


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICRO


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    return micros(at) // MICROS


def from_micros(at: int) -> datetime:
    """The time so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=at)


@lru_cache(maxsize=50_000)
def from_seconds(at: int) -> datetime:
    """The time so many seconds after 1970."""
    return _EPOCH + timedelta(seconds=at)


def aligned(start: datetime, end: datetime, step: int) -> tuple[int, int]:
    """Where the first step begins and where the last one ends, in seconds since 1970."""
    return seconds(start) // step * step, -(-micros(end) // (step * MICROS)) * step


def nice_step(span: timedelta, most: int, ladder: Sequence[int]) -> int:
    """The shortest step of a ladder that divides a span into at most so many."""
    wanted = span.total_seconds() / most
    return next((step for step in ladder if step >= wanted), ladder[-1])


def _reaches(keeping: Keeping, level: int, start: datetime, now: datetime) -> bool:
    return start >= now - timedelta(days=kept_days(keeping, level))


def _multiple(step: int, level: int) -> int:
    return -(-step // level) * level if level else step
