"""The fleet's enrolment over TLS: signs what it is asked to, for one claim."""

import json
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from contract.http import ENROL_PATH, RENEW_PATH
from tests.servers.certificates import Authority
from tests.servers.ports import free_port

Send = Callable[[dict[str, Any]], Awaitable[None]]


class EnrolmentServer:
    """`url` is its address. `asked` are the requests it got: path, headers, document."""

    def __init__(self, authority: Authority, agent: str = "room-9", claim: str = "good") -> None:
        self._authority = authority
        self.agent = agent
        self.claim = claim
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.certificate: str | None = None
        self.status = 200
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        server = authority.server()
        config = uvicorn.Config(
            self._app,
            host="localhost",
            port=self.port,
            log_level="warning",
            lifespan="off",
            interface="asgi3",
            ssl_certfile=server.certificate,
            ssl_keyfile=str(server.key),
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

    async def _app(self, scope: dict[str, Any], receive: Callable[[], Any], send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        document = json.loads(body)
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        self.asked.append((scope["path"], headers, document))
        status, answer = self._answer(scope["path"], document)
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, path: str, document: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.status != 200:
            return self.status, {"error": {"message": "not now", "status": self.status}}
        if path == ENROL_PATH and document["claim"] != self.claim:
            return 403, {"error": {"message": "this claim is used or unknown", "status": 403}}
        if path not in (ENROL_PATH, RENEW_PATH):
            return 404, {}
        csr = x509.load_pem_x509_csr(document["csr"].encode())
        assert csr.is_signature_valid
        return 200, {
            "agent": self.agent,
            "certificate": self.certificate or self._signed(csr),
            "authorities": self._authority.ca.read_text(),
            "mqtt_host": "localhost",
            "mqtt_port": 8883,
            "http_url": self.url + "/",
        }

    def _signed(self, csr: x509.CertificateSigningRequest) -> str:
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.agent)])
        signed = x509.CertificateBuilder(
            self._authority._name,
            subject,
            csr.public_key(),
            x509.random_serial_number(),
            now,
            now + timedelta(days=90),
        ).sign(self._authority._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()
