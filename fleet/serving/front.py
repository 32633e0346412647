"""The outermost ASGI layer: gives each request an id, logs it, and keeps uploads on a short way.

Uploads go straight to the tus application: what pages need (languages, cookies, compression)
must not touch every chunk of a video.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.http import UPLOADS_PATH
from fleet.traces import request_id

log = logging.getLogger(__name__)
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Observe = Callable[[str, str, int, float], None]
"""Told of each answer: method, route, status, seconds."""


def _unheard(_method: str, _route: str, _status: int, _seconds: float) -> None:
    """Nobody counts."""


class Front:
    """`pages` answers everything but uploads; `observe` counts what was answered."""

    def __init__(self, pages: ASGIApp, uploads: ASGIApp, observe: Observe = _unheard) -> None:
        self._pages = pages
        self._uploads = uploads
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        path: str = scope["path"]
        is_upload = path == UPLOADS_PATH or path.startswith(f"{UPLOADS_PATH}/")
        identity = _identity(scope)
        token = request_id.set(identity)
        began = time.monotonic()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = identity
            await send(message)

        try:
            await (self._uploads if is_upload else self._pages)(scope, receive, noted)
        finally:
            seconds = time.monotonic() - began
            log.log(
                logging.WARNING if status >= 500 else logging.DEBUG,
                "%s %s status=%d ms=%.0f",
                scope["method"],
                path,
                status,
                seconds * 1000,
            )
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._observe(method, UPLOADS_PATH if is_upload else route_of(scope), status, seconds)
            request_id.reset(token)


def route_of(scope: Scope) -> str:
    """The template of the route that answered: never an address, of which there is no end."""
    if scope["path"].startswith("/static/"):
        return "/static"
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(found, "path", "") or "unmatched")


def _identity(scope: Scope) -> str:
    """The id that a proxy in front gave, if it can be told in a log, or a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _HARMLESS.fullmatch(given) else uuid.uuid4().hex[:12]
