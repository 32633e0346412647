"""Putting the shared web parts onto an application."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import FastAPI

from fleet.db import Database
from fleet.web import errors
from fleet.web.compression import PageCompression
from fleet.web.csrf import CrossSiteGuard
from fleet.web.headers import SecurityHeaders
from fleet.web.language import LanguageChoice
from fleet.web.limits import RequestLimits
from fleet.web.static import StaticAssets


def system_clock() -> datetime:
    """The time by this machine, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the pages need from the composition root.

    Args:
        db: the fleet's database.
        public_url: the address users type, without a trailing slash. `https` makes cookies
            `Secure` with the `__Host-` prefix; plain `http` is for loopback only.
        public_pages: whether courses and published lessons are open to everybody.
        now: the clock, UTC.
        requests_per_minute: of one session or token; 0 is any number.
    """

    db: Database
    public_url: str
    public_pages: bool = True
    now: Callable[[], datetime] = field(default=system_clock)
    requests_per_minute: int = 0

    @property
    def secure(self) -> bool:
        """Whether cookies are limited to TLS."""
        return self.public_url.startswith("https://")


def setup(app: FastAPI, options: WebOptions) -> None:
    """Add guards, languages, error pages and static files. Call once, before the routers."""
    app.state.web = options
    errors.install(app)
    app.mount("/static", StaticAssets(), name="static")
    # The last added is the outermost: headers are on every answer, refusals included.
    app.add_middleware(CrossSiteGuard, public_url=options.public_url, secure=options.secure)
    app.add_middleware(RequestLimits, secure=options.secure, per_minute=options.requests_per_minute)
    app.add_middleware(LanguageChoice, secure=options.secure)
    app.add_middleware(PageCompression, minimum_size=800, compresslevel=6)
    app.add_middleware(SecurityHeaders, secure=options.secure)
