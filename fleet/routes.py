"""The web application: every page and JSON route, and uploads beside them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import FastAPI
from starlette.types import ASGIApp

from fleet import __version__, places, web
from fleet.adapters.oidc import OidcProvider
from fleet.alerts import api as alerts_api
from fleet.alerts import pages as alerts_pages
from fleet.alerts import settings_pages as alerts_settings_pages
from fleet.auth import api as auth_api
from fleet.auth import outside_pages as auth_outside_pages
from fleet.auth import pages as auth_pages
from fleet.auth.deps import audience, sees_staff
from fleet.auth.events import SessionsEnded
from fleet.auth.live import Endings
from fleet.auth.refusals import RefusalTrail
from fleet.classrooms import api as classrooms_api
from fleet.classrooms.throttle import Throttle
from fleet.classrooms.tokens import AgentAuthentication
from fleet.courses import api as courses_api
from fleet.courses import pages as courses_pages
from fleet.desk import overview
from fleet.desk.orders import api as desk_orders_api
from fleet.desk.orders import pages as desk_orders_pages
from fleet.desk.reports import pages as reports_pages
from fleet.desk.room import pages as room_pages
from fleet.desk.rooms import api as rooms_api
from fleet.desk.rooms import pages as rooms_pages
from fleet.desk.search import pages as search_pages
from fleet.desk.settings import api as desk_settings_api
from fleet.desk.settings import pages as desk_settings_pages
from fleet.desk.trail import pages as trail_pages
from fleet.desk.units import api as units_api
from fleet.desk.units import import_pages as units_import_pages
from fleet.desk.units import pages as units_pages
from fleet.desk.wall import pages as wall_pages
from fleet.orders import api as orders_api
from fleet.parts import Fleet
from fleet.people import account as people_account
from fleet.people import account_api as people_account_api
from fleet.people import api as people_api
from fleet.people import pages as people_pages
from fleet.publishing import api as publishing_api
from fleet.publishing import pages as publishing_pages
from fleet.publishing import staff_pages as publishing_staff_pages
from fleet.recordings import api as recordings_api
from fleet.recordings import pages as recordings_pages
from fleet.recordings.intake import RoomIntake
from fleet.recordings.tus import TusApp
from fleet.serving import described, developers, health
from fleet.serving import metrics as serving_metrics
from fleet.serving.front import Front
from fleet.settings import FleetSettings
from fleet.telemetry import api as telemetry_api
from fleet.webhooks import api as webhooks_api
from fleet.webhooks import pages as webhooks_pages

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
