"""The nouns of one room."""

from dataclasses import dataclass, field
from typing import Literal

SourceKind = Literal["camera", "screen", "microphone"]
Driver = Literal["v4l2", "rtsp", "x11", "alsa", "pulse", "file", "test", "dshow", "gdigrab"]


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that is recorded, and the track it fills.

    Attributes:
        name: as the room's configuration calls it, unique in the room.
        kind: what it is; a microphone fills an audio track, the others a video track.
        track: `presenter`, `presentation`, `audio`, … unique in the room.
        driver: how it is opened.
        address: device path, URL, display or file, as the driver understands it.
        size: width and height in pixels, or None to take what the device gives.
        rate: pictures a second, or samples a second of a microphone; None is the device's own.
        copy: the source already gives H.264 (or AAC) and is stored as it is.
        latency: seconds by which what arrives is older than what happened, by calibration.
        secret: user and password for the address, never logged.
        options: further input options of the driver, e.g. `input_format`.
    """

    name: str
    kind: SourceKind
    track: str
    driver: Driver
    address: str
    size: tuple[int, int] | None = None
    rate: int | None = None
    copy: bool = False
    latency: float = 0.0
    secret: tuple[str, str] | None = field(default=None, repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_audio(self) -> bool:
        """Whether its track is sound."""
        return self.kind == "microphone"
