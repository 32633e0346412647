"""What every payload shares, and the shapes of names and numbers inside them.

Constraints are part of the contract: a value outside them is `Malformed`, so nothing downstream
has to wonder whether a track's name could be a path or a length negative. (`$` alone would let a
newline pass at the end.)
"""

from datetime import datetime
from typing import Annotated

import msgspec

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,64}(?!\n)$")]
"""An identifier made by one side: a UUID as text, or anything as harmless."""

TrackName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}(?!\n)$")]
"""`presenter`, `presentation` or `audio`; a second camera is `presenter-2`."""

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
"""A SHA-256 digest in lower-case hexadecimal."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A whole number that every JSON reader and database holds exactly."""

Index = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
"""A place in a row, counted from 0."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
"""A duration or an offset from a beginning."""

Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with an offset."""


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A payload. Fields added later have defaults, so that old messages stay readable."""
