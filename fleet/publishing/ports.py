"""What publishing needs from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from fleet.publishing.timeline import Take

Policy = Literal["auto", "hold"]


class Files(Protocol):
    """The part of the file store that publishing uses. Blocking; raises OSError."""

    def put(self, key: str, source: Path) -> None:
        """Take over the file `source`: durable under `key` when this returns, or unchanged."""

    def path(self, key: str) -> Path:
        """Where ffmpeg finds it."""

    def delete(self, key: str) -> None:
        """Remove it; what is not there is no error."""

    def free_bytes(self) -> int:
        """Bytes that can still be stored."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What publishing asks of the folders below it, in the caller's transaction.

    Attributes:
        takes: the complete takes of a lesson.
        policy: whether a course shows its lessons at once, or holds them for its staff.
    """

    takes: Callable[[Session, str], Sequence[Take]]
    policy: Callable[[Session, str], Policy]
