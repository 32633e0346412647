"""The fleet's end of the line on a real broker: keeps what rooms say, acknowledges, orders."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import aiomqtt

from contract import codec, topics
from contract.messages import Ack, Desired, FleetState, Glimpse, Look, Order, Payload
from tests.servers.certificates import Authority

P = TypeVar("P", bound=Payload)


class FakeFleet:
    """Acknowledges what it receives, unless `acks` is False.

    Attributes:
        received: everything, in order of arrival, duplicates included.
        stored: by agent, epoch and seq, as the fleet's database would hold it.
        glimpses: what was seen of rooms, and the size of each message.
        ahead: by how much its clock is ahead of the PC's.
    """

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.received: list[codec.Received] = []
        self.stored: dict[tuple[str, str, int], codec.Received] = {}
        self.presence: list[str] = []
        self.correlations: list[bytes] = []
        self.glimpses: list[tuple[Glimpse, int]] = []
        self.acks = True
        self.ahead = timedelta(0)
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def all(self, kind: type[P]) -> list[P]:
        """Payloads of one kind, each once."""
        return [r.payload for r in self.stored.values() if isinstance(r.payload, kind)]

    async def until(self, what: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(seconds):
                while not what():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            kinds = [type(r.payload).__name__ for r in self.received]
            raise AssertionError(f"it never came; {kinds} did, presence {self.presence}") from None

    async def one(self, kind: type[P], seconds: float = 10.0) -> P:
        """The first payload of a kind, as soon as it is there."""
        await self.until(lambda: self.all(kind), seconds)
        return self.all(kind)[0]

    async def say(self, state: str) -> None:
        body = codec.encode_down(FleetState(state=state, since=self.now()))
        await self._client.publish(topics.FLEET_STATE, body, qos=1, retain=True)

    async def want(self, agent: str, desired: Desired) -> None:
        await self.raw(agent, "desired", codec.encode_down(desired), retain=True)

    async def order(self, agent: str, order: Order) -> None:
        await self.raw(agent, "order", codec.encode_down(order))

    async def look(self, agent: str, seconds: float, every: float = 2.0) -> None:
        look = Look(until=self.now() + timedelta(seconds=seconds), every=every)
        await self._client.publish(topics.topic(agent, "look"), codec.encode_down(look), qos=0)

    async def raw(self, agent: str, channel: str, body: bytes, *, retain: bool = False) -> None:
        await self._client.publish(topics.topic(agent, channel), body, qos=1, retain=retain)

    async def run(self) -> None:
        async for message in self._client.messages:
            place = topics.parse(str(message.topic))
            if place is None or not message.payload:
                continue
            received = codec.decode_up(bytes(message.payload))
            assert received.source == place[0]
            if place[1] == "presence":
                self.presence.append(received.payload.state)
            if correlation := getattr(message.properties, "CorrelationData", None):
                self.correlations.append(correlation)
            if isinstance(received.payload, Glimpse):
                self.glimpses.append((received.payload, len(message.payload)))
            self.received.append(received)
            if received.seq:
                self.stored[received.source, received.epoch, received.seq] = received
                if self.acks:
                    await self.acknowledge(received)
            self._changed.set()

    async def acknowledge(self, *received: codec.Received) -> None:
        seqs: dict[tuple[str, str], list[int]] = defaultdict(list)
        for each in received:
            seqs[each.source, each.epoch].append(each.seq)
        for (agent, epoch), numbers in seqs.items():
            ack = Ack(epoch=epoch, seqs=tuple((n, n) for n in numbers), fleet_time=self.now())
            topic = topics.topic(agent, "ack")
            await self._client.publish(topic, codec.encode_down(ack), qos=0)


@asynccontextmanager
async def fake_fleet(port: int, authority: Authority) -> AsyncIterator[FakeFleet]:
    """A fleet that listens, on the broker at `port`."""
    pair = authority.client("fleet")
    trust = ssl.create_default_context(cafile=str(authority.ca))
    trust.load_cert_chain(pair.certificate, pair.key)
    async with aiomqtt.Client(
        "localhost",
        port,
        identifier="fleet",
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=trust,
    ) as client:
        client.pending_calls_threshold = 1_000
        fleet = FakeFleet(client)
        for channel in (
            "presence",
            "description",
            "reported",
            "telemetry",
            "event",
            "reply",
            "glimpse",
        ):
            await client.subscribe(topics.everyone(channel))
        await fleet.say("online")
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(fleet.run())
            yield fleet
            listening.cancel()
