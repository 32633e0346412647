"""Headers of tus 1.0.0, read and written; pure."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from fleet.recordings.tus.errors import BadRequest

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS = {"sha1": 20, "sha256": 32}
"""What `Upload-Checksum` may name, and the bytes of a digest."""

BODY_TYPE = "application/offset+octet-stream"
LONGEST_METADATA = 8192
_NUMBER = re.compile(r"[0-9]{1,16}")
_KEY = re.compile(r"[!-+\--~]+")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the body of one request must digest to."""

    algorithm: str
    digest: bytes


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that is a whole number, 0 or more.

    Raises:
        BadRequest: it is missing or something else.
    """
    text = headers.get(name.lower())
    if text is None:
        raise BadRequest(f"the header {name} is missing", field=name)
    if not _NUMBER.fullmatch(text):
        raise BadRequest(f"{name} must be a whole number, 0 or more", field=name)
    return int(text)


def checksum(text: str | None) -> Checksum | None:
    """`Upload-Checksum`: an algorithm, a space, the digest in base64.

    Raises:
        BadRequest: an algorithm that is not offered, or not a digest of it.
    """
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in ALGORITHMS:
        offered = ", ".join(ALGORITHMS)
        raise BadRequest(f"Upload-Checksum must use one of {offered}", field="Upload-Checksum")
    digest = _decode(encoded, "Upload-Checksum")
    if len(digest) != ALGORITHMS[algorithm]:
        raise BadRequest(f"Upload-Checksum is no {algorithm} digest", field="Upload-Checksum")
    return Checksum(algorithm, digest)


def metadata(text: str) -> dict[str, str]:
    """`Upload-Metadata`: pairs of key and base64 value, separated by commas.

    Bytes that are not UTF-8 are replaced: whoever needs a value checks it.

    Raises:
        BadRequest: a key twice, no ASCII key, or a value that is not base64.
    """
    if len(text) > LONGEST_METADATA:
        raise BadRequest(
            f"Upload-Metadata is longer than {LONGEST_METADATA} bytes", field="Upload-Metadata"
        )
    pairs: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in pairs:
            raise BadRequest(
                f"Upload-Metadata: {key[:40]!r} is given twice or is no key",
                field="Upload-Metadata",
            )
        pairs[key] = _decode(value, "Upload-Metadata").decode("utf-8", "replace")
    return pairs


def metadata_header(pairs: Mapping[str, str]) -> str:
    """The inverse of `metadata`."""
    encoded = ((key, base64.b64encode(value.encode()).decode()) for key, value in pairs.items())
    return ",".join(f"{key} {value}".rstrip() for key, value in encoded)


def http_date(time: datetime) -> str:
    """As RFC 9110 writes times."""
    return format_datetime(time.astimezone(UTC), usegmt=True)


def _decode(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{name}: a value is not base64", field=name) from error
