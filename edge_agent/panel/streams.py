"""What the page is told without asking: the room's state, levels; and its pictures."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from edge_agent.panel import render
from edge_agent.panel.state import of

_SEND_SECONDS = 20.0


class EventStream(Response):
    """Server-sent events until they end, the viewer goes, or the agent closes."""

    def __init__(self, events: AsyncGenerator[str, None], closing: asyncio.Event) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self.events = events
        self.closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._write(send)),
                group.create_task(_gone(receive)),
                group.create_task(_set(self.closing)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        await self._send(send, b"", more=False)

    async def _write(self, send: Send) -> None:
        async with contextlib.aclosing(self.events) as events:
            async for event in events:
                if not await self._send(send, event.encode(), more=True):
                    return

    async def _send(self, send: Send, body: bytes, *, more: bool) -> bool:
        """Whether the viewer took it; one that sleeps must not be waited for."""
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except (OSError, TimeoutError):
            return False
        return True


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def state(request: Request) -> Response:
    """GET /state: the page's contents whenever they change, and a beat with each look."""
    return EventStream(_states(request), of(request).closing)


async def _states(request: Request) -> AsyncGenerator[str, None]:
    panel = of(request)
    before = ""
    async for view in panel.room.changes():
        if not await panel.admits(request):
            return
        now = render.text("room.html", **panel.shown(request, view, live=True))
        yield "event: beat\ndata:\n\n" if now == before else _event("room", now)
        before = now


async def levels(request: Request) -> Response:
    """GET /levels: track, RMS and peak in dBFS of each open microphone, ten times a second."""
    return EventStream(_levels(request), of(request).closing)


async def _levels(request: Request) -> AsyncGenerator[str, None]:
    panel = of(request)
    async for heard in panel.monitor.levels():
        if not await panel.admits(request):
            return
        rows = [[level.track, round(level.rms, 1), round(level.peak, 1)] for level in heard]
        yield _event("levels", json.dumps(rows))


async def picture(request: Request) -> Response:
    """GET /pictures/{track}.jpg: the latest, 304 when it is known, 204 when there is none."""
    found = of(request).monitor.picture(request.path_params["track"])
    if found is None:
        return Response(status_code=204)
    etag = f'"{hashlib.sha256(found.jpeg).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    return Response(found.jpeg, headers={"etag": etag}, media_type="image/jpeg")


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n"


routes = [
    Route("/state", state),
    Route("/levels", levels),
    Route("/pictures/{track}.jpg", picture),
]
