"""The tus client against a server that fails on demand, through a line that is cut."""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.http import Receipt
from edge_agent.errors import Unreachable, UploadDenied
from edge_agent.link.clock import FleetClock
from edge_agent.link.identity import IdentityStore
from edge_agent.link.token import TokenSigner
from edge_agent.link.upload import TusUploader
from edge_agent.ports.uploader import SegmentFile
from edge_agent.settings import UploadSettings
from tests.fakes.tus_server import TusServer
from tests.servers.tcp_proxy import TcpProxy

KIB = 1024


@pytest.fixture
def segment(tmp_path: Path) -> Callable[..., SegmentFile]:
    def make(size: int = 600 * KIB, index: int = 0, url: str | None = None) -> SegmentFile:
        path = tmp_path / f"presenter-{index}.mp4"
        path.write_bytes(os.urandom(size))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return SegmentFile("take-1", "presenter", index, path, size, digest, url)

    return make


class Sender:
    """One agent's uploader; `places` are what it asked to be remembered."""

    def __init__(self, enrolled: Callable[..., Path], url: str, **settings: object) -> None:
        self.places: list[tuple[str, int]] = []
        self._store = IdentityStore(enrolled(http_url=url))
        defaults = {"min_chunk_bytes": 64 * KIB, "max_chunk_bytes": 128 * KIB, "timeout_seconds": 5}
        self._settings = UploadSettings(**{**defaults, **settings})

    async def _note(self, url: str, offset: int) -> None:
        self.places.append((url, offset))

    def send(self, file: SegmentFile, limit: int | None = None) -> Receipt:
        async def scene() -> Receipt:
            clock = FleetClock()
            signer = TokenSigner(self._store, lambda: datetime.now(UTC))
            uploader = TusUploader(self._store, signer, self._settings, clock)
            uploader.limit(limit)
            try:
                return await uploader.upload(file, self._note)
            finally:
                await uploader.close()

        return asyncio.run(scene())


@pytest.fixture
def sender(enrolled: Callable[..., Path], tus_server: TusServer) -> Sender:
    return Sender(enrolled, tus_server.url)


def test_a_segment_is_sent_in_chunks_and_proved(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile]
) -> None:
    file = segment()

    receipt = sender.send(file)

    (upload,) = tus_server.uploads.values()
    assert bytes(upload.content) == file.path.read_bytes()
    assert upload.received == file.bytes
    assert (receipt.sha256, receipt.take, receipt.index) == (file.sha256, "take-1", 0)
    assert upload.metadata["sha256"] == file.sha256
    assert tus_server.requests.count("PATCH") >= 5
    assert sender.places[-1][1] == file.bytes
    assert all(bearer.startswith("Bearer ey") for bearer in tus_server.bearers)


def test_an_empty_segment_needs_no_chunk(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile]
) -> None:
    assert sender.send(segment(size=0)).bytes == 0
    assert "PATCH" not in tus_server.requests


def test_a_cut_line_costs_less_than_one_chunk_a_cut(
    enrolled: Callable[..., Path],
    tus_server: TusServer,
    tcp_proxy: Callable[..., TcpProxy],
    segment: Callable[..., SegmentFile],
    figure: Callable[[str, str], None],
) -> None:
    proxy = tcp_proxy(("127.0.0.1", tus_server.port))
    proxy.bytes_per_second = 4_000_000
    proxy.resets_per_megabyte = 1.0
    sender = Sender(enrolled, f"http://127.0.0.1:{proxy.port}")
    file, attempts = segment(size=4096 * KIB), 0
    url = None
    while True:
        attempts += 1
        assert attempts < 60
        try:
            sender.send(SegmentFile(**{n: getattr(file, n) for n in file.__slots__} | {"url": url}))
            break
        except Unreachable:
            url = sender.places[-1][0] if sender.places else None

    (upload,) = tus_server.uploads.values()
    twice = upload.received - file.bytes
    figure("bytes sent twice", f"{twice} over {proxy.cuts} cuts, chunk {128 * KIB}")
    assert proxy.cuts >= 2
    assert bytes(upload.content) == file.path.read_bytes()
    assert twice <= proxy.cuts * 128 * KIB


def test_a_restarted_agent_resumes_at_the_remembered_place(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile]
) -> None:
    file = segment()
    tus_server.answers.extend(["PATCH 503"])
    with pytest.raises(Unreachable):
        sender.send(file)
    (upload,) = tus_server.uploads.values()
    upload.content += file.path.read_bytes()[: 100 * KIB]
    upload.received = 0
    url = sender.places[-1][0]
    tus_server.requests.clear()

    sender.send(segment_at(file, url))

    assert upload.received == file.bytes - 100 * KIB
    assert "POST" not in tus_server.requests


def segment_at(file: SegmentFile, url: str) -> SegmentFile:
    return SegmentFile(file.take, file.track, file.index, file.path, file.bytes, file.sha256, url)


@pytest.mark.parametrize(
    ("answer", "posts"),
    [("PATCH 409", 1), ("PATCH 460", 1), ("HEAD 404", 2), ("PATCH 410", 2), ("GET 404", 2)],
)
def test_a_server_out_of_step_is_asked_and_followed(
    sender: Sender,
    tus_server: TusServer,
    segment: Callable[..., SegmentFile],
    answer: str,
    posts: int,
) -> None:
    tus_server.answers.append(answer)
    file = segment()

    assert sender.send(file).sha256 == file.sha256
    assert tus_server.requests.count("POST") == posts


@pytest.mark.parametrize("answer", ["POST 413", "POST 403", "POST 422", "POST 409", "PATCH 403"])
def test_a_refusal_for_good_is_not_tried_again(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile], answer: str
) -> None:
    tus_server.answers.append(answer)
    file = segment()

    with pytest.raises(UploadDenied):
        sender.send(file)

    assert file.path.exists()


@pytest.mark.parametrize(
    "answer", ["POST 507", "POST 401", "PATCH 423", "PATCH 500", "POST 429", "POST 404", "GET 409"]
)
def test_later_means_later(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile], answer: str
) -> None:
    tus_server.answers.append(answer)

    with pytest.raises(Unreachable):
        sender.send(segment())


def test_a_receipt_for_other_bytes_is_no_receipt(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile]
) -> None:
    tus_server.receipt_digest = "f" * 64

    with pytest.raises(UploadDenied, match="other bytes"):
        sender.send(segment())


def test_a_file_that_is_gone_or_cut_short_is_refused(
    sender: Sender, segment: Callable[..., SegmentFile]
) -> None:
    short, gone = segment(index=0), segment(index=1)
    short.path.write_bytes(short.path.read_bytes()[:1000])
    gone.path.unlink()

    for file in (short, gone):
        with pytest.raises(UploadDenied, match="cannot be read"):
            sender.send(file)


def test_the_token_goes_to_the_fleet_only(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile]
) -> None:
    tus_server.location = "http://127.0.0.2:9/uploads/{id}"

    with pytest.raises(Unreachable, match="elsewhere"):
        sender.send(segment())


@pytest.mark.parametrize("answer", ["POST 403", "PATCH 413", "PATCH 400", "HEAD 403"])
def test_what_a_proxy_refuses_is_not_refused_for_good(
    sender: Sender, tus_server: TusServer, segment: Callable[..., SegmentFile], answer: str
) -> None:
    tus_server.proxied = True
    tus_server.answers.append(answer)
    file = segment()

    with pytest.raises(Unreachable):
        sender.send(file)
    tus_server.proxied = False

    assert sender.send(file).sha256 == file.sha256


def test_a_file_that_is_held_for_a_moment_is_sent_later(
    sender: Sender, segment: Callable[..., SegmentFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise PermissionError(13, "the scanner has it")

    with monkeypatch.context() as patched:
        patched.setattr("edge_agent.link.upload._read", busy)
        with pytest.raises(Unreachable, match="the scanner has it"):
            sender.send(segment())
    assert sender.send(segment())


def test_nobody_there_is_unreachable(
    enrolled: Callable[..., Path], segment: Callable[..., SegmentFile]
) -> None:
    with pytest.raises(Unreachable):
        Sender(enrolled, "http://127.0.0.1:9").send(segment())


def test_the_lower_of_both_limits_holds(
    enrolled: Callable[..., Path], tus_server: TusServer, segment: Callable[..., SegmentFile]
) -> None:
    file = segment(size=600 * KIB)
    unlimited = Sender(enrolled, tus_server.url)
    began = time.monotonic()
    unlimited.send(file)
    free = time.monotonic() - began
    tus_server.uploads.clear()
    limited = Sender(enrolled, tus_server.url, bytes_per_second=2_000 * KIB)
    began = time.monotonic()

    limited.send(file, limit=400 * KIB)

    # 600 KiB at 400 KiB/s, with half a second's worth at once.
    assert time.monotonic() - began > 0.9 > free
