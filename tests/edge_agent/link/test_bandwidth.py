import asyncio

from edge_agent.backoff import Backoff
from edge_agent.link.bandwidth import Bandwidth
from tests.fakes.clock import FakeClock


def test_over_time_no_more_than_the_rate_goes_through() -> None:
    clock = FakeClock()
    bandwidth = Bandwidth(clock, 1000)

    async def send() -> float:
        for _ in range(50):
            await bandwidth.take(200)
        return clock.monotonic()

    assert asyncio.run(send()) >= 50 * 200 / 1000 - 0.5


def test_a_pause_is_not_saved_up() -> None:
    clock = FakeClock()
    bandwidth = Bandwidth(clock, 1000)

    async def send() -> float:
        await bandwidth.take(1)
        clock.advance(3600)
        began = clock.monotonic()
        await bandwidth.take(2000)
        return clock.monotonic() - began

    assert asyncio.run(send()) >= 1.5


def test_without_a_limit_nothing_waits_and_a_limit_may_come_later() -> None:
    clock = FakeClock()
    bandwidth = Bandwidth(clock)

    async def send() -> None:
        await bandwidth.take(10**9)
        assert clock.monotonic() == 0
        bandwidth.limit(100)
        assert bandwidth.rate == 100
        await bandwidth.take(1000)

    asyncio.run(send())
    assert clock.monotonic() >= 9.5


def test_backoff_doubles_its_bound_up_to_the_most_and_begins_anew() -> None:
    waits = []
    for _ in range(300):
        backoff = Backoff(8.0)
        waits.append([backoff.next() for _ in range(6)])
        backoff.reset()
        assert backoff.next() <= 1.0
    for attempt, bound in enumerate((1, 2, 4, 8, 8, 8)):
        seen = [wait[attempt] for wait in waits]
        assert max(seen) <= bound
        # Full jitter: the whole range is used, from nothing to the bound.
        assert min(seen) < bound * 0.1
        assert max(seen) > bound * 0.9
