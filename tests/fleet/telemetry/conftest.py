"""Stores that can be run for real, each empty."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet import migrations
from fleet.adapters.influx import open_store
from fleet.adapters.influx_http import Place
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.db import Database
from tests.fleet.telemetry.stores import Kept, furnished
from tests.servers import influxdb as influxdb_server
from tests.servers import victoriametrics as victoria_server
from tests.servers.child import Children
from tests.servers.influxdb import InfluxDb
from tests.servers.victoriametrics import VictoriaMetrics


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with every table."""
    database = Database(f"sqlite:///{tmp_path / 'metrics.sqlite'}")
    migrations.upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def metric_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], object]]:
    """Servers that the tests of a module share: rooms have other ids in each test."""
    children = Children(tmp_path_factory.mktemp("metric-servers"))
    running: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:

        def server(name: str) -> object:
            if name not in running:
                make = {"VictoriaMetrics": VictoriaMetrics, "InfluxDB 1.6": InfluxDb}[name]
                try:
                    running[name] = make(children, Path(directory))
                except (victoria_server.Missing, influxdb_server.Missing) as missing:
                    pytest.skip(f"not installed: {missing} (`make setup-test` installs it)")
            return running[name]

        yield server
        children.close()


@pytest.fixture(params=["sql on SQLite", "sql on PostgreSQL", "VictoriaMetrics", "InfluxDB 1.6"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Each store that can be run."""
    if request.param == "sql on PostgreSQL":
        url = request.getfixturevalue("cluster").database(f"metrics_{uuid.uuid4().hex}")
        database = Database(url)
        migrations.upgrade(database)
        yield furnished(database, SqlMetrics(), lambda: None)
        database.close()
        return
    lite: Database = request.getfixturevalue("lite")
    if request.param == "sql on SQLite":
        yield furnished(lite, SqlMetrics(), lambda: None)
        return
    server = request.getfixturevalue("metric_servers")(request.param)
    if isinstance(server, VictoriaMetrics):
        store = open_store("victoriametrics", Place(server.url))
        yield furnished(lite, store, server.flush)
    else:
        assert isinstance(server, InfluxDb)
        token = tmp_path / "token"
        token.write_text(f"{influxdb_server.USER}:{influxdb_server.PASSWORD}\n")
        store = open_store("influx1", Place(server.url, token_file=token))
        yield furnished(lite, store, lambda: None)
