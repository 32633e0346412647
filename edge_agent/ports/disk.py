"""The disk that recordings lie on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from edge_agent.ports.journal import DeliveredFile
from edge_agent.room.events import DiskLevel


class Disk(Protocol):
    """How full it is, and how it is made emptier."""

    async def free(self) -> int:
        """Bytes that can still be written."""

    def level(self, free_bytes: int) -> DiskLevel:
        """What so many free bytes mean."""

    async def make_room(self, held: Sequence[DeliveredFile], free_bytes: int) -> Sequence[Path]:
        """Delete of what the fleet holds, oldest first, until the disk is no longer low.

        Only files whose receipt names the digest that was journalled. Answers those that are gone.
        """
