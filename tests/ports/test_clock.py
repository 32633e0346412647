"""What every `Clock` promises."""

import asyncio
from datetime import timedelta

import pytest

from edge_agent.link.clock import FleetClock
from edge_agent.ports.clock import Clock
from tests.fakes.clock import FakeClock


@pytest.fixture(params=[FakeClock, FleetClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


def test_both_times_go_on_together(clock: Clock) -> None:
    async def nap() -> tuple[float, timedelta]:
        began, at = clock.monotonic(), clock.now()
        await clock.sleep(0.1)
        return clock.monotonic() - began, clock.now() - at

    monotonic, passed = asyncio.run(nap())

    assert monotonic >= 0.099
    assert passed.total_seconds() == pytest.approx(monotonic, abs=0.02)


def test_times_have_an_offset_and_the_fleets_is_not_known_at_first(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.offset is None


def test_what_the_fleet_said_is_heard(clock: Clock) -> None:
    clock.heard(clock.now() + timedelta(hours=1), clock.monotonic())

    assert clock.now().utcoffset() == timedelta(0)
