"""Templates of frames of bytes, as profiles of the codec `byte-frames` hold them.

A template is words with spaces between them, one for each place in the frame:

    3A              this byte, two hexadecimal digits
    ..              any one byte; in answers only
    *               any number of bytes, none too; in answers only, once
    {name}          an argument, or what is read: one byte
    {name:2}        two bytes, the high one first
    {name:3d}       three decimal digits in ASCII
    {name:2x}       two hexadecimal digits in ASCII
    {name:text}     ASCII; in answers all that is left, and then there is no `*`
    {id}, {id:2d}   the device's number, in any of these forms
    {sum}, {xor}    the low byte of the sum, or the exclusive or, of all bytes before it
    {sum:4-6}       … of the fourth to the sixth byte, counted from one as documents do

What an argument is on the wire (`values`, `sources`) is written as hexadecimal bytes for `{name}`
and as digits for `3d` and `2x`. What is read comes as a decimal number for a reading that is a
number, and otherwise as it would be written: `0A`, `001`. In `expect`, an argument's name stands
for what was sent.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from edge_agent.errors import BadConfiguration, Garbled, Refused

Words = Mapping[str, str | int]
"""By name: an argument on the wire, or `id`."""

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)(?::([0-9]{1,2})([dx]?)|:(text))?\}")
_CHECK: Final = re.compile(r"\{(sum|xor)(?::([1-9][0-9]*)-([1-9][0-9]*))?\}")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,2}")


@dataclass(frozen=True, slots=True)
class Exactly:
    """One byte; None is any."""

    byte: int | None


@dataclass(frozen=True, slots=True)
class Anything:
    """Any number of bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a named value is. `size` is in bytes; 0 for text, which has none of its own."""

    name: str
    form: Literal["bytes", "decimal", "hexadecimal", "text"]
    size: int

    def encoded(self, word: str | int) -> bytes:
        """The value's bytes.

        Raises:
            Refused: it does not go in here.
        """
        try:
            data = self._encoded(word)
        except (ValueError, OverflowError) as error:
            raise Refused(f"{self.name}: {word!r} does not fit: {error}") from error
        if self.size and len(data) != self.size:
            raise Refused(f"{self.name}: {word!r} is not {self.size} bytes long")
        return data

    def _encoded(self, word: str | int) -> bytes:
        match self.form:
            case "bytes" if isinstance(word, int):
                return word.to_bytes(self.size, "big")
            case "bytes":
                return hexadecimal(str(word))
            case "decimal":
                return f"{int(word):0{self.size}d}".encode()
            case "hexadecimal":
                number = word if isinstance(word, int) else int(word, 16)
                return f"{number:0{self.size}X}".encode()
            case "text":
                return str(word).encode("ascii")

    def word(self, data: bytes, *, number: bool) -> str:
        """What was read, in a profile's words.

        Raises:
            Garbled: it is not of this form.
        """
        if self.form == "bytes":
            return str(int.from_bytes(data, "big")) if number else data.hex(" ").upper()
        text = data.decode("ascii", "replace").rstrip("\0 ")
        digits = {"decimal": r"[0-9]+", "hexadecimal": r"[0-9A-Fa-f]+", "text": r"[ -~]*"}
        if not re.fullmatch(digits[self.form], text):
            raise Garbled(f"{self.name} is not {self.form}: {data[:24].hex(' ')}")
        return str(int(text, 16)) if number and self.form == "hexadecimal" else text


@dataclass(frozen=True, slots=True)
class Check:
    """A checksum over the bytes `first` to `last`, from one; zeros are all before it."""

    kind: Literal["sum", "xor"]
    first: int
    last: int

    def over(self, frame: bytes) -> int:
        """The checksum of a frame; without a range, of all of it."""
        covered = frame[self.first - 1 : self.last] if self.first else frame
        if self.kind == "sum":
            return sum(covered) & 0xFF
        result = 0
        for byte in covered:
            result ^= byte
        return result


Part = Exactly | Anything | Place | Check


@dataclass(frozen=True, slots=True)
class Template:
    """A frame with places in it."""

    parts: tuple[Part, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of its places."""
        return frozenset(part.name for part in self.parts if isinstance(part, Place))

    def encoded(self, words: Words) -> bytes:
        """The frame with its values in their places.

        Raises:
            Refused: one does not fit, or is not there.
        """
        frame = bytearray()
        for part in self.parts:
            match part:
                case Exactly(byte=int(byte)):
                    frame.append(byte)
                case Place() if part.name in words:
                    frame += part.encoded(words[part.name])
                case Check():
                    frame.append(part.over(bytes(frame)))
                case _:
                    raise Refused(f"nothing to put in the place of {part}")
        return bytes(frame)

    def found(self, frame: bytes, words: Words) -> Mapping[str, tuple[Place, bytes]] | None:
        """What is in the places whose names are not in `words`; None: another frame.

        Raises:
            Garbled: it is this frame, but its checksum is wrong.
        """
        left = len(frame) - sum(_size(part) for part in self.parts)
        if left < 0 or (left and not any(_size(part) == 0 for part in self.parts)):
            return None
        found: dict[str, tuple[Place, bytes]] = {}
        wrong = False
        at = 0
        for part in self.parts:
            size = _size(part) or left
            data = frame[at : at + size]
            match part:
                case Exactly(byte=int(byte)) if data[0] != byte:
                    return None
                case Place() if part.name in words:
                    if data != part.encoded(words[part.name]):
                        return None
                case Place():
                    found[part.name] = (part, data)
                case Check():
                    wrong = wrong or part.over(frame[:at]) != data[0]
            at += size
        if wrong:
            raise Garbled(f"wrong checksum: {frame[:24].hex(' ')}")
        return found


@cache
def template(text: str) -> Template:
    """The template of a profile's text.

    Raises:
        BadConfiguration: a word of it is none.
    """
    parts = tuple(_parts(text))
    if not parts:
        raise BadConfiguration("an empty template")
    if sum(_size(part) == 0 for part in parts) > 1:
        raise BadConfiguration(f"{text!r}: only one place may be of any length")
    return Template(parts)


def hexadecimal(text: str) -> bytes:
    """`AA BB` as bytes.

    Raises:
        ValueError: it is none of that.
    """
    words = text.split()
    if bad := [word for word in words if not _HEX.fullmatch(word)]:
        raise ValueError(f"not a hexadecimal byte: {bad[0]!r}")
    return bytes(int(word, 16) for word in words)


def _size(part: Part) -> int:
    match part:
        case Place():
            return part.size
        case Anything():
            return 0
        case _:
            return 1


def _parts(text: str) -> Iterator[Part]:
    for word in text.split():
        if word == "..":
            yield Exactly(None)
        elif word == "*":
            yield Anything()
        elif len(word) == 2 and _HEX.fullmatch(word):
            yield Exactly(int(word, 16))
        elif check := _CHECK.fullmatch(word):
            kind: Literal["sum", "xor"] = "sum" if check[1] == "sum" else "xor"
            yield Check(kind, int(check[2] or 0), int(check[3] or 0))
        elif place := _PLACE.fullmatch(word):
            yield _place(place)
        else:
            raise BadConfiguration(f"{text!r}: {word!r} is not a word of a template")


def _place(found: re.Match[str]) -> Place:
    name, size, form, text = found.groups()
    if name in ("sum", "xor"):
        raise BadConfiguration(f"{found[0]!r}: a checksum covers all before it, or 4-6")
    if text:
        return Place(name, "text", 0)
    if size is not None and int(size) == 0:
        raise BadConfiguration(f"{found[0]!r}: a place has at least one byte")
    forms: dict[str, Literal["bytes", "decimal", "hexadecimal"]] = {
        "": "bytes", "d": "decimal", "x": "hexadecimal",
    }  # fmt: skip
    return Place(name, forms[form or ""], int(size or 1))
