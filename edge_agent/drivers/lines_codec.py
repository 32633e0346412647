"""Between a profile's commands and readings and the lines of the codec `lines`. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from contract.profile import Profile, Scalar
from edge_agent.drivers.verdict import SILENT, Told, Verdict
from edge_agent.errors import BadConfiguration, Garbled, Refused
from edge_agent.room import values
from edge_agent.room.model import Arguments

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)(?::(0[1-9][dxX]))?\}")
_LONGEST: Final = 4096
"""A line longer than that is none."""

_DEFAULT: Final[Mapping[str, Scalar]] = {"ends_with": "\r\n", "sends": "\r"}


@dataclass(frozen=True, slots=True)
class LineCodec:
    """What one profile says, and what it hears; see `dialogue.Codec`.

    Attributes:
        ends: what ends a line of the device.
        sends: what ends a line of ours.
        prompt: what the device says, without an end, when it wants a password.
    """

    profile: Profile
    ends: bytes
    sends: bytes
    prompt: re.Pattern[str] | None

    def take(self, held: bytearray) -> bytes | None:
        """The first line that is not empty, without its end; or the prompt."""
        while (at := held.find(self.ends)) >= 0:
            line = bytes(held[:at]).strip(b"\r\n\0 ")
            del held[: at + len(self.ends)]
            if line:
                return line
        if self.prompt is not None and self.prompt.search(_text(held)):
            line = bytes(held).strip()
            held.clear()
            return line
        if len(held) > _LONGEST:
            raise Garbled(f"a line without an end: {bytes(held[:24])!r}")
        return None

    def asks_for_password(self, line: bytes) -> bool:
        """Whether a line is the prompt."""
        return self.prompt is not None and self.prompt.search(_text(line)) is not None

    def welcomes(self, line: bytes) -> bool:
        """Whether a line says that the password was right."""
        welcome = self._parameter("welcome")
        return bool(welcome and pattern(welcome).search(_text(line)))

    def order(self, command: str, arguments: Arguments, number: int) -> bytes:
        """The line of a command."""
        words = self._words(command, arguments, number)
        return _line(self.profile.commands[command].send, words) + self.sends

    def is_answered(self, command: str) -> bool:
        """Whether the device says that it has done it."""
        expect = self.profile.commands[command].expect
        return expect != SILENT and bool(expect or self._parameter("ok"))

    def verdict(
        self, command: str, arguments: Arguments, number: int, answer: bytes
    ) -> Verdict | None:
        """What a line says of a command; None: nothing."""
        expect = self.profile.commands[command].expect or self._parameter("ok")
        words = self._words(command, arguments, number)
        if pattern(expect, **words).fullmatch(_text(answer)):
            return "ok"
        return self._refusal(answer, number)

    def question(self, point: str, number: int) -> bytes:
        """The line of a query."""
        return _line(self.profile.readings[point].query, {"id": number}) + self.sends

    def answer(self, point: str, number: int, answer: bytes) -> Told | Verdict | None:
        """What a line says of a reading; None: nothing."""
        reading = self.profile.readings[point]
        found = pattern(reading.parse, id=number).fullmatch(_text(answer))
        if found is None:
            return self._refusal(answer, number)
        groups = found.groupdict()
        word = groups.get("value") or ""
        if groups.get("hex"):
            word = str(int(groups["hex"], 16))
        if point == "source" and not reading.values:
            return Told(values.source_named(self.profile, word))
        return Told(values.meaning(reading, word))

    def _refusal(self, answer: bytes, number: int) -> Verdict | None:
        """What an error line says.

        Raises:
            Refused: the device wants a password before it answers anything.
        """
        if self.asks_for_password(answer):
            raise Refused("the device asks for a password; secret_file of the room holds none")
        error = self._parameter("error")
        if not error:
            return None
        found = pattern(error, id=number).fullmatch(_text(answer))
        if found is None:
            return None
        code = found.groupdict().get("code") or ""
        if code in self._parameter("busy").split():
            return "busy"
        return "unsupported" if code in self._parameter("unsupported").split() else "fail"

    def _parameter(self, name: str) -> str:
        return str(self.profile.codec.parameters.get(name, ""))

    def _words(self, command: str, arguments: Arguments, number: int) -> dict[str, str | int]:
        return {**values.on_wire(self.profile, command, arguments), "id": number}


def line_codec(profile: Profile) -> LineCodec:
    """The codec of a profile.

    Raises:
        BadConfiguration: its parameters cannot be used.
    """
    parameters = {**_DEFAULT, **profile.codec.parameters}
    ends = str(parameters["ends_with"]).encode("latin-1", "replace")
    if not ends:
        raise BadConfiguration("codec: parameters: ends_with: a line must end with something")
    prompt = str(parameters.get("prompt", ""))
    return LineCodec(
        profile=profile,
        ends=ends,
        sends=str(parameters["sends"]).encode("latin-1", "replace"),
        prompt=pattern(prompt) if prompt else None,
    )


def places(text: str) -> frozenset[str]:
    """The names that stand in a line or pattern."""
    return frozenset(place[1] for place in _PLACE.finditer(text))


@lru_cache(maxsize=1024)
def pattern(text: str, **words: str | int) -> re.Pattern[str]:
    """A profile's regular expression, with `words` in the places of their names.

    Raises:
        BadConfiguration: it is none.
    """

    def word(place: re.Match[str]) -> str:
        known = place[1] in words
        return re.escape(_formed(place, words[place[1]])) if known else place[0]

    try:
        return re.compile(_PLACE.sub(word, text), re.ASCII)
    except re.error as error:
        raise BadConfiguration(f"{text!r} is no regular expression: {error}") from error


def _text(line: bytes | bytearray) -> str:
    return line.decode("latin-1")


def _line(template: str, words: Mapping[str, str | int]) -> bytes:
    """A line with the words in their places.

    Raises:
        Refused: one is missing or does not fit, or would be two lines.
    """

    def word(place: re.Match[str]) -> str:
        if place[1] not in words:
            raise Refused(f"there is nothing to put in the place of {place[0]}")
        text = str(_formed(place, words[place[1]]))
        if not text.isascii() or not text.isprintable():
            raise Refused(f"{place[1]}: {text[:40]!r} does not go into a line")
        return text

    return _PLACE.sub(word, template).encode("latin-1", "replace")


def _formed(place: re.Match[str], word: str | int) -> str:
    if not place[2]:
        return str(word)
    try:
        return format(int(word), place[2])
    except ValueError as error:
        raise Refused(f"{place[1]}: {word!r} is not a number") from error
