"""What recordings need from outside."""

from pathlib import Path
from typing import Protocol


class FileStore(Protocol):
    """Where finished files stay. Publishing uses the same store. Blocking; raises OSError.

    Keys are relative paths of ASCII letters, digits, dots, dashes and underscores, made by the
    fleet and never by those who send files. A file is never changed in place: putting under a
    key that exists replaces it whole.
    """

    def put(self, key: str, source: Path) -> None:
        """Take over the file `source`: durable under `key` when this returns, or unchanged."""

    def path(self, key: str) -> Path:
        """A local path of the file, for ffmpeg and for sending it; it need not exist."""

    def exists(self, key: str) -> bool:
        """Whether there is a file under `key`."""

    def delete(self, key: str) -> None:
        """Remove it; what is not there is no error."""

    def free_bytes(self) -> int:
        """Bytes that can still be stored."""
