"""What the routes of the page share."""

import asyncio
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, cast

from starlette.requests import Request

from edge_agent.panel import render
from edge_agent.panel.guard import SESSION, Tokens
from edge_agent.panel.pin import Pin
from edge_agent.panel.touches import Touches
from edge_agent.ports.touch import Monitor, Room, RoomView


@dataclass(frozen=True, slots=True)
class Panel:
    """The room behind the page, and what guards it.

    Attributes:
        name: of the room, where the room itself does not know it.
        zone: whose time of day is shown; None is the PC's.
        closing: set when the agent ends, so that no stream keeps it waiting.
    """

    room: Room
    monitor: Monitor
    name: str
    zone: tzinfo | None
    pin: Pin | None
    tokens: Tokens
    touches: Touches = field(default_factory=Touches)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def shown(self, request: Request, view: RoomView, *, live: bool) -> dict[str, Any]:
        """The values of `room.html`; `live` when the page's script is there to use them."""
        return render.room(
            view,
            name=view.room or self.name,
            zone=self.zone,
            token=self.token(request),
            guarded=self.pin is not None,
            live=live,
        )

    def token(self, request: Request) -> str:
        """What the forms of this request's page carry."""
        return self.tokens.token(request.cookies.get(SESSION, ""))

    async def admits(self, request: Request) -> bool:
        """Whether a stream that was allowed when it began is allowed still."""
        if self.pin is None:
            return True
        await self.pin.refresh()
        return self.pin.knows(request.cookies.get(SESSION))


def of(request: Request) -> Panel:
    """The panel of the application that answers this request."""
    return cast("Panel", request.app.state.panel)
