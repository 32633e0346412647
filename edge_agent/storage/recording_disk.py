"""The `Disk` port: the file system of the data directory and the room's limits."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from edge_agent.ports.journal import DeliveredFile
from edge_agent.room.events import DiskLevel
from edge_agent.storage import disk


class RecordingDisk:
    """Decides by `limits`."""

    def __init__(self, path: Path, limits: disk.DiskLimits) -> None:
        self._path = path
        self._limits = limits

    async def free(self) -> int:
        """See the port."""
        return await asyncio.to_thread(disk.free, self._path)

    def level(self, free_bytes: int) -> DiskLevel:
        """See the port."""
        return disk.state(free_bytes, self._limits)

    async def make_room(self, held: Sequence[DeliveredFile], free_bytes: int) -> Sequence[Path]:
        """See the port."""
        candidates = [
            disk.Candidate(
                file.path, file.bytes, file.sha256, file.receipt.sha256, file.receipt.stored_at
            )
            for file in held
        ]
        chosen = disk.reclaim(candidates, disk.needed(free_bytes, self._limits))
        gone = await asyncio.to_thread(disk.delete, chosen)
        return [candidate.path for candidate in gone]
