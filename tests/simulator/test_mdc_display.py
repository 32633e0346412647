"""The simulated Samsung display, judged by python-samsung-mdc."""

import asyncio
import ssl

import pytest
from samsung_mdc import MDC
from samsung_mdc.exceptions import MDCResponseError, MDCTLSAuthFailed, NAKError

from simulator.mdc_display import MdcDisplay
from tests.servers.certificates import Authority


def certificate(authority: Authority) -> ssl.SSLContext:
    """What a display behind a PIN shows."""
    pair = authority.server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def test_the_library_runs_it_through_a_lesson() -> None:
    async def scene() -> None:
        async with (
            MdcDisplay() as display,
            MDC(f"127.0.0.1:{display.port}", timeout=2) as client,
        ):
            with pytest.raises(NAKError):
                await client.volume(1)
            await client.power(1, ("ON",))
            assert [each.name for each in await client.power(1)] == ["ON"]
            await client.input_source(1, ("HDMI2",))
            assert display.values[0x14] == 0x23
            await client.volume(1, (33,))
            await client.mute(1, ("ON",))
            status = await client.status(1)
            assert status[:2] == (1, 33)
            assert [each.name for each in status[2:5]] == ["ON", "HDMI2", "PC_16_9"]
            display.errors[5] = 1
            told = await client.error_status(1)
            assert (told[4], told[5].name) == (41, "ERROR")
            assert await client.panel_on_time(1) == (4321 * 6,)
            assert await client.serial_number(1) == ("SIM0001",)
            assert await client.software_version(1) == ("T-SIM-1.0",)
            await client.panel(1, ("OFF",))
            await client.manual_lamp(1, (50,))
            assert await client.manual_lamp(1) == (50,)
            with pytest.raises(NAKError):
                await client.ticker(1)

    asyncio.run(scene())


def test_the_bytes_are_those_of_the_protocol() -> None:
    async def scene() -> bytes:
        async with MdcDisplay() as display:
            reader, writer = await asyncio.open_connection("127.0.0.1", display.port)
            writer.write(bytes.fromhex("AA 11 01 01 01 14"))
            answer = await reader.readexactly(8)
            writer.close()
            return answer

    assert asyncio.run(scene()) == bytes.fromhex("AA FF 01 03 41 11 01 56")


def test_a_wrong_checksum_is_noticed_by_the_library() -> None:
    async def scene() -> None:
        async with MdcDisplay() as display, MDC(f"127.0.0.1:{display.port}", timeout=2) as client:
            display.faults.wrong_checksum = True
            with pytest.raises(MDCResponseError, match="Checksum"):
                await client.power(1)

    asyncio.run(scene())


def test_behind_a_pin_it_speaks_tls(authority: Authority) -> None:
    async def scene() -> None:
        async with MdcDisplay(pin="0123", certificate=certificate(authority)) as display:
            async with MDC(f"127.0.0.1:{display.port}", timeout=2, pin="0123") as client:
                assert client.is_tls_started
                assert [each.name for each in await client.power(1)] == ["OFF"]
            with pytest.raises(MDCTLSAuthFailed, match="Wrong pin"):
                await MDC(f"127.0.0.1:{display.port}", timeout=2, pin="9999").open()

    asyncio.run(scene())
