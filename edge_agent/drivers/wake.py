"""Wake-on-LAN: a packet that switches a sleeping device on by its MAC address."""

import asyncio
import re
from typing import Final

from edge_agent.errors import BadConfiguration, Unreachable

PORT: Final = 9
EVERYBODY: Final = "255.255.255.255"
_MAC: Final = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_TIMES: Final = 3


def packet(mac: str) -> bytes:
    """Six bytes of ones, then the address sixteen times (AMD, Magic Packet Technology, 1995).

    Raises:
        BadConfiguration: it is no MAC address.
    """
    if not _MAC.fullmatch(mac):
        raise BadConfiguration(f"mac: {mac!r} is no address like 00:11:22:33:44:55")
    return b"\xff" * 6 + bytes.fromhex(re.sub("[:-]", "", mac)) * 16


async def wake(mac: str, *, to: str = EVERYBODY, port: int = PORT) -> None:
    """Send the packet three times, for nobody answers it; `to` is a broadcast address.

    Raises:
        BadConfiguration: it is no MAC address.
        Unreachable: this PC has no network.
    """
    magic = packet(mac)
    loop = asyncio.get_running_loop()
    try:
        transport, sent = await loop.create_datagram_endpoint(
            _Sent, remote_addr=(to, port), allow_broadcast=True
        )
    except OSError as error:
        raise Unreachable(f"nothing can be sent to {to}: {error}") from error
    for _ in range(_TIMES):
        transport.sendto(magic)
    transport.close()
    if sent.error:
        raise Unreachable(f"nothing can be sent to {to}: {sent.error}")


class _Sent(asyncio.DatagramProtocol):
    error: Exception | None = None

    def error_received(self, exc: Exception) -> None:
        self.error = exc
