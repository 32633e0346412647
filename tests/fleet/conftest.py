"""A fleet of the test's own: its settings, its database, its broker, rooms enrolled in it."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet import migrations
from fleet.adapters.mosquitto import BrokerPlan, current_user
from fleet.app import Fleet, build, write_broker_config
from fleet.db import Database
from fleet.settings import FleetSettings
from tests.fleet.rooms import Room, enrolled_room
from tests.servers.child import Children
from tests.servers.mosquitto import Broker
from tests.servers.ports import free_port
from tests.servers.postgresql import Missing, PostgreSql


@pytest.fixture
def settings(tmp_path: Path) -> FleetSettings:
    """A fleet on free loopback ports, with its data in the test's directory."""
    return FleetSettings(
        data_dir=tmp_path / "fleet",
        listen_port=free_port(),
        mqtt_port=free_port(),
        low_disk_bytes=0,
        desired_seconds=0.1,
    )


@pytest.fixture
def fleet(settings: FleetSettings) -> Iterator[Fleet]:
    """The shared parts of a fleet, for tests that look behind the wire."""
    built = build(settings)
    yield built
    built.database.close()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSql]:
    """A PostgreSQL that all tests of this process share; each takes a database of its own."""
    children = Children(tmp_path_factory.mktemp("cluster"))
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:
        try:
            yield PostgreSql(children, Path(directory))
        except Missing as missing:
            pytest.skip(f"needs {missing}")
        finally:
            children.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'database.sqlite'}"
    else:
        server: PostgreSql = request.getfixturevalue("cluster")
        url = server.database(f"test_{uuid.uuid4().hex}")
    made = Database(url)
    migrations.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with every table."""
    database = Database(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    migrations.upgrade(database)
    yield database
    database.close()


@pytest.fixture
def broker(mosquitto: Callable[..., Broker], fleet: Fleet) -> Broker:
    """A real Mosquitto with exactly what the fleet writes for it."""
    port = fleet.settings.mqtt_port
    plan = BrokerPlan(port, "127.0.0.1", current_user(), persistent=False)
    return mosquitto(write_broker_config(fleet, fleet.settings.broker_dir, plan), port)


@pytest.fixture
def room(fleet: Fleet, tmp_path: Path) -> Callable[[str], Room]:
    """`room("Lab 1")` adds a room and enrols a PC in it."""
    return lambda name: enrolled_room(fleet, name, tmp_path)
