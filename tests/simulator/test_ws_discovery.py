"""The simulated answer to a search for cameras, judged by a client nobody here wrote."""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery

from simulator.ws_discovery import WsDiscovery

CAMERA = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
PRINTER = QName("http://schemas.microsoft.com/windows/2006/08/wdp/print", "PrintDeviceType")
ADDRESS = "http://127.0.0.1:8080/onvif/device_service"


def _searched(kind: Any) -> list[Any]:
    client = ThreadedWSDiscovery()
    client.start()
    try:
        return list(client.searchServices(types=[kind], timeout=1))
    finally:
        client.stop()


def _loopback(family: int) -> list[ipaddress.IPv4Address]:
    return [ipaddress.IPv4Address("127.0.0.1")] if family == socket.AF_INET else []


@pytest.mark.parametrize("kind", [CAMERA, PRINTER])
def test_wsdiscovery_finds_it_when_it_looks_for_cameras(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsdiscovery.threaded._getNetworkAddrs", _loopback)

    async def scene() -> list[Any]:
        async with WsDiscovery(ADDRESS) as camera:
            found = await asyncio.to_thread(_searched, kind)
            return [each for each in found if each.getEPR() == camera.endpoint]

    found = asyncio.run(scene())

    assert [each.getXAddrs() for each in found] == ([[ADDRESS]] if kind is CAMERA else [])
    for each in found:
        assert [str(scope.getValue()) for scope in each.getScopes()] == [
            "onvif://www.onvif.org/name/Simulated"
        ]
