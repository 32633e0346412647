"""What alarms announce, on the bus, in the transaction in which it became true."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AlarmFired:
    """Something needs a person. Not told of what another alarm explains.

    Attributes:
        rule: key of the rule.
        room_id: None for what is above rooms.
        subject: the device or track; empty is the place itself.
    """

    alarm_id: str
    rule: str
    severity: str
    path: str
    room_id: str | None
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmOver:
    """It is over, by itself or because somebody has put it right."""

    alarm_id: str
    rule: str
    severity: str
    path: str
    room_id: str | None
    subject: str
    at: datetime
