"""Times on the wire: always UTC, always with an offset."""

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_unix(seconds: float) -> datetime:
    """Seconds since 1970 as a UTC datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def to_unix(at: datetime) -> float:
    """A datetime with an offset as seconds since 1970.

    Raises:
        ValueError: `at` has no offset.
    """
    if at.tzinfo is None:
        raise ValueError(f"a time without an offset: {at.isoformat()}")
    return at.timestamp()
