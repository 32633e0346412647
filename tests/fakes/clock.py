"""A clock that stands still until someone sleeps."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class FakeClock:
    """Implements `ports.clock.Clock`; sleeping takes no time and moves it on."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.heard_times: list[tuple[datetime, float | None]] = []
        self.offset: float | None = None
        self.trusted = True

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def advance(self, seconds: float) -> None:
        self.passed += seconds

    async def sleep(self, seconds: float) -> None:
        self.passed += max(0.0, seconds)
        await asyncio.sleep(0)

    def heard(self, fleet_time: datetime, sent_at: float | None) -> None:
        self.heard_times.append((fleet_time, sent_at))
