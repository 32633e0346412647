"""Numbers and times as pages write them."""

from datetime import UTC, datetime

import pytest

from fleet.web import render

AT = datetime(2026, 11, 26, 9, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (999, "B", "999 B"),
        (313_081_856, "B", "313.1 MB"),
        (78_829_350_912, "B", "78.8 GB"),
        (-5e15, "B", "-5,000 TB"),
        (1234, "h", "1,234 h"),
        (41.3, "", "41.3"),
        (0, None, "0"),
    ],
)
def test_many_bytes_are_written_in_a_larger_unit(value: float, unit: str, text: str) -> None:
    assert render.amount(value, unit).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(20, "20 sec"), (90, "90 sec"), (120, "2 min"), (3600, "1 hr"), (86_400, "1 day")],
)
def test_a_span_is_written_in_the_largest_whole_unit(seconds: float, text: str) -> None:
    assert render.span(seconds) == text


def test_times_of_several_zones_say_by_which_clock_they_are() -> None:
    assert render.moment_there(AT, "Asia/Kathmandu").endswith("3:02\u202fPM GMT+05:45")
    assert render.clock_there(AT, "Africa/Nairobi") == "12:17\u202fPM GMT+03:00"
