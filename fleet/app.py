"""Composition root: settings become objects, and objects run in one task group."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fleet.adapters import metric_stores, mosquitto
from fleet.adapters.mosquitto import BrokerPlan, Mosquitto
from fleet.adapters.mqtt import MqttLink
from fleet.adapters.smtp import MailServer, Smtp
from fleet.adapters.webhook import WebhookPost
from fleet.auth import service as auth
from fleet.classrooms import enrolment
from fleet.desk.search import mending as search_mending
from fleet.inbox.loop import Ingest, Pace
from fleet.inbox.table import handlers
from fleet.jobs import Jobs
from fleet.notices.delivery import Delivery
from fleet.orders.events import OrdersQueued
from fleet.orders.sending import Bell, OrderSender
from fleet.parts import Fleet, assemble, build, credentials
from fleet.publishing import PublishingOptions, compose
from fleet.publishing import handlers as publishing_handlers
from fleet.routes import create_api, create_application, create_intake
from fleet.serving.server import WebServer, server_pair
from fleet.settings import FleetSettings
from fleet.telemetry.forwarding import Forwarder
from fleet.telemetry.holding import Holding
from fleet.telemetry.ingest import Telemetry
from fleet.upkeep.renewal import Renewal
from fleet.upkeep.revocations import Revocations
from fleet.upkeep.supervise import keep_running
from fleet.upkeep.sweeps import Sweep, readings_sweeps, sweep, sweeps, telling_sweeps

log = logging.getLogger(__name__)

__all__ = [
    "ROLES",
    "Fleet",
    "assemble",
    "build",
    "create_api",
    "create_application",
    "create_intake",
    "first_administrator_link",
    "run",
    "write_broker_config",
]

ROLES = frozenset({"api", "ingest", "worker"})


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
                holding = _holding(fleet)
                group.create_task(keep_running("hold readings", holding.run), name="hold readings")
                ingest = _ingest(fleet, holding)
                group.create_task(keep_running("ingest", ingest.run), name="ingest")
                if fleet.outside:
                    forwarder = Forwarder(fleet.database, fleet.outside)
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


def _ingest(fleet: Fleet, holding: Holding) -> Ingest:
    settings = fleet.settings
    link = MqttLink(
        settings.mqtt_host,
        settings.mqtt_port,
        credentials(settings, fleet.authority),
        shared=settings.mqtt_shared,
    )
    pace = Pace(settings.batch_count, settings.batch_seconds, settings.desired_seconds)
    bell = Bell()
    fleet.database.bus.on(OrdersQueued, bell.queued)
    sender = OrderSender(fleet.database, bell, settings.desired_seconds)
    table = handlers(Telemetry(fleet.metrics))
    took_in = fleet.counters.took_in
    return Ingest(
        link,
        fleet.database,
        table,
        pace,
        fleet.health.broker,
        sender,
        took_in,
        lambda: holding.held,
    )


def _holding(fleet: Fleet) -> Holding:
    settings = fleet.settings
    # Uploads are put off earlier, so that recordings alone never keep readings out.
    reserve = settings.low_disk_bytes // 2
    limit = settings.metric_queue_bytes
    return Holding(fleet.database, settings.data_dir, limit=limit, reserve=reserve)


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
