"""What every payload shares: immutable, keyword-only, tolerant of fields it does not know."""

import msgspec


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A payload. Fields added later have defaults, so that old messages stay readable."""
