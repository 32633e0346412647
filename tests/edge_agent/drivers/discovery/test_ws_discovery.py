"""Cameras are found, judged by a publisher of WS-Discovery that nobody here wrote."""

import asyncio
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface

import pytest
import wsdiscovery
import wsdiscovery.threaded
from hypothesis import given
from hypothesis import strategies as st
from wsdiscovery.publishing import ThreadedWSPublishing

from edge_agent.drivers.discovery import ws_discovery
from edge_agent.drivers.discovery.found import Found
from edge_agent.errors import Garbled

LOOPBACK = IPv4Interface("127.0.0.1/8")
ONVIF = "http://www.onvif.org/ver10/network/wsdl"

ANSWER = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches><d:ProbeMatch>
<d:Types>tds:Device dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/name/Hall%20A onvif://www.onvif.org/hardware/X1</d:Scopes>
<d:XAddrs>http://[bad http://192.0.2.5:8080/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""


def _no_ipv6(_: object) -> None:
    raise OSError("not here")


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedWSPublishing]:
    own = [IPv4Address("127.0.0.1")]
    monkeypatch.setattr(
        wsdiscovery.threaded,
        "_getNetworkAddrs",
        lambda _version: own,
    )
    monkeypatch.setattr(wsdiscovery.threaded, "NetworkingThreadIPv6", _no_ipv6)
    publishing = ThreadedWSPublishing()
    publishing.start()
    yield publishing
    publishing.stop()


def test_a_published_camera_is_found(publisher: ThreadedWSPublishing) -> None:
    publisher.publishService(
        types=[wsdiscovery.QName(ONVIF, "NetworkVideoTransmitter")],
        scopes=[
            wsdiscovery.Scope("onvif://www.onvif.org/name/Lecture Hall"),
            wsdiscovery.Scope("onvif://www.onvif.org/hardware/PTZ-20"),
        ],
        xAddrs=["http://127.0.0.1:8000/onvif/device_service"],
    )

    found = asyncio.run(ws_discovery.search(LOOPBACK, seconds=2))

    assert (
        Found(
            "camera", "onvif-camera", "127.0.0.1", 8000, "Lecture Hall PTZ-20", "",
            "answers WS-Discovery as an ONVIF camera",
        )
        in found
    )  # fmt: skip


def test_a_published_printer_is_no_camera(publisher: ThreadedWSPublishing) -> None:
    publisher.publishService(
        types=[wsdiscovery.QName("http://schemas.example/print", "Printer")],
        scopes=[],
        xAddrs=["http://127.0.0.1:8631/"],
    )

    found = asyncio.run(ws_discovery.search(LOOPBACK, seconds=1))

    assert not [each for each in found if each.port == 8631]


def test_what_an_answer_says() -> None:
    assert ws_discovery.parsed(ANSWER.encode()) == (
        {
            "Types": "tds:Device dn:NetworkVideoTransmitter",
            "Scopes": "onvif://www.onvif.org/name/Hall%20A onvif://www.onvif.org/hardware/X1",
            "XAddrs": "http://[bad http://192.0.2.5:8080/onvif/device_service",
        },
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<a>",
        ANSWER.replace("<?xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><?xml").encode(),
        ANSWER.replace("<s:Envelope", "<!DOCTYPE x [<!ENTITY a 'b'>]><s:Envelope", 1).encode(),
        ANSWER.replace('"1.0"?', '"1.0" encoding="no-such"?').encode(),
    ],
)
def test_no_document_type_and_no_nonsense_is_read(answer: bytes) -> None:
    with pytest.raises(Garbled):
        ws_discovery.parsed(answer)


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda t: ANSWER.replace("X1", t).encode())
)
def test_no_bytes_escape_as_another_error(answer: bytes) -> None:
    try:
        matches = ws_discovery.parsed(answer)
    except Garbled:
        return
    assert all(set(match) <= {"Types", "Scopes", "XAddrs"} for match in matches)


class _Responder(asyncio.DatagramProtocol):
    """Somebody on the network who answers every probe with the same datagrams."""

    def __init__(self, *said: bytes) -> None:
        self._said = said
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: object) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert b"NetworkVideoTransmitter" in data
        for said in self._said:
            self.transport.sendto(said, addr)


def test_a_camera_is_found_among_nonsense_and_an_address_it_cannot_spell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ws_discovery, "GROUP", IPv4Address("127.0.0.1"))

    async def scene() -> tuple[Found, ...]:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Responder(b"\xff" * 100, ANSWER.encode(), b"<x/>"), ("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        found = await ws_discovery.search(LOOPBACK, seconds=0.4, port=port)
        transport.close()
        return found

    (found,) = asyncio.run(scene())
    assert (found.host, found.port, found.name) == ("127.0.0.1", 8080, "Hall A X1")
