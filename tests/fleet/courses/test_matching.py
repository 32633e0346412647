"""Which lesson a take is of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.courses.matching import (
    HINT_REACH,
    Candidate,
    NoneFound,
    One,
    Several,
    TakeTimes,
    match,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def lesson(name: str, start: float, end: float) -> Candidate:
    return Candidate(name, at(start), at(end))


A, B = lesson("a", 0, 45), lesson("b", 45, 90)


@pytest.mark.parametrize(
    ("start", "end", "hint", "expected"),
    [
        (0, 45, None, "a"),
        (-2, 47, None, "a"),
        (-2, 52, None, "a"),
        (20, 45, None, "a"),
        (44, 46, None, {"a", "b"}),
        (0, 90, None, {"a", "b"}),
        (0, 90, "b", "b"),
        (100, 140, None, None),
        (45, 90, None, "b"),
        (3, None, None, "a"),
        (-8, None, None, "a"),
        (-30, None, None, None),
        (40, None, None, {"a", "b"}),
        (24 * 60, 24 * 60 + 45, None, None),
        (24 * 60, 24 * 60 + 45, "a", "a"),
        (-24 * 60, -24 * 60 + 45, "a", "a"),
        (3 * 24 * 60, 3 * 24 * 60 + 45, "a", None),
        (0, 45, "unknown", "a"),
        (10, 10, None, "a"),
    ],
)
def test_examples(
    start: float, end: float | None, hint: str | None, expected: str | set[str] | None
) -> None:
    found = match(TakeTimes(at(start), None if end is None else at(end), hint), [A, B])
    match_of = {str: One, set: Several, type(None): NoneFound}[type(expected)]
    assert isinstance(found, match_of)
    if isinstance(found, One):
        assert found.lesson == expected
    if isinstance(found, Several):
        assert set(found.lessons) == expected


minutes = st.integers(-3000, 3000)
lessons = st.lists(st.tuples(minutes, st.integers(1, 300)), max_size=6).map(
    lambda found: [lesson(f"l{n}", start, start + long) for n, (start, long) in enumerate(found)]
)
takes = st.builds(
    lambda start, long, hint: TakeTimes(
        at(start), None if long is None else at(start + long), hint
    ),
    minutes,
    st.none() | st.integers(0, 400),
    st.none() | st.sampled_from([f"l{n}" for n in range(7)]),
)


@given(takes, lessons)
def test_only_lessons_of_the_room_and_never_a_guess(
    take: TakeTimes, candidates: list[Candidate]
) -> None:
    names = [one.lesson for one in candidates]
    match match(take, candidates):
        case One(name):
            assert name in names
        case Several(several):
            assert len(several) > 1
            assert set(several) <= set(names)
        case NoneFound():
            assert take.hint not in names or all(
                _apart(take, one) > HINT_REACH for one in candidates if one.lesson == take.hint
            )


@given(takes, lessons)
def test_the_order_of_lessons_does_not_matter(take: TakeTimes, candidates: list[Candidate]) -> None:
    one, other = match(take, candidates), match(take, candidates[::-1])
    assert type(one) is type(other)
    if isinstance(one, One) and isinstance(other, One):
        assert one.lesson == other.lesson


@given(lessons, st.integers(24 * 60, 30 * 24 * 60), st.sampled_from([-1, 1]))
def test_a_clock_off_by_a_day_is_not_believed_without_a_hint(
    candidates: list[Candidate], off: int, sign: int
) -> None:
    for one in candidates:
        shift = timedelta(minutes=sign * off)
        shifted = TakeTimes(one.starts_at + shift, one.ends_at + shift)
        assert isinstance(match(shifted, [one]), NoneFound)


@given(lessons)
def test_a_take_of_exactly_one_lesson_is_that_lesson(candidates: list[Candidate]) -> None:
    for one in candidates:
        assert match(TakeTimes(one.starts_at, one.ends_at), [one]) == One(
            one.lesson, "its time fits this lesson only"
        )


def _apart(take: TakeTimes, one: Candidate) -> timedelta:
    end = take.ended_at or take.started_at
    return max(one.starts_at - end, take.started_at - one.ends_at, timedelta())
