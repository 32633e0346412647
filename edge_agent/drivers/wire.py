"""Bytes to and from one device, whatever carries them.

A wire waits for nothing longer than its transport's limits and keeps no more than a few kilobytes
of what nobody asked for. One task uses it.
"""

from typing import Protocol

from edge_agent.drivers.network_wire import NetworkWire
from edge_agent.drivers.serial_wire import SerialWire
from edge_agent.errors import BadConfiguration
from edge_agent.room.model import Device


class Wire(Protocol):
    """One line to one device."""

    @property
    def ended(self) -> str:
        """Why the line ended by itself; nothing while it is open, and when we closed it."""

    async def open(self) -> None:
        """Open the line, anew if it was open.

        Raises:
            Unreachable: nobody takes the connection, or the port is not to be had.
        """

    async def write(self, data: bytes) -> None:
        """Send bytes; over UDP one datagram.

        Raises:
            Unreachable: the line is not open or has ended, or the device takes nothing.
        """

    async def read(self, seconds: float | None = None) -> bytes:
        """What came next, at least one byte; over UDP one datagram.

        Raises:
            Unreachable: nothing within `seconds` (without: the transport's reply timeout), or
                the line is not open or has ended.
        """

    def discard(self) -> None:
        """Forget what came unasked."""

    async def close(self) -> None:
        """Let go of the line. Never raises; may be called twice."""


def wire_for(device: Device) -> Wire:
    """The wire of the device's transport; opens nothing yet.

    Raises:
        BadConfiguration: its transport carries no bytes.
    """
    match device.transport.kind:
        case "tcp" | "udp":
            return NetworkWire(device)
        case "serial":
            return SerialWire(device)
        case other:
            raise BadConfiguration(f"{device.profile.id}: no bytes go over {other}")
