"""A driver of a shipped profile that speaks to a simulated device."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import msgspec

from edge_agent import profiles
from edge_agent.drivers import registry
from edge_agent.ports.driver import Driver
from edge_agent.room.model import Device
from simulator.tcp_device import TcpDevice

Simulated = TypeVar("Simulated", bound=TcpDevice)


def device(
    profile: str,
    port: int = 0,
    *,
    secret: tuple[str, str] | None = None,
    overrides: dict[str, Any] | None = None,
    **transport: Any,
) -> Device:
    """A device on the loopback, its transport with short limits."""
    loaded = profiles.load(profile, overrides=overrides)
    limits = {"connect_timeout": 0.4, "reply_timeout": 0.4, **transport}
    return Device(
        name="it",
        role=loaded.kind,
        profile=loaded,
        transport=msgspec.structs.replace(loaded.transports[0], port=port or None, **limits),
        host="127.0.0.1",
        secret=secret,
    )


@contextlib.asynccontextmanager
async def connected(device: Device) -> AsyncIterator[Driver]:
    """Its driver, with the line open; closed at the end."""
    driver = registry.driver(device)
    await driver.connect()
    try:
        yield driver
    finally:
        await driver.close()


@contextlib.asynccontextmanager
async def driven(
    simulated: Simulated, profile: str, **options: Any
) -> AsyncIterator[tuple[Simulated, Driver]]:
    """A simulated device, running, and the driver of a shipped profile connected to it."""
    async with simulated, connected(device(profile, simulated.port, **options)) as driver:
        yield simulated, driver


async def until(true: Callable[[], bool], seconds: float = 3) -> None:
    """Return as soon as it is so; fail the test after `seconds`."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - of a simulator, or of a process
            await asyncio.sleep(0.01)
