"""The page's HTTP server inside the agent's own event loop: uvicorn without its signal handlers."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from edge_agent.errors import BadConfiguration
from edge_agent.panel.state import Panel
from edge_agent.settings import PanelSettings

log = logging.getLogger(__name__)

_GRACE_SECONDS = 2
_LONGEST_STOP = 5.0
_MOST_CONNECTIONS = 200


class _Embedded(uvicorn.Server):
    """Whoever runs the event loop decides when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(application: Starlette, settings: PanelSettings) -> None:
    """Serve what `app.build` made at the address of the settings, until cancelled.

    Raises:
        BadConfiguration: the address is taken or not ours; the text names the settings.
    """
    listener = await asyncio.to_thread(_listen, settings)
    panel: Panel = application.state.panel
    server = _Embedded(
        uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve([listener]), name="touch page")
        try:
            log.info("the touch page is at http://%s:%d", *listener.getsockname()[:2])
            await asyncio.wait([serving])
        except asyncio.CancelledError:
            server.should_exit = True
            panel.closing.set()
            await asyncio.wait([serving], timeout=_LONGEST_STOP)
            raise
        finally:
            listener.close()


def _listen(settings: PanelSettings) -> socket.socket:
    host, port = settings.host, settings.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise BadConfiguration(
            f"the touch page cannot listen on {host}:{port}: {error.strerror or error}. "
            "Set [panel] host and [panel] port to a free address of this PC"
        ) from error
