"""The parts that every role of the fleet shares, made of its settings."""

from dataclasses import dataclass, field

from fleet import migrations
from fleet.adapters import metric_stores
from fleet.adapters.live_mqtt import LiveMqtt
from fleet.adapters.local_files import LocalFiles
from fleet.adapters.mqtt import Credentials
from fleet.alerts import handlers as alerts_handlers
from fleet.classrooms.authority import Authority
from fleet.classrooms.events import PresenceChanged
from fleet.courses import handlers as courses_handlers
from fleet.db import Bus, Database
from fleet.desk.board import Board
from fleet.desk.search import handlers as search_handlers
from fleet.desk.wall.glimpses import Glimpses
from fleet.orders import ingest as orders_ingest
from fleet.people import handlers as people_handlers
from fleet.serving.health import Health
from fleet.serving.metrics import Metrics
from fleet.settings import FleetSettings
from fleet.telemetry.ports import MetricStore, OutsideStore
from fleet.webhooks import handlers as webhooks_handlers


@dataclass(frozen=True, slots=True)
class Fleet:
    """The parts that every role shares."""

    settings: FleetSettings
    database: Database
    authority: Authority
    files: LocalFiles
    glimpses: Glimpses
    board: Board
    metrics: MetricStore
    outside: OutsideStore | None
    counters: Metrics
    health: Health = field(default_factory=Health)


def build(settings: FleetSettings) -> Fleet:
    """Make the shared parts, and the data directory and the schema where they are missing. Blocks.

    Raises:
        Refused: the data directory holds an authority that cannot be read.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database, Bus())
    migrations.upgrade(database)
    return assemble(settings, database)


def assemble(settings: FleetSettings, database: Database) -> Fleet:
    """The shared parts over a database that has every table. Blocks.

    Raises:
        Refused: the data directory holds an authority that cannot be read.
    """
    search_handlers.register(database.bus)
    courses_handlers.register(database.bus)
    people_handlers.register(database.bus)
    alerts_handlers.register(database.bus)
    webhooks_handlers.register(database.bus, settings.url)
    database.bus.on(PresenceChanged, orders_ingest.presence_changed)
    authority = Authority.open(settings.authority_dir)
    live = LiveMqtt(settings.mqtt_host, settings.mqtt_port, credentials(settings, authority))
    board = Board(database)
    board.follow(database.bus)
    files = LocalFiles(settings.files_dir)
    outside = metric_stores.outside(settings)
    metrics = metric_stores.chosen(settings, outside)
    health = Health(schema=migrations.head())
    return Fleet(
        settings,
        database,
        authority,
        files,
        Glimpses(live),
        board,
        metrics,
        outside,
        Metrics(settings, database, health),
        health,
    )


def credentials(settings: FleetSettings, authority: Authority) -> Credentials:
    """How the fleet proves to its broker who it is."""
    own = authority.client_pair()
    return Credentials(
        settings.mqtt_certificate or own.certificate,
        settings.mqtt_key or own.key,
        settings.mqtt_authorities or authority.authorities_file,
    )
