"""Forces recorded bytes to the disk and digests them."""

import hashlib
import os
import sys
from pathlib import Path

# Windows flushes only what is open for writing; ffmpeg shares its files for that.
_FLUSHABLE = os.O_RDWR | getattr(os, "O_BINARY", 0) if sys.platform == "win32" else os.O_RDONLY


def sync(path: Path) -> None:
    """Force what any process has written to a file to the disk. Needs no right to write."""
    descriptor = os.open(path, _FLUSHABLE)
    try:
        if sys.platform == "linux":
            os.fdatasync(descriptor)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make new names in a directory durable. Windows does so by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def seal(path: Path) -> tuple[int, str]:
    """Sync a finished file; its size and its SHA-256 in hexadecimal."""
    sync(path)
    return path.stat().st_size, digest(path)


def digest(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
