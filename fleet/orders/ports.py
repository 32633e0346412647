"""What orders need of the place where files lie."""

from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """A store of finished files, by key."""

    def put(self, key: str, source: Path) -> None:
        """Take over the file `source`: durable under `key` when this returns."""
        ...

    def path(self, key: str) -> Path:
        """Where the file of `key` lies, or would lie."""
        ...
