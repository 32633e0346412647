"""Who may ask for what. Everything is refused that is not allowed here.

A name that another site made to point at this PC (DNS rebinding) is told by `Host`; a request
another site made the browser send by `Sec-Fetch-Site`, `Origin` and a token that only our own
pages know; who has not entered the PIN sees nothing of the room.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from edge_agent.panel import errors
from edge_agent.panel.errors import Sentence
from edge_agent.panel.language import gettext as _
from edge_agent.panel.pin import Pin

SESSION = "lectern-panel"
FIELD = "token"
_SAFE = frozenset({"GET", "HEAD"})
_OPEN = ("/static/", "/sign-in", "/health")
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
_LARGEST_FORM = 4096
_BODY_SECONDS = 10.0
_MOST_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token of each session's pages; a new start of the agent makes all of them old."""

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def token(self, session: str) -> str:
        """What the forms of a session carry; `session` is empty where there is no PIN."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()

    def fits(self, token: str, session: str) -> bool:
        """Whether a token was made for this session."""
        return hmac.compare_digest(token.encode(), self.token(session).encode())


class Gate:
    """ASGI middleware; see the module. The fields of a form come to the route as `state.form`."""

    def __init__(self, app: ASGIApp, host: str, tokens: Tokens, pin: Pin | None) -> None:
        self.app = app
        self.hosts = {"localhost", "127.0.0.1", "::1", host.lower()}
        self.any_address = host in _EVERYWHERE
        self.tokens = tokens
        self.pin = pin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer why not."""
        try:
            response = await self._refusal(scope, receive)
        except HTTPException as refusal:
            response = errors.answer(scope, refusal)
        await (response or self.app)(scope, receive, send)

    async def _refusal(self, scope: Scope, receive: Receive) -> Response | None:
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            raise Sentence(421, _("This page has another address."))
        session = HTTPConnection(scope).cookies.get(SESSION)
        scope.setdefault("state", {})
        if scope["method"] not in _SAFE:
            self._check_origin(headers)
            form = await _fields(headers, receive)
            if not self.tokens.fits(form.pop(FIELD, ""), session or ""):
                raise Sentence(403, _("This page is too old. Reload it and try again."))
            scope["state"]["form"] = form
        if self.pin is None or scope["path"].startswith(_OPEN):
            return None
        await self.pin.refresh()
        if self.pin.knows(session):
            return None
        if scope["path"] == "/":
            return RedirectResponse("/sign-in", 303)
        raise Sentence(401, _("Enter the PIN first."))

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            urlsplit(f"//{host}").port  # noqa: B018 - raises ValueError when it is none
        except ValueError:
            return False
        return name in self.hosts or (self.any_address and _is_address(name))

    def _check_origin(self, headers: Headers) -> None:
        site = headers.get("sec-fetch-site", "none")
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if site not in ("same-origin", "none") or foreign:
            raise Sentence(403, _("This request came from another site."))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _fields(headers: Headers, receive: Receive) -> dict[str, str]:
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Sentence(415, _("A form is needed."))
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            text = (await _body(receive)).decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except TimeoutError:
        raise Sentence(408, _("The form did not come in time.")) from None
    except ValueError:
        raise Sentence(413, _("The form is too large.")) from None


async def _body(receive: Receive) -> bytes:
    """All of it. Raises ValueError when it is more than any form of ours."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _LARGEST_FORM:
            raise ValueError
        if not message.get("more_body", False):
            return bytes(body)
