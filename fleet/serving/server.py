"""The HTTPS server inside the fleet's own event loop: uvicorn without its signal handlers."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from fleet.classrooms.authority import Authority, Pair
from fleet.errors import Refused
from fleet.settings import FleetSettings

log = logging.getLogger(__name__)

_GRACE_SECONDS = 3
_LONGEST_STOP = 10.0


class _Embedded(uvicorn.Server):
    """Whoever runs the event loop decides when it ends."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves one ASGI application at the address of the settings."""

    def __init__(self, settings: FleetSettings, application: ASGIApp, pair: Pair | None) -> None:
        self._settings = settings
        self._pair = pair
        self._context = _tls(pair) if pair else None
        context = self._context
        factory = (lambda _config, _default: context) if context else None
        self._server = _Embedded(
            uvicorn.Config(
                application,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                timeout_keep_alive=30,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                ssl_context_factory=factory,
            )
        )

    async def serve(self, on_started: Callable[[], None]) -> None:
        """Until cancelled; then what is being answered has a few seconds to finish.

        Raises:
            Refused: the address cannot be listened on.
        """
        listener = listen(self._settings.listen_host, self._settings.listen_port)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(self._server.serve([listener]), name="uvicorn")
            try:
                await self._server.answers.wait()
                log.info("listening on %s", self._settings.url)
                on_started()
                await asyncio.wait([serving])
            except asyncio.CancelledError:
                self._server.should_exit = True
                await asyncio.wait([serving], timeout=_LONGEST_STOP)
                raise
            finally:
                listener.close()

    def renew(self) -> None:
        """Use the certificate that now lies in the files, for connections from now on."""
        if self._context and self._pair:
            self._context.load_cert_chain(self._pair.certificate, self._pair.key)


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket.

    Raises:
        Refused: the address is taken or not ours; the text names the setting.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Refused(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Is another fleet running? "
            "Set LECTERN_LISTEN_HOST and LECTERN_LISTEN_PORT to a free address"
        ) from error


def server_pair(settings: FleetSettings, authority: Authority) -> Pair | None:
    """Certificate and key of the HTTPS server: given ones, the fleet's own, or None without TLS."""
    if settings.tls_certificate and settings.tls_key:
        return Pair(settings.tls_certificate, settings.tls_key)
    return authority.server_pair(settings.own_names) if settings.tls == "own" else None


def _tls(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(pair.certificate, pair.key)
    except (OSError, ssl.SSLError) as error:
        raise Refused(
            f"tls_certificate {pair.certificate}, tls_key {pair.key}: cannot be used: {error}"
        ) from error
    return context
