"""The ONVIF driver when the camera is silent, slow, cut off, or says what no camera should."""

import asyncio
import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.drivers import onvif
from edge_agent.drivers.onvif import Onvif
from edge_agent.drivers.onvif_transport import MOST_ANSWER
from edge_agent.errors import EdgeError, Garbled, Unreachable
from simulator.onvif_camera import OnvifCamera
from tests.edge_agent.drivers.simulated import device

LIMIT = 0.4
ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://www.onvif.org/ver10/device/wsdl"><s:Body><a:GetDeviceInformationResponse>'
    "<a:Manufacturer>M</a:Manufacturer><a:Model>{model}</a:Model></a:GetDeviceInformationResponse>"
    "</s:Body></s:Envelope>"
)
LAUGHS = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))
BILLION_LAUGHS = (
    f'<?xml version="1.0"?><!DOCTYPE s:Envelope [<!ENTITY l0 "ha">{LAUGHS}]>'
    + ENVELOPE.format(model="&l9;")
).encode()


def _driver(camera: OnvifCamera) -> Onvif:
    # The library reads its WSDLs with the first connection of a process.
    limits = {"connect_timeout": 10.0, "reply_timeout": LIMIT}
    return onvif.make(device("onvif-camera", camera.port, **limits))


@contextlib.asynccontextmanager
async def _in_time(seconds: float = 2 * LIMIT):  # type: ignore[no-untyped-def]
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.mark.parametrize(
    ("fault", "error"), [("silent", Unreachable), ("garbage", Unreachable), ("cut", Garbled)]
)
def test_each_fault_is_an_error_in_time_and_over_with_the_fault(
    fault: str, error: type[EdgeError]
) -> None:
    async def scene() -> None:
        async with asyncio.timeout(30), OnvifCamera() as camera:
            driver = _driver(camera)
            await driver.connect()
            setattr(camera.faults, fault, True)
            for exchange in (
                lambda: driver.query("model"),
                lambda: driver.send("stop", {}),
                driver.stream_uri,
                driver.connect,
            ):
                async with _in_time(3 * LIMIT):
                    with pytest.raises(error):
                        await exchange()
            setattr(camera.faults, fault, False)
            await driver.connect()
            assert await driver.query("model") == "Simulated"
            await driver.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html><body>401</body>",
        b"\x00\xff\xfe",
        b"<s:Envelope",
        b"<a/>",
        b"[]",
        ENVELOPE.format(model="x").replace("soap-envelope", "letter").encode(),
        BILLION_LAUGHS,
        ENVELOPE.format(model="x" * MOST_ANSWER).encode(),
    ],
    ids=lambda said: said[:12].decode("ascii", "replace"),
)
def test_an_answer_that_is_no_answer_is_garbled(said: bytes) -> None:
    async def scene() -> None:
        async with asyncio.timeout(30), OnvifCamera() as camera:
            driver = _driver(camera)
            await driver.connect()
            camera.says = said
            for exchange in (
                lambda: driver.query("model"),
                lambda: driver.query("pan"),
                lambda: driver.query("clock_skew"),
                driver.stream_uri,
                driver.connect,
            ):
                async with _in_time():
                    with pytest.raises(Garbled):
                        await exchange()
            await driver.close()

    asyncio.run(scene())


def test_an_answer_may_say_a_name_and_still_not_laugh() -> None:
    """The envelope of the billion laughs is one that is understood without its entities."""

    async def scene() -> object:
        async with OnvifCamera() as camera:
            driver = _driver(camera)
            await driver.connect()
            camera.says = ENVELOPE.format(model="Honest").encode()
            said = await driver.query("model")
            await driver.close()
            return said

    assert asyncio.run(scene()) == "Honest"


def test_nothing_that_xml_names_is_fetched() -> None:
    async def scene() -> int:
        async with OnvifCamera() as camera, OnvifCamera() as elsewhere:
            driver = _driver(camera)
            await driver.connect()
            there = f"http://127.0.0.1:{elsewhere.port}/evil.dtd"
            for doctype in (
                f'<!DOCTYPE s:Envelope SYSTEM "{there}">',
                f'<!DOCTYPE s:Envelope [<!ENTITY e SYSTEM "{there}">]>',
                f'<!DOCTYPE s:Envelope [<!ENTITY % e SYSTEM "{there}"> %e;]>',
            ):
                camera.says = (
                    f'<?xml version="1.0"?>{doctype}{ENVELOPE.format(model="&e;")}'.encode()
                )
                with contextlib.suppress(EdgeError):
                    assert await driver.query("model") in ("", "&e;")
            await driver.close()
            return elsewhere.opened

    assert asyncio.run(scene()) == 0


def test_a_slow_answer_ends_with_the_limit_not_with_the_camera() -> None:
    async def scene() -> None:
        async with OnvifCamera() as camera:
            driver = _driver(camera)
            await driver.connect()
            camera.faults.delay = 10
            async with _in_time():
                with pytest.raises(Unreachable):
                    await driver.query("model")
            await driver.close()

    asyncio.run(scene())


def test_a_redirection_is_not_followed() -> None:
    async def scene() -> int:
        async with OnvifCamera() as elsewhere:

            async def away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                there = f"Location: http://127.0.0.1:{elsewhere.port}/onvif/device_service"
                writer.write(f"HTTP/1.1 307 Away\r\n{there}\r\nContent-Length: 0\r\n\r\n".encode())
                writer.close()

            async with await asyncio.start_server(away, "127.0.0.1", 0) as server:
                camera = OnvifCamera(server.sockets[0].getsockname()[1])
                with pytest.raises(Garbled):
                    await _driver(camera).connect()
            return elsewhere.opened

    assert asyncio.run(scene()) == 0


@settings(max_examples=25)
@given(st.one_of(
    st.binary(max_size=200),
    st.text("<>/&;:ab \"=!['", max_size=60).map(lambda said: ENVELOPE.format(model=said).encode()),
))  # fmt: skip
def test_no_answer_hangs_it_or_ends_in_another_error(said: bytes) -> None:
    async def scene() -> None:
        async with asyncio.timeout(10), OnvifCamera() as camera:
            driver = _driver(camera)
            await driver.connect()
            camera.says = said
            for exchange in (
                lambda: driver.query("model"),
                lambda: driver.query("clock_skew"),
                lambda: driver.send("preset", {"number": 1}),
                driver.snapshot_uri,
                driver.connect,
            ):
                with contextlib.suppress(EdgeError):
                    await exchange()
            await driver.close()

    asyncio.run(scene())
