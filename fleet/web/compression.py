"""Compresses pages and JSON; media are compressed by nature, and asked for in parts."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

_AS_THEY_ARE = ("/media/", "/uploads")


class PageCompression(GZipMiddleware):
    """Starlette's gzip for everything but media files and uploads."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, compressed where that helps."""
        if scope["type"] == "http" and scope["path"].startswith(_AS_THEY_ARE):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
