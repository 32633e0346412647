"""Files that are either wholly there or not at all after a power cut."""

import os
from pathlib import Path

BINARY = getattr(os, "O_BINARY", 0)
"""Without it Windows writes two bytes for each newline."""


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write beside the file, sync, and rename over it."""
    beside = path.with_name(path.name + ".tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames and new names in a directory durable. Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
