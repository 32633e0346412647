"""One still picture of a source in its full size, beside whoever else has it open."""

import asyncio
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from edge_agent.capture.inputs import opened
from edge_agent.capture.plan import words
from edge_agent.room.model import Source

SHAREABLE: Final = frozenset({"x11", "gdigrab", "file", "test"})
"""Drivers whose sources can be opened twice: a screen is copied, not taken."""

WIDTH: Final = 1920
LIMIT_SECONDS: Final = 12.0


class Stills:
    """Takes stills with an ffmpeg of its own."""

    def __init__(self, ffmpeg: str = "ffmpeg") -> None:
        self._ffmpeg = ffmpeg

    async def take(self, source: Source) -> bytes | None:
        """A JPEG; None where the source cannot be opened twice, or gives nothing."""
        if source.is_audio or source.driver not in SHAREABLE:
            return None
        return await asyncio.to_thread(self._taken, source)

    def _taken(self, source: Source) -> bytes | None:
        entrance = opened(source)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "still.jpg"
            head = (self._ffmpeg, "-hide_banner", "-nostats", "-loglevel", "error", "-y")
            size = ("-vf", f"scale='min({WIDTH},iw)':-2", "-q:v", "4")
            argv = (*head, *words(entrance), "-map", "0:v:0", "-frames:v", "1", *size, str(path))
            try:
                subprocess.run(
                    argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_SECONDS,
                    check=True,
                )  # fmt: skip
                return path.read_bytes()
            except (OSError, subprocess.SubprocessError):
                return None
