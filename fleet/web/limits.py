"""How many requests a minute: generous to people, tight enough for a program gone wild.

Counted by session or token, and besides by address, since cookies can be made up. In memory: each
process counts its own, and a restart forgets. Media, static files and health are not counted.
"""

import hashlib
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from fleet.errors import TooMany
from fleet.web import cookies, errors
from fleet.web.addresses import subscriber
from fleet.web.language import gettext as _

PEOPLE_BEHIND_AN_ADDRESS = 10
"""An address may ask so many times as often as a session: a campus behind one router."""

_FREE = ("/media/", "/static/", "/health", "/uploads")
_RETRY_SECONDS = 10
_SWEEP_SECONDS = 1.0


class _Counters(MemoryStorage):
    """Throws away what is over once a second, where the library starts a thread a request for it.

    What is over counts no more in between: it is looked at when it is read.
    """

    _next = 0.0

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the library's own name
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _SWEEP_SECONDS
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]


class RequestLimits:
    """ASGI middleware.

    Args:
        app: what answers.
        secure: see `WebOptions.secure`.
        per_minute: requests of one session or token; 0 counts nothing.
    """

    def __init__(self, app: ASGIApp, secure: bool, per_minute: int) -> None:
        self.app = app
        self.cookie = cookies.session_cookie(secure)
        self.per_minute = per_minute
        self.each = RateLimitItemPerMinute(max(per_minute, 1))
        self.together = RateLimitItemPerMinute(max(per_minute, 1) * PEOPLE_BEHIND_AN_ADDRESS)
        self.limiter = SlidingWindowCounterRateLimiter(_Counters())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say that it is too much."""
        if scope["type"] != "http" or not self.per_minute or scope["path"].startswith(_FREE):
            await self.app(scope, receive, send)
            return
        counted = [self.limiter.hit(item, key) for item, key in self._counted(scope)]
        if all(counted):
            await self.app(scope, receive, send)
            return
        response = errors.answer(scope, TooMany(_("Too many requests. Wait a little.")))
        response.headers["retry-after"] = str(_RETRY_SECONDS)
        await response(scope, receive, send)

    def _counted(self, scope: Scope) -> list[tuple[RateLimitItem, str]]:
        address = subscriber(scope["client"][0]) if scope.get("client") else ""
        found: list[tuple[RateLimitItem, str]] = [(self.together, f"address {address}")]
        secret = Headers(scope=scope).get("authorization") or cookies.read(scope, self.cookie)
        if secret:
            found.append((self.each, hashlib.sha256(secret.encode()).hexdigest()))
        else:
            found.append((self.each, f"stranger {address}"))
        return found
