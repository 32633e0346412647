"""What a room and the fleet say over HTTPS: enrolment, uploads, receipts.

Uploads follow tus 1.0 (https://tus.io/protocols/resumable-upload). A room's requests carry
`Authorization: Bearer` with an ES256 JWT signed by the key of its certificate.
"""

from typing import Annotated

import msgspec

from contract.messages.base import Count, Id, Index, Sha256, Time, TrackName

ENROL_PATH = "/api/v1/enrol"
RENEW_PATH = "/api/v1/renew"
UPLOADS_PATH = "/uploads"
"""POST here creates an upload; `GET {upload}/receipt` answers with its `Receipt`."""

ORDER_FILE_PATH = "/api/v1/orders/{order}/file"
"""PUT here the file that an order asked for, as its own content type, before answering `done`."""

MAX_ORDER_FILE_BYTES = 8 << 20

TOKEN_AUDIENCE = "lectern-fleet"  # noqa: S105 - the name of an audience, not a secret
TOKEN_ALGORITHM = "ES256"  # noqa: S105
TOKEN_LIFETIME_SECONDS = 600
"""Claims: `iss` and `sub` the agent id, `aud`, `iat`, `nbf`, `exp`, `jti`."""

Pem = Annotated[str, msgspec.Meta(max_length=16_384)]
"""PEM text (RFC 7468)."""


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`claim` is the one-time token a person was given for a room; `csr` is PEM, P-256.

    Subject and alternative names of the CSR are ignored.
    """

    claim: Annotated[str, msgspec.Meta(max_length=256)]
    csr: Pem


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """An identity. `certificate` is PEM, leaf first; `authorities` are the trusted roots, PEM."""

    agent: Id
    certificate: str
    authorities: str
    mqtt_host: str
    mqtt_port: int
    http_url: str


class RenewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A new CSR; the bearer token is the proof of the old key."""

    csr: Pem


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The fleet's proof: it holds these bytes, read back, digested and synced to its disk."""

    upload: Id
    take: Id
    track: TrackName
    index: Index
    bytes: Count
    sha256: Sha256
    stored_at: Time


class SegmentMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of tus `Upload-Metadata` (each value base64): which segment an upload is.

    `sha256` is hexadecimal, of the whole file. A `filename`, if given, is ignored.
    """

    take: Id
    track: TrackName
    index: Index
    sha256: Sha256
