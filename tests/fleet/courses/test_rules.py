"""Weekly meetings in UTC, through summer time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.courses.rules import Weekly, clash, occurrences, slug_of

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
ALWAYS = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


def weekly(zone: str, weekday: int, starts: time, minutes: int = 60) -> Weekly:
    return Weekly(weekday, starts, minutes, *YEAR, zone)


def test_the_wall_clock_stays_when_summer_time_comes() -> None:
    found = list(occurrences(weekly("Africa/Cairo", 0, time(9)), *ALWAYS))
    assert {meeting.starts_at.hour for meeting in found} == {6, 7}
    assert len(found) == 52


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 29), "2026-03-29T01:30:00+00:00"),  # 02:30 is skipped: it is 03:30 then
        (date(2026, 10, 25), "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first
    ],
)
def test_times_that_do_not_exist_or_come_twice(day: date, expected: str) -> None:
    meetings = occurrences(weekly("Europe/Paris", 6, time(2, 30), 45), *ALWAYS)
    meeting = next(one for one in meetings if one.local_date == day)
    assert meeting.starts_at.isoformat() == expected
    assert meeting.ends_at - meeting.starts_at == timedelta(minutes=45)


@given(
    st.sampled_from(["Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia", "Europe/Paris", "UTC"]),
    st.integers(0, 6),
    st.times(),
    st.integers(1, 720),
    st.integers(0, 365 * 24 * 60),
    st.integers(0, 30),
)
def test_a_window_shows_what_the_whole_year_shows(
    zone: str, weekday: int, starts: time, minutes: int, into: int, days: int
) -> None:
    slot = weekly(zone, weekday, starts, minutes)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=into)
    end = start + timedelta(days=days)
    whole = [
        one for one in occurrences(slot, *ALWAYS) if one.starts_at < end and one.ends_at > start
    ]
    assert list(occurrences(slot, start, end)) == whole
    assert all(one.local_date.weekday() == weekday for one in whole)


def test_slots_clash_on_their_first_common_day() -> None:
    one = weekly("UTC", 2, time(9), 90)
    assert clash(one, weekly("UTC", 2, time(10), 60)) == date(2026, 1, 7)
    assert clash(one, weekly("UTC", 2, time(10, 30), 60)) is None
    assert clash(one, weekly("UTC", 3, time(9), 60)) is None


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Soil science, part 2", "soil-science-part-2"), ("Génie civil", "genie-civil"), ("土壤", "")],
)
def test_slugs(title: str, slug: str) -> None:
    assert slug_of(title) == slug
