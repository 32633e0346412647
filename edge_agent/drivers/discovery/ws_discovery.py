"""WS-Discovery (OASIS 1.1 in its 2005/04 form, as ONVIF asks for): who is a network camera?"""

import uuid
from ipaddress import IPv4Address, IPv4Interface
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from edge_agent.drivers.discovery.found import Found
from edge_agent.drivers.discovery.networks import answers
from edge_agent.errors import Garbled

PORT: Final = 3702
SECONDS: Final = 4.0
GROUP: Final = IPv4Address("239.255.255.250")
DEFAULT_PORT: Final = 80
CAMERA: Final = "NetworkVideoTransmitter"

_SCOPE: Final = "onvif://www.onvif.org/"
_WANTED: Final = ("Types", "Scopes", "XAddrs")
_PROBE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>
<a:MessageID>urn:uuid:{id}</a:MessageID>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>
<s:Body><d:Probe><d:Types>dn:{camera}</d:Types></d:Probe></s:Body></s:Envelope>"""


async def search(
    network: IPv4Interface, *, seconds: float = SECONDS, port: int = PORT
) -> tuple[Found, ...]:
    """The ONVIF cameras on one of this PC's networks.

    Raises:
        Unreachable: nothing can be sent there.
    """
    probe = _PROBE.format(id=uuid.uuid4(), camera=CAMERA).encode()
    heard = await answers(probe, GROUP, port, sender=network.ip, seconds=seconds)
    cameras: dict[tuple[str, int | None], Found] = {}
    for data, host in heard:
        try:
            matches = parsed(data)
        except Garbled:
            continue  # whoever else is on the network, it is no camera
        for match in matches:
            if found := _camera(match, host):
                cameras[host, found.port] = found
    return tuple(cameras.values())


def parsed(answer: bytes) -> tuple[dict[str, str], ...]:
    """The types, scopes and addresses of each match in an answer.

    Raises:
        Garbled: it is no XML, or has a document type, with which entities would come.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(answer, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Garbled(f"no XML: {error}") from error
    return tuple(reader.matches)


def _camera(match: dict[str, str], host: str) -> Found | None:
    types = {word.rpartition(":")[2] for word in match.get("Types", "").split()}
    if CAMERA not in types:
        return None
    scopes = [unquote(scope) for scope in match.get("Scopes", "").split()]
    named = {
        key: scope.removeprefix(f"{_SCOPE}{key}/")
        for scope in scopes
        for key in ("name", "hardware")
        if scope.startswith(f"{_SCOPE}{key}/")
    }
    # Behind a router a camera may name an address that is not the one it answered from.
    ports = [_port(address) for address in match.get("XAddrs", "").split()]
    port = next((each for each in ports if each), DEFAULT_PORT)
    return Found(
        kind="camera",
        profile="onvif-camera",
        host=host,
        port=None if port == DEFAULT_PORT else port,
        name=" ".join(dict.fromkeys(named[key] for key in ("name", "hardware") if key in named)),
        mac="",
        why="answers WS-Discovery as an ONVIF camera",
    )


def _port(address: str) -> int | None:
    try:
        split = urlsplit(address)
        port = split.port
    except ValueError:
        return None
    return port or (443 if split.scheme == "https" else DEFAULT_PORT)


class _Reader:
    """Collects the texts of each ProbeMatch."""

    def __init__(self) -> None:
        self.matches: list[dict[str, str]] = []
        self._element = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._begins
        self.parser.EndElementHandler = self._ends
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._document_type

    def _begins(self, name: str, _attributes: dict[str, str]) -> None:
        self._element = name.rpartition(" ")[2]
        if self._element == "ProbeMatch":
            self.matches.append({})

    def _ends(self, _name: str) -> None:
        self._element = ""

    def _text(self, text: str) -> None:
        if self._element in _WANTED and self.matches:
            match = self.matches[-1]
            match[self._element] = match.get(self._element, "") + text

    def _document_type(self, *_: object) -> None:
        raise Garbled("a document type, which such an answer has no need of")
