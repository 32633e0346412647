"""Orders from the fleet, their replies, acknowledgements and the fleet's own state."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from contract.messages.base import Payload


class Order(Payload, frozen=True, kw_only=True):
    """A command. Never retained. Past `not_after` it is answered `expired`.

    Names so far: `stop_take`, `start_take` (args: `minutes`, optional `lesson`), `ping`.
    """

    id: str
    name: str
    not_after: datetime
    args: dict[str, Any] = msgspec.field(default_factory=dict)


class Reply(Payload, frozen=True, kw_only=True):
    """What became of an order. The room keeps replies for a day: asked again, it answers again."""

    order: str
    phase: Literal["accepted", "progress", "done", "failed", "rejected", "expired"]
    why: str = ""
    result: dict[str, Any] = msgspec.field(default_factory=dict)


class Ack(Payload, frozen=True, kw_only=True):
    """The fleet's database holds these sequence numbers, each pair inclusive."""

    epoch: str
    seqs: tuple[tuple[int, int], ...]
    fleet_time: datetime


class FleetState(Payload, frozen=True, kw_only=True):
    """Whether the fleet is listening. While it is not, rooms buffer."""

    state: Literal["online", "offline"]
    since: datetime
