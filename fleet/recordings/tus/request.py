"""A request as the tus server reads it, and an answer as it writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fleet.errors import FleetError, Unauthorised
from fleet.recordings.tus import protocol
from fleet.recordings.tus.errors import BadRequest, OtherVersion, WrongType
from fleet.recordings.tus.receiving import Receive


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: as X-HTTP-Method-Override says, where that is given.
        root: URL of the server, without a slash at the end.
        path: what follows it, split at slashes.
        headers: names in lower case.
    """

    method: str
    root: str
    path: tuple[str, ...]
    headers: Mapping[str, str]
    receive: Receive

    @classmethod
    def of(cls, scope: Mapping[str, Any], receive: Receive, base: str) -> "Request":
        """Read an ASGI scope; `base` is the path that creates uploads."""
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        before, _, path = scope["path"].partition(base)
        # Absolute, as the client has addressed us: not every client resolves a relative one.
        root = f"{scope['scheme']}://{headers.get('host', '')}{before}{base}"
        method = headers.get("x-http-method-override", scope["method"]).upper()
        return cls(method, root, tuple(filter(None, path.split("/"))), headers, receive)

    @property
    def bearer(self) -> str:
        """The token.

        Raises:
            Unauthorised: there is none.
        """
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorised("send a token: Authorization: Bearer …")
        return token.strip()

    @property
    def announced(self) -> int | None:
        """Length of the body, or None: it ends when it ends."""
        if "transfer-encoding" in self.headers:
            return None
        if "content-length" not in self.headers:
            return 0
        return protocol.number(self.headers, "Content-Length")

    def check_version(self) -> None:
        """Raise unless the client speaks this version."""
        if self.headers.get("tus-resumable") != protocol.VERSION:
            raise OtherVersion(f"send Tus-Resumable: {protocol.VERSION}", field="Tus-Resumable")

    def check_type(self) -> None:
        """Raise unless the body is a piece of a file."""
        if self.headers.get("content-type", "").partition(";")[0].strip() != protocol.BODY_TYPE:
            raise WrongType(f"Content-Type must be {protocol.BODY_TYPE}", field="Content-Type")

    def length(self) -> int:
        """Of the file to be uploaded.

        Raises:
            BadRequest: it is missing, not a number, or to be told later.
        """
        if "upload-defer-length" in self.headers:
            raise BadRequest("Upload-Defer-Length is not offered: send Upload-Length")
        if "upload-concat" in self.headers:
            raise BadRequest("Upload-Concat is not offered: send one upload a file")
        return protocol.number(self.headers, "Upload-Length")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and a body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def refusal(cls, error: FleetError) -> "Answer":
        """What an error says, as all of the fleet's JSON says it."""
        told = {"message": error.message, "status": error.status}
        if error.field:
            told["field"] = error.field
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        match error.status:
            case 401:
                headers["WWW-Authenticate"] = "Bearer"
            case 412:
                headers["Tus-Version"] = protocol.VERSION
            case 423:
                headers["Retry-After"] = "1"
            case 507:
                headers["Retry-After"] = "60"
            case _:
                pass
        return cls(error.status, headers, msgspec.json.encode({"error": told}))

    def messages(self, method: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two ASGI messages. HEAD has no body."""
        headers = {"Tus-Resumable": protocol.VERSION, **self.headers}
        if self.status != 204:
            headers["Content-Length"] = str(len(self.body))
        pairs = [(name.lower().encode(), text.encode("latin-1")) for name, text in headers.items()]
        start = {"type": "http.response.start", "status": self.status, "headers": pairs}
        body = b"" if method == "HEAD" else self.body
        return start, {"type": "http.response.body", "body": body}
