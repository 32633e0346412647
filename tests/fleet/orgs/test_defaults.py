"""What is wanted of all rooms of a unit."""

import pytest

from fleet.errors import Refused
from fleet.orgs import defaults


def test_what_is_nearer_wins_and_nothing_is_a_value() -> None:
    found = defaults.effective([{"language": "fr"}, {}, {"language": None, "quiet_minutes": 5}])

    assert found == {**defaults.UNSET, "language": None, "quiet_minutes": 5}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timetable", []),
        ("nothing", 1),
        ("language", "sw"),
        ("upload", None),
        ("upload", {"bytes": 1}),
        ("report_seconds", 1),
        ("record_timetable", "yes"),
    ],
)
def test_what_a_room_could_not_obey_is_refused(key: str, value: object) -> None:
    with pytest.raises(Refused) as refused:
        defaults.normal(key, value)

    assert (refused.value.field or "").split(".")[0] == key


def test_numbers_are_as_files_write_them() -> None:
    assert repr(defaults.normal("report_seconds", 60.0)) == "60"
    assert defaults.normal("report_seconds", 7.5) == 7.5
    assert defaults.normal("upload", {}) == {"bytes_per_second": None}
