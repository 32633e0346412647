"""What a room's `room.toml` may say. Unknown keys are errors: a typing mistake is not a default."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contract.profile import Kind, Profile, Transport, TransportKind
from edge_agent import profiles, room_file
from edge_agent.errors import BadConfiguration
from edge_agent.room.looking import Permission
from edge_agent.room.model import Device, Driver, Source, SourceKind

_GIB = 1 << 30
_MIB = 1 << 20


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AgentSettings(_Section):
    """`[agent]`: where the room's data is, and how much is logged.

    `profiles` and `scenes` are directories of the room's own, which come before what is shipped.
    """

    data: Annotated[Path, AfterValidator(Path.absolute)] = Path("lectern-room")
    profiles: Path | None = None
    scenes: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    health_seconds: float = Field(30.0, gt=0)


class FleetOverrides(_Section):
    """`[fleet]`: where the fleet is, if that differs from what enrolment said."""

    mqtt_host: str | None = None
    mqtt_port: int | None = Field(None, gt=0, lt=65_536)
    http_url: str | None = Field(None, pattern=r"^https?://[^/\s]+")


class RecordingSettings(_Section):
    """`[recording]`. Below `full_disk_bytes` free no take starts, and a running one ends."""

    segment_seconds: float = Field(60.0, ge=1, le=600)
    stall_seconds: float = Field(3.0, gt=0)
    encoder: str = "auto"
    ffmpeg: str = "ffmpeg"
    low_disk_bytes: int = Field(10 * _GIB, ge=0)
    full_disk_bytes: int = Field(2 * _GIB, ge=0)
    disk_seconds: float = Field(5.0, gt=0)

    @model_validator(mode="after")
    def _low_before_full(self) -> "RecordingSettings":
        if self.low_disk_bytes < self.full_disk_bytes:
            raise ValueError("low_disk_bytes must not be less than full_disk_bytes")
        return self


class UploadSettings(_Section):
    """`[upload]`. The lower of `bytes_per_second` and the fleet's limit holds."""

    bytes_per_second: int | None = Field(None, gt=0)
    min_chunk_bytes: int = Field(256 << 10, gt=0)
    max_chunk_bytes: int = Field(8 * _MIB, gt=0)
    backoff_seconds: float = Field(60.0, gt=0)
    timeout_seconds: float = Field(60.0, gt=0)

    @model_validator(mode="after")
    def _least_before_most(self) -> "UploadSettings":
        if self.max_chunk_bytes < self.min_chunk_bytes:
            raise ValueError("max_chunk_bytes must not be less than min_chunk_bytes")
        return self


class MqttSettings(_Section):
    """`[mqtt]`: timings of the line to the fleet."""

    keepalive_seconds: int = Field(30, gt=0)
    will_delay_seconds: int = Field(20, ge=0)
    reconnect_seconds: float = Field(60.0, gt=0)
    resend_seconds: float = Field(30.0, gt=0)
    timeout_seconds: float = Field(10.0, gt=0)
    window: int = Field(200, gt=0)
    telemetry_quota_bytes: int = Field(64 * _MIB, gt=0)


class SourceSettings(_Section):
    """`[[source]]`: one thing that is recorded. See `edge_agent.room.model.Source`.

    `secret_file` holds user and password on one line each, readable by the agent only.
    """

    name: str = Field(min_length=1)
    kind: SourceKind
    track: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    driver: Driver
    address: str = ""
    size: str | None = Field(None, pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$")
    rate: int | None = Field(None, gt=0)
    # Named for the configuration file; BaseModel.copy is pydantic's deprecated method.
    copy_stream: bool = Field(False, alias="copy")
    latency: float = 0.0
    secret_file: Path | None = None
    options: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound_has_no_size(self) -> "SourceSettings":
        if self.kind == "microphone" and self.size is not None:
            raise ValueError("size: a microphone has none")
        return self

    @model_validator(mode="after")
    def _is_somewhere(self) -> "SourceSettings":
        if self.driver != "test" and not self.address:
            raise ValueError(f"address: the driver {self.driver} needs one")
        return self

    def source(self) -> Source:
        """The source as the recorder knows it.

        Raises:
            BadConfiguration: `secret_file` cannot be read or does not hold two lines.
        """
        width, _, height = (self.size or "").partition("x")
        return Source(
            name=self.name,
            kind=self.kind,
            track=self.track,
            driver=self.driver,
            address=self.address,
            size=(int(width), int(height)) if self.size else None,
            rate=self.rate,
            copy=self.copy_stream,
            latency=self.latency,
            secret=room_file.secret(self.secret_file) if self.secret_file else None,
            options=tuple(self.options.items()),
        )


class DeviceSettings(_Section):
    """`[[device]]`: one piece of hardware. See `edge_agent.room.model.Device`.

    `transport` chooses between those of the profile; without it a `line` means serial, and
    otherwise the profile's first is used. `overrides` is laid over the profile.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    profile: str = Field(min_length=1)
    role: Kind | None = None
    host: str = ""
    port: int | None = Field(None, gt=0, lt=65_536)
    line: str = ""
    transport: TransportKind | None = None
    number: int = Field(1, ge=0, le=255)
    secret_file: Path | None = None
    mac: str = Field("", pattern=r"^$|^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")
    feeds: tuple[str, ...] = ()
    source: str = ""
    input: str = ""
    overrides: dict[str, Any] = Field(default_factory=dict)

    def device(self, directories: tuple[Path, ...] = (), recorded: str = "") -> Device:
        """The device as its driver knows it; `recorded` is the address of the source it is.

        Raises:
            BadConfiguration: the profile cannot be used, or does not fit; the text says why.
        """
        try:
            profile = profiles.load(self.profile, directories, self.overrides)
            profile = _of_source(profile, recorded)
            transport = self._transport(profile.transports)
            chosen = self._input(profile.sources)
        except BadConfiguration as error:
            raise BadConfiguration(f"device {self.name!r}: {error}") from error
        return Device(
            name=self.name,
            role=self.role or profile.kind,
            profile=profile,
            transport=transport,
            host=self.host,
            line=self.line,
            number=self.number,
            secret=room_file.secret(self.secret_file) if self.secret_file else None,
            mac=self.mac,
            feeds=self.feeds,
            source=self.source,
            input=chosen,
        )

    def _input(self, offered: Mapping[str, str]) -> str:
        if self.input and self.input not in offered:
            inputs = ", ".join(offered) or "none"
            raise BadConfiguration(f"input: {self.profile} has no {self.input!r}, only {inputs}")
        return self.input

    def _transport(self, offered: tuple[Transport, ...]) -> Transport:
        wanted = self.transport or ("serial" if self.line else None)
        kinds = [each.kind for each in offered]
        if wanted is not None and wanted not in kinds:
            raise BadConfiguration(f"{self.profile} has no {wanted}, only {', '.join(kinds)}")
        if wanted is None:
            usable = [each for each in offered if each.kind != "serial"]
            transport = usable[0] if usable else offered[0]
        else:
            transport = offered[kinds.index(wanted)]
        if transport.kind == "serial" and not self.line:
            raise BadConfiguration("line: the serial port is missing, e.g. /dev/ttyUSB0 or COM3")
        if transport.kind in ("tcp", "udp", "http") and not self.host:
            raise BadConfiguration("host: the device's address is missing")
        port = self.port or transport.port
        return msgspec.structs.replace(transport, port=port)


def _of_source(profile: Profile, address: str) -> Profile:
    # The microphone that is closed must be the one that is recorded, not another of the PC.
    if not address or profile.codec.name != "source":
        return profile
    codec = msgspec.structs.replace(
        profile.codec, parameters={"source": address, **profile.codec.parameters}
    )
    return msgspec.structs.replace(profile, codec=codec)


class PanelSettings(_Section):
    """`[panel]`: the room's touch page.

    Only this PC sees it, unless `host` is an address of the room's network; then a PIN must
    guard it. `pin_file` holds the digits, readable by the agent only.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(8090, gt=0, lt=65_536)
    pin_file: Path | None = None
    language: Literal["ar", "zh", "en", "fr", "ru", "es"] = "en"
    room: str = ""
    timezone: str = ""

    @model_validator(mode="after")
    def _guarded(self) -> "PanelSettings":
        if self.host not in ("127.0.0.1", "localhost", "::1") and self.pin_file is None:
            raise ValueError("host: the room's network sees the page then; set pin_file as well")
        return self


class WatchingSettings(_Section):
    """`[watching]`: whether picture and sound are watched, and when before a lesson it begins.

    `fleet_may_look`: when the fleet's staff may look into the room. `lessons` shows them nothing
    that is not open for a lesson, or by the touch page, anyway.
    """

    enabled: bool = True
    preflight_minutes: float = Field(10.0, ge=0, le=120)
    fleet_may_look: Permission = "always"


class AutomationSettings(_Section):
    """`[automation]`: what the room does by itself.

    `break_minutes`: a lesson that begins so soon after another leaves the room on between them.
    `quiet_minutes`: so long after the last lesson, with nobody touching anything, all goes off.
    """

    break_minutes: float = Field(20.0, ge=0)
    quiet_minutes: float = Field(15.0, gt=0)


class RoomSettings(_Section):
    """All of `room.toml`."""

    agent: AgentSettings = Field(default_factory=AgentSettings)
    fleet: FleetOverrides = Field(default_factory=FleetOverrides)
    recording: RecordingSettings = Field(default_factory=RecordingSettings)
    upload: UploadSettings = Field(default_factory=UploadSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    panel: PanelSettings = Field(default_factory=PanelSettings)
    watching: WatchingSettings = Field(default_factory=WatchingSettings)
    automation: AutomationSettings = Field(default_factory=AutomationSettings)
    device: tuple[DeviceSettings, ...] = ()
    source: tuple[SourceSettings, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> "RoomSettings":
        for what in ("name", "track"):
            values = [getattr(source, what) for source in self.source]
            for value in values:
                if values.count(value) > 1:
                    raise ValueError(f"two sources have the {what} {value!r}")
        return self

    @model_validator(mode="after")
    def _devices_fit(self) -> "RoomSettings":
        names = [device.name for device in self.device]
        sources = {source.name for source in self.source}
        for device in self.device:
            if names.count(device.name) > 1:
                raise ValueError(f"two devices have the name {device.name!r}")
            if unknown := [name for name in device.feeds if name not in names]:
                raise ValueError(f"device {device.name!r} feeds {unknown[0]!r}, which is no device")
            if device.source and device.source not in sources:
                raise ValueError(
                    f"device {device.name!r} is the source {device.source!r}, which is no source"
                )
        return self

    @property
    def devices(self) -> tuple[Device, ...]:
        """The room's hardware.

        Raises:
            BadConfiguration: a profile or a secret cannot be used.
        """
        own = self.agent.profiles
        directories = (own,) if own else ()
        return tuple(each.device(directories, self.address_of(each.source)) for each in self.device)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every password and PIN that is in use, to be taken out of what leaves the room.

        Raises:
            BadConfiguration: a secret file cannot be read.
        """
        files = [each.secret_file for each in self.source] + [d.secret_file for d in self.device]
        pins = [self.panel.pin_file] if self.panel.pin_file else []
        return (
            *(room_file.secret(path)[1] for path in files if path),
            *(path.read_text(encoding="utf-8").strip() for path in pins if path.is_file()),
        )

    def address_of(self, source: str) -> str:
        """The address of the recorded source of that name, or nothing."""
        return next((each.address for each in self.source if each.name == source), "")

    @property
    def sources(self) -> tuple[Source, ...]:
        """What is recorded."""
        return tuple(source.source() for source in self.source)


def load(path: Path) -> RoomSettings:
    """Read a `room.toml`; relative paths in it are relative to its directory.

    Raises:
        BadConfiguration: the text names the file, the line and the key.
    """
    return room_file.read(path, RoomSettings)
