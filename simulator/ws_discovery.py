"""Answers the search for ONVIF cameras on the network (WS-Discovery, April 2005)."""

import asyncio
import re
import socket
import struct
import uuid
from types import TracebackType
from typing import Final, Self, cast
from xml.sax.saxutils import escape

GROUP: Final = "239.255.255.250"
PORT: Final = 3702
_ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_MESSAGE_ID: Final = re.compile(rb"<(?:\w+:)?MessageID[^>]*>\s*([^<\s]+)\s*</")
_TYPES: Final = re.compile(rb"<(?:\w+:)?Types[^>]*>([^<]*)</")


class WsDiscovery:
    """While it is entered, each Probe for a NetworkVideoTransmitter gets its ProbeMatches.

    Args:
        addresses: of the camera's device service.
        scopes: what it says of itself, e.g. `onvif://www.onvif.org/name/Simulated`.
        interface: address of the network it is searched on.
        port: where it listens; the one of WS-Discovery unless a test chooses another.

    Attributes:
        probed: how many searches it has answered.
        garbage: it answers with something that is no XML.
    """

    def __init__(
        self,
        *addresses: str,
        scopes: tuple[str, ...] = ("onvif://www.onvif.org/name/Simulated",),
        interface: str = "127.0.0.1",
        port: int = PORT,
    ) -> None:
        self.addresses = addresses
        self.scopes = scopes
        self.interface = interface
        self.port = port
        self.endpoint = f"urn:uuid:{uuid.uuid4()}"
        self.probed = 0
        self.garbage = False

    async def __aenter__(self) -> Self:
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("", self.port))
        self.port = listening.getsockname()[1]
        here = socket.inet_aton(self.interface)
        member = struct.pack("4s4s", socket.inet_aton(GROUP), here)
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        listening.setblocking(False)
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Probes(self), sock=listening
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._transport.close()

    def answer(self, probe: bytes) -> bytes | None:
        """The ProbeMatches for a Probe, or None when it looks for something else."""
        asked = _MESSAGE_ID.search(probe)
        types = _TYPES.search(probe)
        if asked is None or b"Probe" not in probe:
            return None
        if types and types[1].strip() and b"NetworkVideoTransmitter" not in types[1]:
            return None
        self.probed += 1
        if self.garbage:
            return b"\xff\xfe<garbage"
        return self._matches(asked[1].decode("ascii", "replace")).encode()

    def _matches(self, asked: str) -> str:
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
            f' xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}"'
            ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
            f"<a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>"
            f"<a:RelatesTo>{escape(asked)}</a:RelatesTo>"
            f"<a:To>{_ADDRESSING}/role/anonymous</a:To>"
            f"<a:Action>{_DISCOVERY}/ProbeMatches</a:Action>"
            '<d:AppSequence InstanceId="1" MessageNumber="1"/></s:Header><s:Body><d:ProbeMatches>'
            f"<d:ProbeMatch><a:EndpointReference><a:Address>{self.endpoint}</a:Address>"
            "</a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types>"
            f"<d:Scopes>{escape(' '.join(self.scopes))}</d:Scopes>"
            f"<d:XAddrs>{escape(' '.join(self.addresses))}</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body>"
            "</s:Envelope>"
        )


class _Probes(asyncio.DatagramProtocol):
    def __init__(self, camera: WsDiscovery) -> None:
        self._camera = camera

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._camera.answer(data)
        if answer is not None:
            self._transport.sendto(answer, addr)
