"""What lies beside the segments of a take, so that it can be told without the journal."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from contract.messages import TakeEnded
from edge_agent.ports.journal import TakeRow


class TakeFiles(Protocol):
    """One directory a take."""

    def directory(self, take: str) -> Path:
        """Where a take's files belong."""

    async def begin(self, row: TakeRow) -> None:
        """Make the take's directory and say in it what it is for."""

    async def end(self, directory: Path, ended: TakeEnded) -> None:
        """Keep the manifest beside the segments, if the directory is still there."""

    async def forget(self, directory: Path) -> None:
        """Of a take that recorded nothing: remove its directory unless something is in it."""

    async def strangers(self, known: Collection[str]) -> Sequence[tuple[TakeRow, TakeEnded | None]]:
        """Takes on the disk that are not `known`, with their manifests if they had ended."""
