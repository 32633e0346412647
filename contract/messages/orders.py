"""Orders from the fleet, their replies, acknowledgements and the fleet's own state."""

from typing import Any, Literal

import msgspec

from contract.messages.base import Count, Id, Payload, Time


class Order(Payload, frozen=True, kw_only=True):
    """A command. Never retained. Past `not_after` it is answered `expired`.

    Names so far: `ping`; `start_take` (args: `minutes`, optional `lesson` or `course`),
    `stop_take`, `pause_take`, `resume_take`, `extend_take` (`minutes`); `scene` (`scene`, for
    `emergency-message` also `text`); `device` (`device`, `command`, optional `arguments`).
    """

    id: Id
    name: str
    not_after: Time
    args: dict[str, Any] = msgspec.field(default_factory=dict)


class Reply(Payload, frozen=True, kw_only=True):
    """What became of an order. The room keeps replies for a day: asked again, it answers again."""

    order: Id
    phase: Literal["accepted", "progress", "done", "failed", "rejected", "expired"]
    why: str = ""
    result: dict[str, Any] = msgspec.field(default_factory=dict)


class Ack(Payload, frozen=True, kw_only=True):
    """The fleet's database holds these sequence numbers, each pair inclusive."""

    epoch: str
    seqs: tuple[tuple[Count, Count], ...]
    fleet_time: Time


class FleetState(Payload, frozen=True, kw_only=True):
    """Whether the fleet is listening. While it is not, rooms buffer."""

    state: Literal["online", "offline"]
    since: Time
