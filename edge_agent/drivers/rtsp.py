"""A network camera that only streams: it is asked whether it is there, and told nothing.

In a profile, `query` is `options`: whether an RTSP OPTIONS for the codec's parameter `path` is
answered with a yes, or with the wish for a password, which the recorder has.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from typing import Final

from contract.profile import Profile
from edge_agent.drivers import offered
from edge_agent.errors import Garbled, Unreachable, Unsupported
from edge_agent.room.model import Arguments, Device, Value

_STATUS: Final = re.compile(rb"RTSP/1\.\d (\d{3})[ \r]")
_UNAUTHORIZED: Final = 401


def make(device: Device) -> "RtspCamera":
    """A driver for a camera; opens nothing yet."""
    return RtspCamera(device)


def problems(profile: Profile) -> Iterator[str]:
    """What cannot be asked of such a camera."""
    for name in profile.commands:
        yield f"commands.{name}: such a camera takes none"
    for name, reading in profile.readings.items():
        if reading.query != "options" or reading.type != "flag":
            yield f"readings.{name}: only `query: options` of the type flag is there"
    for number, _ in enumerate(profile.golden):
        yield f"golden[{number}]: the codec makes its one request by itself"


class RtspCamera:
    """One camera. Each question has a line of its own: cameras close idle ones."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def connect(self) -> None:
        """See that somebody there speaks RTSP."""
        await self._status(self._device.transport.connect_timeout)

    async def send(self, command: str, arguments: Arguments) -> None:
        """It takes no command."""
        raise Unsupported(f"{self._device.profile.id} has no command {command!r}")

    async def query(self, point: str) -> Value:
        """Whether it would give a stream."""
        offered.reading(self._device, point)
        status = await self._status(self._device.transport.reply_timeout)
        return 200 <= status < 300 or status == _UNAUTHORIZED

    async def close(self) -> None:
        """Nothing is open."""

    async def _status(self, limit: float) -> int:
        try:
            async with asyncio.timeout(limit):
                return await self._asked()
        except TimeoutError:
            raise Unreachable(f"no answer within {limit:g} s") from None
        except asyncio.IncompleteReadError as error:
            raise Unreachable("it closed the line in mid-answer") from error
        except OSError as error:
            raise Unreachable(str(error)) from error
        except asyncio.LimitOverrunError as error:
            raise Garbled("its answer has no end") from error

    async def _asked(self) -> int:
        host, port = self._device.host, self._device.transport.port or 554
        path = str(self._device.profile.codec.parameters.get("path", "/"))
        name = f"[{host}]" if ":" in host else host
        reader, writer = await asyncio.open_connection(host, port)
        with contextlib.closing(writer):
            request = f"OPTIONS rtsp://{name}:{port}{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n"
            writer.write(request.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
        match = _STATUS.match(answer)
        if match is None or not re.search(rb"(?im)^CSeq: *1 *\r$", answer):
            raise Garbled(f"no answer of RTSP: {answer[:40]!r}")
        return int(match[1])
