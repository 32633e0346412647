"""A device on the room's network: TCP, or UDP with one datagram a read."""

import asyncio
from contextlib import suppress
from typing import cast

from edge_agent.drivers.inbox import Inbox
from edge_agent.errors import BadConfiguration, Unreachable
from edge_agent.room.model import Device


class _Arrivals(asyncio.Protocol, asyncio.DatagramProtocol):
    """Puts what comes into the inbox, from either kind of socket."""

    def __init__(self) -> None:
        self.transport: asyncio.BaseTransport | None = None
        self.inbox = Inbox(self._abort)
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.inbox.put(data)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.inbox.put(data)

    def error_received(self, exc: Exception) -> None:
        self.inbox.end(f"nobody listens there ({exc})")

    def connection_lost(self, exc: Exception | None) -> None:
        self.inbox.end(f"the connection broke ({exc})" if exc else "it closed the connection")
        self.gone.set()

    def _abort(self) -> None:
        if self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()


class NetworkWire:
    """One connection to `device.host`; see `wire.Wire`.

    Raises:
        BadConfiguration: neither room nor profile says which port.
    """

    def __init__(self, device: Device) -> None:
        if device.transport.port is None:
            raise BadConfiguration(f"{device.name}: port: the device's port is missing")
        self._device = device
        self._address = (device.host, device.transport.port)
        self._datagrams = device.transport.kind == "udp"
        self._line: _Arrivals | None = None

    @property
    def ended(self) -> str:
        """Why the line ended by itself; nothing while it is open, and when we closed it."""
        return self._line.inbox.ended if self._line is not None else ""

    async def open(self) -> None:
        """Connect. A UDP wire is open at once: whether somebody listens shows with the answer.

        Raises:
            Unreachable: nobody takes the connection in time.
        """
        await self.close()
        transport = self._device.transport
        loop = asyncio.get_running_loop()
        line = _Arrivals()
        try:
            async with asyncio.timeout(transport.connect_timeout):
                if self._datagrams:
                    await loop.create_datagram_endpoint(lambda: line, remote_addr=self._address)
                else:
                    await loop.create_connection(lambda: line, *self._address)
        except TimeoutError:
            why = f"{self._where} takes no connection within {transport.connect_timeout:g} s"
            raise Unreachable(why) from None
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{self._where}: {error}") from error
        self._line = line

    async def write(self, data: bytes) -> None:
        """Send bytes: over UDP, one datagram.

        Raises:
            Unreachable: the wire is not open, or the device takes nothing.
        """
        line = self._opened()
        if line.inbox.ended:
            raise Unreachable(line.inbox.ended)
        if self._datagrams:
            cast("asyncio.DatagramTransport", line.transport).sendto(data)
            return
        transport = cast("asyncio.WriteTransport", line.transport)
        if transport.get_write_buffer_size():
            raise Unreachable("it does not take what was sent before")
        transport.write(data)

    async def read(self, seconds: float | None = None) -> bytes:
        """What came next, at least one byte; over UDP one datagram.

        Raises:
            Unreachable: nothing within `seconds` (without: the reply timeout), or the line ended.
        """
        limit = self._device.transport.reply_timeout if seconds is None else seconds
        return await self._opened().inbox.get(limit)

    def discard(self) -> None:
        """Forget what came unasked."""
        if self._line is not None:
            self._line.inbox.discard()

    async def close(self) -> None:
        """Let go of the connection; what was just written still goes out. May be called twice."""
        line, self._line = self._line, None
        if line is None or line.transport is None:
            return
        line.inbox.end("the line is closed")
        transport = cast("asyncio.WriteTransport", line.transport)
        if self._datagrams or not transport.get_write_buffer_size():
            transport.close()
        else:
            transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await line.gone.wait()

    @property
    def _where(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def _opened(self) -> _Arrivals:
        if self._line is None:
            raise Unreachable("the line is not open")
        return self._line
