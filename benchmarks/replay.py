"""Shows a clip to what watches the sources, faster than it would be seen in a room.

FFmpeg makes the side stream of a source as the recorder's child does, but into files; from there
it goes datagram by datagram through the same socket, meters, rules and alarms, by a clock of its
own.
"""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from edge_agent.capture import side
from edge_agent.capture.inlet import Inlet
from edge_agent.capture.packets import PacketReader
from edge_agent.ports.watch import Heard, Observation, Seen, Shifted, Signal, Turned
from edge_agent.room import alarms, watch, watch_rules
from edge_agent.room.model import Source, Value

DRAIN_SECONDS: Final = 0.1
TAKE: Final = ("take", 0.0)


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm that was raised, or cleared, so many seconds into the clip."""

    at: float
    alarm: str
    raised: bool


def observed(
    source: Source, clip: str, seconds: float
) -> Iterator[tuple[float, list[Observation]]]:
    """What is seen and heard in a lavfi graph, or (driver `file`) in a file, each 0.1 s.

    When the clip ends before `seconds` have passed, the rest is a source without a signal.
    """
    inlet, waiting = Inlet(source), _datagrams(source, clip, seconds)
    inlet.restart(0.0, TAKE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for tenth in range(1, round(seconds / DRAIN_SECONDS) + 1):
            now = tenth * DRAIN_SECONDS
            while waiting and waiting[-1][0] <= now:
                out.sendto(waiting.pop()[1], ("127.0.0.1", inlet.port))
            yield now, inlet.drain(now)
    inlet.close()


def told(source: Source, clip: str, seconds: float) -> list[Told]:
    """The alarms of a clip."""
    state, found = alarms.Alarms(watch_rules.of_room((source,))), []
    for now, observations in observed(source, clip, seconds):
        events: list[alarms.Seen | alarms.Passed] = [
            seen for each in observations for seen in _measured(source, each)
        ]
        for event in (*events, alarms.Passed(now)):
            state, changes = alarms.step(state, event)
            for change in changes:
                raised = isinstance(change, alarms.Raised)
                found.append(Told(round(now, 1), change.rule.alarm.id, raised))
    return found


def _measured(source: Source, observation: Observation) -> list[alarms.Seen]:
    points: dict[str, Value]
    match observation:
        case Seen(look=look):
            points = watch.points_of_picture(source.kind, look)
        case Heard(hearing=hearing):
            points = watch.points_of_sound(hearing)
        case Signal(present=present):
            points = {"no_signal": not present}
        case Shifted() | Turned():
            points = {}
        case _:
            assert_never(observation)
    at = 0.0 if isinstance(observation, Turned) else observation.at
    return [alarms.Seen(source.track, point, value, at) for point, value in points.items()]


def _datagrams(source: Source, clip: str, seconds: float) -> list[tuple[float, bytes]]:
    """When each datagram ends, and what is in it; the first comes last."""
    form = "s16le" if source.is_audio else "mjpeg"
    inputs = ("-i", clip) if source.driver == "file" else ("-f", "lavfi", "-i", clip)
    command = ["ffmpeg", "-nostdin", "-v", "error", *inputs, "-t", f"{seconds:g}"]
    command += [*side.coding(source), "-f", "tee", f"[f={form}]parts|[f=framecrc]packets"]
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:
        subprocess.run(command, cwd=directory, check=True)
        reader, parts = PacketReader(), Path(directory, "parts").read_bytes()
        lines = Path(directory, "packets").read_text().splitlines(keepends=True)
    datagrams, at = [], 0
    for packet in filter(None, map(reader.read, lines)):
        due = packet.end if source.is_audio else packet.pts
        datagrams.append((due, parts[at : at + packet.size]))
        at += packet.size
    return datagrams[::-1]
