"""The words of a profile for VISCA: what is sent, and where in the answer a value is. Pure.

A template is the packet as the vendor's table shows it, without the address and the last `FF`:
bytes in hexadecimal, and in braces what takes a byte's place, an argument of the command or a
parameter of the profile's codec:

    {number}            the number itself, 0 to 254, or the byte an argument's `values` names
    {pan:24}            from 1 to 24, by how far `pan` is from 0; 100 is the most
    {pan:+02-01=03}     02 when it is above 0, 01 below, 03 at 0
    {speed:7+20-30=00}  20 or 30 by its sign, plus 0 to 7 by how far it is from 0; 00 at 0

Several packets, sent one after the other, have `;` between them.

A pattern is the answer behind its `50`, digit by digit as in the vendor's table: `p` is a digit
of the value, `*` any other, the rest must be as it stands. `signed` before it reads the digits
as a number of two's complement.
"""

import re
from collections.abc import Mapping

from contract.profile import Reading
from edge_agent.drivers.visca_packets import END, LONGEST
from edge_agent.errors import BadConfiguration, Garbled, Refused
from edge_agent.room import values
from edge_agent.room.model import Value

_BYTE = re.compile(r"[0-9A-F]{2}")
_SLOT = re.compile(
    r"\{(?P<name>[a-z][a-z0-9_]*)"
    r"(?::(?P<most>[0-9]+)?(?:\+(?P<above>[0-9A-F]{2})-(?P<below>[0-9A-F]{2})=(?P<zero>[0-9A-F]{2}))?)?\}"
)
_PATTERN = re.compile(r"(signed )?([0-9A-Fp*]{2}(?: [0-9A-Fp*]{2})*)")


def contents(template: str, words: Mapping[str, object]) -> tuple[bytes, ...]:
    """What a template says with these words in it, for each packet.

    Raises:
        Refused: a word cannot be said in one byte.
        BadConfiguration: the template is none, or names a word that is not there.
    """
    said = tuple(
        bytes(_byte(token, words) for token in packet.split()) for packet in template.split(";")
    )
    for packet in said:
        if not 0 < len(packet) <= LONGEST - 2 or END in packet:
            raise Refused(f"cannot be said in VISCA: {packet.hex(' ')}")
    return said


def meaning(reading: Reading, data: bytes) -> Value:
    """What an answer's bytes mean by a reading's pattern.

    Raises:
        Garbled: the answer is not of that form, or its value not one of the profile's.
        BadConfiguration: the pattern is none.
    """
    signed, form = _pattern(reading.parse)
    found = re.fullmatch(form, data.hex().upper())
    if found is None:
        raise Garbled(f"an answer of another form than {reading.parse!r}: {data.hex(' ')}")
    digits = "".join(found.groups())
    if reading.type != "number" or reading.values:
        return values.meaning(reading, digits)
    number = int(digits, 16)
    if signed and number >= 1 << (4 * len(digits) - 1):
        number -= 1 << 4 * len(digits)
    return values.meaning(reading, str(number))


def _byte(token: str, words: Mapping[str, object]) -> int:
    if _BYTE.fullmatch(token):
        return int(token, 16)
    slot = _SLOT.fullmatch(token)
    if slot is None:
        raise BadConfiguration(f"{token!r} is neither a byte nor an argument in braces")
    if slot["name"] not in words:
        raise BadConfiguration(f"nothing is called {slot['name']!r}")
    word = words[slot["name"]]
    if isinstance(word, str) and _BYTE.fullmatch(word):
        return int(word, 16)
    if isinstance(word, bool) or not isinstance(word, int):
        raise BadConfiguration(f"{slot['name']}: {word!r} is neither a number nor a byte")
    return _numbered(slot, word)


def _numbered(slot: re.Match[str], number: int) -> int:
    most = int(slot["most"] or 0)
    share = round(min(abs(number), 100) * most / 100)
    if slot["above"]:
        base = slot["above"] if number > 0 else slot["below"] if number < 0 else slot["zero"]
        return int(base, 16) + (share if number else 0)
    said = max(1, share) if most else number
    if not 0 <= said < END:
        raise Refused(f"{slot['name']}: {number} cannot be said in one byte")
    return said


def _pattern(parse: str) -> tuple[bool, str]:
    shape = _PATTERN.fullmatch(parse)
    if shape is None or "p" not in shape[2]:
        raise BadConfiguration(f"parse: {parse!r} is no pattern of VISCA digits")
    digit = "[0-9A-F]"
    form = "".join({"p": f"({digit})", "*": digit}.get(sign, sign) for sign in shape[2])
    return bool(shape[1]), form.replace(" ", "")
