"""A small tus 1.0 server in this process that fails when it is told to."""

import base64
import hashlib
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import uvicorn

from contract.http import Receipt
from tests.servers.ports import free_port


@dataclass
class Upload:
    metadata: dict[str, str]
    length: int
    content: bytearray = field(default_factory=bytearray)
    received: int = 0
    """Bytes of PATCH bodies, also of those that were cut or discarded."""


class TusServer:
    """`url` is its address. Uploads are by id, `by_segment` by take, track and index.

    `order_files` are by order: their media type and content.

    `answers` are "METHOD status" to give, in this order, instead of doing what is asked; when
    `proxied`, they come from something before it that knows nothing of tus.
    """

    def __init__(self) -> None:
        self.uploads: dict[str, Upload] = {}
        self.by_segment: dict[tuple[str, str, str], str] = {}
        self.order_files: dict[str, tuple[str, bytes]] = {}
        self.answers: deque[str] = deque()
        self.proxied = False
        self.requests: list[str] = []
        self.bearers: set[str] = set()
        self.receipt_digest: str | None = None
        self.location = "/uploads/{id}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self._app,
            port=self.port,
            log_level="warning",
            lifespan="off",
            interface="asgi3",
            timeout_keep_alive=30,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            threading.Event().wait(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _app(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        method, path = scope["method"], scope["path"]
        headers = {k.decode().lower(): v.decode() for k, v in scope["headers"]}
        self.requests.append(method)
        self.bearers.add(headers.get("authorization", ""))
        status, answer, body = 0, {}, b""
        if self.answers and self.answers[0].partition(" ")[0] == method:
            status = int(self.answers.popleft().partition(" ")[2])
        if status == 0:
            status, answer, body = await self._do(method, path, headers, receive)
        if status == 0:
            return  # the client is gone
        if not self.proxied:
            answer["Tus-Resumable"] = "1.0.0"
        pairs = [(k.lower().encode(), v.encode()) for k, v in answer.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    async def _do(
        self, method: str, path: str, headers: dict[str, str], receive: Any
    ) -> tuple[int, dict[str, str], bytes]:
        if method == "PUT" and path.startswith("/api/v1/orders/"):
            content = await _whole(receive)
            if content is None:
                return 0, {}, b""
            self.order_files[path.split("/")[4]] = headers["content-type"], content
            return 204, {}, b""
        if not path.startswith("/uploads"):
            return 404, {}, b""
        if method == "POST":
            return self._create(headers)
        name, _, last = path.removeprefix("/uploads/").partition("/")
        upload = self.uploads.get(name)
        if upload is None:
            return 404, {}, b""
        if method == "HEAD":
            return 200, {"Upload-Offset": str(len(upload.content))}, b""
        if method == "PATCH":
            return await self._patch(upload, headers, receive)
        if last == "receipt" and len(upload.content) == upload.length:
            return 200, {}, self._receipt(name, upload)
        return 409, {}, b""

    def _create(self, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        pairs = (pair.split(" ") for pair in headers["upload-metadata"].split(","))
        metadata = {key: base64.b64decode(value).decode() for key, value in pairs}
        key = (metadata["take"], metadata["track"], metadata["index"])
        name = self.by_segment.get(key)
        if name is None or name not in self.uploads:
            name = self.by_segment[key] = uuid.uuid4().hex
            self.uploads[name] = Upload(metadata, int(headers["upload-length"]))
        return 201, {"Location": self.location.format(id=name)}, b""

    async def _patch(
        self, upload: Upload, headers: dict[str, str], receive: Any
    ) -> tuple[int, dict[str, str], bytes]:
        if int(headers["upload-offset"]) != len(upload.content):
            return 409, {}, b""
        chunk = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return 0, {}, b""
            upload.received += len(message.get("body", b""))
            chunk += message.get("body", b"")
            if not message.get("more_body"):
                break
        algorithm, digest = headers["upload-checksum"].split(" ")
        if hashlib.new(algorithm, chunk).digest() != base64.b64decode(digest):
            return 460, {}, b""
        upload.content += chunk
        return 204, {"Upload-Offset": str(len(upload.content))}, b""

    def _receipt(self, name: str, upload: Upload) -> bytes:
        digest = hashlib.sha256(upload.content).hexdigest()
        return msgspec.json.encode(
            Receipt(
                upload=name,
                take=upload.metadata["take"],
                track=upload.metadata["track"],
                index=int(upload.metadata["index"]),
                bytes=len(upload.content),
                sha256=self.receipt_digest or digest,
                stored_at=datetime.now(UTC),
            )
        )


async def _whole(receive: Any) -> bytes | None:
    """The body of a request; None when the client went away."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
