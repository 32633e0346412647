"""What devices announce, on the bus, in the transaction in which it became true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """A room has raised an alarm, or says that it is over. Told once a change.

    Attributes:
        alarm: its name in the room; with `subject`, which device or track.
        at: the room's time, never later than the fleet's.
        shown: while it is raised `severity`, `text`, `what`, `todo` and `value`.
    """

    room_id: str
    subject: str
    alarm: str
    raised: bool
    at: datetime
    shown: Mapping[str, str]
