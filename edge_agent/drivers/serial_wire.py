"""A device on a serial line, through pyserial.

Each wire has a thread of its own that opens, reads and closes the port: an adapter that hangs
holds up nothing else. pyserial's asyncio transport is not used, it does not work on Windows.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import serial

from edge_agent.drivers.inbox import Inbox
from edge_agent.errors import Unreachable
from edge_agent.room.model import Device

_PARITY: Final = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
}
_GLANCE: Final = 0.25
"""Seconds after which the thread looks whether it is still wanted."""


class _Port(threading.Thread):
    """Opens the port, carries what comes to the loop, and closes it."""

    def __init__(self, device: Device, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name=f"serial-{device.name}", daemon=True)
        self.inbox = Inbox(self.leave)
        self.opened: asyncio.Future[serial.Serial] = loop.create_future()
        self.closed = asyncio.Event()
        self._device = device
        self._loop = loop
        self._left = threading.Event()

    def leave(self) -> None:
        """Close the port soon."""
        self._left.set()

    def run(self) -> None:
        transport = self._device.transport
        try:
            with serial.Serial(
                self._device.line,
                baudrate=transport.baud,
                bytesize=transport.data_bits,
                parity=_PARITY[transport.parity],
                stopbits=transport.stop_bits,
                timeout=_GLANCE,
                write_timeout=transport.reply_timeout,
                exclusive=True,
            ) as port:
                self._tell(self._open, port)
                while not self._left.is_set():
                    self._tell(self.inbox.put, port.read(max(1, port.in_waiting)))
        except Exception as error:  # noqa: BLE001 - termios.error is no OSError, nor on Windows
            self._tell(self._failed, f"{self._device.line}: {error}")
        finally:
            self._tell(self.closed.set)

    def _open(self, port: serial.Serial) -> None:
        if not self.opened.done():
            self.opened.set_result(port)

    def _failed(self, why: str) -> None:
        if not self.opened.done():
            self.opened.set_exception(Unreachable(why))
        self.inbox.end(why)

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know
            self._loop.call_soon_threadsafe(call, *arguments)


class SerialWire:
    """The serial port `device.line`, held alone; see `wire.Wire`."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._port: _Port | None = None

    @property
    def ended(self) -> str:
        """Why the line ended by itself; nothing while it is open, and when we closed it."""
        return self._port.inbox.ended if self._port is not None else ""

    async def open(self) -> None:
        """Open the port.

        Raises:
            Unreachable: it is not there, somebody else holds it, or it hangs.
        """
        await self.close()
        port = _Port(self._device, asyncio.get_running_loop())
        port.start()
        limit = self._device.transport.connect_timeout
        try:
            async with asyncio.timeout(limit):
                await port.opened
        except TimeoutError:
            raise Unreachable(f"{self._device.line} does not open within {limit:g} s") from None
        finally:
            if not port.opened.done() or port.opened.cancelled() or port.opened.exception():
                port.leave()
        self._port = port

    async def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            Unreachable: the port is not open, or takes nothing.
        """
        port = self._opened()
        if port.inbox.ended:
            raise Unreachable(port.inbox.ended)
        try:
            async with asyncio.timeout(self._device.transport.reply_timeout):
                await asyncio.to_thread(port.opened.result().write, data)
        except TimeoutError:
            raise Unreachable(f"{self._device.line} takes nothing") from None
        except (OSError, TypeError, ValueError) as error:
            # pyserial's words for a port that goes away while something is written to it.
            raise Unreachable(f"{self._device.line}: {error}") from error

    async def read(self, seconds: float | None = None) -> bytes:
        """What came next, at least one byte.

        Raises:
            Unreachable: nothing within `seconds` (without: the reply timeout), or the line ended.
        """
        limit = self._device.transport.reply_timeout if seconds is None else seconds
        return await self._opened().inbox.get(limit)

    def discard(self) -> None:
        """Forget what came unasked."""
        if self._port is not None:
            self._port.inbox.discard()

    async def close(self) -> None:
        """Let go of the port, within a second. May be called twice."""
        port, self._port = self._port, None
        if port is None:
            return
        port.inbox.end("the line is closed")
        port.leave()
        with suppress(TimeoutError):
            async with asyncio.timeout(4 * _GLANCE):
                await port.closed.wait()

    def _opened(self) -> _Port:
        if self._port is None:
            raise Unreachable("the line is not open")
        return self._port
