"""What a media file is, by ffprobe."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from fleet.publishing.media.tools import ONLY_MP4, ToolFailed, Tools


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a file. `time_base` counts per second; the rest is 0 where it has no sense.

    `parameters` is a digest of the decoder's parameter sets.
    """

    kind: str
    codec: str
    time_base: int
    width: int = 0
    height: int = 0
    rate: int = 0
    channels: int = 0
    parameters: str = ""


@dataclass(frozen=True, slots=True)
class Probed:
    """A media file: its streams, seconds, and bits a second."""

    streams: tuple[Stream, ...]
    duration: float
    bitrate: int

    def first(self, kind: str) -> Stream | None:
        """The first stream of this kind, `video` or `audio`."""
        return next((stream for stream in self.streams if stream.kind == kind), None)


def is_mp4(file: Path) -> bool:
    """Whether a file begins as MP4 does, and so is no playlist that ffmpeg would follow."""
    with file.open("rb") as opened:
        return opened.read(8)[4:] == b"ftyp"


def probe(tools: Tools, file: Path) -> Probed:
    """What `file` is.

    Raises:
        ToolFailed: it is not a media file, or has no streams.
    """
    shown = ["-show_streams", "-show_format", "-show_data_hash", "md5", "-of", "json"]
    output = tools.ffprobe([*ONLY_MP4, *shown, "--", str(file)])
    found: dict[str, Any] = msgspec.json.decode(output)
    streams = tuple(_stream(stream) for stream in found.get("streams", ()))
    if not streams:
        raise ToolFailed(f"{file.name} has no stream")
    about = found.get("format", {})
    duration = float(about.get("duration", 0.0))
    bitrate = round(int(about.get("size", 0)) * 8 / duration) if duration else 0
    return Probed(streams, duration, bitrate)


def _stream(found: dict[str, Any]) -> Stream:
    return Stream(
        kind=str(found.get("codec_type", "")),
        codec=str(found.get("codec_name", "")),
        time_base=Fraction(found["time_base"]).denominator if "time_base" in found else 0,
        width=int(found.get("width", 0)),
        height=int(found.get("height", 0)),
        rate=int(found.get("sample_rate", 0)),
        channels=int(found.get("channels", 0)),
        parameters=str(found.get("extradata_hash", "")),
    )
