"""An enrolled room beside a real broker, a fleet's end of the line and a tus server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.http import Enrolment
from edge_agent.link.identity import IdentityStore
from edge_agent.settings import RoomSettings
from tests.fakes.tus_server import TusServer
from tests.servers.certificates import Authority
from tests.servers.ports import free_port

AGENT = "room-1"
SOURCES = (
    {"name": "camera", "kind": "camera", "track": "presenter", "driver": "test"},
    {"name": "microphone", "kind": "microphone", "track": "audio", "driver": "test"},
)


@pytest.fixture
def tus_server() -> Iterator[TusServer]:
    server = TusServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def enrolled(tmp_path: Path, authority: Authority) -> Callable[..., Path]:
    """`enrolled(mqtt_port=…, http_url=…)`: a data directory with an identity in it."""

    def make(mqtt_port: int = 1, http_url: str = "http://127.0.0.1:1", agent: str = AGENT) -> Path:
        data = tmp_path / "room"
        data.mkdir(exist_ok=True)
        pair = authority.client(agent)
        enrolment = Enrolment(
            agent=agent,
            certificate=pair.certificate.read_text(),
            authorities=authority.ca.read_text(),
            mqtt_host="localhost",
            mqtt_port=mqtt_port,
            http_url=http_url,
        )
        IdentityStore(data).save(pair.key.read_bytes(), enrolment)
        return data

    return make


@pytest.fixture
def room_settings() -> Callable[..., RoomSettings]:
    """`room_settings(data, section={…})`: a room with short times and the real disk ignored."""

    def make(data: Path, **sections: dict[str, Any]) -> RoomSettings:
        document: dict[str, Any] = {
            "agent": {"data": data, "health_seconds": 0.5},
            "recording": {
                "segment_seconds": 1,
                "low_disk_bytes": 0,
                "full_disk_bytes": 0,
                "disk_seconds": 0.1,
            },
            "upload": {"backoff_seconds": 0.2, "timeout_seconds": 5},
            "mqtt": {
                "reconnect_seconds": 0.2,
                "resend_seconds": 1,
                "will_delay_seconds": 1,
                "timeout_seconds": 5,
            },
            "panel": {"port": free_port()},
            "source": list(SOURCES),
        }
        for section, values in sections.items():
            document[section] = {**document.get(section, {}), **values}
        return RoomSettings.model_validate(document)

    return make
