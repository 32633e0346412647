"""What the tus server needs to know about uploads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

Owner_contra = TypeVar("Owner_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload as it is known to be on the disk; also one that has all its bytes.

    Attributes:
        id: its name in the URL; not guessable.
        length: bytes it will have.
        offset: bytes that would survive a power cut.
        path: its unfinished file; only the server writes there.
        metadata: answered to HEAD.
        expires_at: when it is thrown away if nothing more comes; None: it is finished.
    """

    id: str
    length: int
    offset: int
    path: Path
    metadata: Mapping[str, str]
    expires_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether it was verified and stored."""
        return self.expires_at is None


class Intake(Protocol[Owner_contra]):
    """Decides what is taken in and keeps the books; durable when a method returns.

    All methods block and are called in threads, those on one upload possibly at the same time.
    An upload of another owner is answered as one that does not exist (`NotFound`); one that was
    ended, refused or has expired is `Gone`. Every refusal is a `FleetError`.
    """

    @property
    def max_bytes(self) -> int:
        """The longest upload taken."""

    def create(self, owner: Owner_contra, length: int, metadata: Mapping[str, str]) -> Unfinished:
        """A new upload, or the existing one for the same thing."""

    def find(self, owner: Owner_contra, upload_id: str) -> Unfinished:
        """An upload of this owner."""

    def admit(self, count: int) -> None:
        """Raise `NoSpace` unless `count` more bytes fit on the disk."""

    def commit(self, upload_id: str, offset: int) -> datetime:
        """Note that `offset` bytes are on the disk; when the upload will now expire.

        Raises:
            Gone: it was ended meanwhile.
        """

    def finish(self, owner: Owner_contra, upload_id: str, sha256: str) -> None:
        """All bytes are on the disk and have this digest: store them, or discard and refuse.

        Raises:
            WrongDigest: the owner had announced another one.
        """

    def terminate(self, owner: Owner_contra, upload_id: str) -> None:
        """Throw an upload away."""

    def receipt(self, owner: Owner_contra, upload_id: str) -> bytes:
        """JSON that proves what is stored.

        Raises:
            Conflict: it is not finished.
        """
