"""A magic packet is what its definition says, on the wire."""

import asyncio
import socket

import pytest

from edge_agent.drivers import wake
from edge_agent.errors import BadConfiguration

MAC = "01:23:45:67:89:aB"
DEFINED = bytes((0xFF,)) * 6 + bytes((0x01, 0x23, 0x45, 0x67, 0x89, 0xAB)) * 16


@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255"])
def test_what_arrives_is_the_packet_as_it_is_defined(to: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sleeper:
        sleeper.bind((to, 0))
        sleeper.settimeout(5)

        asyncio.run(wake.wake(MAC, to=to, port=sleeper.getsockname()[1]))

        heard = [sleeper.recv(1024) for _ in range(3)]
    assert heard == [DEFINED] * 3
    assert len(DEFINED) == 102


@pytest.mark.parametrize("mac", ["", "01:23:45:67:89", "01:23:45:67:89:AG", f"{MAC}\n", MAC * 2])
def test_what_is_no_address_is_refused(mac: str) -> None:
    with pytest.raises(BadConfiguration, match="mac"):
        asyncio.run(wake.wake(mac, to="127.0.0.1"))


def test_an_address_with_hyphens_is_the_same() -> None:
    assert wake.packet("01-23-45-67-89-AB") == DEFINED
