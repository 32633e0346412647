"""Whether a profile's words and golden frames hold in a codec: what all our codecs check alike."""

from collections.abc import Callable, Iterable, Iterator

from contract.profile import Argument, Command, Golden, Profile, Reading, Scalar
from edge_agent.drivers.dialogue import Codec
from edge_agent.drivers.verdict import Told
from edge_agent.errors import BadConfiguration, EdgeError
from edge_agent.room import values

Bytes = Callable[[str], bytes]
"""A golden frame's text as bytes; ValueError: it is none."""


def named(where: str, found: Iterable[str]) -> Iterator[str]:
    """Each problem with the place it stands in, what was raised on the way among them."""
    try:
        for problem in found:
            yield f"{where}: {problem}"
    except (EdgeError, ValueError) as error:
        yield f"{where}: {error}"


def number(profile: Profile) -> int:
    """The device's number in the golden frames."""
    given = profile.codec.parameters.get("golden_id", 1)
    if isinstance(given, bool) or not isinstance(given, int):
        raise BadConfiguration("codec: parameters: golden_id: a whole number is needed")
    return given


def unknown_parameters(profile: Profile, known: Iterable[str]) -> Iterator[str]:
    """Parameters the codec has not."""
    for name in sorted(profile.codec.parameters.keys() - set(known)):
        yield f"codec: parameters: {profile.codec.name} has no {name!r}"


def places(command: Command, sent: Iterable[str]) -> Iterator[str]:
    """Whether each argument has its place in what is sent, and each place its argument."""
    if "id" in command.arguments:
        yield "send: {id} is the device's number, it cannot be an argument"
    known = command.arguments.keys() | {"id"}
    for name in sorted(set(sent) - known):
        yield f"send: there is no argument {name!r}"
    for name in sorted(command.arguments.keys() - set(sent)):
        yield f"send: there is no place for {name!r}"


def orders(profile: Profile, codec: Codec, name: str) -> Iterator[str]:
    """Whether everything the arguments allow can be sent."""
    arguments = profile.commands[name].arguments
    samples = {each: _samples(profile, argument) for each, argument in arguments.items()}
    if not all(samples.values()):
        return
    usual = {each: few[0] for each, few in samples.items()}
    for each, few in samples.items():
        for sample in few:
            yield from _order(codec, name, {**usual, each: sample}, number(profile))


def meaningful(name: str, reading: Reading) -> Iterator[str]:
    """Whether a reading says what each of its answers means."""
    if reading.type in ("flag", "choice") and not reading.values and name != "source":
        yield "values: say what each answer means"


def golden(
    profile: Profile, codec: Codec, frame: Golden, sent: Bytes, received: Bytes
) -> Iterator[str]:
    """Whether a golden frame is what we would send, and means what it says."""
    answer = None
    if frame.received:
        held = bytearray(received(frame.received))
        answer = codec.take(held)
        if answer is None or held:
            yield "received: is not one whole answer"
            return
    if frame.command in profile.commands:
        yield from _golden_command(profile, codec, frame, sent(frame.sent), answer)
    elif frame.reading in profile.readings:
        yield from _golden_reading(profile, codec, frame, sent(frame.sent), answer)


def _golden_command(
    profile: Profile, codec: Codec, frame: Golden, sent: bytes, answer: bytes | None
) -> Iterator[str]:
    command = frame.command or ""
    arguments = values.checked(profile, command, frame.arguments)
    yield from _differing(codec.order(command, arguments, number(profile)), sent)
    if answer is None:
        return
    if not codec.is_answered(command):
        yield "received: no answer is expected"
    elif (verdict := codec.verdict(command, arguments, number(profile), answer)) != "ok":
        yield f'received: is not its "done" but {verdict or "nothing"}'


def _golden_reading(
    profile: Profile, codec: Codec, frame: Golden, sent: bytes, answer: bytes | None
) -> Iterator[str]:
    point = frame.reading or ""
    yield from _differing(codec.question(point, number(profile)), sent)
    if answer is None:
        return
    told = codec.answer(point, number(profile), answer)
    if not isinstance(told, Told):
        yield f"received: is not its answer but {told or 'nothing'}"
    elif told.value != frame.value or isinstance(told.value, bool) != isinstance(frame.value, bool):
        yield f"received: means {told.value!r}, not {frame.value!r}"


def _differing(ours: bytes, theirs: bytes) -> Iterator[str]:
    if ours != theirs:
        yield f"sent: we would send {ours.hex(' ').upper()}, not {theirs.hex(' ').upper()}"


def _order(codec: Codec, name: str, arguments: dict[str, Scalar], ours: int) -> Iterator[str]:
    try:
        codec.order(name, arguments, ours)
    except EdgeError as error:
        yield f"send: {error}"


def _samples(profile: Profile, argument: Argument) -> list[Scalar]:
    match argument.type:
        case "integer":
            return [argument.least, argument.most]
        case "choice":
            return list(argument.values)
        case "source":
            return list(profile.sources)
        case "flag":
            return [True, False]
        case "text":
            return ["text"]
