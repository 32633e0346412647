"""Lines as ffmpeg 5.1 writes them."""

import pytest

from edge_agent.capture.packets import Packet, PacketReader

HEADERS = ["#software: Lavf59.27.100\n", "#tb 0: 1/90000\n", "#codec_id 0: h264\n"]
KEY = "0,          0,      90000,     6000,     5074, 0xb29091d5, S=1,        8\n"
OTHER = "0,       6000,      96000,     6000,     1643, 0x52cd2574, F=0x0, S=1,        8\n"


@pytest.fixture
def reader() -> PacketReader:
    reader = PacketReader()
    assert [reader.read(line) for line in HEADERS] == [None] * 3
    return reader


def test_packets_are_in_seconds(reader: PacketReader) -> None:
    assert reader.read(KEY) == Packet(1.0, pytest.approx(1 / 15), 5074, key=True)
    assert reader.read(OTHER) == Packet(pytest.approx(96 / 90), pytest.approx(1 / 15), 1643, False)


def test_headers_are_kept(reader: PacketReader) -> None:
    assert reader.header == {"software": "Lavf59.27.100", "tb": "1/90000", "codec_id": "h264"}


@pytest.mark.parametrize(
    "line", ["", "\n", "#\n", KEY[:-1], KEY[:30], "0, NOPTS, NOPTS, 1, 2, 0x0\n", "garbage\n"]
)
def test_what_is_cut_off_or_strange_is_no_packet(reader: PacketReader, line: str) -> None:
    assert reader.read(line) is None


def test_without_a_time_base_nothing_is_a_packet() -> None:
    assert PacketReader().read(KEY) is None
