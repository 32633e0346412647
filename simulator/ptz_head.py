"""The moving part of a camera: pan and tilt from -1 to 1, zoom from 0 to 1, in real time."""

import time
from dataclasses import dataclass, field

Position = tuple[float, float, float]


class Axis:
    """Moves at a velocity to its end, or to a place.

    Args:
        least: its lower end; the upper is 1.
        fastest: how far it gets in a second.
    """

    def __init__(self, least: float, fastest: float) -> None:
        self.least = least
        self.fastest = fastest
        self._from = 0.0
        self._to = 0.0
        self._velocity = 0.0
        self._since = time.monotonic()

    @property
    def position(self) -> float:
        """Where it is now."""
        gone = self._velocity * (time.monotonic() - self._since)
        if abs(gone) >= abs(self._to - self._from):
            return self._to
        return self._from + gone

    @property
    def moving(self) -> bool:
        """Whether it has not arrived yet."""
        return self.position != self._to

    def drive(self, speed: float) -> None:
        """Move at a share of its fastest, from -1 to 1, until it is stopped or at its end."""
        here = self.position
        self._start(here, (1.0 if speed > 0 else self.least) if speed else here, abs(speed))

    def go(self, place: float) -> float:
        """Move to a place as fast as it can; the seconds it takes."""
        self._start(self.position, min(1.0, max(self.least, place)), 1.0)
        return abs(self._to - self._from) / self.fastest

    def _start(self, here: float, there: float, speed: float) -> None:
        self._from, self._to, self._since = here, there, time.monotonic()
        self._velocity = speed * self.fastest * (1 if there > here else -1)


@dataclass(slots=True)
class PtzHead:
    """Three axes and the places it remembers."""

    pan: Axis = field(default_factory=lambda: Axis(-1.0, 0.5))
    tilt: Axis = field(default_factory=lambda: Axis(-1.0, 0.5))
    zoom: Axis = field(default_factory=lambda: Axis(0.0, 0.5))
    presets: dict[int, Position] = field(default_factory=dict)

    @property
    def position(self) -> Position:
        """Where it looks."""
        return self.pan.position, self.tilt.position, self.zoom.position

    @property
    def moving(self) -> bool:
        """Whether any axis has not arrived."""
        return self.pan.moving or self.tilt.moving or self.zoom.moving

    def go(self, place: Position) -> float:
        """Move to a place; the seconds it takes."""
        return max(self.pan.go(place[0]), self.tilt.go(place[1]), self.zoom.go(place[2]))

    def stop(self) -> None:
        """Stay where it is."""
        for axis in (self.pan, self.tilt, self.zoom):
            axis.drive(0)
