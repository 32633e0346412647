"""Why the agent could not do something. Two branches decide whether trying again helps.

EdgeError
├── Refused            the other side said no; trying again changes nothing
│   ├── BadConfiguration   room.toml, naming file, line and key
│   ├── NotEnrolled        there is no identity yet
│   ├── Unsupported        this device has no such command or reading
│   └── UploadDenied       the fleet will never take this segment
└── Unreachable        nobody answered, or "later"; try again with backoff
    ├── Busy               the device is there and says "not now"
    └── Garbled            what came is not of the protocol
"""


class EdgeError(Exception):
    """Anything the agent itself raises."""


class Refused(EdgeError):
    """The other side said no; trying again changes nothing."""


class BadConfiguration(Refused):
    """The configuration cannot be used; the text names file, line and key."""


class NotEnrolled(Refused):
    """This PC has no identity: `edge-agent enrol` comes first."""


class Unsupported(Refused):
    """This device has no such command or reading, or not over this line."""


class UploadDenied(Refused):
    """The fleet will never take this segment; the room keeps the file."""


class Unreachable(EdgeError):
    """Nobody answered in time, or the answer was "later".

    Attributes:
        retry_after: seconds the other side asked to wait, or None.
    """

    def __init__(self, why: str, *, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Busy(Unreachable):
    """The device is there and says "not now": it warms up, cools down, or does something else."""


class Garbled(Unreachable):
    """What came is not of the protocol, or its checksum is wrong; the line is opened anew."""
