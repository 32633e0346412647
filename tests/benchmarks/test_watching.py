"""The measurements of watching can fail."""

import pytest

from benchmarks import detection, watching
from benchmarks.lesson_clips import FAULT_AT
from benchmarks.replay import Told


def test_a_fault_that_is_not_told_misses_the_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "told", lambda *_: [])
    slowest, false_alarms = detection.run(quick=True)

    assert not slowest.met
    assert false_alarms.met


def test_any_other_alarm_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(source: object, clip: str, seconds: float) -> list[Told]:
        return [Told(FAULT_AT + 1, "hum", raised=True), Told(FAULT_AT + 5, "hum", raised=False)]

    monkeypatch.setattr(detection, "told", told)
    _, false_alarms = detection.run(quick=True)

    # Each fault but the hum itself, and the three clips without one.
    assert false_alarms.value == 10 + 3
    assert not false_alarms.met


def test_an_alarm_before_the_fault_is_not_the_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    early = [Told(FAULT_AT - 1, alarm, raised=True) for alarm in ("hum", "black")]
    monkeypatch.setattr(detection, "told", lambda *_: early)

    assert not detection.run(quick=True)[0].met


def test_both_sides_of_the_cost_of_watching_are_measured() -> None:
    watched, unwatched = watching.measure(3.0)

    assert watched > 0
    assert unwatched > 0
