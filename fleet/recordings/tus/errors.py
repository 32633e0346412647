"""Refusals of the tus server that the rest of the fleet has no word for.

FleetError
├── BadRequest      400  a header is missing or wrong; the text names it
├── WrongMethod     405
├── Stalled         408  nothing came for too long
├── Gone            410  it was ended, refused, or has expired
├── OtherVersion    412
├── TooLarge        413
├── WrongType       415
├── InUse           423  another request is writing to this upload
├── WrongDigest     460  tus checksum extension
└── NoSpace         507  now; try again
"""

from fleet.errors import FleetError


class BadRequest(FleetError):
    """A header is missing or wrong; the text names it."""

    status = 400


class WrongMethod(FleetError):
    """Nothing here answers to this method."""

    status = 405


class Stalled(FleetError):
    """The body stopped coming."""

    status = 408


class Gone(FleetError):
    """The upload was here and is not any more: it was ended, refused, or has expired."""

    status = 410


class OtherVersion(FleetError):
    """The client speaks another version of tus."""

    status = 412


class TooLarge(FleetError):
    """More bytes than will be taken."""

    status = 413


class WrongType(FleetError):
    """The body is declared as something else than a chunk."""

    status = 415


class InUse(FleetError):
    """Another request is writing to this upload."""

    status = 423


class WrongDigest(FleetError):
    """The bytes do not have the digest they were announced with."""

    status = 460


class NoSpace(FleetError):
    """There is no space now."""

    status = 507
