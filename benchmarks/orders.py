"""How long an order takes from the API's row until the room's reply is stored.

The way of an order: `orders.service.give` in a write transaction, in which the sender's claim is
made, a message at QoS 1 to the broker, a room that replies at once, the inbox, and the transaction
that stores the reply: two commits that are on the disk (SQLite, synchronous=FULL) and two messages.
Its peer is two messages alone: aiomqtt at both ends, the same broker, TLS, topics, QoS and
payloads, one after another. Both are measured in blocks that take turns.

`orders.wire` is the part that both have, over the peer: from handing the order to the connection
until its reply is heard. `orders.round_trip` is all of it, over the peer and two such commits
alone, measured in the same run: an order that outlives a crash cannot be faster than its disk. What
the whole is over the peer without them, is told with it.

The room is the same client of aiomqtt in each case, in this process; a real agent writes its reply
to its own disk before it sends it, which is not measured here.
"""

import asyncio
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiomqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import fleet.app
from benchmarks.fleet_process import server
from benchmarks.result import Result
from benchmarks.running_agent import broker_command
from contract import codec, topics
from contract import messages as m
from fleet.adapters.mqtt import Credentials, MqttLink, tls
from fleet.classrooms import AgentRef, enrolment
from fleet.classrooms import service as classrooms
from fleet.classrooms.ports import EdgeConnection, EdgeLink
from fleet.db import Session, after_commit
from fleet.inbox.loop import Ingest, Pace
from fleet.inbox.table import handlers
from fleet.orders import service as orders
from fleet.orders.events import OrdersQueued
from fleet.orders.sending import Bell, OrderSender
from fleet.orders.service import Asked
from fleet.orgs import service as orgs
from fleet.settings import FleetSettings
from standalone.children import free_port

GOAL: Final = 2.0
ROUNDS, EACH = 10, 100
QUICK_ROUNDS, QUICK_EACH = 3, 40
_WARM: Final = 10
_LONGEST: Final = 10.0
_APART: Final = 0.01
_NODELAY: Final = [(6, 1, 1)]


@dataclass(slots=True)
class Trips:
    """Seconds of each round trip, by what was measured."""

    raw: list[float] = field(default_factory=list)
    order: list[float] = field(default_factory=list)
    wire: list[float] = field(default_factory=list)
    disk: list[float] = field(default_factory=list)


def run(quick: bool) -> list[Result]:
    """Ratios of p99 to that of the peer."""
    trips = measure(*(QUICK_ROUNDS, QUICK_EACH) if quick else (ROUNDS, EACH))
    raw, whole = p99(trips.raw), p99(trips.order)
    floor = raw + p99(trips.disk)
    peer = f"aiomqtt ping-pong, p99 {1000 * raw:.2f} ms"
    commits = f"{peer}, and two commits, p99 {1000 * p99(trips.disk):.2f} ms"
    whole_says = f"{commits}; {whole / raw:.1f} × without them; {len(trips.order)} orders"
    return [
        Result("orders.wire.p99", p99(trips.wire) / raw, "×", GOAL, "lower", peer),
        Result("orders.round_trip.p99", whole / floor, "×", GOAL, "lower", whole_says),
    ]


def p99(seconds: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[98]


def measure(rounds: int, each: int) -> Trips:
    """Blocks of `each` round trips, raw and as orders, in turns."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        place = Path(directory)
        mqtt, web = free_port(18883), free_port(18080)
        settings = FleetSettings(data_dir=place / "fleet", listen_port=web, mqtt_port=mqtt)
        built = fleet.app.build(settings)
        try:
            room = _enrolled(built, place / "room")
            with server(broker_command(built, mqtt), place / "broker.log", mqtt):
                return asyncio.run(_measure(built, room, rounds, each))
        finally:
            built.database.close()


@dataclass(frozen=True, slots=True)
class _Room:
    id: str
    agent: str
    credentials: Credentials


async def _measure(built: fleet.app.Fleet, room: _Room, rounds: int, each: int) -> Trips:
    trips = Trips()
    async with _answering(built, room):
        for number in range(rounds + 1):
            raw = await _raw(built, room, each if number else _WARM)
            order, wire = await _orders(built, room, each if number else _WARM)
            disk = await asyncio.to_thread(_commits, built, each if number else _WARM)
            if number:  # the first block warms up
                trips.raw += raw
                trips.order += order
                trips.wire += wire
                trips.disk += disk
    return trips


@asynccontextmanager
async def _answering(built: fleet.app.Fleet, room: _Room) -> AsyncIterator[None]:
    """A room that answers each order `done`."""

    async def answer(client: aiomqtt.Client) -> None:
        seq = 0
        async for message in client.messages:
            told = codec.decode_down(m.Order, bytes(message.payload))
            seq += 1
            reply = codec.encode_up(
                m.Reply(order=told.id, phase="done"),
                source=room.agent,
                time=datetime.now(UTC),
                epoch="bench",
                seq=seq,
            )
            await client.publish(topics.topic(room.agent, "reply"), reply, qos=1)

    async with _client(built, room.credentials, room.agent) as client, asyncio.TaskGroup() as group:
        await client.subscribe(topics.topic(room.agent, "order"), qos=1)
        task = group.create_task(answer(client))
        yield
        task.cancel()


def _client(built: fleet.app.Fleet, credentials: Credentials, name: str) -> aiomqtt.Client:
    context: ssl.SSLContext = tls(credentials)
    return aiomqtt.Client(
        built.settings.mqtt_host,
        built.settings.mqtt_port,
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=context,
        socket_options=_NODELAY,
    )


async def _raw(built: fleet.app.Fleet, room: _Room, each: int) -> list[float]:
    """Two messages and nothing else."""
    found = []
    own = built.authority.client_pair()
    credentials = Credentials(own.certificate, own.key, built.authority.authorities_file)
    async with (
        _client(built, credentials, "fleet-raw-hears") as hears,
        _client(built, credentials, "fleet-raw-speaks") as speaks,
    ):
        await hears.subscribe(topics.topic(room.agent, "reply"), qos=0)
        for number in range(each):
            now = datetime.now(UTC)
            body = codec.encode_down(m.Order(id=f"raw-{number}", name="ping", not_after=now))
            began = time.perf_counter()
            await speaks.publish(topics.topic(room.agent, "order"), body, qos=1)
            await anext(aiter(hears.messages))
            found.append(time.perf_counter() - began)
    return found


class _Timed:
    """A link that notes when an order is handed over and when its reply is heard."""

    def __init__(self, link: EdgeLink) -> None:
        self._link = link
        self.began = 0.0
        self.wire: list[float] = []

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[EdgeConnection]:
        async with self._link.connect() as connection:
            yield _TimedConnection(connection, self)


class _TimedConnection:
    def __init__(self, connection: EdgeConnection, times: _Timed) -> None:
        self._connection = connection
        self._times = times
        self.announce = connection.announce

    async def messages(self) -> AsyncIterator[Any]:
        async for message in self._connection.messages():
            if message.topic.endswith("/reply"):
                self._times.wire.append(time.perf_counter() - self._times.began)
            yield message

    async def publish(self, topic: str, body: bytes, **more: Any) -> None:
        if topic.endswith("/order"):
            self._times.began = time.perf_counter()
        await self._connection.publish(topic, body, **more)


async def _orders(
    built: fleet.app.Fleet, room: _Room, each: int
) -> tuple[list[float], list[float]]:
    """Orders as the API gives them, until their replies are stored."""
    loop = asyncio.get_running_loop()
    stored, connected = asyncio.Event(), asyncio.Event()
    timed = _Timed(_link(built))
    ingest = _ingest(built, timed, lambda: loop.call_soon_threadsafe(stored.set), connected)
    found = []
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ingest.run())
        async with asyncio.timeout(_LONGEST):
            await connected.wait()
        await asyncio.sleep(0.5)
        for _number in range(each):
            stored.clear()
            began = time.perf_counter()
            await asyncio.to_thread(_give, built, room)
            async with asyncio.timeout(_LONGEST):
                await stored.wait()
            found.append(time.perf_counter() - began)
            await asyncio.sleep(_APART)
        task.cancel()
    return found, timed.wire


def _ingest(
    built: fleet.app.Fleet, link: EdgeLink, stored: Callable[[], object], connected: asyncio.Event
) -> Ingest:
    def note(session: Session, _agent: AgentRef, _received: codec.Received) -> None:
        after_commit(session, lambda: (stored(), None)[1])

    table = dict(handlers())
    table[m.Reply] = (*table[m.Reply], note)
    bell = Bell()
    built.database.bus.on(OrdersQueued, bell.queued)
    sender = OrderSender(built.database, bell, 1.0)
    on_change = lambda on: connected.set() if on else None  # noqa: E731
    return Ingest(link, built.database, table, Pace(), on_change, sender)


def _link(built: fleet.app.Fleet) -> MqttLink:
    own = built.authority.client_pair()
    credentials = Credentials(own.certificate, own.key, built.authority.authorities_file)
    return MqttLink(built.settings.mqtt_host, built.settings.mqtt_port, credentials)


def _give(built: fleet.app.Fleet, room: _Room) -> None:
    with built.database.write() as session:
        orders.give(session, Asked("ping", {}), [room.id], by="bench", now=datetime.now(UTC))


def _commits(built: fleet.app.Fleet, each: int) -> list[float]:
    """Two transactions that write one page, as often."""
    found = []
    with built.database.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE IF NOT EXISTS bench (at REAL)")
    for _number in range(each):
        began = time.perf_counter()
        for _commit in range(2):
            with built.database.write() as session:
                session.connection().exec_driver_sql("INSERT INTO bench VALUES (1)")
        found.append(time.perf_counter() - began)
    return found


def _enrolled(built: fleet.app.Fleet, directory: Path) -> _Room:
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = asked.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    with built.database.write() as session:
        added = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Aula")
        claim = enrolment.issue_claim(session, added.id, now)
        made = enrolment.enrol(session, built.authority, claim, csr, now, 90)
    directory.mkdir()
    files = [directory / name for name in ("certificate.pem", "key.pem", "authorities.pem")]
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for file, content in zip(
        files, (made.certificate, pem.decode(), built.authority.authorities), strict=True
    ):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as written:
            written.write(content)
    return _Room(added.id, made.agent, Credentials(*files))
