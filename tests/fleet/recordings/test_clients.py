"""Unmodified tus clients upload to a fleet, and to a tus server that is killed meanwhile."""

import hashlib
import random
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
from tests.fleet.recordings.clients import CLIENTS, MOST_SECONDS, Order
from tests.fleet.recordings.fleet_process import FleetProcess
from tests.fleet.recordings.tus_server import TusServer
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


def order(endpoint: str, path: Path, sha256: str, bearer: str, index: int = 0) -> Order:
    metadata = {
        "take": new_id(),
        "track": "presenter",
        "index": str(index),
        "sha256": sha256,
        "filename": HOSTILE,
        "filetype": "video/mp4",
    }
    return Order(endpoint, path, CHUNK, bearer, metadata)


def prove(location: str, wanted: Order) -> Receipt:
    """The receipt, which must be for exactly what was sent."""
    answer = httpx.get(f"{location}/receipt", headers=wanted.headers, timeout=30)
    assert answer.status_code == 200, answer.text
    receipt = msgspec.json.decode(answer.content, type=Receipt)
    assert (receipt.take, receipt.bytes, receipt.sha256) == (
        wanted.metadata["take"],
        wanted.path.stat().st_size,
        wanted.metadata["sha256"],
    )
    return receipt


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_uploads(
    fleet: FleetProcess, tmp_path: Path, client: Callable[[Order], str]
) -> None:
    """To the whole fleet, with the token of an enrolled room."""
    path = tmp_path / "lesson.mp4"
    sha256 = lesson(path, 1)
    wanted = order(fleet.url + UPLOADS_PATH, path, sha256, fleet.bearer())

    receipt = prove(client(wanted), wanted)

    with fleet.database.read() as session:
        row = session.query(StoredSegment).filter_by(take_id=receipt.take).one()
    assert row.key is not None
    assert (fleet.directory / "files" / row.key).read_bytes() == path.read_bytes()
    assert {path.name for path in tmp_path.rglob("*nossel*")} == set()


@pytest.mark.fault
@pytest.mark.timeout(600)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_resumes_after_the_server_was_killed_while_receiving(
    tus: Callable[..., TusServer],
    tmp_path: Path,
    client: Callable[[Order], str],
    tcp_proxy: Callable[..., TcpProxy],
    figure: Callable[[str, str], None],
) -> None:
    """Ten files, ten kills, each at another byte of a PATCH that is under way."""
    server = tus()
    line = tcp_proxy(("127.0.0.1", server.port))
    line.bytes_per_second = 12 * MIB
    endpoint = f"http://127.0.0.1:{line.port}{UPLOADS_PATH}"
    points = random.Random(7)  # noqa: S311 - repeatable, not secret
    sent, twice = {}, 0
    for index in range(KILLS):
        path = tmp_path / f"{index}.mp4"
        sha256 = lesson(path, index)
        wanted = order(endpoint, path, sha256, "token-a", index)
        before = line.up
        with ThreadPoolExecutor(1) as threads:
            uploading = threads.submit(client, wanted)
            wait_for_bytes(line, before + points.randrange(MIB // 8, SIZE - MIB // 8), uploading)
            server.kill()
            server.restart()
            location = uploading.result(MOST_SECONDS)
        prove(location, wanted)
        sent[sha256] = path.read_bytes()
        twice += max(0, line.up - before - SIZE)

    stored = {hashlib.sha256(data).hexdigest(): data for data in server.stored().values()}
    whole = sum(stored.get(sha256) == data for sha256, data in sent.items())
    figure(f"{client.__name__}: whole after kill -9 in mid-PATCH", f"{whole} of {KILLS}")
    figure(f"{client.__name__}: sent twice a kill", f"{twice / KILLS / MIB:.1f} MiB")
    assert stored == sent


def wait_for_bytes(line: TcpProxy, count: int, uploading: Future[str]) -> None:
    """Until so many bytes went up, or the upload failed."""
    until = time.monotonic() + MOST_SECONDS
    while line.up < count:
        assert not uploading.done(), f"over before it was cut: {uploading.exception()}"
        assert time.monotonic() < until, "the upload does not move"
        time.sleep(0.005)
