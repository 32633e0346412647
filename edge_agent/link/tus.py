"""Requests of tus 1.0 (https://tus.io/protocols/resumable-upload) and what their answers mean."""

import base64

import httpx

from contract.http import SegmentMetadata
from edge_agent.errors import Unreachable, UploadDenied
from edge_agent.ports.uploader import SegmentFile

VERSION = {"Tus-Resumable": "1.0.0"}

CONFLICT, LOCKED, CHECKSUM_MISMATCH = 409, 423, 460
GONE = frozenset({404, 410})
_DENIED = frozenset({400, 403, 412, 413, 415, 422})


class Lost(Exception):
    """The upload is unknown to the server: create it anew."""


class OutOfStep(Exception):
    """The server is at another offset, or discarded a chunk: ask where it is."""


def creation(file: SegmentFile) -> dict[str, str]:
    """Headers of the POST that creates an upload."""
    fields = SegmentMetadata(take=file.take, track=file.track, index=file.index, sha256=file.sha256)
    values = {
        "take": fields.take,
        "track": fields.track,
        "index": str(fields.index),
        "sha256": fields.sha256,
    }
    metadata = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items()
    )
    return {**VERSION, "Upload-Length": str(file.bytes), "Upload-Metadata": metadata}


def chunk(offset: int, length: int, digest: bytes) -> dict[str, str]:
    """Headers of a PATCH; `digest` is the chunk's SHA-256."""
    return {
        **VERSION,
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(length),
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {base64.b64encode(digest).decode()}",
    }


def offset_of(response: httpx.Response) -> int:
    """The offset the server holds durably.

    Raises:
        Unreachable: the answer has none; whatever stands between is not a tus server.
    """
    text = response.headers.get("Upload-Offset", "")
    if not text.isdecimal():
        raise Unreachable(f"{_named(response)} without an Upload-Offset")
    return int(text)


def expect(response: httpx.Response, *good: int) -> None:
    """Let good answers pass and say what the others ask for.

    Raises:
        Lost: create the upload anew.
        OutOfStep: ask for the offset.
        UploadDenied: never send this again.
        Unreachable: later; 423 is another writer, 507 a full disk.
    """
    status = response.status_code
    if status in good:
        return
    if status in GONE:
        raise Lost(_named(response))
    if status in (CONFLICT, CHECKSUM_MISMATCH):
        raise OutOfStep(_named(response))
    # A proxy's limit or a portal's page says nothing of the segment, and will be mended.
    if status in _DENIED and "Tus-Resumable" in response.headers:
        raise UploadDenied(f"{_named(response)}: {response.text[:200]}".rstrip(": "))
    raise Unreachable(_named(response), retry_after=_retry_after(response))


def _named(response: httpx.Response) -> str:
    return f"{response.request.method} answered {response.status_code}"


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
