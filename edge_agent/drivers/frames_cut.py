"""Cuts what comes over a line into frames, by the parameters of the codec `byte-frames`.

    start        bytes a frame begins with; what comes before them is skipped
    end          bytes it ends with
    length       how long it is
    length_at    where in it, from zero, a byte says how long it is …
    length_adds  … and how much that byte leaves out

`end`, `length` or `length_at` is needed. With a length and an end both must fit.
"""

from dataclasses import dataclass

from contract.profile import Scalar
from edge_agent.drivers.frames_template import hexadecimal
from edge_agent.errors import BadConfiguration


@dataclass(frozen=True, slots=True)
class Cutter:
    """Takes whole frames out of what came."""

    start: bytes = b""
    end: bytes = b""
    length: int = 0
    length_at: int | None = None
    length_adds: int = 0

    def take(self, held: bytearray) -> bytes | None:
        """The first whole frame, taken out of `held` with all before it; None: more must come."""
        while self._begins(held):
            size = self._size(held)
            if size is None or len(held) < size:
                return None
            frame = bytes(held[:size])
            if size and frame.endswith(self.end):
                del held[:size]
                return frame
            del held[:1]
        return None

    def _begins(self, held: bytearray) -> bool:
        """Skip what cannot be the beginning of a frame."""
        if not self.start:
            return bool(held)
        at = held.find(self.start)
        if at < 0:
            del held[: max(0, len(held) - len(self.start) + 1)]
            return False
        del held[:at]
        return True

    def _size(self, held: bytearray) -> int | None:
        """How long the frame is; None: cannot be said yet, 0: it is none."""
        if self.length:
            return self.length
        if self.length_at is not None:
            if len(held) <= self.length_at:
                return None
            size = held[self.length_at] + self.length_adds
            return size if size > self.length_at else 0
        at = held.find(self.end, len(self.start))
        return None if at < 0 else at + len(self.end)


def cutter(parameters: dict[str, Scalar]) -> Cutter:
    """What the codec's parameters say of where a frame begins and ends.

    Raises:
        BadConfiguration: they do not say it.
    """
    at = _number(parameters, "length_at") if "length_at" in parameters else None
    made = Cutter(
        start=_bytes(parameters, "start"),
        end=_bytes(parameters, "end"),
        length=_number(parameters, "length"),
        length_at=at,
        length_adds=_number(parameters, "length_adds"),
    )
    if not (made.end or made.length or at is not None):
        raise BadConfiguration("codec: parameters: end, length or length_at is missing")
    return made


def _number(parameters: dict[str, Scalar], name: str) -> int:
    value = parameters.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:
        raise BadConfiguration(f"codec: parameters: {name}: a number from 0 to 255 is needed")
    return value


def _bytes(parameters: dict[str, Scalar], name: str) -> bytes:
    try:
        return hexadecimal(str(parameters.get(name, "")))
    except ValueError as error:
        raise BadConfiguration(f"codec: parameters: {name}: {error}") from error
