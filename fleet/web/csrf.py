"""Refuses requests that another site made a browser send, and bodies larger than any route takes.

Three nets for every unsafe method, on every route: `Sec-Fetch-Site`, `Origin`, and, when a session
cookie came along, a token that only our own pages know. Programs that carry no cookie (classroom
PCs with their bearer tokens) have nothing a foreign site could abuse and pass.
"""

from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.errors import Forbidden, Refused
from fleet.web import cookies, errors
from fleet.web.csrf_token import FIELD, HEADER, fits
from fleet.web.language import gettext as _

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_LARGEST_FORM = 65_536
_LARGEST_BODY = (8 << 20) + _LARGEST_FORM
"""Above what any route takes (a table, a picture of a room), and says better words about. Most
routes read the whole body into memory, before they ask who is there."""
_FIRST_PART = 4096


class CrossSiteGuard:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, public_url: str, secure: bool) -> None:
        self.app = app
        self.public_host = urlsplit(public_url).netloc
        self.cookie = cookies.session_cookie(secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_origin(headers)
            receive = _limited(headers, receive)
            if secret := cookies.read(scope, self.cookie):
                receive = await _check_token(headers, receive, secret)
        except (Forbidden, Refused) as refusal:
            await errors.answer(scope, refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _check_origin(self, headers: Headers) -> None:
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise Forbidden(_("This request came from another site."))
        origin = headers.get("origin")
        allowed = {self.public_host, headers.get("host", "")}
        if origin is not None and _host(origin) not in allowed:
            raise Forbidden(_("This request came from another site."))


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # brackets that hold no address
        return None


async def _check_token(headers: Headers, receive: Receive, secret: str) -> Receive:
    given = headers.get(HEADER, "")
    if not given and headers.get("content-type", "").startswith(_FORM):
        body = await _whole_body(receive)
        given = parse_qs(body.decode("latin-1")).get(FIELD, [""])[0]
        receive = _replay(body, receive)
    elif not given and headers.get("content-type", "").startswith(_MULTIPART):
        given, receive = await _first_part(receive)
    if not fits(given, secret):
        raise Forbidden(_("This page is too old. Go back, reload it and try again."))
    return receive


async def _whole_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > _LARGEST_FORM:
            raise Refused(_("The form is too large."))
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _first_part(receive: Receive) -> tuple[str, Receive]:
    """The token of a form with files, which has to be its first field; the files stay unread."""
    seen: list[Message] = []
    head = b""
    while len(head) < _FIRST_PART:
        message = await receive()
        seen.append(message)
        head += message.get("body", b"")[:_FIRST_PART]
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
        boundary = head.partition(b"\r\n")[0]
        if head.count(boundary) > 1:
            break

    async def again() -> Message:
        return seen.pop(0) if seen else await receive()

    fields, _blank, rest = head.partition(b"\r\n\r\n")
    named = f'name="{FIELD}"'.encode() in fields
    return (rest.partition(b"\r\n")[0].decode("latin-1") if named else ""), again


def _limited(headers: Headers, receive: Receive) -> Receive:
    """Refuse a body that is too large, before or while it comes."""
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > _LARGEST_BODY:
        raise Refused(_("The file is too large."))
    left = _LARGEST_BODY

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(_("The file is too large."))
        return message

    return counted
