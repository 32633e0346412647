"""VISCA's packets and headers, both ways, by the examples of Sony's documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers import visca_packets as visca
from edge_agent.drivers.visca_packets import Message, Packets, Reply
from edge_agent.errors import Busy, EdgeError, Garbled, Refused


def test_sonys_examples_of_replies() -> None:
    """SRG-X400 Command List, page 7, and SRG-120DH Technical Manual, page 26."""
    examples = {
        "90 41 FF": Reply("ack", 1),
        "90 51 FF": Reply("completion", 1),
        "90 42 FF": Reply("ack", 2),
        "90 52 FF": Reply("completion", 2),
        "90 50 FF": Reply("completion", 0),
        "90 50 02 FF": Reply("answer", 0, b"\x02"),
        "90 60 02 FF": Reply("error", 0, b"\x02"),
        "90 60 03 FF": Reply("error", 0, b"\x03"),
        "90 61 41 FF": Reply("error", 1, b"\x41"),
        "90 62 04 FF": Reply("error", 2, b"\x04"),
        "90 62 05 FF": Reply("error", 2, b"\x05"),
    }

    assert {said: visca.reply(bytes.fromhex(said), 1) for said in examples} == examples


def test_what_other_cameras_of_the_chain_say_is_not_ours() -> None:
    assert visca.reply(bytes.fromhex("A0 50 02 FF"), 1) is None
    assert visca.reply(bytes.fromhex("A0 50 02 FF"), 2) == Reply("answer", 0, b"\x02")
    assert visca.reply(bytes.fromhex("90 38 FF"), 1) is None


def test_a_packet_has_the_cameras_address() -> None:
    assert visca.packet(1, bytes.fromhex("01 04 38 02")) == bytes.fromhex("81 01 04 38 02 FF")
    assert visca.packet(7, b"\x09\x04\x00") == bytes.fromhex("87 09 04 00 FF")


def test_the_header_has_type_length_and_number() -> None:
    power = Message(visca.COMMAND, 2, bytes.fromhex("81 01 04 00 02 FF"))

    assert power.packed() == bytes.fromhex("01 00 00 06 00 00 00 02 81 01 04 00 02 FF")
    assert visca.unpacked(bytes.fromhex("01 11 00 03 00 00 00 02 90 41 FF")) == Message(
        visca.REPLY, 2, bytes.fromhex("90 41 FF")
    )
    assert Message(visca.CONTROL, 1, visca.RESET).packed() == bytes.fromhex(
        "02 00 00 01 00 00 00 01 01"
    )


@pytest.mark.parametrize(
    "datagram",
    [
        "",
        "90 41 FF",
        "01 11 00 03 00 00 00 02",
        "01 11 00 04 00 00 00 02 90 41 FF",
        "01 00 00 03 00 00 00 02 90 41 FF",
    ],
)
def test_what_is_no_message_is_garbled(datagram: str) -> None:
    with pytest.raises(Garbled):
        visca.unpacked(bytes.fromhex(datagram))


@pytest.mark.parametrize("packet", ["FF", "90 FF", "90 41", "10 41 FF", "90 41 00 FF", "90 70 FF"])
def test_what_is_no_reply_is_garbled(packet: str) -> None:
    with pytest.raises(Garbled):
        visca.reply(bytes.fromhex(packet), 1)


def test_each_error_says_whether_trying_again_helps() -> None:
    kinds = {code: type(visca.complaint(code)) for code in (1, 2, 3, 4, 5, 0x41, 0x77)}

    assert kinds == {
        1: Refused, 2: Refused, 3: Busy, 4: Busy, 5: Refused, 0x41: Busy, 0x77: Garbled
    }  # fmt: skip


@given(st.lists(st.binary(min_size=2, max_size=14).map(lambda b: b.replace(b"\xff", b"\xfe"))))
def test_packets_come_out_whole_however_they_arrive(contents: list[bytes]) -> None:
    sent = [content + b"\xff" for content in contents]
    packets = Packets()

    found = [packet for byte in b"".join(sent) for packet in packets.cut(bytes((byte,)))]

    assert found == sent
    assert Packets().cut(b"".join(sent)) == sent


def test_a_stream_without_an_end_is_garbled() -> None:
    with pytest.raises(Garbled):
        Packets().cut(b"HTTP/1.1 400 Bad Request\r\n")


@given(st.binary(max_size=40))
def test_no_bytes_end_in_another_error(data: bytes) -> None:
    for read in (visca.unpacked, lambda data: visca.reply(data, 1), Packets().cut):
        try:
            read(data)
        except EdgeError:
            continue
