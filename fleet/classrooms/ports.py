"""What the fleet needs of the way to its rooms."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from contract.messages import Glimpse, Look


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the broker delivered it."""

    topic: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Asking:
    """What makes a message a request: who wants an answer, and until when it is worth anything.

    Attributes:
        seconds: until the broker throws it away, if nobody has come for it.
        answer_to: the topic of the answer.
        correlation: what tells its answer from others.
    """

    seconds: int
    answer_to: str
    correlation: bytes


class Unreachable(ConnectionError):
    """There is no way to the rooms now; connect again later."""


class EdgeConnection(Protocol):
    """A live connection to the broker, heard and spoken on separately."""

    def messages(self) -> AsyncIterator[Incoming]:
        """Messages of all rooms, in the order of arrival; ends with `Unreachable`."""
        ...

    async def publish(
        self, topic: str, body: bytes, *, qos: int, retain: bool, asking: Asking | None = None
    ) -> None:
        """Hand a message to the broker; with `asking` it is a request.

        Raises:
            Unreachable: the broker did not take it.
        """
        ...

    async def announce(self, *, listening: bool) -> None:
        """Tell all rooms whether the fleet is listening; while it is not, they buffer.

        Raises:
            Unreachable: the broker did not take it.
        """
        ...


class EdgeLink(Protocol):
    """The way to the rooms."""

    def connect(self) -> AbstractAsyncContextManager[EdgeConnection]:
        """Connect, announce that the fleet is listening, and say so no more on leaving.

        Raises:
            Unreachable: no broker answers, or it refuses the fleet.
        """
        ...


class LiveConnection(Protocol):
    """A live connection on which nothing is kept and anything may be lost."""

    def glimpses(self) -> AsyncIterator[tuple[str, Glimpse]]:
        """Agents and what they show, as it comes; ends with `Unreachable`."""
        ...

    async def look(self, agent: str, look: Look) -> None:
        """Tell a room that somebody is looking.

        Raises:
            Unreachable: the broker did not take it.
        """
        ...


class LiveLink(Protocol):
    """The way to the rooms for whoever looks at this moment."""

    def connect(self) -> AbstractAsyncContextManager[LiveConnection]:
        """Connect and listen to all rooms that are being looked at.

        Raises:
            Unreachable: no broker answers, or it refuses the fleet.
        """
        ...
