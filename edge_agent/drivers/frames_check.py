"""What is wrong with a profile of the codec `byte-frames`: its templates and golden frames."""

from collections.abc import Iterator
from typing import Final

from contract.profile import Command, Profile, Reading
from edge_agent.drivers import codec_check
from edge_agent.drivers.frames_codec import FrameCodec, frame_codec
from edge_agent.drivers.frames_template import hexadecimal, template
from edge_agent.drivers.verdict import SILENT, VERDICTS
from edge_agent.errors import EdgeError

_CUTTING: Final = ("start", "end", "length", "length_at", "length_adds")


def problems(profile: Profile) -> Iterator[str]:
    """Each thing this codec cannot read, naming command, reading or frame."""
    yield from codec_check.unknown_parameters(profile, (*_CUTTING, *VERDICTS, "golden_id"))
    try:
        codec = frame_codec(profile)
        codec_check.number(profile)
    except EdgeError as error:
        yield str(error)
        return
    for name, command in profile.commands.items():
        yield from codec_check.named(f"commands.{name}", _command(codec, name, command))
    for name, reading in profile.readings.items():
        yield from codec_check.named(f"readings.{name}", _reading(name, reading))
    for index, frame in enumerate(profile.golden):
        found = codec_check.golden(profile, codec, frame, hexadecimal, hexadecimal)
        yield from codec_check.named(f"golden[{index}]", found)


def _command(codec: FrameCodec, name: str, command: Command) -> Iterator[str]:
    yield from codec_check.places(command, template(command.send).names)
    if command.expect not in ("", SILENT):
        for each in sorted(template(command.expect).names - command.arguments.keys() - {"id"}):
            yield f"expect: there is no argument {each!r}"
    yield from codec_check.orders(codec.profile, codec, name)


def _reading(name: str, reading: Reading) -> Iterator[str]:
    for each in sorted(template(reading.query).names - {"id"}):
        yield f"query: nothing goes into {each!r}"
    asked = template(reading.parse).names
    if "value" not in asked:
        yield "parse: there is no {value}"
    for each in sorted(asked - {"id", "value"}):
        yield f"parse: nobody asks for {each!r}"
    yield from codec_check.meaningful(name, reading)
