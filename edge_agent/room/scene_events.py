"""What happens to the scenes of a room, and what they want done. Times are monotonic seconds."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.messages import SceneRan
from edge_agent.room.model import Value


@dataclass(frozen=True, slots=True)
class Call:
    """A scene is asked for. `trigger` says by what, for the log; with `only`, for one device."""

    scene: str
    trigger: str
    at: float
    text: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an `Ask`; `after`: in how many seconds the device may be told, if it may."""

    request: str
    ok: bool
    at: float
    why: str = ""
    offered: bool = True
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Valued:
    """A reading of a device; None: not known any more."""

    device: str
    point: str
    value: Value | None
    at: float


@dataclass(frozen=True, slots=True)
class RecordingIs:
    """Whether a take runs."""

    running: bool
    at: float


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody told a device something, by hand or by an order."""

    device: str
    at: float


@dataclass(frozen=True, slots=True)
class Passed:
    """Time went by."""

    at: float


Event = Call | Answered | Valued | RecordingIs | Told | Passed


@dataclass(frozen=True, slots=True)
class Ask:
    """Tell a device something within `limit` seconds; `Answered` with the same request follows."""

    request: str
    device: str
    command: str
    arguments: Mapping[str, Value]
    limit: float


@dataclass(frozen=True, slots=True)
class Show:
    """Show a message on the touch page, or, when empty, take it back."""

    text: str


Command = Ask | Show | SceneRan
