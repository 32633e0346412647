"""Finished files in a directory of this machine."""

import errno
import os
import re
import shutil
import uuid
from pathlib import Path

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
_KEY = re.compile(rf"{_PART}(/{_PART})*")
_LONGEST_KEY = 1024
_INCOMING = ".incoming"
"""Files on their way from another file system; no key begins with a dot."""


class LocalFiles:
    """A `FileStore`: the file of a key lies at that path below `root`.

    Args:
        root: made when it is missing. Where files come from by rename lies on its file system;
            from elsewhere they are copied.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        _make(root)

    def put(self, key: str, source: Path) -> None:
        """Take over the file `source`: durable under `key` when this returns, or unchanged.

        Raises:
            ValueError: the key is not one.
            OSError: the disk is full or broken; `source` is still there.
        """
        target = self.path(key)
        _sync(source)
        _make(target.parent)
        try:
            source.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(source, target)
        _sync(target.parent)

    def path(self, key: str) -> Path:
        """Where the file of `key` lies, or would lie.

        Raises:
            ValueError: the key is not one.
        """
        if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
            raise ValueError(f"not a key of a file store: {key[:80]!r}")
        return self._root / key

    def exists(self, key: str) -> bool:
        """Whether there is a file under `key`."""
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove it; what is not there is no error."""
        self.path(key).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Bytes that can still be stored."""
        return shutil.disk_usage(self._root).free

    def _copy(self, source: Path, target: Path) -> None:
        incoming = self._root / _INCOMING
        _make(incoming)
        copy = incoming / uuid.uuid4().hex
        try:
            shutil.copyfile(source, copy)
            _sync(copy)
            copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)
        source.unlink()


def _make(directory: Path) -> None:
    """Make a directory and those above it, each entry durable."""
    if directory.is_dir():
        return
    _make(directory.parent)
    directory.mkdir(exist_ok=True)
    _sync(directory.parent)


def _sync(path: Path) -> None:
    """Wait until a file, or the entries of a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
