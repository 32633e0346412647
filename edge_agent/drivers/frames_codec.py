"""Between a profile's commands and readings and the frames of the codec `byte-frames`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.profile import Profile
from edge_agent.drivers.frames_cut import Cutter, cutter
from edge_agent.drivers.frames_template import Template, Words, template
from edge_agent.drivers.verdict import SILENT, VERDICTS, Told, Verdict
from edge_agent.errors import BadConfiguration
from edge_agent.room import values
from edge_agent.room.model import Arguments


@dataclass(frozen=True, slots=True)
class FrameCodec:
    """What one profile says, and what it hears; see `dialogue.Codec`."""

    profile: Profile
    cutter: Cutter
    verdicts: Mapping[Verdict, Template]

    def take(self, held: bytearray) -> bytes | None:
        """The first whole frame."""
        return self.cutter.take(held)

    def order(self, command: str, arguments: Arguments, number: int) -> bytes:
        """The frame of a command."""
        send = template(self.profile.commands[command].send)
        return send.encoded(self._words(command, arguments, number))

    def is_answered(self, command: str) -> bool:
        """Whether the device says that it has done it."""
        expect = self.profile.commands[command].expect
        return expect != SILENT and bool(expect or "ok" in self.verdicts)

    def verdict(
        self, command: str, arguments: Arguments, number: int, frame: bytes
    ) -> Verdict | None:
        """What a frame says of a command; None: nothing."""
        words = self._words(command, arguments, number)
        if expect := self.profile.commands[command].expect:
            if template(expect).found(frame, words) is not None:
                return "ok"
            return self._refusal(frame, words)
        ok = self.verdicts.get("ok")
        if ok is not None and ok.found(frame, words) is not None:
            return "ok"
        return self._refusal(frame, words)

    def question(self, point: str, number: int) -> bytes:
        """The frame of a query."""
        return template(self.profile.readings[point].query).encoded({"id": number})

    def answer(self, point: str, number: int, frame: bytes) -> Told | Verdict | None:
        """What a frame says of a reading; None: nothing."""
        reading = self.profile.readings[point]
        words: Words = {"id": number}
        found = template(reading.parse).found(frame, words)
        if found is None:
            return self._refusal(frame, words)
        if "value" not in found:
            raise BadConfiguration(f"readings.{point}: parse: there is no {{value}}")
        place, data = found["value"]
        word = place.word(data, number=reading.type == "number")
        if point == "source" and not reading.values:
            return Told(values.source_named(self.profile, word))
        return Told(values.meaning(reading, word))

    def _refusal(self, frame: bytes, words: Words) -> Verdict | None:
        for verdict, answer in self.verdicts.items():
            if verdict != "ok" and answer.found(frame, words) is not None:
                return verdict
        return None

    def _words(self, command: str, arguments: Arguments, number: int) -> Words:
        return {**values.on_wire(self.profile, command, arguments), "id": number}


def frame_codec(profile: Profile) -> FrameCodec:
    """The codec of a profile.

    Raises:
        BadConfiguration: its parameters cannot be used.
    """
    parameters = profile.codec.parameters
    verdicts: dict[Verdict, Template] = {}
    for verdict in VERDICTS:
        if verdict in parameters:
            try:
                verdicts[verdict] = template(str(parameters[verdict]))
            except BadConfiguration as error:
                raise BadConfiguration(f"codec: parameters: {verdict}: {error}") from error
    return FrameCodec(profile, cutter(parameters), verdicts)
