"""Settings of the fleet: keywords over environment (`LECTERN_…`) over a TOML file over defaults."""

import difflib
import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "LECTERN_"
Port = Annotated[int, Field(ge=0, le=65535)]
Positive = Annotated[float, Field(gt=0)]
Bytes = Annotated[int, Field(ge=0)]
Network = Annotated[str, AfterValidator(lambda text: str(ipaddress.ip_network(text, strict=False)))]

OutsideStoreKind = Literal["influx1", "influx2", "influx3", "victoriametrics"]
"""What keeps readings elsewhere: the servers whose dialects `fleet.adapters.influx` speaks."""


class BadSettings(ValueError):
    """A setting is missing, unknown or wrong; the text names the key and where it came from."""


class FleetSettings(BaseSettings):
    """Everything a fleet can be told. Durations end in their unit; sizes are bytes.

    An empty `database_url` or `public_url`, and a path that is None, stand for what the
    properties below say.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Path("lectern-data")
    database_url: str = Field(default="", repr=False)

    listen_host: str = "127.0.0.1"
    listen_port: Port = 8443
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s]+(/\S*)?)?$")
    tls: Literal["own", "off"] = "off"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    server_names: tuple[str, ...] = ()

    mqtt_host: str = "localhost"
    mqtt_port: Port = 8883
    mqtt_public_host: str = ""
    mqtt_public_port: Port = 0
    mqtt_certificate: Path | None = None
    mqtt_key: Path | None = None
    mqtt_authorities: Path | None = None
    mqtt_shared: bool = False
    mosquitto_dir: Path | None = None
    mosquitto_pid_file: Path | None = None

    batch_count: Annotated[int, Field(ge=1, le=10_000)] = 500
    batch_seconds: Positive = 0.05
    desired_seconds: Positive = 1.0
    crl_hours: Positive = 24.0
    certificate_days: Positive = 90.0
    token_leeway_seconds: Annotated[float, Field(ge=0, le=86_400)] = 300.0
    enrolments_per_minute: Annotated[int, Field(ge=1)] = 5

    ffmpeg: str = "ffmpeg"
    ffprobe: str = "ffprobe"
    media_time_limit_seconds: Positive = 3600.0
    max_upload_bytes: Bytes = 4 * 1024**3
    room_quota_bytes: Bytes = 200 * 1024**3
    low_disk_bytes: Bytes = 2 * 1024**3
    upload_expiry_hours: Positive = 168.0
    take_grace_seconds: Annotated[float, Field(ge=0)] = 600.0
    worker_poll_seconds: Positive = 1.0

    metric_store: Literal["sql", OutsideStoreKind] = "sql"
    metric_url: str = Field(default="", pattern=r"^(https?://[^/@\s]+(/[^@\s]*)?)?$")
    metric_bucket: str = "lectern"
    metric_org: str = ""
    metric_token_file: Path | None = None
    metric_authorities: Path | None = None
    metric_queue_bytes: Annotated[int, Field(ge=1024**2)] = 4 * 1024**3
    metric_raw_days: Positive = 7.0
    metric_short_days: Positive = 90.0
    metric_long_days: Positive = 730.0

    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_security: Literal["starttls", "tls", "off"] = "starttls"
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    smtp_authorities: Path | None = None
    smtp_from: str = "Lectern <lectern@localhost>"
    notice_days: Positive = 3.0
    webhook_private: bool = False

    trusted_proxies: tuple[Network, ...] = ()
    requests_per_minute: Annotated[int, Field(ge=0)] = 3000

    oidc_issuer: str = Field(default="", pattern=r"^(https?://\S+)?$")
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = Field(default=None, repr=False)
    oidc_name: str = "OpenID"
    oidc_authorities: Path | None = None

    public_lessons: bool = True
    rated_watts: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default={"projector": 300.0, "panel": 200.0, "screen": 100.0, "pc": 60.0}
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    metrics_token_file: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Keywords, then environment, then the TOML file that `load` was given."""
        file = settings_cls.model_config.get("toml_file")
        toml = (TomlConfigSettingsSource(settings_cls),) if file else ()
        return (init_settings, env_settings, *toml)

    @model_validator(mode="after")
    def _safe_to_start(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key are given together, or neither")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_client_id goes with oidc_issuer: as what the provider knows us")
        issuer = urlsplit(self.oidc_issuer)
        if issuer.scheme == "http" and not is_loopback(issuer.hostname or ""):
            raise ValueError("oidc_issuer has to be https")
        if not self.secure and not is_loopback(self.listen_host):
            raise ValueError(
                f"listen_host {self.listen_host} can be reached from other machines and TLS is "
                "off: set tls to own, or give tls_certificate and tls_key, or listen on 127.0.0.1"
            )
        if (self.metric_store == "sql") != (not self.metric_url):
            raise ValueError("metric_url is given with a metric_store other than sql, or not")
        return self

    @property
    def secure(self) -> bool:
        """Whether the pages are served over TLS."""
        return self.tls == "own" or self.tls_certificate is not None

    @property
    def url(self) -> str:
        """Where people and rooms find the fleet; no slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.listen_host}]" if ":" in self.listen_host else self.listen_host
        return f"{'https' if self.secure else 'http'}://{host}:{self.listen_port}"

    @property
    def database(self) -> str:
        """SQLAlchemy's URL of the database."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'fleet.sqlite'}"
        return with_driver(self.database_url)

    @property
    def workflows_database(self) -> str:
        """Where workflows keep their state: beside SQLite, or in the same PostgreSQL."""
        if self.database.startswith("sqlite"):
            return f"sqlite:///{self.data_dir / 'workflows.sqlite'}"
        return self.database

    @property
    def authority_dir(self) -> Path:
        """The fleet's own CA and the certificates it gave the fleet itself."""
        return self.data_dir / "authority"

    @property
    def files_dir(self) -> Path:
        """Root of the local file store."""
        return self.data_dir / "files"

    @property
    def uploads_dir(self) -> Path:
        """Unfinished uploads; on the same file system as `files_dir`."""
        return self.data_dir / "uploads"

    @property
    def broker_dir(self) -> Path:
        """Configuration, ACL and CRL of the broker."""
        return self.mosquitto_dir or self.data_dir / "broker"

    @property
    def broker_pid_file(self) -> Path:
        """Whom to tell that the CRL is new."""
        return self.mosquitto_pid_file or self.broker_dir / "mosquitto.pid"

    @property
    def rooms_broker(self) -> tuple[str, int]:
        """Host and port of the broker as rooms reach it."""
        return self.mqtt_public_host or self.mqtt_host, self.mqtt_public_port or self.mqtt_port

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names and addresses that the fleet's own server certificate is good for."""
        public = urlsplit(self.url).hostname
        found = ["localhost", "127.0.0.1", "::1", public, self.rooms_broker[0], *self.server_names]
        return tuple(dict.fromkeys(name for name in found if name and name != "0.0.0.0"))  # noqa: S104


def load(config: Path | None = None) -> FleetSettings:
    """The settings of this process.

    Raises:
        BadSettings: names each wrong key, and the variable or file it came from.
    """
    config = config or (Path(text) if (text := os.environ.get(f"{PREFIX}CONFIG")) else None)
    if config is not None and not config.is_file():
        raise BadSettings(f"{config}: no such file; check --config or {PREFIX}CONFIG")

    if mistyped := _mistyped():
        raise BadSettings("\n".join(mistyped))

    class Loaded(FleetSettings):
        model_config = SettingsConfigDict(toml_file=config)

    try:
        loaded = Loaded()
    except ValidationError as error:
        raise BadSettings("\n".join(_explain(error, config))) from error
    except ValueError as error:  # TOML that cannot be parsed; its text has line and column
        raise BadSettings(f"{config}: {error}") from error
    return FleetSettings.model_construct(**dict(loaded))


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _mistyped() -> list[str]:
    """Variables that are no setting but look much like one: whoever set them meant that one."""
    known = [f"{PREFIX}{name.upper()}" for name in (*FleetSettings.model_fields, "config", "claim")]
    said = []
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            alike = difflib.get_close_matches(name, known, 1, cutoff=0.85)
            said += [f"{name}: there is no such setting; did you mean {one}?" for one in alike]
    return said


def _explain(error: ValidationError, config: Path | None) -> list[str]:
    lines = []
    for fault in error.errors():
        key = str(fault["loc"][0]) if fault["loc"] else ""
        variable = f"{PREFIX}{key.upper()}"
        if not key:
            lines.append(fault["msg"].removeprefix("Value error, "))
        elif variable in os.environ:
            lines.append(f"{variable}: {fault['msg']}")
        else:
            lines.append(f"{config}: {key}: {_line_of(key, config)}{fault['msg']}")
    return lines


def _line_of(key: str, config: Path | None) -> str:
    """`line N: ` for the first line that sets `key`."""
    text = config.read_text(encoding="utf-8") if config else ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.partition("=")[0].strip() == key:
            return f"line {number}: "
    return ""


def with_driver(url: str) -> str:
    """SQLAlchemy's URL with the one PostgreSQL driver that the fleet has."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url
