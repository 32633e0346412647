"""What publishing needs from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from fleet.db import Session
from fleet.publishing.timeline import Take

Policy = Literal["auto", "hold"]


@dataclass(frozen=True, slots=True)
class Sources:
    """What publishing asks of the folders below it, in the caller's transaction.

    Attributes:
        takes: the complete takes of a lesson.
        policy: whether a course shows its lessons at once, or holds them for its staff.
    """

    takes: Callable[[Session, str], Sequence[Take]]
    policy: Callable[[Session, str], Policy]
