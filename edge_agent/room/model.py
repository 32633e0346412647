"""The nouns of one room: what it records, and the hardware that stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contract.profile import Kind, Profile, Transport

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


@dataclass(frozen=True, slots=True)
class Device:
    """A piece of hardware in the room.

    Attributes:
        name: as the room's configuration calls it, unique in the room.
        role: what scenes call it; several devices may have one role.
        profile: what its model can do, with the room's overrides laid over it.
        transport: the one of the profile's that the room uses, with the room's port.
        host: name or address; empty for a serial line and for the PC itself.
        line: the serial port, e.g. `/dev/ttyUSB0` or `COM3`.
        number: which device is meant where several share a line (display id, camera address).
        secret: user and password; a PIN or a PJLink password is the password. Never logged.
        mac: for Wake-on-LAN.
        feeds: names of devices whose mains this one can cut.
        source: the recorded source it is, for a camera or a microphone.
        input: the logical name of its input that carries the lesson.
    """

    name: str
    role: Kind
    profile: Profile
    transport: Transport
    host: str = ""
    line: str = ""
    number: int = 1
    secret: tuple[str, str] | None = field(default=None, repr=False)
    mac: str = ""
    feeds: tuple[str, ...] = ()
    source: str = ""
    input: str = ""

    @property
    def password(self) -> str:
        """The second half of the secret, or nothing."""
        return self.secret[1] if self.secret else ""


Arguments = Mapping[str, bool | int | float | str]
Value = bool | int | float | str
