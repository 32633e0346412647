"""Names and attributes of the cookies the pages set."""

from http.cookies import CookieError, SimpleCookie
from typing import Literal, TypedDict

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
    """The value of a cookie of an ASGI request, or None."""
    for key, value in scope["headers"]:
        if key == b"cookie":
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(name)
            except CookieError:
                continue
            if morsel is not None:
                return str(morsel.value)
    return None
