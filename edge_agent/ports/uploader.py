"""Getting one file of a take to the fleet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.http import Receipt


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A closed segment to be sent.

    Attributes:
        url: where an earlier attempt was uploading it, or None.
        offset: bytes the fleet had confirmed then.
    """

    take: str
    track: str
    index: int
    path: Path
    bytes: int
    sha256: str
    url: str | None = None
    offset: int = 0


Progress = Callable[[str, int], Awaitable[None]]
"""Called with the upload's URL and the confirmed offset, whenever either changes."""


class Uploader(Protocol):
    """Sends files one at a time."""

    async def upload(self, file: SegmentFile, progress: Progress) -> Receipt:
        """Send what the fleet does not have yet and fetch the receipt.

        Raises:
            UploadDenied: the fleet will never take it, or its receipt is for other bytes.
            Unreachable: try again later; what was confirmed is not sent again.
        """

    def limit(self, bytes_per_second: int | None) -> None:
        """Take no more of the link than this from now on."""
