"""A PTZ camera that speaks ONVIF: SOAP 1.2 over HTTP, with a password and a clock of its own."""

import asyncio
import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from simulator.onvif_answers import DEVICE, SCHEMA, OnvifBody, SoapFault, text
from simulator.tcp_device import TcpDevice

ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_OPEN: Final = frozenset(("GetSystemDateAndTime", "GetCapabilities", "GetServices"))
"""Operations of the device service that ask nobody."""

_REALM: Final = "camera"
_CHALLENGE: Final = f'realm="{_REALM}", nonce="5ca1ab1e", qop="auth", algorithm=MD5'
_TOLERANCE: Final = timedelta(minutes=5)


class OnvifCamera(TcpDevice):
    """Listens on `port` while it is entered.

    Attributes:
        body: its state.
        user, password: what it asks for; without a password it asks nobody.
        clock_offset: by how much its clock is ahead.
        address: where it says its services are, e.g. behind NAT; empty: where they are.
        asks_by_http: it asks for HTTP digest (RFC 7616) instead of a WS-UsernameToken.
        says: sent instead of any SOAP answer, with the status 200.
        asked: operations it has answered.
    """

    def __init__(self, port: int = 0, *, user: str = "admin", password: str = "") -> None:
        super().__init__(port)
        self.body = OnvifBody()
        self.user, self.password = user, password
        self.clock_offset = timedelta()
        self.address = ""
        self.asks_by_http = False
        self.says: bytes | None = None
        self.asked: list[str] = []

    @property
    def clock(self) -> datetime:
        """What its clock shows."""
        return datetime.now(UTC) + self.clock_offset

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """HTTP with a Content-Length, one request after the other."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = _header(head, "content-length")
            request = await reader.readexactly(int(length or 0))
            status, answer = self._answered(head, request)
            lines = (
                f"HTTP/1.1 {status}",
                "Content-Type: application/soap+xml; charset=utf-8",
                f"Content-Length: {len(answer)}",
                *(() if status[:3] != "401" else (f"WWW-Authenticate: Digest {_CHALLENGE}",)),
                "",
                "",
            )
            await self.answer(writer, "\r\n".join(lines).encode() + answer)

    def _answered(self, head: str, request: bytes) -> tuple[str, bytes]:
        if self.says is not None:
            return "200 OK", self.says
        if self.asks_by_http and not self._knows(head):
            return "401 Unauthorized", b""
        try:
            return "200 OK", _enveloped(self._body_of(ET.fromstring(request)))  # noqa: S314 - tests
        except SoapFault as fault:
            return "400 Bad Request", _enveloped(_told(fault))
        except ET.ParseError:
            broken = SoapFault("Sender", ("WellFormed",), "This is no XML")
            return "400 Bad Request", _enveloped(_told(broken))

    def _knows(self, head: str) -> bool:
        """Whether a request's Authorization shows the password, by RFC 7616 with MD5."""
        said = dict(re.findall(r'(\w+)="?([^",\s]+)"?', _header(head, "authorization")))
        secret = _md5(f"{self.user}:{_REALM}:{self.password}")
        asked = _md5(f"POST:{said.get('uri')}")
        counted = ":".join(said.get(key, "") for key in ("nonce", "nc", "cnonce", "qop"))
        return said.get("response") == _md5(f"{secret}:{counted}:{asked}")

    def _body_of(self, envelope: ET.Element) -> str:
        body = envelope.find(f"{{{ENVELOPE}}}Body")
        if body is None or not len(body):
            raise SoapFault("Sender", ("WellFormed",), "The envelope is empty")
        asked = body[0]
        namespace, _, operation = asked.tag.removeprefix("{").partition("}")
        if (
            self.password
            and not self.asks_by_http
            and not (namespace == DEVICE and operation in _OPEN)
        ):
            self._authorize(envelope)
        address = self.address or f"http://127.0.0.1:{self.port}"
        answer = self.body.answer(asked, address, self.clock)
        self.asked.append(operation)
        return answer

    def _authorize(self, envelope: ET.Element) -> None:
        """OASIS, Web Services Security UsernameToken Profile 1.0, with a digest."""
        token = envelope.find(f"{{{ENVELOPE}}}Header/{{*}}Security/{{*}}UsernameToken")
        if token is not None:
            created = text(token, "Created")
            hashed = hashlib.sha1(  # noqa: S324 - the profile's hash
                base64.b64decode(text(token, "Nonce")) + created.encode() + self.password.encode()
            ).digest()
            right = hmac.compare_digest(base64.b64encode(hashed).decode(), text(token, "Password"))
            age = abs(datetime.fromisoformat(created) - self.clock)
            if right and text(token, "Username") == self.user and age < _TOLERANCE:
                return
        raise SoapFault("Sender", ("NotAuthorized",), "Sender not Authorized")


def _header(head: str, name: str) -> str:
    lines = (line.partition(":") for line in head.split("\r\n"))
    return next((value.strip() for key, _, value in lines if key.lower() == name), "")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - what cameras ask for


def _enveloped(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{ENVELOPE}"'
        f' xmlns:tt="{SCHEMA}"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def _told(fault: SoapFault) -> str:
    inside = ""
    for subcode in reversed(fault.subcodes):
        inside = f"<s:Subcode><s:Value>ter:{subcode}</s:Value>{inside}</s:Subcode>"
    return (
        '<s:Fault xmlns:ter="http://www.onvif.org/ver10/error">'
        f"<s:Code><s:Value>s:{fault.code}</s:Value>{inside}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(str(fault))}</s:Text></s:Reason></s:Fault>'
    )
