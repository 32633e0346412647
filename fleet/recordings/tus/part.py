"""The file of an unfinished upload, in the hands of its one writer."""

import fcntl
import hashlib
import io
import os
from pathlib import Path

from fleet.recordings.tus.errors import InUse

_READ_BYTES = 4 * 1024 * 1024

_MOST_PIECES = 64
"""Fewer than any system's IOV_MAX; more of them are small, and joining them is cheap."""


class Part:
    """An unfinished file, locked from `Part.open` to `close`.

    The lock is the kernel's: it is free as soon as the process that held it is gone. All methods
    block. `write` calls follow one another; `sync` may run beside them.
    """

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._handle = file.fileno()
        self._digest: hashlib._Hash | None = None
        self.end = 0

    @classmethod
    def open(cls, path: Path) -> "Part":
        """Take the file, made when it is missing.

        Raises:
            InUse: another writer has it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        file = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise InUse(
                "another request is sending this upload; try again when it ended"
            ) from error
        if is_new:
            _sync_entries(path.parent)
        return cls(file)

    def resume(self, offset: int, digest: "hashlib._Hash | None") -> None:
        """Go on at `offset`: what was written behind it was never acknowledged, and is cut off.

        `digest` has the first `offset` bytes, or is None: the file is then read again at the end.
        """
        os.ftruncate(self._handle, offset)
        self.end = offset
        self._digest = hashlib.sha256() if offset == 0 else digest

    def write(self, *pieces: bytes) -> None:
        """Append, without joining the pieces first: that would copy every byte once more.

        Raises:
            OSError: not all of it could be written; `end` is as before.
        """
        if len(pieces) > _MOST_PIECES:
            pieces = (b"".join(pieces),)
        at = self.end + os.pwritev(self._handle, pieces, self.end)
        end = self.end + sum(map(len, pieces))
        if at < end:  # rare: a signal, a disk that is all but full
            rest = memoryview(b"".join(pieces))[at - end :]
            while rest:
                count = os.pwrite(self._handle, rest, at)
                rest, at = rest[count:], at + count
        if self._digest is not None:
            for piece in pieces:
                self._digest.update(piece)
        self.end = end

    def sync(self) -> None:
        """Wait until what was written before this call is on the disk."""
        os.fdatasync(self._handle)

    def digest(self) -> "hashlib._Hash | None":
        """The running SHA-256 of what was written, if it has seen every byte."""
        return self._digest

    def sha256(self) -> str:
        """SHA-256 of the whole file, hexadecimal; read back where the running one is missing."""
        if self._digest is not None:
            return self._digest.hexdigest()
        whole, at = hashlib.sha256(), 0
        while data := os.pread(self._handle, _READ_BYTES, at):
            whole.update(data)
            at += len(data)
        return whole.hexdigest()

    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._handle).st_size

    def close(self) -> None:
        """Give the file up."""
        self._file.close()


def _sync_entries(directory: Path) -> None:
    """Without this, a power cut may take a file's name although its bytes were synced."""
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
