from datetime import UTC, datetime, timedelta

import pytest

from contract import times
from edge_agent.link.clock import FleetClock

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class Pc:
    """A PC whose wall clock is `wrong` seconds ahead and can be set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wrong: float = 0.0) -> None:
        self.passed = 100.0
        self.wrong = wrong
        monkeypatch.setattr("edge_agent.link.clock.time.monotonic", lambda: self.passed)

    def truth(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def clock(self, boot: str = "b1") -> FleetClock:
        return FleetClock(
            wall=lambda: times.to_unix(self.truth()) + self.wrong,
            since_boot=lambda: self.passed,
            boot=boot,
        )


def error(clock: FleetClock, pc: Pc) -> float:
    return (clock.now() - pc.truth()).total_seconds()


def test_before_the_fleet_was_heard_the_pcs_clock_is_all_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pc = Pc(monkeypatch, wrong=3600)
    clock = pc.clock()

    assert error(clock, pc) == pytest.approx(3600)
    assert clock.offset is None
    assert not clock.trusted


def test_the_quickest_of_the_last_round_trips_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    pc = Pc(monkeypatch, wrong=-86_400)
    clock = pc.clock()
    for there, back in ((0.5, 4.0), (0.1, 0.1), (3.0, 0.2), (0.2, 2.0)):
        sent = pc.passed
        pc.passed += there
        fleet_time = pc.truth()
        pc.passed += back
        clock.heard(fleet_time, sent)

    assert error(clock, pc) == pytest.approx(0, abs=0.01)
    assert clock.offset == pytest.approx(86_400, abs=0.01)


def test_without_a_round_trip_the_least_late_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    pc = Pc(monkeypatch)
    clock = pc.clock()
    for late in (2.0, 0.3, 1.0):
        said = pc.truth()
        pc.passed += late
        clock.heard(said, None)

    assert error(clock, pc) == pytest.approx(-0.3)


def test_a_step_of_the_pcs_clock_is_told_once_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pc = Pc(monkeypatch)
    clock = pc.clock()
    before = clock.now()

    pc.wrong = 86_400
    assert clock.step() == pytest.approx(86_400)
    assert clock.step() is None
    pc.wrong += 0.5
    assert clock.step() is None
    assert clock.now() == before
    pc.wrong = 0
    assert clock.step() == pytest.approx(-86_400.5)


def test_within_one_boot_a_restart_forgets_nothing_though_the_clock_was_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pc = Pc(monkeypatch)
    clock = pc.clock()
    clock.heard(pc.truth(), pc.passed)
    saved = clock.saved()
    pc.passed += 60
    pc.wrong = 5000

    again = pc.clock()
    again.restore(saved)

    assert error(again, pc) == pytest.approx(0, abs=0.001)
    assert again.offset == pytest.approx(-5000)


def test_after_a_boot_the_offset_to_the_pc_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    pc = Pc(monkeypatch, wrong=500)
    clock = pc.clock()
    clock.heard(pc.truth(), pc.passed)
    pc.passed += 3600

    again = pc.clock(boot="b2")
    again.restore(clock.saved())

    assert error(again, pc) == pytest.approx(0, abs=0.001)
    assert again.trusted


def test_a_dead_battery_does_not_send_the_room_back_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pc = Pc(monkeypatch)
    saved = pc.clock().saved()
    last = pc.truth()
    pc.passed += 3600
    pc.wrong = -800_000_000

    again = pc.clock(boot="b2")
    again.restore(saved)

    assert again.now() >= last
    assert not again.trusted
    again.restore(None)
