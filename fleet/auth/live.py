"""What is shown live ends with the session of whoever looks.

Give a stream to `LiveResponse`: it is cut within a second of the end of the session in this
process, and within `EVERY` seconds of one in another process.

    return LiveResponse(request, said())
"""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import AsyncIterable

from fastapi import Request
from starlette.responses import StreamingResponse
from starlette.types import Send

from fleet.auth import service, tokens
from fleet.auth.deps import signed_in
from fleet.auth.events import SessionsEnded
from fleet.auth.service import Signed
from fleet.db import Session, after_commit
from fleet.web.deps import options

EVERY = 5.0
"""Seconds between looks into the database, for sessions that ended in another process."""

_Watch = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Endings:
    """Who looks live in this process, by user. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: dict[str, set[_Watch]] = defaultdict(set)

    def ended(self, session: Session, event: SessionsEnded) -> None:
        """Handler: let streams of this person look again as soon as the transaction is durable."""
        after_commit(session, lambda: self._wake(event.user_id))

    def add(self, user_id: str, wake: asyncio.Event) -> _Watch:
        """Set `wake`, in the running loop, whenever a session of this person ends."""
        watch = (asyncio.get_running_loop(), wake)
        with self._lock:
            self._watches[user_id].add(watch)
        return watch

    def remove(self, user_id: str, watch: _Watch) -> None:
        """Forget a watch."""
        with self._lock:
            self._watches[user_id].discard(watch)
            if not self._watches[user_id]:
                del self._watches[user_id]

    def _wake(self, user_id: str) -> None:
        with self._lock:
            found = list(self._watches.get(user_id, ()))
        for loop, wake in found:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody looks any more
                loop.call_soon_threadsafe(wake.set)


class LiveResponse(StreamingResponse):
    """Server-sent events, for as long as whoever asked is signed in.

    Args:
        request: of somebody who is signed in.
        said: the events, as text; closed when the session ends or the browser goes.
    """

    def __init__(self, request: Request, said: AsyncIterable[str]) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(said, media_type="text/event-stream", headers=headers)
        self._request = request
        self._over = False

    async def stream_response(self, send: Send) -> None:
        """Send what is said, until it ends or has to."""
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._until_over(), name="session is live")
            saying = group.create_task(super().stream_response(send), name="stream")
            await asyncio.wait({looking, saying}, return_when=asyncio.FIRST_COMPLETED)
            saying.cancel()
            looking.cancel()
        if self._over:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_over(self) -> None:
        signed = await asyncio.to_thread(signed_in, self._request)
        endings: Endings = self._request.app.state.endings
        wake = asyncio.Event()
        watch = endings.add(signed.user_id, wake)
        try:
            while await asyncio.to_thread(_is_live, self._request, signed):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), EVERY)
                wake.clear()
            self._over = True
        finally:
            endings.remove(signed.user_id, watch)


def _is_live(request: Request, signed: Signed) -> bool:
    web = options(request)
    with web.db.read() as session:
        if signed.token:
            return tokens.is_live(session, signed, web.now())
        return service.session_is_live(session, signed.session, web.now())
