"""Unmodified tus clients upload to a real fleet, which is killed while it receives."""

import hashlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest

from contract.http import UPLOADS_PATH, Receipt
from fleet.db import new_id
from fleet.recordings.models import StoredSegment
from tests.fleet.recordings.clients import CLIENTS, Order
from tests.fleet.recordings.fleet_process import FleetProcess
from tests.servers.child import Children
from tests.servers.tcp_proxy import TcpProxy

MIB = 1024 * 1024
SIZE = 6 * MIB
CHUNK = 4 * MIB
KILLS = 10
HOSTILE = "../../../etc/\u202epm4.nossel" + "x" * 300


@pytest.fixture
def fleet(children: Children, tmp_path: Path) -> FleetProcess:
    return FleetProcess(children, tmp_path / "fleet")


def lesson(path: Path, seed: int, size: int = SIZE) -> str:
    """A file unlike any other; its SHA-256."""
    data = random.Random(seed).randbytes(size)  # noqa: S311 - repeatable, not secret
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def order(endpoint: str, path: Path, sha256: str, bearer: str, index: int) -> Order:
    metadata = {
        "take": new_id(),
        "track": "presenter",
        "index": str(index),
        "sha256": sha256,
        "filename": HOSTILE,
        "filetype": "video/mp4",
    }
    return Order(endpoint, path, CHUNK, bearer, metadata)


def held(fleet: FleetProcess, location: str, wanted: Order) -> str:
    """SHA-256 of the bytes the fleet really holds, once the receipt says so."""
    answer = httpx.get(
        f"{location}/receipt", headers={**wanted.headers, "Tus-Resumable": "1.0.0"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    receipt = msgspec.json.decode(answer.content, type=Receipt)
    assert (receipt.take, receipt.bytes, receipt.sha256) == (
        wanted.metadata["take"],
        wanted.path.stat().st_size,
        wanted.metadata["sha256"],
    )
    with fleet.database.read() as session:
        row = session.query(StoredSegment).filter_by(take_id=receipt.take).one()
    assert row.key is not None
    return hashlib.sha256((fleet.directory / "files" / row.key).read_bytes()).hexdigest()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_uploads(
    fleet: FleetProcess, tmp_path: Path, client: Callable[[Order], str]
) -> None:
    sha256 = lesson(tmp_path / "lesson.mp4", 1)
    wanted = order(
        fleet.url + UPLOADS_PATH, tmp_path / "lesson.mp4", sha256, fleet.bearer(), index=0
    )

    location = client(wanted)

    assert held(fleet, location, wanted) == sha256
    assert {path.name for path in tmp_path.rglob("*nossel*")} == set()


@pytest.mark.fault
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_resumes_after_the_fleet_was_killed_while_receiving(
    fleet: FleetProcess,
    tmp_path: Path,
    client: Callable[[Order], str],
    tcp_proxy: Callable[..., TcpProxy],
    figure: Callable[[str, str], None],
) -> None:
    """Ten files, ten kills, each at another byte of a PATCH that is under way."""
    bearer = fleet.bearer()
    line = tcp_proxy(("127.0.0.1", fleet.port))
    line.bytes_per_second = 12 * MIB
    endpoint = f"http://127.0.0.1:{line.port}{UPLOADS_PATH}"
    points = random.Random(7)  # noqa: S311 - repeatable, not secret
    whole = twice = 0
    for index in range(KILLS):
        path = tmp_path / f"{index}.mp4"
        sha256 = lesson(path, index)
        wanted = order(endpoint, path, sha256, bearer, index)
        before = line.up
        with ThreadPoolExecutor(1) as threads:
            uploading = threads.submit(client, wanted)
            wait_for_bytes(line, before + points.randrange(MIB // 8, SIZE - MIB // 8), uploading)
            fleet.kill()
            fleet.start()
            location = uploading.result(120)
        whole += held(fleet, location, wanted) == sha256
        twice += max(0, line.up - before - SIZE)

    figure(f"{client.__name__}: whole after kill -9 in mid-PATCH", f"{whole} of {KILLS}")
    figure(f"{client.__name__}: sent twice a kill", f"{twice / KILLS / MIB:.1f} MiB")
    assert whole == KILLS


def wait_for_bytes(line: TcpProxy, count: int, uploading: Future[str]) -> None:
    """Until so many bytes went up, or the upload failed."""
    until = time.monotonic() + 60
    while line.up < count:
        assert not uploading.done(), f"over before it was cut: {uploading.exception()}"
        assert time.monotonic() < until, "the upload does not move"
        threading.Event().wait(0.005)
