"""A tus server and a client that says exactly what it is told to."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.fleet.recordings.tus_server import Serving, TusServer, serve_in_thread
from tests.servers.child import Children


def segment_metadata(data: bytes, **changed: str) -> str:
    """`Upload-Metadata` of a segment with these bytes."""
    pairs = {
        "take": "take-1",
        "track": "presenter",
        "index": "0",
        "sha256": hashlib.sha256(data).hexdigest(),
        **changed,
    }
    return ",".join(f"{key} {base64.b64encode(pairs[key].encode()).decode()}" for key in pairs)


class Room:
    """A room's HTTP client: sends what tus asks for, unless told otherwise."""

    def __init__(self, url: str, token: str = "token-a") -> None:  # noqa: S107
        self.url = url
        self.client = httpx.Client(
            headers={"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {token}"}, timeout=30
        )

    def create(self, data: bytes, *, body: bytes = b"", **changed: str) -> httpx.Response:
        """POST for a segment with these bytes; `changed` is metadata."""
        headers = {
            "Upload-Length": str(len(data)),
            "Upload-Metadata": segment_metadata(data, **changed),
        }
        if body:
            headers["Content-Type"] = "application/offset+octet-stream"
        return self.client.post(self.url, headers=headers, content=body)

    def upload(self, data: bytes, **changed: str) -> str:
        """Create an upload; its URL."""
        created = self.create(data, **changed)
        assert created.status_code == 201, created.text
        return created.headers["Location"]

    def patch(
        self, url: str, offset: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """PATCH `body` at `offset`."""
        wanted = {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            **(headers or {}),
        }
        return self.client.patch(url, headers=wanted, content=body)

    def offset(self, url: str) -> int:
        """What HEAD says is there."""
        answer = self.client.head(url)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def receipt(self, url: str) -> httpx.Response:
        return self.client.get(f"{url}/receipt")


@pytest.fixture
def tus(children: Children, tmp_path: Path) -> Callable[..., TusServer]:
    """`tus(limits=…, pace=…, data=…)` starts a server; see `TusServer.start`."""
    directory = tmp_path / "tus"
    directory.mkdir()
    return lambda **settings: TusServer.start(children, directory, **settings)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    """A server in a thread, with the pace it is shipped with."""
    directory = tmp_path / "served"
    directory.mkdir()
    with serve_in_thread(directory) as serving:
        yield serving


@pytest.fixture
def room(server: Serving) -> Iterator[Room]:
    """Room A."""
    one = Room(server.url)
    yield one
    one.client.close()
