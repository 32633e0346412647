"""Names and attributes of the cookies the pages set."""

from typing import Literal, TypedDict

from starlette.requests import cookie_parser
from starlette.types import Scope

LANGUAGE = "lectern-language"


class Attributes(TypedDict):
    """Keyword arguments of `Response.set_cookie`."""

    path: str
    secure: bool
    httponly: bool
    samesite: Literal["lax"]


def session_cookie(secure: bool) -> str:
    """The session cookie's name: the `__Host-` prefix binds it to this host, over TLS only."""
    return "__Host-lectern" if secure else "lectern"


def attributes(secure: bool) -> Attributes:
    """Attributes of every cookie of ours."""
    return {"path": "/", "secure": secure, "httponly": True, "samesite": "lax"}


def read(scope: Scope, name: str) -> str | None:
    """The value of a cookie of an ASGI request, or None.

    Read as `Request.cookies` reads it: what one of them sees and the other does not would open
    the session without its guard.
    """
    for key, value in scope["headers"]:
        if key == b"cookie":
            found = cookie_parser(value.decode("latin-1")).get(name)
            if found is not None:
                return found
    return None
