"""A foreign client of byte frames: a socket or a serial port, and the bytes of a document."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import serial

Expect = Callable[[str, str], None]
"""Sends hexadecimal bytes and sees to it that these, and no others, come back."""

_MOMENT = 0.1
"""Seconds in which nothing more comes."""

_LIMIT = 5


def over_tcp(simulator: AbstractAsyncContextManager[Any], talk: Callable[[Expect], None]) -> None:
    """Run a simulator and talk to it from a thread that knows nothing of it but its port."""

    async def run() -> None:
        async with simulator as running:
            await asyncio.to_thread(_with_socket, running.port, talk)

    asyncio.run(run())


def over_serial(
    simulator: AbstractAsyncContextManager[Any], port: str, talk: Callable[[Expect], None]
) -> None:
    """The same through pyserial at a serial port."""

    async def run() -> None:
        async with simulator:
            await asyncio.to_thread(_with_port, port, talk)

    asyncio.run(run())


def _with_socket(port: int, talk: Callable[[Expect], None]) -> None:
    with socket.create_connection(("127.0.0.1", port), _LIMIT) as line:

        def receive(most: int, seconds: float) -> bytes:
            line.settimeout(seconds)
            try:
                return line.recv(most)
            except TimeoutError:
                return b""

        talk(_expecting(line.sendall, receive))


def _with_port(port: str, talk: Callable[[Expect], None]) -> None:
    with serial.Serial(port, 9600) as line:

        def receive(most: int, seconds: float) -> bytes:
            line.timeout = seconds
            return bytes(line.read(most))

        talk(_expecting(line.write, receive))


def _expecting(send: Callable[[bytes], object], receive: Callable[[int, float], bytes]) -> Expect:
    def expect(sent: str, received: str) -> None:
        send(bytes.fromhex(sent))
        wanted = bytes.fromhex(received)
        came = b""
        until = time.monotonic() + _LIMIT
        while len(came) < len(wanted) and time.monotonic() < until:
            came += receive(len(wanted) - len(came), _LIMIT)
        if not wanted:
            came = receive(100, _MOMENT)
        assert came.hex(" ").upper() == received, f"the answer to {sent}"

    return expect
