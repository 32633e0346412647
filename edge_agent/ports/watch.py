"""The low-rate side stream of each source, as the watching loop sees it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from edge_agent.room.watch import Hearing, Look


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of a source: a JPEG of about 320 pixels' width. `at` is monotonic, as below."""

    track: str
    at: float
    jpeg: bytes
    look: Look


@dataclass(frozen=True, slots=True)
class Heard:
    """A tenth of a second of sound, in dBFS, and what the moment before it measures."""

    track: str
    at: float
    rms: float
    peak: float
    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Signal:
    """An open source gives something, or (not `present`) gives nothing."""

    track: str
    at: float
    present: bool


@dataclass(frozen=True, slots=True)
class Shifted:
    """A track of the running take is `by` seconds later than where the recording has it."""

    track: str
    at: float
    by: float


@dataclass(frozen=True, slots=True)
class Turned:
    """Another page is shown since `into` seconds into the take."""

    take: str
    track: str
    into: float


Observation = Seen | Heard | Signal | Shifted | Turned


class Watch(Protocol):
    """Looks and listens while a take runs, and between takes while it is `open`.

    No method blocks.
    """

    def open(self) -> None:
        """Open the sources, now or as soon as the running take has ended."""

    def close(self) -> None:
        """Close them; what a running take has open stays watched."""

    def aim(self, track: str, view: str | None) -> None:
        """A camera was turned: what it usually shows there is known by the name `view`.

        None: it turns by itself, or by hand; no view of it is the usual one.
        """

    def observations(self) -> AsyncIterator[tuple[Observation, ...]]:
        """What is seen and heard, in order; for one reader. What it does not fetch is dropped."""
