"""VISCA's packets, and the header they have over UDP. Pure.

After Sony's "SRG-X400 Command List", pages 5 to 13. A packet is 3 to 16 bytes: the address, the
content, `FF`. Over IP a header of 8 bytes comes first: type, length and sequence number.
"""

import struct
from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.errors import Busy, EdgeError, Garbled, Refused

COMMAND: Final = 0x0100
INQUIRY: Final = 0x0110
REPLY: Final = 0x0111
CONTROL: Final = 0x0200
CONTROL_REPLY: Final = 0x0201

RESET: Final = b"\x01"
"""As control: start counting anew; as its reply: done."""
OUT_OF_STEP: Final = b"\x0f\x01"
UNKNOWN_TYPE: Final = b"\x0f\x02"

LONGEST: Final = 16
END: Final = 0xFF

_HEADER: Final = struct.Struct(">HHI")
_ERRORS: Final[dict[int, tuple[type[Refused] | type[Busy], str]]] = {
    0x01: (Refused, "message length error"),
    0x02: (Refused, "syntax error"),
    0x03: (Busy, "command buffer full"),
    0x04: (Busy, "command cancelled"),
    0x05: (Refused, "no such socket"),
    0x41: (Busy, "not executable in its present state"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """What one datagram of VISCA over IP holds."""

    kind: int
    sequence: int
    payload: bytes

    def packed(self) -> bytes:
        """As it goes over the wire."""
        return _HEADER.pack(self.kind, len(self.payload), self.sequence) + self.payload


def unpacked(datagram: bytes) -> Message:
    """The message in a datagram.

    Raises:
        Garbled: it is none.
    """
    if len(datagram) <= _HEADER.size:
        raise Garbled(f"a datagram of {len(datagram)} bytes is no VISCA")
    kind, length, sequence = _HEADER.unpack_from(datagram)
    payload = datagram[_HEADER.size :]
    if kind not in (REPLY, CONTROL_REPLY) or length != len(payload):
        raise Garbled(f"no VISCA header: {datagram[: _HEADER.size].hex(' ')}")
    return Message(kind, sequence, payload)


def packet(address: int, content: bytes) -> bytes:
    """A packet to the camera with that address, 1 to 7."""
    return bytes((0x80 + address, *content, END))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a camera answers.

    Attributes:
        kind: `answer` is the completion of an inquiry, with what was asked as `data`.
        socket: which of its two commands under way is meant; 0 for none.
        data: of an answer its bytes, of an error its code.
    """

    kind: Literal["ack", "completion", "answer", "error"]
    socket: int
    data: bytes = b""


def reply(packet: bytes, address: int) -> Reply | None:
    """What the camera with that address says, or None when it is somebody else's or unasked.

    Raises:
        Garbled: it is no VISCA packet.
    """
    if not 3 <= len(packet) <= LONGEST or packet[-1] != END or END in packet[:-1]:
        raise Garbled(f"no VISCA packet: {packet[:LONGEST].hex(' ')}")
    if packet[0] & 0x8F != 0x80:
        raise Garbled(f"no VISCA address: {packet.hex(' ')}")
    if packet[0] != 0x80 + (address << 4):
        return None
    socket, data = packet[1] & 0x0F, packet[2:-1]
    match packet[1] >> 4, len(data):
        case 4, 0:
            return Reply("ack", socket)
        case 5, 0:
            return Reply("completion", socket)
        case 5, _:
            return Reply("answer", socket, data)
        case 6, 1:
            return Reply("error", socket, data)
        case 3, 0:
            return None  # the chain of cameras has changed
        case _:
            raise Garbled(f"no VISCA reply: {packet.hex(' ')}")


def complaint(code: int) -> EdgeError:
    """What a camera's error means."""
    if code not in _ERRORS:
        return Garbled(f"an error VISCA does not know: {code:02X}")
    kind, why = _ERRORS[code]
    return kind(f"the camera says: {why}")


class Packets:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, piece: bytes) -> list[bytes]:
        """The packets that are whole with this piece.

        Raises:
            Garbled: more bytes than a packet has, and no end.
        """
        *whole, self._rest = (self._rest + piece).split(bytes((END,)))
        if len(self._rest) >= LONGEST:
            raise Garbled(f"no VISCA packet: {self._rest[:LONGEST].hex(' ')}")
        return [packet + bytes((END,)) for packet in whole]
