"""The line to the fleet. What it delivers is decoded; what it sends is encoded already."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from contract.messages import Ack, FleetState, Look, Order
from edge_agent.room.events import DesiredCame

Down = DesiredCame | Order | Look | Ack | FleetState


@dataclass(frozen=True, slots=True)
class Counts:
    """Down-messages since the agent's start that were not of the contract."""

    malformed: int = 0
    stray: int = 0


class Connection(Protocol):
    """One connection, from subscribed to broken. It is never used again."""

    async def publish(self, channel: str, body: bytes) -> None:
        """Hand one message to the broker, which has taken it when this returns.

        At QoS 0 only the system's own buffer has.

        Raises:
            Unreachable: the connection broke, or no answer came in time; it may still arrive.
            Refused: the broker will not take it from this agent.
        """

    def messages(self) -> AsyncIterator[Down]:
        """Down-messages as they come. Raises `Unreachable` when the connection breaks."""


class Uplink(Protocol):
    """Opens connections."""

    def connect(self, will: bytes) -> AbstractAsyncContextManager[Connection]:
        """Connect and subscribe; `will` goes to `presence` if the line breaks for long.

        Raises:
            Unreachable: nobody there, or no trust in who is.
            Refused: the broker does not let this agent in.
        """

    def counts(self) -> Counts:
        """What was received and could not be used."""
