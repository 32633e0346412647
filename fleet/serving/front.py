"""The outermost ASGI layer: gives each request an id, logs it, and keeps uploads on a short way.

Uploads go straight to the tus application: what pages need (languages, cookies, compression)
must not touch every chunk of a video.
"""

import logging
import time
import uuid
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.http import UPLOADS_PATH

log = logging.getLogger(__name__)
request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the request being answered; also in the answer's X-Request-Id."""


class Front:
    """`pages` answers everything but uploads."""

    def __init__(self, pages: ASGIApp, uploads: ASGIApp) -> None:
        self._pages = pages
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        path: str = scope["path"]
        is_upload = path == UPLOADS_PATH or path.startswith(f"{UPLOADS_PATH}/")
        identity = uuid.uuid4().hex[:12]
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
            log.log(
                logging.WARNING if status >= 500 else logging.DEBUG,
                "%s %s status=%d ms=%.0f",
                scope["method"],
                path,
                status,
                (time.monotonic() - began) * 1000,
            )
            request_id.reset(token)
