"""Connections break, processes are killed, disks fill up: what was acknowledged is there."""

import base64
import fcntl
import hashlib
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.fleet.recordings.conftest import Room
from tests.fleet.recordings.torn import TornPatch
from tests.fleet.recordings.tus_server import Serving, TusServer

MIB = 1024 * 1024
QUICK = {"sync_seconds": 0.05, "batch_bytes": 64 * 1024, "sync_bytes": 256 * 1024}
KILLS = 10


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - repeatable, not secret


def wait_until(true: Callable[[], bool], what: str, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.01)


def locked(uploads: Path) -> bool:
    """Whether the only unfinished file is in a writer's hands."""
    for path in uploads.iterdir():
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


@pytest.mark.fault
def test_what_came_before_the_connection_broke_is_kept(room: Room, server: Serving) -> None:
    data = noise(MIB)
    url = room.upload(data)
    torn = TornPatch(url, 0, MIB)
    torn.send(data[:300_000])
    torn.break_off()

    wait_until(lambda: room.offset(url) == 300_000, "the bytes before the break were not kept")
    assert room.patch(url, 300_000, data[300_000:]).status_code == 204
    assert list(server.stored().values()) == [data]


@pytest.mark.fault
def test_what_came_of_a_chunk_with_a_checksum_is_not_kept(room: Room, server: Serving) -> None:
    data = noise(MIB)
    url = room.upload(data)
    digest = base64.b64encode(hashlib.sha1(data).digest()).decode()  # noqa: S324 - tus asks for it
    torn = TornPatch(url, 0, MIB, checksum=f"sha1 {digest}")
    torn.send(data[:300_000])
    torn.break_off()

    wait_until(lambda: room.patch(url, 0, data[:10]).status_code == 204, "it is still in use")
    assert [path.stat().st_size for path in (server.data / "uploads").iterdir()] == [10]


@pytest.mark.fault
def test_a_second_writer_is_refused_until_the_first_one_is_gone(
    room: Room, server: Serving
) -> None:
    data = noise(MIB)
    url = room.upload(data)
    first = TornPatch(url, 0, MIB)
    first.send(data[:1000])
    wait_until(lambda: locked(server.data / "uploads"), "the first writer did not begin")

    assert room.patch(url, 0, data).status_code == 423
    assert room.client.delete(url).status_code == 423
    first.send(data[1000:2000])
    first.break_off()
    broken_at = time.monotonic()
    wait_until(lambda: room.patch(url, 2000, data[2000:]).status_code == 204, "it is never freed")

    assert time.monotonic() - broken_at < 5
    assert room.receipt(url).status_code == 200


@pytest.mark.fault
def test_a_body_that_stops_is_given_up_and_what_came_is_kept(tus: Callable[..., TusServer]) -> None:
    server = tus(pace={"idle_seconds": 0.5})
    room = Room(server.url)
    url = room.upload(noise(MIB))
    silent = TornPatch(url, 0, MIB)
    silent.send(noise(MIB)[:5000])

    status, message = silent.answer()

    assert (status, room.offset(url)) == (408, 5000)
    assert "HEAD" in message


@pytest.mark.fault
def test_killed_while_receiving_ten_times_of_ten(
    tus: Callable[..., TusServer], figure: Callable[[str, str], None]
) -> None:
    """The offset after each kill is at least what was told before, and the bytes below it right."""
    server = tus(pace=QUICK)
    room = Room(server.url)
    data = noise(8 * MIB)
    url = room.upload(data)
    kept = []
    for kill in range(KILLS):
        offset = room.offset(url)
        patch = TornPatch(url, offset, len(data) - offset)
        sent = offset
        for _ in range(10 + kill):
            patch.send(data[sent : sent + 32_768])
            sent += 32_768
            time.sleep(0.01)
        told = room.offset(url)
        server.kill()
        server.restart()
        after = room.offset(url)
        assert told <= after <= sent
        (part,) = (server.data / "uploads").iterdir()
        assert part.read_bytes()[:after] == data[:after]
        kept.append(after - offset)

    assert room.patch(url, after, data[after:]).status_code == 204
    assert list(server.stored().values()) == [data]
    figure("kept of a broken PATCH after kill -9", f"{sum(map(bool, kept))} of {KILLS}")
    assert all(kept)


@pytest.mark.fault
def test_bytes_behind_the_offset_do_not_survive(room: Room, server: Serving) -> None:
    """What a killed server wrote but did not note is cut off before anything is written."""
    data = noise(MIB)
    url = room.upload(data)
    room.patch(url, 0, data[:1000])
    (part,) = (server.data / "uploads").iterdir()
    with part.open("ab") as file:
        file.write(b"stale" * 100_000)

    assert room.offset(url) == 1000
    assert room.patch(url, 1000, data[1000:]).status_code == 204
    assert list(server.stored().values()) == [data]


@pytest.mark.fault
def test_an_unfinished_file_that_lost_bytes_is_sent_again(room: Room, server: Serving) -> None:
    data = noise(MIB)
    url = room.upload(data)
    room.patch(url, 0, data[:1000])
    (part,) = (server.data / "uploads").iterdir()
    part.write_bytes(data[:400])

    assert room.patch(url, 1000, data[1000:]).status_code == 409
    assert room.offset(url) == 400
    assert room.patch(url, 400, data[400:]).status_code == 204
    assert list(server.stored().values()) == [data]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    directory = tmp_path / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", directory]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs root, to mount a small tmpfs")
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


@pytest.mark.fault
def test_a_full_disk_refuses_and_the_server_lives(
    tus: Callable[..., TusServer], small_disk: Path
) -> None:
    server = tus(data=str(small_disk))
    room = Room(server.url)
    stored, late = noise(MIB, 1), noise(4 * MIB, 2)
    held = room.create(stored, body=stored, index="0").headers["Location"]
    url = room.upload(late, index="1")
    assert room.patch(url, 0, late[:MIB]).status_code == 204
    (small_disk / "filler").write_bytes(noise(5 * MIB))

    def pieces() -> Iterator[bytes]:
        """Of no announced length, so that only the disk itself can refuse."""
        for start in range(MIB, len(late), MIB):
            yield late[start : start + MIB]

    announced = room.patch(url, MIB, late[MIB:])
    refused = room.create(noise(2 * MIB, 3), index="2")
    written = room.patch(url, MIB, pieces())  # type: ignore[arg-type]

    assert [announced.status_code, refused.status_code, written.status_code] == [507] * 3
    assert announced.headers["Retry-After"] == "60"
    assert room.offset(url) == MIB
    assert room.receipt(held).status_code == 200
    assert list(server.stored().values()) == [stored]
    (small_disk / "filler").unlink()
    assert room.patch(url, MIB, late[MIB:]).status_code == 204
    assert sorted(server.stored().values()) == sorted([stored, late])


def test_many_rooms_at_the_same_time(tus: Callable[..., TusServer]) -> None:
    server = tus(pace=QUICK)
    files = {str(index): noise(300_000, index) for index in range(24)}

    def send(index: str) -> httpx.Response:
        room, data = Room(server.url), files[index]
        url = room.upload(data, index=index)
        for start in range(0, len(data), 100_000):
            room.patch(url, start, data[start : start + 100_000])
        return room.receipt(url)

    with ThreadPoolExecutor(24) as threads:
        receipts = list(threads.map(send, files))

    assert {receipt.status_code for receipt in receipts} == {200}
    assert sorted(server.stored().values()) == sorted(files.values())
