"""Errors of the fleet. Services raise these; one handler in `web` answers with them.

FleetError
├── NotFound        404
├── Refused         422  the request is understood and wrong; the text says what to do
├── Conflict        409
├── Unauthorised    401  nobody is signed in, or the token is not valid
├── Forbidden       403  somebody is, and may not
└── TooMany         429
"""


class FleetError(Exception):
    """An error with a text fit for the person who caused it, and an HTTP status.

    `field` names the one input that is wrong, where there is one.
    """

    status = 500

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(FleetError):
    """There is no such thing, or not for this user."""

    status = 404


class Refused(FleetError):
    """Bad input; the text names the field and what is wrong with it."""

    status = 422


class Conflict(FleetError):
    """It contradicts what is already stored."""

    status = 409


class Unauthorised(FleetError):
    """Nobody is signed in, or the token is not valid."""

    status = 401


class Forbidden(FleetError):
    """Signed in, but not allowed."""

    status = 403


class TooMany(FleetError):
    """Too many tries; wait."""

    status = 429
