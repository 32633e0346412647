"""Files go in whole or not at all, and never anywhere else."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.adapters.local_files import LocalFiles
from fleet.recordings.ports import FileStore


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return LocalFiles(tmp_path / "files")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Another file system, of 1 MiB."""
    directory = tmp_path / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs root, to mount a small tmpfs")
    yield directory
    subprocess.run(["umount", directory], check=True)


def source(folder: Path, data: bytes) -> Path:
    path = folder / "source"
    path.write_bytes(data)
    return path


def test_a_file_is_taken_over(files: FileStore, tmp_path: Path) -> None:
    path = source(tmp_path, b"lesson")

    files.put("segments/room-1/t-1/presenter-00000-abc.mp4", path)

    assert files.path("segments/room-1/t-1/presenter-00000-abc.mp4").read_bytes() == b"lesson"
    assert files.exists("segments/room-1/t-1/presenter-00000-abc.mp4")
    assert not path.exists()


def test_putting_again_replaces_the_whole_file(files: FileStore, tmp_path: Path) -> None:
    files.put("a/b", source(tmp_path, b"longer than the next"))
    files.put("a/b", source(tmp_path, b"next"))

    assert files.path("a/b").read_bytes() == b"next"


def test_deleting_what_is_not_there_is_no_error(files: FileStore, tmp_path: Path) -> None:
    files.put("a/b", source(tmp_path, b"1"))

    files.delete("a/b")
    files.delete("a/b")
    files.delete("never/was")

    assert not files.exists("a/b")


def test_free_space_is_that_of_its_disk(files: FileStore, tmp_path: Path) -> None:
    assert abs(files.free_bytes() - shutil.disk_usage(tmp_path).free) < 1 << 30
    assert files.free_bytes() > 0


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "a/.",
        ".incoming/x",
        "a\0b",
        "a\nb",
        "a/b\n",
        "a b",
        "C:\\x",
        "lección",
        "a\u202eb",
        "x" * 256,
        "x/" * 600 + "x",
    ],
)
def test_what_is_no_key_reaches_no_path(files: FileStore, tmp_path: Path, key: str) -> None:
    path = source(tmp_path, b"1")

    for attempt in (lambda: files.put(key, path), lambda: files.path(key)):
        with pytest.raises(ValueError, match="not a key"):
            attempt()
    assert path.exists()


def test_a_file_from_another_file_system_is_copied(small_disk: Path, tmp_path: Path) -> None:
    files = LocalFiles(small_disk / "files")
    path = source(tmp_path, b"from afar")

    files.put("a/b", path)

    assert files.path("a/b").read_bytes() == b"from afar"
    assert not path.exists()


@pytest.mark.fault
def test_a_full_disk_changes_nothing(small_disk: Path, tmp_path: Path) -> None:
    files = LocalFiles(small_disk / "files")
    files.put("a/b", source(tmp_path, b"old"))
    path = source(tmp_path, b"x" * (2 << 20))

    with pytest.raises(OSError, match="No space"):
        files.put("a/b", path)

    assert files.path("a/b").read_bytes() == b"old"
    assert path.stat().st_size == 2 << 20
    assert list((small_disk / "files" / ".incoming").iterdir()) == []
