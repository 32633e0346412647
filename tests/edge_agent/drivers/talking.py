"""A simulated device and the real driver of its profile, at the two ends of a line."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from contract.profile import Argument, Profile
from edge_agent import profiles
from edge_agent.drivers import registry
from edge_agent.errors import Unsupported
from edge_agent.ports.driver import Driver
from edge_agent.room import values
from edge_agent.room.model import Arguments, Device, Value
from simulator.byte_device import ByteDevice
from simulator.panel import AabbccPanel, MaxhubPanel, NewlinePanel
from simulator.sicp import SicpDisplay
from simulator.tcp_device import TcpDevice

FRAMES: dict[str, Callable[..., ByteDevice]] = {
    "maxhub-ifp-v6": MaxhubPanel,
    "oem-ifp-aabbcc": AabbccPanel,
    "oem-ifp-99a2b3c4": NewlinePanel,
    "philips-sicp": SicpDisplay,
}
"""By profile, what pretends to be such a device."""

SHORT = 0.3
"""Seconds for an answer where none, or none in time, is what is tested."""


def device_of(
    profile: str,
    port: int = 0,
    line: Path | None = None,
    *,
    number: int = 1,
    password: str = "",
    limit: float = 5,
) -> Device:
    """A device at a loopback port, or with `line` at a serial one; `limit` is for its answers."""
    loaded = profiles.load(profile)
    kind = "serial" if line else "tcp"
    offered = next(each for each in loaded.transports if each.kind == kind)
    transport = msgspec.structs.replace(offered, reply_timeout=limit, connect_timeout=2)
    if not line:
        transport = msgspec.structs.replace(transport, port=port)
    device = Device(
        name="device",
        role=loaded.kind,
        profile=loaded,
        transport=transport,
        host="" if line else "127.0.0.1",
        line=str(line or ""),
        number=number,
    )
    return replace(device, secret=("", password)) if password else device


@asynccontextmanager
async def talking(profile: str, simulator: TcpDevice, **options: object) -> AsyncIterator[Driver]:
    """The driver, connected over TCP to a simulator that runs already."""
    driver = registry.driver(device_of(profile, simulator.port, **options))  # type: ignore[arg-type]
    await driver.connect()
    try:
        yield driver
    finally:
        await driver.close()


def samples(profile: Profile, command: str) -> Iterator[Arguments]:
    """Arguments of a command: both ends of each range, each choice, on and off."""
    arguments = profile.commands[command].arguments
    for chosen in itertools.product(*(_few(profile, each) for each in arguments.values())):
        yield values.checked(profile, command, dict(zip(arguments, chosen, strict=True)))


def _few(profile: Profile, argument: Argument) -> list[Value]:
    match argument.type:
        case "integer":
            return [argument.least, argument.most, (argument.least + argument.most) // 2]
        case "choice":
            return list(argument.values)
        case "source":
            return list(profile.sources)
        case "flag":
            return [True, False]
        case "text":
            return ["Hello"]


async def obeyed(driver: Driver, device: Device, command: str, arguments: Arguments) -> None:
    """Send a command and read back that it was obeyed, where that can be read over this line."""
    await driver.send(command, arguments)
    wanted = device.profile.commands[command]
    if wanted.confirm is None:
        return
    try:
        said = await _settled(driver, wanted.confirm, wanted.confirm_values, arguments)
    except Unsupported:
        reading = device.profile.readings[wanted.confirm]
        assert reading.transports
        assert device.transport.kind not in reading.transports
        return
    expected = wanted.confirm_values or tuple(arguments.values())
    assert said in expected, f"{command} {dict(arguments)}: {wanted.confirm} is {said}"


async def _settled(
    driver: Driver, point: str, confirming: tuple[str, ...], arguments: Arguments
) -> Value:
    """The reading, asked again for a moment: a command without an answer may be under way yet."""
    async with asyncio.timeout(3):
        while True:
            said = await driver.query(point)
            if said in (confirming or tuple(arguments.values())):
                return said
            await asyncio.sleep(0.02)
