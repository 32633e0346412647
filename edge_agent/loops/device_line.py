"""The line to one device: opened when something is to be said, closed when it fails or is quiet.

Whatever a driver does, each exchange ends within a limit, and at least `min_interval` lies between
two of them.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable
from edge_agent.ports.clock import Clock
from edge_agent.ports.driver import Driver
from edge_agent.room.model import Arguments, Device, Value

logger = logging.getLogger(__name__)

_SLACK_SECONDS = 1.0
_IDLE_SHARE = 0.8
"""A session is given up before the device does it: a request could cross with that."""

Make = Callable[[Device], Driver]


class DeviceLine:
    """One device's driver, made anew for each connection."""

    def __init__(self, device: Device, make: Make, clock: Clock) -> None:
        self._device = device
        self._make = make
        self._clock = clock
        self._driver: Driver | None = None
        self._spoke = float("-inf")

    async def open(self) -> None:
        """Connect when there is no line; see `Driver.connect`."""
        await self._connected()

    async def send(self, command: str, arguments: Arguments) -> None:
        """See `Driver.send`; connects when there is no line."""
        driver = await self._connected()
        async with self._exchange():
            await driver.send(command, arguments)

    async def query(self, point: str) -> Value:
        """See `Driver.query`; connects when there is no line."""
        driver = await self._connected()
        async with self._exchange():
            return await driver.query(point)

    def idle_seconds(self) -> float:
        """How long the line may still be quiet; infinite when nobody minds, or it is closed."""
        limit = self._device.transport.idle_timeout
        if self._driver is None or not limit:
            return float("inf")
        return self._spoke + _IDLE_SHARE * limit - self._clock.monotonic()

    async def close(self) -> None:
        """Let go of it."""
        driver, self._driver = self._driver, None
        if driver is not None:
            await _closed(driver)

    async def _connected(self) -> Driver:
        rest = self._device.transport.min_interval - (self._clock.monotonic() - self._spoke)
        if rest > 0:
            await self._clock.sleep(rest)
        if self._driver is None:
            driver = self._make(self._device)
            try:
                async with _within(self._device.transport.connect_timeout + _SLACK_SECONDS):
                    await driver.connect()
            except BaseException:
                await _closed(driver)
                raise
            self._driver = driver
        return self._driver

    @contextlib.asynccontextmanager
    async def _exchange(self) -> AsyncIterator[None]:
        try:
            async with _within(2 * self._device.transport.reply_timeout + _SLACK_SECONDS):
                yield
        except (Busy, Refused):
            raise  # the device has spoken: the line is sound
        except EdgeError:
            await self.close()
            raise
        except Exception as error:
            # A library's mistake over what this device says; the others are none of its business.
            logger.exception("%s: its driver failed", self._device.name)
            await self.close()
            raise Garbled(f"its driver failed: {type(error).__name__}") from error
        finally:
            self._spoke = self._clock.monotonic()


async def _closed(driver: Driver) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SLACK_SECONDS):
            await driver.close()


@contextlib.asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unreachable(f"no answer within {seconds:.0f} s") from None
