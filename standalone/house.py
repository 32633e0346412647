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
    """The data directory and the ports of this run. Ports may differ from run to run.

    `neighbour_port` is that of a second classroom's touch page; 0 is no second classroom.
    """

    data: Path
    web_port: int
    mqtt_port: int
    panel_port: int
    neighbour_port: int = 0

    @property
    def panel_url(self) -> str:
        """The classroom's touch page."""
        return f"http://127.0.0.1:{self.panel_port}"

    @property
    def neighbour_url(self) -> str:
        """The second classroom's touch page."""
        return f"http://127.0.0.1:{self.neighbour_port}"

    @property
    def url(self) -> str:
        """The fleet's pages."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def classroom(self) -> Path:
        """The data of the first simulated classroom's agent."""
        return self.of(sample.FIRST)

    def of(self, place: sample.Place) -> Path:
        """The data of a simulated classroom's agent."""
        return self.data / place.folder

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

    def room(
        self,
        segment_seconds: float,
        devices: list[dict[str, Any]],
        place: sample.Place = sample.FIRST,
    ) -> RoomSettings:
        """The agent as production has it; addresses override what an earlier run enrolled with."""
        return RoomSettings.model_validate(
            {
                "agent": {"data": self.of(place)},
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
                "panel": {
                    "port": self.panel_port if place is sample.FIRST else self.neighbour_port,
                    "room": place.room,
                    "timezone": place.zone,
                },
                "device": devices,
                "source": lesson.sources(self.of(place) / "scene"),
            }
        )
