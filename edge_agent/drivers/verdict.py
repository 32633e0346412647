"""What an answer of a device comes to."""

from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.errors import Busy, Refused, Unsupported
from edge_agent.room.model import Value

Verdict = Literal["ok", "fail", "busy", "unsupported"]
VERDICTS: Final[tuple[Verdict, ...]] = ("ok", "fail", "busy", "unsupported")

SILENT: Final = "none"
"""In a command's `expect`: it has no answer although others have one."""


@dataclass(frozen=True, slots=True)
class Told:
    """The value of a reading."""

    value: Value


def obeyed(command: str, verdict: Verdict) -> None:
    """Let a command pass that was done.

    Raises:
        Refused, Busy, Unsupported: it was not.
    """
    match verdict:
        case "fail":
            raise Refused(f"the device refuses {command!r}")
        case "busy":
            raise Busy(f"the device does not take {command!r} now")
        case "unsupported":
            raise Unsupported(f"the device does not know {command!r}")


def value_of(point: str, told: Told | Verdict) -> Value:
    """The value that was told.

    Raises:
        Busy, Unsupported: there was none; to a question "no" means that it is not offered.
    """
    if isinstance(told, Told):
        return told.value
    if told == "busy":
        raise Busy(f"the device does not tell {point!r} now")
    raise Unsupported(f"the device does not tell {point!r}")
