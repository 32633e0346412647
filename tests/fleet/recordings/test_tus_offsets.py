"""Whatever happens to the pieces of a file, the offset is right and the file whole at the end."""

import asyncio
import base64
import hashlib
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.errors import NotFound
from fleet.recordings.tus import Intake, Pace, TusApp, Unfinished

DATA = hashlib.shake_256(b"lesson").digest(5000)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
SMALL = Pace(batch_bytes=300, sync_bytes=700)
Step = tuple[str, int, int]


class Shelf:
    """An intake of one upload that anybody may send; its books are these attributes."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "part"
        self.max_bytes = len(DATA)
        self.offset = 0
        self.sha256 = ""

    def create(self, owner: str, length: int, metadata: Mapping[str, str]) -> Unfinished:
        return self.find(owner, "one")

    def find(self, owner: str, upload_id: str) -> Unfinished:
        if upload_id != "one":
            raise NotFound("no")
        expires = None if self.sha256 else LATER
        return Unfinished("one", len(DATA), self.offset, self.path, {}, expires)

    def admit(self, count: int) -> None:
        pass

    def commit(self, upload_id: str, offset: int) -> datetime:
        self.offset = offset
        return LATER

    def finish(self, owner: str, upload_id: str, sha256: str) -> None:
        self.offset, self.sha256 = len(DATA), sha256

    def terminate(self, owner: str, upload_id: str) -> None:
        self.path.unlink()

    def receipt(self, owner: str, upload_id: str) -> bytes:
        return self.sha256.encode()


async def anybody(bearer: str) -> str:
    return bearer


async def patch(
    app: TusApp[str], offset: int, pieces: list[bytes], *, broken: bool = False, checksum: str = ""
) -> int | None:
    """The status of a PATCH whose body comes in these pieces; None when nobody is told."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    messages.append({"type": "http.disconnect"} if broken else {"type": "http.request"})
    headers = {
        "tus-resumable": "1.0.0",
        "authorization": "Bearer me",
        "content-type": "application/offset+octet-stream",
        "transfer-encoding": "chunked",
        "upload-offset": str(offset),
        **({"upload-checksum": checksum} if checksum else {}),
    }
    scope = {
        "type": "http",
        "method": "PATCH",
        "scheme": "http",
        "path": "/uploads/one",
        "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"] if sent else None


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


kinds = st.sampled_from(["whole", "broken", "crash", "checked", "damaged", "elsewhere", "too long"])
steps = st.lists(st.tuples(kinds, st.integers(1, 1500), st.integers(1, 400)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_the_offset_after_any_history(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(walk(Shelf(Path(directory)), history))


async def walk(shelf: Shelf, history: list[Step]) -> None:
    """Do what happened, comparing after each step; then send what is missing."""
    intake: Intake[str] = shelf
    app = TusApp(intake, anybody, pace=SMALL, threads=2)
    for kind, length, size in history:
        if shelf.sha256:
            break
        offset = shelf.offset
        data = DATA[offset : offset + length]
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        after = offset + len(data)
        match kind:
            case "whole":
                assert await patch(app, offset, cut(data, size)) == 204
            case "broken":
                assert await patch(app, offset, cut(data, size), broken=True) is None
            case "crash":
                with shelf.path.open("ab") as file:
                    file.write(b"written, never noted")
                app, after = TusApp(intake, anybody, pace=SMALL, threads=2), offset
            case "checked":
                checksum = f"sha256 {digest}"
                assert await patch(app, offset, cut(data, size), checksum=checksum) == 204
            case "damaged":
                pieces, after = cut(data[:-1] + b"!!", size), offset
                checksum = f"sha256 {digest}"
                assert await patch(app, offset, pieces, checksum=checksum) in {460, 413}
            case "elsewhere":
                assert await patch(app, offset + 1, cut(data, size)) == 409
                after = offset
            case "too long":
                assert await patch(app, offset, [DATA, b"more"]) == 413
                after = offset
        assert shelf.offset == after
        assert shelf.path.read_bytes()[:after] == DATA[:after]

    if not shelf.sha256:
        assert await patch(app, shelf.offset, cut(DATA[shelf.offset :], 350)) == 204
    assert shelf.path.read_bytes() == DATA
    assert shelf.sha256 == hashlib.sha256(DATA).hexdigest()
