"""The touch page of a room in memory, on a loopback port, in a thread of its own."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from edge_agent.panel import build, serve
from edge_agent.settings import PanelSettings
from tests.fakes.touch_room import VIEW, FakeMonitor, FakeRoom
from tests.servers.ports import free_port, wait_until_open

_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


class Served:
    """A running page and the room behind it."""

    def __init__(self, settings: PanelSettings) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self.room = FakeRoom()
        self.monitor = FakeMonitor(self.room)
        self._stop: Callable[[], None] = lambda: None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = build(self.room, self.monitor, self.settings)
        self._panel = app.state.panel
        serving = self._loop.create_task(serve(app, self.settings))
        self._stop = serving.cancel  # type: ignore[assignment]
        await asyncio.wait([serving])

    def stop(self) -> None:
        """End the agent."""
        assert self._loop
        self._loop.call_soon_threadsafe(self._stop)

    def change(self, **fields: Any) -> None:
        """Let the room be otherwise."""
        assert self._loop
        done: Future[None] = Future()

        def change() -> None:
            self.room.change(**fields)
            done.set_result(None)

        self._loop.call_soon_threadsafe(change)
        done.result(5)

    def forget(self) -> None:
        """Let the next touch be no repetition of the last."""
        self._panel.touches._last.clear()

    def reset(self) -> None:
        """The room of the beginning."""
        self.forget()
        self.room.calls.clear()
        self.room.delay, self.room.refusal = 0.0, ""
        self.monitor.loudness, self.monitor.looks = 0.0, 0
        self.change(**{name: getattr(VIEW, name) for name in VIEW.__slots__})

    def visitor(self) -> "Visitor":
        """A browser that has not been here."""
        return Visitor(self.url)


class Visitor:
    """A browser without scripts: keeps cookies, and sends the forms of the page it has seen."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=10, verify=False)  # noqa: S501 - there is no TLS

    def see(self, path: str = "/") -> str:
        """The page at a path; the token of its forms is kept."""
        page = self.client.get(path, follow_redirects=True)
        assert page.status_code == 200
        return page.text

    def send(
        self, path: str, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        """Send a form of the page, as the script does when `headers` ask for JSON."""
        token = _TOKEN.search(self.see())
        assert token
        return self.client.post(path, data={"token": token[1], **fields}, headers=headers)


@contextmanager
def served(**settings: str | int | Path | None) -> Iterator[Served]:
    """A page with these settings until the block ends."""
    options: dict[str, Any] = {"timezone": "Africa/Cairo", **settings}
    page = Served(PanelSettings(**{"port": free_port(), **options}))
    thread = threading.Thread(target=page.run)
    thread.start()
    try:
        wait_until_open(page.settings.port)
        yield page
    finally:
        page.stop()
        thread.join(10)
    assert not thread.is_alive(), "the page did not end"
