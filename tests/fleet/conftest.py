"""A fleet of the test's own: its settings, its database, its broker, rooms enrolled in it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.adapters.mosquitto import BrokerPlan, current_user
from fleet.app import Fleet, build, write_broker_config
from fleet.db import Database
from fleet.settings import FleetSettings
from tests.fleet.databases import KINDS, Databases, make_template
from tests.fleet.rooms import Room, enrolled_room
from tests.servers.child import Children
from tests.servers.mosquitto import Broker
from tests.servers.ports import free_port
from tests.servers.postgresql import Missing, PostgreSql


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSql]:
    """A PostgreSQL that all tests of this process share; each takes a database of its own."""
    children = Children(tmp_path_factory.mktemp("cluster"))
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:
        try:
            yield PostgreSql(children, Path(directory), careless=True)
        except Missing as missing:
            pytest.skip(f"needs {missing}")
        finally:
            children.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with every table, to be copied."""
    return make_template(f"sqlite:///{tmp_path_factory.mktemp('template') / 'fleet.sqlite'}")


@pytest.fixture(scope="session")
def postgresql_template(cluster: PostgreSql) -> str:
    """A database with every table, to be copied."""
    return make_template(cluster.database("template_of_tests"))


def _databases(request: pytest.FixtureRequest, kind: str) -> Databases:
    server = request.getfixturevalue("cluster") if kind == "postgresql" else None
    return Databases(request.getfixturevalue(f"{kind}_template"), server)


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Where this test's data lies: by LECTERN_TEST_DATABASE, see `tests.fleet.databases`."""
    made = _databases(request, request.param)
    yield made
    made.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """The same for a test that has to see SQLite and PostgreSQL in every run."""
    made = _databases(request, request.param)
    yield made
    made.drop()


@pytest.fixture
def database(both_databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table, once on SQLite and once on PostgreSQL."""
    made = Database(both_databases.make(tmp_path / "database.sqlite"))
    yield made
    made.close()


@pytest.fixture
def migrated(databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table."""
    made = Database(databases.make(tmp_path / "migrated.sqlite"))
    yield made
    made.close()


@pytest.fixture
def settings(databases: Databases, tmp_path: Path) -> FleetSettings:
    """A fleet on free loopback ports, with its data in the test's directory."""
    data = tmp_path / "fleet"
    url = databases.make(data / "fleet.sqlite")
    place = {"database_url": url} if databases.kind == "postgresql" else {}
    return FleetSettings(
        data_dir=data,
        listen_port=free_port(),
        mqtt_port=free_port(),
        low_disk_bytes=0,
        desired_seconds=0.1,
        **place,
    )


@pytest.fixture
def fleet(settings: FleetSettings) -> Iterator[Fleet]:
    """The shared parts of a fleet, for tests that look behind the wire."""
    built = build(settings)
    yield built
    built.database.close()


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
