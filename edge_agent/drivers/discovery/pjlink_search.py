"""PJLink's search (class 2 specification, "Search procedure"). Class 1 has none."""

import re
from ipaddress import IPv4Interface
from typing import Final

from edge_agent.drivers.discovery.found import Found
from edge_agent.drivers.discovery.networks import answers

PORT: Final = 4352
SECONDS: Final = 11.0
"""Projectors wait up to ten seconds, so that not all answer at once."""

_ANSWER: Final = re.compile(rb"%2ACKN=((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})\r")


async def search(
    network: IPv4Interface, *, seconds: float = SECONDS, port: int = PORT
) -> tuple[Found, ...]:
    """The class 2 projectors of one of this PC's networks.

    Raises:
        Unreachable: nothing can be sent there.
    """
    everybody = network.network.broadcast_address
    heard = await answers(b"%2SRCH\r", everybody, port, sender=network.ip, seconds=seconds)
    macs = {host: match[1] for data, host in heard if (match := _ANSWER.fullmatch(data))}
    return tuple(
        Found(
            kind="projector",
            profile="pjlink-class-2",
            host=host,
            port=None,
            name="",
            mac=mac.decode().lower(),
            why="answers the search of PJLink class 2",
        )
        for host, mac in macs.items()
    )
