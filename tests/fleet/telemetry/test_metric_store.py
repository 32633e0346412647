"""Every MetricStore keeps this: each that can be run, is."""

from datetime import datetime, timedelta

import pytest

from fleet.telemetry.ports import AGGREGATES, Aggregate, Range
from tests.fleet.telemetry.stores import NOON, Kept


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_the_newest_reading_is_the_last_whatever_came_last(kept: Kept) -> None:
    kept.write(kept.point(120, 20.0), kept.point(60, 10.0))
    kept.write(kept.point(0, 5.0), kept.point(0, 1.0, point="memory"))
    kept.write(kept.point(0, 7.0, room=1))

    assert kept.last(kept.rooms[0]) == [kept.point(120, 20.0), kept.point(0, 1.0, point="memory")]
    assert kept.last(kept.rooms[2]) == []


def test_a_step_holds_what_is_in_it_and_not_what_is_at_its_end(kept: Kept) -> None:
    kept.write(*(kept.point(60 * n, float(n)) for n in (12, 3, 1, 4, 5, 9, 10, 0)))

    found = kept.range(kept.key(), Range(minutes(0), minutes(10), 300, "sum"))

    assert found == [(minutes(0), 8.0), (minutes(5), 14.0)]


@pytest.mark.parametrize(
    ("aggregate", "first", "second"),
    [
        ("mean", 4.0, 8.0),
        ("min", 1.0, 8.0),
        ("max", 9.0, 8.0),
        ("last", 2.0, 8.0),
        ("count", 3.0, 1.0),
        ("sum", 12.0, 8.0),
    ],
)
def test_each_aggregate(kept: Kept, aggregate: Aggregate, first: float, second: float) -> None:
    kept.write(*(kept.point(at, v) for at, v in ((0, 1.0), (299, 2.0), (60, 9.0), (900, 8.0))))

    found = kept.range(kept.key(), Range(minutes(0), minutes(20), 300, aggregate))

    assert found == [(minutes(0), first), (minutes(15), second)]
    assert aggregate in AGGREGATES


@pytest.mark.parametrize("step", [60, 300, 900, 3600, 7200, 86_400])
def test_steps_of_any_length_begin_at_multiples_of_it(kept: Kept, step: int) -> None:
    kept.write(kept.point(0, 1.0), kept.point(3 * 3600 + 61, 2.0), kept.point(20 * 3600, 4.0))

    found = kept.range(kept.key(), Range(minutes(-1), minutes(24 * 60), step, "max"))

    assert all(at.timestamp() % step == 0 for at, _ in found)
    assert max(value for _, value in found) == 4.0
    if step == 3600:
        assert found == [(minutes(0), 1.0), (minutes(180), 2.0), (minutes(1200), 4.0)]


def test_the_same_reading_again_changes_nothing(kept: Kept) -> None:
    for _ in range(2):
        kept.write(kept.point(0, 1.5), kept.point(0, 1.5))

    assert kept.readings(kept.key(), minutes(0), minutes(60)) == [(NOON, 1.5)]
    assert kept.range(kept.key(), Range(minutes(0), minutes(60), 3600, "mean")) == [(NOON, 1.5)]


def test_what_comes_late_goes_where_it_belongs(kept: Kept) -> None:
    kept.write(kept.point(3600, 5.0))
    kept.write(kept.point(-86_400, 1.0), kept.point(0, 3.0))

    found = kept.range(kept.key(), Range(minutes(-1440), minutes(61), 3600, "last"))

    assert found == [(minutes(-1440), 1.0), (NOON, 3.0), (minutes(60), 5.0)]


def test_readings_are_given_back_as_they_came(kept: Kept) -> None:
    values = [0.1, -0.000123, 8e11, 12345678.9, 0.0, -273.15]
    kept.write(*(kept.point(n, value) for n, value in enumerate(values)))

    found = kept.readings(kept.key(), minutes(0), NOON + timedelta(seconds=5))

    assert [value for _, value in found] == pytest.approx(values[:5], rel=1e-9)
    assert [at for at, _ in found] == [NOON + timedelta(seconds=n) for n in range(5)]


def test_rooms_are_added_up_by_unit(kept: Kept) -> None:
    kept.write(kept.point(0, 10.0, room=0), kept.point(60, 20.0, room=0))
    kept.write(kept.point(30, 60.0, room=1, device="panel"), kept.point(30, 1.0, point="memory"))
    kept.write(kept.point(3600, 7.0, room=2))

    asked = Range(minutes(0), minutes(120), 3600)
    found = kept.grouped("cpu", ("world", "ke", "mn"), asked)

    assert found == {
        "world": [(minutes(0), 30.0), (minutes(60), 7.0)],
        "ke": [(minutes(0), 30.0)],
        "mn": [(minutes(60), 7.0)],
    }


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_sums_over_rooms_know_each_aggregate(kept: Kept, aggregate: Aggregate) -> None:
    kept.write(kept.point(10, 10.0), kept.point(20, 50.0, room=1), kept.point(15, 30.0))

    found = kept.grouped("cpu", ("ke",), Range(minutes(0), minutes(5), 300, aggregate))

    wanted = {"mean": 30.0, "min": 10.0, "max": 50.0, "last": 50.0, "count": 3.0, "sum": 90.0}
    assert found == {"ke": [(NOON, wanted[aggregate])]}


def test_what_was_never_measured_is_empty(kept: Kept) -> None:
    asked = Range(minutes(0), minutes(60), 300)

    assert kept.range(kept.key(), asked) == []
    assert kept.readings(kept.key(), minutes(0), minutes(60)) == []
    assert kept.grouped("cpu", ("ke",), asked) == {"ke": []}


@pytest.mark.parametrize(
    "name",
    ["a b", "a,b=c", "a=b", 'say "x"', "back\\slash", "end\\", "tab\tline\nend\r", "%41", "Зал ١",
     "it's", "$x{y}", "a/b|c(d)*", "#", "_", "🙂"],
)  # fmt: skip
def test_names_that_mean_something_elsewhere_are_only_names(kept: Kept, name: str) -> None:
    kept.write(
        kept.point(0, 1.0, device=name), kept.point(0, 2.0, device=name, point=f"{name}%"),
        kept.point(0, 3.0),
    )  # fmt: skip

    asked = Range(minutes(0), minutes(5), 300)
    assert kept.range(kept.key(device=name), asked) == [(NOON, 1.0)]
    assert kept.range(kept.key(device=name, point=f"{name}%"), asked) == [(NOON, 2.0)]
    assert kept.grouped(f"{name}%", ("ke",), asked) == {"ke": [(NOON, 2.0)]}
    found = {(one.device, one.point): one.value for one in kept.last(kept.rooms[0])}
    assert found == {(name, "cpu"): 1.0, (name, f"{name}%"): 2.0, ("pc", "cpu"): 3.0}
