"""A look at the doors of addresses a person named: which of them a device of a room has."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Final

from contract.profile import Kind, TransportKind
from edge_agent.drivers.discovery.found import Found
from edge_agent.errors import BadConfiguration

SMALLEST_PREFIX: Final = 24
PER_SECOND: Final = 100.0
"""So many connections are begun a second: a small switch, or a guard of the network, bears it."""

_AT_ONCE: Final = 64
_PATIENCE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Door:
    """A port that speaks for a kind of device.

    `ask` is sent, if anything is; `hello` is how the answer must begin. Without it an open port
    is all there is to know: an unknown device is not sent frames that may mean something to it.
    `transport` is said where the profile's first is another.
    """

    port: int
    kind: Kind
    profile: str
    ask: bytes = b""
    hello: bytes = b""
    transport: TransportKind | None = None


DOORS: Final = (
    Door(4352, "projector", "pjlink-class-1", hello=b"PJLINK "),
    Door(4664, "panel", "maxhub-ifp-v6"),
    Door(1515, "panel", "samsung-mdc"),
    Door(5000, "panel", "philips-sicp"),
    Door(5678, "camera", "visca-camera", transport="tcp"),
    Door(554, "camera", "rtsp-camera", b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", b"RTSP/"),
)


def addresses(hosts: str) -> tuple[str, ...]:
    """The addresses a person named: one, or a network of at the most 256.

    Raises:
        BadConfiguration: it is neither, or too many.
    """
    try:
        network = IPv4Network(hosts, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise BadConfiguration(f"{hosts!r}: neither an address nor a network: {error}") from error
    if network.prefixlen < SMALLEST_PREFIX:
        raise BadConfiguration(f"{hosts!r}: a /{SMALLEST_PREFIX} at the most, as 192.0.2.0/24")
    return tuple(str(host) for host in network.hosts())


async def look(
    hosts: tuple[str, ...],
    *,
    doors: tuple[Door, ...] = DOORS,
    per_second: float = PER_SECOND,
) -> tuple[Found, ...]:
    """What opens at these addresses. Takes `len(hosts) * len(doors) / per_second` seconds."""
    found: list[Found] = []
    places = asyncio.Semaphore(_AT_ONCE)

    async def knock(host: str, door: Door) -> None:
        try:
            if why := await _opens(host, door):
                found.append(
                    Found(door.kind, door.profile, host, None, "", "", why, door.transport)
                )
        finally:
            places.release()

    async with asyncio.TaskGroup() as group:
        for host, door in _each(hosts, doors):
            await places.acquire()
            group.create_task(knock(host, door))
            await asyncio.sleep(1 / per_second)
    return tuple(sorted(found, key=lambda each: hosts.index(each.host)))


def _each(hosts: tuple[str, ...], doors: tuple[Door, ...]) -> Iterator[tuple[str, Door]]:
    for door in doors:
        for host in hosts:
            yield host, door


async def _opens(host: str, door: Door) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(host, door.port)
    except (OSError, TimeoutError):
        return ""
    with contextlib.closing(writer):
        if not door.hello:
            return f"TCP {door.port} is open; what is behind it was not asked"
        writer.write(door.ask)
        try:
            async with asyncio.timeout(_PATIENCE):
                said = await reader.readexactly(len(door.hello))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return ""
    name = door.hello.decode().strip(" /")
    return f"answers on TCP {door.port} as {name}" if said == door.hello else ""
