"""The file of a backup: a tar archive, each member named in a manifest with its SHA-256."""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from fleet import __version__
from fleet.errors import Refused

MANIFEST = "manifest.json"
_FORMAT = 1
_CHUNK = 1 << 20


class _Digesting:
    """A file to be read once, digested on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, count: int = -1) -> bytes:
        found = self._file.read(count)
        self._digest.update(found)
        return found

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


class Writer:
    """Adds members; the manifest is the last, so that a file cut short is known."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: dict[str, dict[str, Any]] = {}

    def add(self, path: Path, name: str) -> None:
        """A regular file, as long as it is at this moment; one that has gone is left out."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            entry = tarfile.TarInfo(name)
            entry.size = os.fstat(file.fileno()).st_size
            entry.mode = 0o600
            digesting = _Digesting(file)
            self._tar.addfile(entry, digesting)
        self._members[name] = {"bytes": entry.size, "sha256": digesting.digest}

    def finish(self, facts: dict[str, Any]) -> int:
        """Write the manifest; how many members there are."""
        manifest = {"format": _FORMAT, "version": __version__, **facts, "files": self._members}
        content = json.dumps(manifest, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, io.BytesIO(content))
        return len(self._members)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """A new file, 0600, that has its name only when it is whole and on disk.

    Raises:
        Refused: there is such a file, or it cannot be written.
    """
    if target.exists():
        raise Refused(f"{target}: there is such a file already")
    part = target.with_name(target.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except OSError as error:
        raise Refused(f"{error.filename or target}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def unpack(source: Path, directory: Path) -> dict[str, Any]:
    """Write the members below `directory`, 0600; returns the manifest when all is as it says.

    Raises:
        Refused: it is no backup, or not whole, or altered, or made by a later version.
    """
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(source, "r:") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None:
                    raise Refused(f"{source}: {entry.name!r} is no file")
                if entry.name == MANIFEST:
                    manifest = json.loads(content.read(_most(entry)))
                    continue
                digest = _write(content, directory / _safe(entry.name))
                found[entry.name] = {"bytes": entry.size, "sha256": digest}
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise Refused(f"{source}: not a backup, or not all of it: {error}") from error
    except OSError as error:
        raise Refused(f"{error.filename or source}: {error.strerror or error}") from error
    if manifest is None:
        raise Refused(f"{source}: not a backup, or not all of it: it has no manifest")
    if manifest.get("format") != _FORMAT:
        raise Refused(f"{source}: made by version {manifest.get('version')}; use that or a later")
    if manifest.get("files") != found:
        raise Refused(f"{source}: its files are not those that were backed up")
    return manifest


def _most(entry: tarfile.TarInfo) -> int:
    if entry.size > 1 << 30:
        raise ValueError("the manifest is too long")
    return entry.size


def _safe(name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise ValueError(f"a member is called {name!r}")
    return Path(*path.parts)


def _write(content: IO[bytes], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digesting = _Digesting(content)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := digesting.read(_CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digesting.digest


def facts(kind: str, media: bool, now: datetime) -> dict[str, Any]:
    """What a manifest says besides its files."""
    return {"made": now.isoformat(timespec="seconds"), "database": kind, "media": media}
