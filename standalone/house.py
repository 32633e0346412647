"""Where everything of one standalone Lectern lies, and how its parts are set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent.settings import RoomSettings
from fleet.settings import FleetSettings
from simulator import lesson
from standalone import sample

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class House:
    """The data directory and the ports of this run. Ports may differ from run to run."""

    data: Path
    web_port: int
    mqtt_port: int
    panel_port: int

    @property
    def panel_url(self) -> str:
        """The classroom's touch page."""
        return f"http://127.0.0.1:{self.panel_port}"

    @property
    def url(self) -> str:
        """The fleet's pages."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def classroom(self) -> Path:
        """The data of the simulated classroom's agent."""
        return self.data / "classroom"

    @property
    def log(self) -> Path:
        """What fleet and agent have to say."""
        return self.data / "lectern.log"

    def fleet(self) -> FleetSettings:
        """The fleet as production has it, with thresholds that fit a desk."""
        return FleetSettings(
            data_dir=self.data / "fleet",
            listen_host="127.0.0.1",
            listen_port=self.web_port,
            mqtt_host="localhost",
            mqtt_port=self.mqtt_port,
            low_disk_bytes=256 * _MIB,
        )

    def room(self, segment_seconds: float, devices: list[dict[str, Any]]) -> RoomSettings:
        """The agent as production has it; addresses override what an earlier run enrolled with."""
        return RoomSettings.model_validate(
            {
                "agent": {"data": self.classroom},
                "fleet": {
                    "mqtt_host": "localhost",
                    "mqtt_port": self.mqtt_port,
                    "http_url": self.url,
                },
                "recording": {
                    "segment_seconds": segment_seconds,
                    "low_disk_bytes": 512 * _MIB,
                    "full_disk_bytes": 256 * _MIB,
                },
                "mqtt": {"reconnect_seconds": 5.0},
                "panel": {"port": self.panel_port, "room": sample.ROOM},
                "device": devices,
                "source": lesson.sources(self.classroom / "scene"),
            }
        )
