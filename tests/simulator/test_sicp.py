"""The simulated display answers the frames of the SICP document as the document says."""

from simulator.faults import Faults
from simulator.sicp import SicpDisplay
from tests.simulator.frames import Expect, over_tcp

ACK = "06 01 00 00 06 01"
NAV = "06 01 00 00 18 1F"
NACK = "06 01 00 00 15 12"

DOCUMENT = [
    ("05 01 00 19 1D", "06 01 00 19 02 1C"),  # power: on
    ("05 01 00 AD A9", "09 01 00 AD 0D 09 01 00 A0"),
    ("09 01 00 AC 0B 09 01 00 A7", ACK),  # OPS
    ("05 01 00 AD A9", "09 01 00 AD 0B 09 01 00 A6"),
    ("07 01 00 44 16 16 42", ACK),  # volume 22
    ("05 01 00 45 41", "07 01 00 45 16 16 43"),
    ("06 01 00 47 01 41", ACK),  # mute
    ("05 01 00 46 42", "06 01 00 46 01 40"),
    ("06 01 00 72 01 74", ACK),  # backlight off
    ("05 01 00 71 75", "06 01 00 71 01 77"),
    ("06 01 00 0F 02 0A", "07 01 00 0F 04 D2 DF"),  # 1234 hours
    ("05 01 00 2F 2B", "07 01 00 2F 29 2B 2B"),  # 41 and 43 °C
    ("05 01 00 59 5D", "06 01 00 59 01 5F"),  # a signal
    ("05 01 00 19 1C", NACK),  # a wrong checksum
    ("06 01 00 DD 01 DB", NAV),  # a command it has not
    ("05 02 00 19 1E", ""),  # another display
    ("06 00 00 18 01 1F", ""),  # off, to all: nobody answers
    ("05 01 00 19 1D", "06 01 00 19 01 1F"),
    ("06 01 00 47 00 40", NAV),
    ("06 01 00 18 02 1D", ACK),  # on
    ("05 01 00 19 1D", "06 01 00 19 02 1C"),
]


def test_it_answers_as_the_document_says() -> None:
    def talk(expect: Expect) -> None:
        for sent, received in DOCUMENT:
            expect(sent, received)

    over_tcp(SicpDisplay(), talk)


def test_a_wrong_checksum_is_wrong() -> None:
    display = SicpDisplay()
    display.faults = Faults(wrong_checksum=True)

    def talk(expect: Expect) -> None:
        expect("05 01 00 19 1D", "06 01 00 19 02 1D")

    over_tcp(display, talk)
