"""What a room's `room.toml` may say. Unknown keys are errors: a typing mistake is not a default."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from edge_agent import room_file
from edge_agent.room.model import Driver, Source, SourceKind

_GIB = 1 << 30
_MIB = 1 << 20


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AgentSettings(_Section):
    """`[agent]`: where the room's data is, and how much is logged."""

    data: Annotated[Path, AfterValidator(Path.absolute)] = Path("lectern-room")
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


class RoomSettings(_Section):
    """All of `room.toml`."""

    agent: AgentSettings = Field(default_factory=AgentSettings)
    fleet: FleetOverrides = Field(default_factory=FleetOverrides)
    recording: RecordingSettings = Field(default_factory=RecordingSettings)
    upload: UploadSettings = Field(default_factory=UploadSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    source: tuple[SourceSettings, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> "RoomSettings":
        for what in ("name", "track"):
            values = [getattr(source, what) for source in self.source]
            for value in values:
                if values.count(value) > 1:
                    raise ValueError(f"two sources have the {what} {value!r}")
        return self

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
