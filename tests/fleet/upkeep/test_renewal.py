"""Certificates are replaced while everything runs."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from starlette.responses import PlainTextResponse

from fleet.adapters.mosquitto import Mosquitto
from fleet.app import Fleet
from fleet.serving.server import WebServer, server_pair
from fleet.settings import FleetSettings
from fleet.upkeep.renewal import Renewal
from tests.fleet.rooms import Room
from tests.servers.mosquitto import Broker


def presented(port: int) -> str:
    return ssl.get_server_certificate(("localhost", port), timeout=10)


def test_servers_present_the_new_certificate_without_a_restart(
    fleet: Fleet, broker: Broker, room: Callable[[str], Room], settings: FleetSettings
) -> None:
    secure = settings.model_copy(update={"tls": "own"})
    pair = server_pair(secure, fleet.authority)
    server = WebServer(secure, PlainTextResponse("hello"), pair)
    control = Mosquitto(
        settings.broker_dir, settings.broker_pid_file, "localhost", broker.port, fleet.authority
    )
    lab = room("Lab")

    async def serve_and_renew() -> tuple[str, str]:
        started = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve(started.set))
            await started.wait()
            before = await asyncio.to_thread(presented, secure.listen_port)
            renewal = Renewal(
                fleet.authority, (*secure.own_names, "renewed.example"), control, server.renew
            )
            await asyncio.to_thread(renewal.once)
            after = await asyncio.to_thread(presented, secure.listen_port)
            serving.cancel()
        return before, after

    before, after = asyncio.run(serve_and_renew())

    new = Path(settings.authority_dir / "server.pem").read_text()
    assert before != after
    assert after.strip() in new
    assert (settings.broker_dir / "server.pem").read_text() == new
    assert (settings.broker_dir / "server.key").stat().st_mode & 0o777 == 0o600
    lab.connect(broker.port).close()
