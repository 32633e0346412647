"""Orders from the fleet, their replies, acknowledgements and the fleet's own state."""

from typing import Annotated, Any, Literal

import msgspec

from contract.messages.base import Count, Id, Payload, Time


class Order(Payload, frozen=True, kw_only=True):
    """A command. Never retained. Past `not_after` it is answered `expired`.

    Names so far: `ping`; `start_take` (args: `minutes`, optional `lesson` or `course`),
    `stop_take`, `pause_take`, `resume_take`, `extend_take` (`minutes`); `scene` (`scene`, for
    `emergency-message` also `text`); `device` (`command`, optional `arguments`, and `device`, a
    name, or `role`, which is every device of that kind); `message` (`text`, `seconds`: shown on
    the touch page, interrupts nothing); `screenshot` (optional `track`) and `collect_logs`, whose
    file the room uploads before it answers `done`; `restart` (`what`: `agent` or `pc`); `wake`
    (`mac`: another PC of the same network). What would interrupt a running take is rejected as
    `busy`, or with `force` done at once; with `wait` it is answered `progress` and done after the
    lesson, if that is before `not_after`.
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


class Look(Payload, frozen=True, kw_only=True):
    """Somebody is looking at the room until then: send a glimpse `every` so many seconds.

    Never stored, never answered; repeated by the fleet while somebody looks. A glimpse, with all
    that carries it, takes at most `size` bytes of the room's link.
    """

    until: Time
    every: Annotated[float, msgspec.Meta(ge=1, le=60)] = 2.0
    size: Annotated[int, msgspec.Meta(ge=1024, le=65_536)] = 5000


class Glimpse(Payload, frozen=True, kw_only=True):
    """What the room looks and sounds like now: a small JPEG, and the microphone's level.

    `picture` is None where there is no camera, or it faces the wall; `level` is dBFS, None where
    nothing is heard or the microphone is closed. `recording`: a take is running.
    """

    picture: bytes | None = None
    level: float | None = None
    recording: bool = False


class FleetState(Payload, frozen=True, kw_only=True):
    """Whether the fleet is listening. While it is not, rooms buffer."""

    state: Literal["online", "offline"]
    since: Time
