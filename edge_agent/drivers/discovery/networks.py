"""This PC's own networks, and asking everybody on one of them."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

import psutil

from edge_agent.errors import BadConfiguration, Unreachable

_MOST_ANSWERS: Final = 1000
_TIMES: Final = 2
_BETWEEN: Final = 0.2


def networks(address: str = "") -> tuple[IPv4Interface, ...]:
    """This PC's IPv4 addresses with their networks; with `address` only that one.

    Raises:
        BadConfiguration: `address` is none of this PC's; the text names those it has.
    """
    own = [
        IPv4Interface(f"{entry.address}/{entry.netmask or '255.255.255.255'}")
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET
    ]
    if not address:
        return tuple(each for each in own if not each.is_loopback)
    found = tuple(each for each in own if str(each.ip) == address)
    if not found:
        known = ", ".join(str(each.ip) for each in own)
        raise BadConfiguration(f"{address!r} is no address of this PC; it has {known}")
    return found


async def answers(
    request: bytes, to: IPv4Address, port: int, *, sender: IPv4Address, seconds: float
) -> tuple[tuple[bytes, str], ...]:
    """What comes back within `seconds`, each with the address it came from.

    The request is sent twice, from the same port where that is free: some devices answer there.
    `to` may be a broadcast or a multicast address.

    Raises:
        Unreachable: nothing can be sent from there.
    """
    loop = asyncio.get_running_loop()
    try:
        own = _socket(sender, port)
        transport, heard = await loop.create_datagram_endpoint(_Answers, sock=own)
    except OSError as error:
        raise Unreachable(f"nothing can be sent from {sender}: {error}") from error
    try:
        for _ in range(_TIMES):
            transport.sendto(request, (str(to), port))
            await asyncio.sleep(min(_BETWEEN, seconds / _TIMES))
        await asyncio.sleep(max(0.0, seconds - _TIMES * _BETWEEN))
    finally:
        transport.close()
    if heard.error and not heard.answers:
        raise Unreachable(f"nothing can be sent from {sender}: {heard.error}")
    return tuple(heard.answers)


def _socket(sender: IPv4Address, port: int) -> socket.socket:
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, sender.packed)
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        try:
            own.bind((str(sender), port))
        except OSError:
            own.bind((str(sender), 0))
    except OSError:
        own.close()
        raise
    return own


class _Answers(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answers: list[tuple[bytes, str]] = []
        self.error: Exception | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(self.answers) < _MOST_ANSWERS:
            self.answers.append((data, addr[0]))

    def error_received(self, exc: Exception) -> None:
        self.error = exc
