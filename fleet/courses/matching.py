"""Which lesson a take is of: exactly one, none, or several for a person to choose from. Pure.

The timetable is on the room's disk, so a take normally names its lesson; the name is believed when
that lesson meets in this room and is not days away. Without it, time decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HINT_REACH = timedelta(hours=36)
"""How far from its lesson a take may lie that names it: a clock off by a day is believed."""

HEAD_START = timedelta(minutes=10)
"""A take that has only begun counts for a lesson that begins this soon."""

SHARE = 0.5
"""The part of the take, or of the lesson, that must lie in the other."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lesson of the room: half-open `[starts_at, ends_at)`."""

    lesson: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TakeTimes:
    """When a take ran; `ended_at` None while it runs. `hint` is the lesson it says it is of."""

    started_at: datetime
    ended_at: datetime | None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class One:
    """The take is of this lesson."""

    lesson: str
    why: str


@dataclass(frozen=True, slots=True)
class NoneFound:
    """No lesson of the room fits."""

    why: str


@dataclass(frozen=True, slots=True)
class Several:
    """More than one fits; only a person can tell."""

    lessons: tuple[str, ...]
    why: str


def match(take: TakeTimes, candidates: Sequence[Candidate]) -> One | NoneFound | Several:
    """Find the lesson of a take among the lessons of its room."""
    for candidate in candidates:
        if candidate.lesson == take.hint and _distance(take, candidate) <= HINT_REACH:
            return One(candidate.lesson, "the room recorded it for this lesson")
    fitting = tuple(one.lesson for one in candidates if _fits(take, one))
    match fitting:
        case (lesson,):
            return One(lesson, "its time fits this lesson only")
        case ():
            return NoneFound("no lesson of this room was on at that time")
        case _:
            return Several(fitting, "it covers more than one lesson")


def _distance(take: TakeTimes, lesson: Candidate) -> timedelta:
    ended_at = take.ended_at or take.started_at
    apart = max(lesson.starts_at - ended_at, take.started_at - lesson.ends_at)
    return max(apart, timedelta())


def _fits(take: TakeTimes, lesson: Candidate) -> bool:
    if take.ended_at is None or take.ended_at <= take.started_at:
        return lesson.starts_at - HEAD_START <= take.started_at < lesson.ends_at
    overlap = min(take.ended_at, lesson.ends_at) - max(take.started_at, lesson.starts_at)
    shorter = min(take.ended_at - take.started_at, lesson.ends_at - lesson.starts_at)
    return overlap > timedelta() and overlap >= SHARE * shorter
