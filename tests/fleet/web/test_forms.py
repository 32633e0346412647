"""Values from forms, and errors that name their field."""

from collections.abc import Callable
from datetime import date, time

import pytest

from fleet.errors import Refused
from fleet.web.forms import Filled, day, wall_clock, whole_number


def test_good_values() -> None:
    assert whole_number(" 45 ", "minutes") == 45
    assert day("2026-11-23", "first_date") == date(2026, 11, 23)
    assert wall_clock("09:30", "starts") == time(9, 30)


@pytest.mark.parametrize("read", [whole_number, day, wall_clock])
@pytest.mark.parametrize("text", ["", "x", "1.5", "2026-13-01", "25:00", "٣a", "9" * 12])
def test_bad_values_name_the_field(read: Callable[[str, str], object], text: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(text, "some_field")
    assert refusal.value.field == "some_field"


def test_a_form_remembers() -> None:
    form = Filled({"name": "Hall"}, Refused("no", field="zone"))
    assert (form["name"], form["other"]) == ("Hall", "")
    assert form.wrong("zone")
    assert not form.wrong("name")
