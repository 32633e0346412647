"""The simulated panels answer the frames of the documents as the documents say.

No client of these protocols is published that could judge them; the frames here are typed from
the documents once more, and sent by a plain socket and by pyserial.
"""

import asyncio
from pathlib import Path

import pytest

from simulator.faults import Faults
from simulator.panel import AabbccPanel, MaxhubPanel, NewlinePanel
from tests.devices.serial_pair import serial_pair
from tests.simulator.frames import Expect, over_serial, over_tcp

OK = "34 30 31 2B 0D"
FAIL = "34 30 31 2D 0D"

MAXHUB = [
    ("3A 30 31 53 38 30 35 30 0D", OK),  # volume 50
    ("3A 30 31 47 38 30 30 30 0D", "3A 30 31 72 38 30 35 30 0D"),
    ("3A 30 31 53 3F 31 30 30 0D", OK),  # backlight 100
    ("3A 30 31 47 3F 30 30 30 0D", "3A 30 31 72 3F 31 30 30 0D"),
    ("3A 30 31 53 39 30 30 31 0D", OK),  # mute
    ("3A 30 31 47 39 30 30 30 0D", "3A 30 31 72 39 30 30 31 0D"),
    ("3A 30 31 53 3A 31 30 33 0D", OK),  # slot-in PC
    ("3A 30 31 47 3A 30 30 30 0D", "3A 30 31 72 3A 31 30 33 0D"),
    ("3A 30 31 53 44 30 30 30 0D", OK),  # touch off
    ("3A 30 31 47 44 30 30 30 0D", "3A 30 31 72 44 30 30 30 0D"),
    ("3A 30 31 53 A2 30 30 30 0D", OK),  # microphone off
    ("3A 30 31 47 A2 30 30 30 0D", "3A 30 31 72 A2 30 30 30 0D"),
    ("3A 30 31 53 34 30 35 30 0D", OK),  # contrast 50
    ("3A 30 31 47 34 30 30 30 0D", "3A 30 31 72 34 30 35 30 0D"),
    ("3A 30 31 53 46 30 31 35 0D", OK),  # off after 15 minutes without a signal
    ("3A 30 31 53 3C 30 30 39 0D", OK),  # Russian
    ("3A 30 31 47 3C 30 30 30 0D", "3A 30 31 72 3C 30 30 39 0D"),
    ("3A 30 31 53 38 31 30 31 0D", FAIL),  # volume 101
    ("3A 30 31 53 3A 39 39 39 0D", FAIL),  # no such input
    ("3A 30 32 47 38 30 30 30 0D", ""),  # another panel
]


def test_a_maxhub_panel_answers_as_the_document_says_over_tcp() -> None:
    def talk(expect: Expect) -> None:
        for sent, received in MAXHUB:
            expect(sent, received)
        expect("3A 30 31 47 30 30 30 30 0D", "")  # power: RS-232 only

    over_tcp(MaxhubPanel(), talk)


def test_a_maxhub_panel_answers_as_the_document_says_over_rs232(tmp_path: Path) -> None:
    def talk(expect: Expect) -> None:
        expect("3A 30 31 47 30 30 30 30 0D", "3A 30 31 72 30 30 30 31 0D")
        expect("3A 30 31 53 30 30 30 30 0D", OK)  # backlight off
        expect("3A 30 31 47 30 30 30 30 0D", "3A 30 31 72 30 30 30 30 0D")
        expect("3A 30 31 53 30 30 30 32 0D", OK)  # off
        expect("3A 30 31 47 30 30 30 30 0D", "3A 30 31 72 30 30 30 32 0D")
        expect("3A 30 31 47 38 30 30 30 0D", "")
        expect("3A 30 31 53 30 30 30 33 0D", "")  # on: no reply
        expect("3A 30 31 53 38 30 35 30 0D", OK)

    with serial_pair(tmp_path) as pair:
        over_serial(MaxhubPanel(line=pair.theirs), str(pair.ours), talk)


def test_a_maxhub_panel_that_was_switched_off_over_tcp_is_gone_until_it_is_woken() -> None:
    panel = MaxhubPanel()

    async def run() -> None:
        async with panel, asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", panel.port)
            writer.write(bytes.fromhex("3A 30 31 53 30 30 30 32 0D"))
            assert (await reader.read()).hex(" ").upper() == OK
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", panel.port)
            assert await reader.read() == b""
            writer.close()

    asyncio.run(run())
    assert not panel.on
    panel.switch(on=True)
    volume = "3A 30 31 72 38 30 33 30 0D"
    over_tcp(panel, lambda expect: expect("3A 30 31 47 38 30 30 30 0D", volume))


AABBCC = [
    ("AA BB CC 01 02 00 03 DD EE FF", "AA BB CC 80 00 00 80 DD EE FF"),  # power: on
    ("AA BB CC 02 06 00 08 DD EE FF", ""),  # HDMI1
    ("AA BB CC 02 00 00 02 DD EE FF", "AA BB CC 81 06 00 87 DD EE FF"),
    ("AA BB CC 02 07 00 09 DD EE FF", ""),  # HDMI2
    ("AA BB CC 02 00 00 02 DD EE FF", "AA BB CC 81 07 00 88 DD EE FF"),
    ("AA BB CC 03 00 1E 21 DD EE FF", ""),  # volume 30
    ("AA BB CC 03 02 00 05 DD EE FF", "AA BB CC 82 00 1E A0 DD EE FF"),
    ("AA BB CC 03 01 00 04 DD EE FF", ""),  # mute
    ("AA BB CC 03 03 00 06 DD EE FF", "AA BB CC 82 01 00 83 DD EE FF"),
    ("AA BB CC 03 01 01 05 DD EE FF", ""),  # unmute
    ("AA BB CC 03 03 00 06 DD EE FF", "AA BB CC 82 01 01 84 DD EE FF"),
    ("AA BB CC 09 00 00 09 DD EE FF", ""),  # PC off
    ("AA BB CC 09 02 00 0B DD EE FF", "AA BB CC 83 01 00 84 DD EE FF"),
    ("AA BB CC 09 01 00 0A DD EE FF", ""),  # PC on
    ("AA BB CC 09 02 00 0B DD EE FF", "AA BB CC 83 00 00 83 DD EE FF"),
    ("AA BB CC 03 00 64 00 DD EE FF", ""),  # a wrong checksum
    ("AA BB CC 03 02 00 05 DD EE FF", "AA BB CC 82 00 1E A0 DD EE FF"),
    ("AA BB CC 01 01 00 02 DD EE FF", ""),  # off
    ("AA BB CC 01 02 00 03 DD EE FF", "AA BB CC 80 01 00 81 DD EE FF"),
    ("AA BB CC 03 02 00 05 DD EE FF", ""),
    ("AA BB CC 01 00 00 01 DD EE FF", ""),  # on
    ("AA BB CC 01 02 00 03 DD EE FF", "AA BB CC 80 00 00 80 DD EE FF"),
]


def test_an_aabbcc_panel_answers_as_the_document_says() -> None:
    def talk(expect: Expect) -> None:
        for sent, received in AABBCC:
            expect(sent, received)

    over_tcp(AabbccPanel(), talk)


NEWLINE = [
    ("7F 08 99 A2 B3 C4 02 FF 01 37 CF", "7F 09 99 A2 B3 C4 02 FF 01 37 01 CF"),
    ("7F 08 99 A2 B3 C4 02 FF 01 0A CF", "7F 09 99 A2 B3 C4 02 FF 01 0A 01 CF"),  # HDMI1
    ("7F 08 99 A2 B3 C4 02 FF 01 32 CF", "7F 09 99 A2 B3 C4 02 FF 01 32 17 CF"),
    ("7F 08 99 A2 B3 C4 02 FF 01 38 CF", "7F 09 99 A2 B3 C4 02 FF 01 38 01 CF"),  # OPS
    ("7F 08 99 A2 B3 C4 02 FF 01 32 CF", "7F 09 99 A2 B3 C4 02 FF 01 32 19 CF"),
    ("7F 08 99 A2 B3 C4 02 FF 05 20 CF", "7F 09 99 A2 B3 C4 02 FF 05 20 01 CF"),  # volume 32
    ("7F 08 99 A2 B3 C4 02 FF 01 33 CF", "7F 09 99 A2 B3 C4 02 FF 01 33 20 CF"),
    ("7F 08 99 A2 B3 C4 02 FF 0F 00 CF", "7F 09 99 A2 B3 C4 02 FF 0F 00 01 CF"),  # mute
    ("7F 08 99 A2 B3 C4 02 FF 01 33 CF", "7F 09 99 A2 B3 C4 02 FF 01 33 00 CF"),
    ("7F 08 99 A2 B3 C4 02 FF 01 82 CF", "7F 09 99 A2 B3 C4 02 FF 01 82 01 CF"),
    ("7F 08 99 A2 B3 C4 02 FF 01 01 CF", "7F 09 99 A2 B3 C4 02 FF 01 01 01 CF"),  # off
    ("7F 08 99 A2 B3 C4 02 FF 01 33 CF", ""),
    ("7F 08 99 A2 B3 C4 02 FF 01 37 CF", "7F 09 99 A2 B3 C4 02 FF 01 37 00 CF"),
]


def test_a_panel_of_the_newline_family_answers_as_published_code_expects() -> None:
    def talk(expect: Expect) -> None:
        for sent, received in NEWLINE:
            expect(sent, received)

    over_tcp(NewlinePanel(), talk)


@pytest.mark.parametrize(
    ("faults", "received"),
    [
        (Faults(silent=True), ""),
        (Faults(cut=True), "AA BB CC 82 00"),
        (Faults(wrong_checksum=True), "AA BB CC 82 00 1E A1 DD EE FF"),
    ],
)
def test_a_faulty_panel_answers_wrongly(faults: Faults, received: str) -> None:
    panel = AabbccPanel()
    panel.faults = faults

    over_tcp(panel, lambda expect: expect("AA BB CC 03 02 00 05 DD EE FF", received))


def test_a_panel_that_warms_up_is_silent() -> None:
    panel = AabbccPanel(on=False, warming=30)
    panel.switch(on=True)

    over_tcp(panel, lambda expect: expect("AA BB CC 01 02 00 03 DD EE FF", ""))
