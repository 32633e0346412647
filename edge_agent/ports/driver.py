"""What speaks to one device. Everything that is not the wire is decided elsewhere.

Pacing, retries, reading back, what may be said in which power state: `loops/device.py` and
`room/device.py`. A driver says one thing at a time, is called from one task, and never blocks the
event loop: a library that blocks runs in a thread.
"""

from typing import Protocol

from edge_agent.room.model import Arguments, Value


class Driver(Protocol):
    """One device's wire protocol.

    Every method ends within the transport's `connect_timeout` or `reply_timeout` (a little more
    where a library adds its own). After `Unreachable` or `Garbled` the line is closed; the caller
    connects again.
    """

    async def connect(self) -> None:
        """Open the line and, where there is one, the session.

        Raises:
            Unreachable: nobody answers.
            Refused: the device does not take our password.
        """

    async def send(self, command: str, arguments: Arguments) -> None:
        """Tell the device one thing and wait for its "done", where the protocol has one.

        `arguments` are checked by the caller against the profile.

        Raises:
            Unsupported: the device, or this line to it, has no such command.
            Refused: the device will not, e.g. an argument it does not know.
            Busy: not in its present state.
            Unreachable, Garbled: no answer, or none that can be understood.
        """

    async def query(self, point: str) -> Value:
        """Ask the device one thing: the value as the profile's reading defines it.

        Raises:
            Unsupported: the device, or this line to it, does not offer it.
            Busy: not in its present state.
            Unreachable, Garbled: as for `send`.
        """

    async def close(self) -> None:
        """Let go of the line. Never raises; may be called twice."""
