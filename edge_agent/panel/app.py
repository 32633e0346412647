"""The touch page put together."""

from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from edge_agent.errors import BadConfiguration
from edge_agent.panel import actions, errors, pages, streams
from edge_agent.panel.guard import Gate, Tokens
from edge_agent.panel.headers import SecurityHeaders
from edge_agent.panel.language import LanguageChoice
from edge_agent.panel.pin import Pin
from edge_agent.panel.state import Panel
from edge_agent.panel.static import StaticAssets
from edge_agent.ports.touch import Monitor, Room
from edge_agent.settings import PanelSettings


def build(room: Room, monitor: Monitor, settings: PanelSettings) -> Starlette:
    """The page of a room, for `server.serve`.

    Raises:
        BadConfiguration: the PIN file cannot be used, or there is no such time zone.
    """
    guard = Pin(settings.pin_file) if settings.pin_file is not None else None
    tokens = Tokens()
    app = Starlette(
        routes=[
            *pages.routes,
            *actions.routes,
            *streams.routes,
            Mount("/static", StaticAssets(), name="static"),
        ],
        # The first is the outermost: headers are on every answer, refusals included.
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(LanguageChoice, default=lambda: room.view().language or settings.language),
            Middleware(Gate, host=settings.host, tokens=tokens, pin=guard),
        ],
        exception_handlers={HTTPException: errors.refused, Exception: errors.bug},
    )
    app.state.panel = Panel(room, monitor, settings.room, _zone(settings.timezone), guard, tokens)
    return app


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadConfiguration(f"[panel] timezone: there is no {name!r}") from error
