"""What is wrong with a profile of the codec `lines`: its lines, patterns and golden frames."""

import json
from collections.abc import Iterator
from typing import Final

from contract.profile import Command, Profile, Reading
from edge_agent.drivers import codec_check
from edge_agent.drivers.frames_template import hexadecimal
from edge_agent.drivers.lines_codec import LineCodec, line_codec, pattern, places
from edge_agent.drivers.verdict import SILENT
from edge_agent.errors import EdgeError

_KNOWN: Final = (
    "ends_with", "sends", "ok", "error", "busy", "unsupported", "prompt", "welcome", "golden_id",
)  # fmt: skip
_PATTERNS: Final = ("ok", "error", "prompt", "welcome")


def problems(profile: Profile) -> Iterator[str]:
    """Each thing this codec cannot read, naming command, reading or frame."""
    yield from codec_check.unknown_parameters(profile, _KNOWN)
    try:
        codec = line_codec(profile)
        codec_check.number(profile)
        for name in _PATTERNS:
            pattern(str(profile.codec.parameters.get(name, "")))
    except EdgeError as error:
        yield str(error)
        return
    for name, command in profile.commands.items():
        yield from codec_check.named(f"commands.{name}", _command(codec, name, command))
    for name, reading in profile.readings.items():
        yield from codec_check.named(f"readings.{name}", _reading(name, reading))
    for index, frame in enumerate(profile.golden):
        found = codec_check.golden(
            profile,
            codec,
            frame,
            lambda text: _bytes(text, codec.sends),
            lambda text: _bytes(text, codec.ends),
        )
        yield from codec_check.named(f"golden[{index}]", found)


def _command(codec: LineCodec, name: str, command: Command) -> Iterator[str]:
    yield from codec_check.places(command, places(command.send))
    if command.expect != SILENT:
        pattern(command.expect)
        for each in sorted(places(command.expect) - command.arguments.keys() - {"id"}):
            yield f"expect: there is no argument {each!r}"
    yield from codec_check.orders(codec.profile, codec, name)


def _reading(name: str, reading: Reading) -> Iterator[str]:
    for each in sorted(places(reading.query) - {"id"}):
        yield f"query: nothing goes into {each!r}"
    if not {"value", "hex"} & pattern(reading.parse, id=1).groupindex.keys():
        yield "parse: there is no group `value` or `hex`"
    yield from codec_check.meaningful(name, reading)


def _bytes(text: str, end: bytes) -> bytes:
    """A golden frame: text in quotes is a line without its end, anything else hexadecimal."""
    if not text.startswith('"'):
        return hexadecimal(text)
    line = json.loads(text)
    return str(line).encode("latin-1") + end
