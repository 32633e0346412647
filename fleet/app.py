"""Composition root: settings become objects, and objects run in one task group."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from fleet import __version__, migrations, places, web
from fleet.adapters import metric_stores, mosquitto
from fleet.adapters.live_mqtt import LiveMqtt
from fleet.adapters.local_files import LocalFiles
from fleet.adapters.mosquitto import BrokerPlan, Mosquitto
from fleet.adapters.mqtt import Credentials, MqttLink
from fleet.adapters.oidc import OidcProvider
from fleet.adapters.smtp import MailServer, Smtp
from fleet.adapters.webhook import WebhookPost
from fleet.alerts import api as alerts_api
from fleet.alerts import handlers as alerts_handlers
from fleet.alerts import pages as alerts_pages
from fleet.alerts import settings_pages as alerts_settings_pages
from fleet.auth import api as auth_api
from fleet.auth import outside_pages as auth_outside_pages
from fleet.auth import pages as auth_pages
from fleet.auth import service as auth
from fleet.auth.deps import audience, sees_staff
from fleet.auth.events import SessionsEnded
from fleet.auth.live import Endings
from fleet.auth.refusals import RefusalTrail
from fleet.classrooms import api as classrooms_api
from fleet.classrooms import enrolment
from fleet.classrooms.authority import Authority
from fleet.classrooms.events import PresenceChanged
from fleet.classrooms.throttle import Throttle
from fleet.classrooms.tokens import AgentAuthentication
from fleet.courses import api as courses_api
from fleet.courses import handlers as courses_handlers
from fleet.courses import pages as courses_pages
from fleet.db import Bus, Database
from fleet.desk import overview
from fleet.desk.board import Board
from fleet.desk.orders import api as desk_orders_api
from fleet.desk.orders import pages as desk_orders_pages
from fleet.desk.reports import pages as reports_pages
from fleet.desk.room import pages as room_pages
from fleet.desk.rooms import api as rooms_api
from fleet.desk.rooms import pages as rooms_pages
from fleet.desk.search import handlers as search_handlers
from fleet.desk.search import mending as search_mending
from fleet.desk.search import pages as search_pages
from fleet.desk.settings import api as desk_settings_api
from fleet.desk.settings import pages as desk_settings_pages
from fleet.desk.units import api as units_api
from fleet.desk.units import import_pages as units_import_pages
from fleet.desk.units import pages as units_pages
from fleet.desk.trail import pages as trail_pages
from fleet.desk.wall import pages as wall_pages
from fleet.desk.wall.glimpses import Glimpses
from fleet.inbox.loop import Ingest, Pace
from fleet.inbox.table import handlers
from fleet.jobs import Jobs
from fleet.notices.delivery import Delivery
from fleet.orders import api as orders_api
from fleet.orders import ingest as orders_ingest
from fleet.orders.events import OrdersQueued
from fleet.orders.sending import Bell, OrderSender
from fleet.people import account as people_account
from fleet.people import account_api as people_account_api
from fleet.people import api as people_api
from fleet.people import handlers as people_handlers
from fleet.people import pages as people_pages
from fleet.publishing import PublishingOptions, compose
from fleet.publishing import api as publishing_api
from fleet.publishing import handlers as publishing_handlers
from fleet.publishing import pages as publishing_pages
from fleet.publishing import staff_pages as publishing_staff_pages
from fleet.recordings import api as recordings_api
from fleet.recordings import pages as recordings_pages
from fleet.recordings.intake import RoomIntake
from fleet.recordings.tus import TusApp
from fleet.serving import described, developers, health
from fleet.serving import metrics as serving_metrics
from fleet.serving.front import Front
from fleet.serving.health import Health
from fleet.serving.metrics import Metrics
from fleet.serving.server import WebServer, server_pair
from fleet.settings import FleetSettings
from fleet.telemetry import api as telemetry_api
from fleet.telemetry.forwarding import Forwarder
from fleet.telemetry.ingest import Telemetry
from fleet.telemetry.ports import MetricStore, OutsideStore
from fleet.upkeep.renewal import Renewal
from fleet.upkeep.revocations import Revocations
from fleet.upkeep.supervise import keep_running
from fleet.upkeep.sweeps import Sweep, readings_sweeps, sweep, sweeps, telling_sweeps
from fleet.webhooks import api as webhooks_api
from fleet.webhooks import handlers as webhooks_handlers
from fleet.webhooks import pages as webhooks_pages

log = logging.getLogger(__name__)

ROLES = frozenset({"api", "ingest", "worker"})
_ROUTES = (
    health,
    serving_metrics,
    developers,
    auth_api,
    auth_pages,
    auth_outside_pages,
    people_api,
    people_pages,
    people_account,
    people_account_api,
    webhooks_api,
    webhooks_pages,
    classrooms_api,
    rooms_api,
    rooms_pages,
    room_pages,
    search_pages,
    courses_api,
    courses_pages,
    recordings_api,
    recordings_pages,
    telemetry_api,
    alerts_api,
    alerts_settings_pages,
    alerts_pages,
    publishing_api,
    publishing_pages,
    publishing_staff_pages,
    overview,
    reports_pages,
    units_api,
    units_import_pages,
    units_pages,
    wall_pages,
    trail_pages,
    orders_api,
    desk_orders_api,
    desk_orders_pages,
    desk_settings_api,
    desk_settings_pages,
)


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
    live = LiveMqtt(settings.mqtt_host, settings.mqtt_port, _credentials(settings, authority))
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


def create_api(fleet: Fleet, now: Callable[[], datetime] | None = None) -> FastAPI:
    """Every page and JSON route. Uploads are apart: see `create_application`.

    `now` is the clock of pages, UTC; the system's where none is given.
    """
    settings = fleet.settings
    app = FastAPI(title="Lectern fleet", version=__version__, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.database = fleet.database
    app.state.authority = fleet.authority
    app.state.files = fleet.files
    app.state.health = fleet.health
    app.state.glimpses = fleet.glimpses
    app.state.metrics = fleet.metrics
    app.state.counters = fleet.counters
    app.state.outside = _outside(settings)
    app.state.endings = Endings()
    fleet.database.bus.on(SessionsEnded, app.state.endings.ended)
    app.state.board = fleet.board
    app.state.throttle = Throttle(settings.enrolments_per_minute)
    options = web.WebOptions(
        fleet.database,
        settings.url,
        settings.public_lessons,
        now or web.system_clock,
        settings.requests_per_minute,
    )
    web.setup(app, options)
    app.add_middleware(RefusalTrail, db=fleet.database, now=options.now)
    app.dependency_overrides[publishing_api.may_see_held] = sees_staff
    app.dependency_overrides[publishing_api.audience] = audience
    for module in _ROUTES:
        app.include_router(module.router)
    places.install(app)
    described.describe(app)
    return app


def create_application(fleet: Fleet, intake: RoomIntake) -> ASGIApp:
    """What the HTTPS server serves: pages and API, and uploads on a short way of their own."""
    leeway = fleet.settings.token_leeway_seconds
    uploads = TusApp(intake, AgentAuthentication(fleet.database, leeway))
    return Front(create_api(fleet), uploads, fleet.counters.answered)


def create_intake(fleet: Fleet) -> RoomIntake:
    """Where rooms' segments arrive."""
    settings = fleet.settings
    return RoomIntake(
        fleet.database,
        fleet.files,
        settings.uploads_dir,
        max_bytes=settings.max_upload_bytes,
        quota_bytes=settings.room_quota_bytes,
        reserve_bytes=settings.low_disk_bytes,
        expiry=timedelta(hours=settings.upload_expiry_hours),
    )


async def run(
    settings: FleetSettings,
    roles: frozenset[str] = ROLES,
    *,
    ready: asyncio.Event | None = None,
) -> None:
    """Run the fleet, or some roles of it, until cancelled.

    `ready` is set when every role has started: pages answer, workers work. The broker may be
    unreachable even then; `/health/ready` tells.

    Raises:
        Refused: something in the settings or the data directory does not let it start.
    """
    fleet = await asyncio.to_thread(build, settings)
    jobs = _jobs(fleet) if "worker" in roles else None
    bus = fleet.database.bus
    publishing_handlers.register(bus, jobs.wake) if jobs else publishing_handlers.register(bus)
    try:
        if jobs:
            await asyncio.to_thread(jobs.launch)
        async with asyncio.TaskGroup() as group:
            if "ingest" in roles:
                group.create_task(keep_running("ingest", _ingest(fleet).run), name="ingest")
                if fleet.outside:
                    limit = settings.metric_queue_bytes
                    forwarder = Forwarder(fleet.database, fleet.outside, limit=limit)
                    name = "forward readings"
                    group.create_task(keep_running(name, forwarder.run), name=name)
            if "worker" in roles:
                keeping = metric_stores.keeping(settings)
                own = () if fleet.outside else readings_sweeps(fleet.metrics, keeping)
                telling = telling_sweeps(settings.url, settings.notice_days)
                for task in (*sweeps(settings.take_grace_seconds), *own, *telling):
                    group.create_task(sweep(fleet.database, task), name=task.name)
                mending = search_mending.Mending(fleet.database)
                group.create_task(keep_running("search", mending.run), name="search")
                for name, delivery in _deliveries(fleet):
                    group.create_task(keep_running(name, delivery.run), name=name)
            started = ready.set if ready else lambda: None
            if "api" in roles:
                _serve(fleet, group, started)
            else:
                started()
    finally:
        if jobs:
            await asyncio.to_thread(jobs.shutdown)
        await asyncio.to_thread(fleet.database.close)


def _deliveries(fleet: Fleet) -> list[tuple[str, Delivery]]:
    """What carries notices; mails only where a mail server is set."""
    settings, database = fleet.settings, fleet.database
    web = WebhookPost(private=settings.webhook_private)
    found = [("webhooks", Delivery(database, "webhook", web, days=settings.notice_days))]
    if settings.smtp_host:
        server = MailServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.smtp_from,
            settings.smtp_user,
            settings.smtp_password_file,
            settings.smtp_authorities,
        )
        found.append(("mails", Delivery(database, "smtp", Smtp(server), days=settings.notice_days)))
    return found


def _serve(fleet: Fleet, group: asyncio.TaskGroup, started: Callable[[], None]) -> None:
    settings = fleet.settings
    intake = create_intake(fleet)
    application = create_application(fleet, intake)
    web_server = WebServer(settings, application, server_pair(settings, fleet.authority))
    group.create_task(web_server.serve(started), name="https")
    group.create_task(keep_running("glimpses", fleet.glimpses.run), name="glimpses")
    group.create_task(keep_running("board", fleet.board.run), name="board")
    expiry = Sweep("expire uploads", 3600.0, intake.sweep)
    group.create_task(sweep(fleet.database, expiry), name=expiry.name)
    broker = Mosquitto(
        settings.broker_dir,
        settings.broker_pid_file,
        settings.mqtt_host,
        settings.mqtt_port,
        fleet.authority,
    )
    renewal = Renewal(fleet.authority, settings.own_names, broker, web_server.renew)
    group.create_task(keep_running("renewal", renewal.run), name="renewal")
    revocations = Revocations(fleet.database, fleet.authority, broker, settings.crl_hours)
    group.create_task(keep_running("revocations", revocations.run), name="revocations")


def _ingest(fleet: Fleet) -> Ingest:
    settings = fleet.settings
    link = MqttLink(
        settings.mqtt_host,
        settings.mqtt_port,
        _credentials(settings, fleet.authority),
        shared=settings.mqtt_shared,
    )
    pace = Pace(settings.batch_count, settings.batch_seconds, settings.desired_seconds)
    bell = Bell()
    fleet.database.bus.on(OrdersQueued, bell.queued)
    sender = OrderSender(fleet.database, bell, settings.desired_seconds)
    table = handlers(Telemetry(fleet.metrics))
    took_in = fleet.counters.took_in
    return Ingest(link, fleet.database, table, pace, fleet.health.broker, sender, took_in)


def _outside(settings: FleetSettings) -> OidcProvider | None:
    """Where people may sign in besides here, if anywhere."""
    if not settings.oidc_issuer:
        return None
    return OidcProvider(
        settings.oidc_name,
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret_file,
        f"{settings.url}/sign-in/outside/back",
        settings.oidc_authorities,
    )


def _credentials(settings: FleetSettings, authority: Authority) -> Credentials:
    own = authority.client_pair()
    return Credentials(
        settings.mqtt_certificate or own.certificate,
        settings.mqtt_key or own.key,
        settings.mqtt_authorities or authority.authorities_file,
    )


def _jobs(fleet: Fleet) -> Jobs:
    settings = fleet.settings
    jobs = Jobs(fleet.database, settings.workflows_database, poll=settings.worker_poll_seconds)
    options = PublishingOptions(
        work=settings.data_dir / "work",
        ffmpeg=settings.ffmpeg,
        ffprobe=settings.ffprobe,
        time_limit=settings.media_time_limit_seconds,
        reserve=settings.low_disk_bytes,
    )
    compose(fleet.database, fleet.files, jobs, options)
    return jobs


def first_administrator_link(settings: FleetSettings) -> str | None:
    """A one-time link for the first administrator; None when there is one with a password."""
    database = build(settings).database
    with database.write() as session:
        token = auth.first_administrator(session, now=datetime.now(UTC))
    database.close()
    return auth.link_address(settings.url, token) if token else None


def write_broker_config(fleet: Fleet, directory: Path, plan: BrokerPlan) -> Path:
    """Write what a broker for this fleet needs; returns its mosquitto.conf.

    Raises:
        Refused: the directory cannot be written.
    """
    settings = fleet.settings
    now = datetime.now(UTC)
    with fleet.database.read() as session:
        out = enrolment.shut_out(session, now)
    crl = fleet.authority.revocation_list(out.serials, now, settings.crl_hours)
    return mosquitto.write(directory, plan, fleet.authority, settings.own_names, out.agents, crl)
