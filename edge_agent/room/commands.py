"""What the reducers want done. The loops of the same name do it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contract.messages import DesiredState, Outcome, TakeEnd


@dataclass(frozen=True, slots=True)
class OpenTake:
    """Write the take's row, then start the recorder; answer TakeOpened or TakeFailed."""

    take: str
    lesson: str | None
    course: str | None = None


@dataclass(frozen=True, slots=True)
class CloseTake:
    """Stop the recorder and send the manifest; answer TakeClosed."""

    take: str
    reason: TakeEnd
    slot_end: datetime


@dataclass(frozen=True, slots=True)
class AdoptTake:
    """Recover what a crash left and send its manifest; answer TakeAdopted."""

    take: str
    reason: TakeEnd


@dataclass(frozen=True, slots=True)
class FinishTake:
    """Nothing of the take is left to send: mark its row done."""

    take: str


@dataclass(frozen=True, slots=True)
class SayMissed:
    """Tell the fleet that a lesson is not, or not wholly, recorded."""

    lesson: str
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Reply to an order."""

    order: str
    done: bool
    why: str = ""
    result: dict[str, Any] = field(default_factory=dict)


LessonCommand = OpenTake | CloseTake | AdoptTake | FinishTake | SayMissed | Answer


@dataclass(frozen=True, slots=True)
class Adopt:
    """Keep this desired state and let the room follow it."""

    version: int
    state: DesiredState


@dataclass(frozen=True, slots=True)
class Say:
    """Report what became of a desired version: an RFC 7396 merge patch and outcomes per key."""

    version: int
    applied_desired: int
    patch: dict[str, Any]
    outcomes: dict[str, Outcome]


ShadowCommand = Adopt | Say
