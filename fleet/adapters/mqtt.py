"""The way to the rooms over MQTT 5: aiomqtt behind the `EdgeLink` port.

Two connections: one hears, one speaks, so that acknowledgements never wait behind a flood of
readings. Both live and die together. A new client for each connection: a reused one of aiomqtt
wipes sessions, and its queue outlives them.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract import codec, registry, topics
from contract.messages import FleetState
from fleet.classrooms.ports import Asking, EdgeConnection, Incoming, Unreachable
from fleet.db import new_id

log = logging.getLogger(__name__)

_KEEPALIVE = 30
_TIMEOUT = 15.0
_NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
_OFFLINE = b'"offline"'


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files by which the fleet proves who it is and knows its broker."""

    certificate: Path
    key: Path
    authorities: Path


@dataclass(frozen=True, slots=True)
class MqttLink:
    """The broker at `host`:`port`. `shared`: other ingest processes take a part of the work."""

    host: str
    port: int
    credentials: Credentials
    shared: bool = False
    name: str = field(default_factory=lambda: f"fleet-{new_id()}")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[EdgeConnection]:
        """Connect, listen to all rooms, and announce that the fleet is listening.

        Raises:
            Unreachable: no broker answers, or it refuses the fleet.
        """
        context = await asyncio.to_thread(tls, self.credentials)
        try:
            async with (
                self._client("speaks", context, will=None) as speaker,
                self._client("hears", context, will=_will()) as hearer,
            ):
                await self._subscribe(hearer)
                connection = MqttConnection(hearer, speaker)
                await connection.announce(listening=True)
                try:
                    yield connection
                finally:
                    await _say_goodbye(connection)
        except (aiomqtt.MqttError, OSError, TimeoutError) as error:
            raise Unreachable(f"{self.host}:{self.port}: {error}") from error

    def _client(
        self, role: str, context: ssl.SSLContext, will: aiomqtt.Will | None
    ) -> aiomqtt.Client:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = registry.MAX_MESSAGE_BYTES + 4096
        return aiomqtt.Client(
            self.host,
            self.port,
            identifier=f"{self.name}-{role}",
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            keepalive=_KEEPALIVE,
            timeout=_TIMEOUT,
            tls_context=context,
            socket_options=_NODELAY,
            properties=properties,
            will=will,
        )

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        # QoS 0: the acknowledgement is end to end, the broker's would cost and add nothing.
        once = SubscribeOptions(qos=0)
        wanted = [*self.filters(), topics.FLEET_STATE]
        codes = await client.subscribe([(text, once) for text in wanted])
        refused = [
            f"{text}: {code}"
            for text, code in zip(wanted, codes, strict=True)
            if isinstance(code, ReasonCode) and code.is_failure
        ]
        if refused:
            raise Unreachable(f"the broker refuses to let the fleet listen: {refused}")

    def filters(self) -> list[str]:
        """What to subscribe to. Retained messages reach plain subscriptions only."""
        share = "$share/fleet/" if self.shared else ""
        return [
            f"{share if channel.acknowledged else ''}{topics.everyone(channel.name)}"
            for channel in registry.UP
            if not channel.live
        ]


class MqttConnection:
    """A live pair of connections."""

    def __init__(self, hearer: aiomqtt.Client, speaker: aiomqtt.Client) -> None:
        self._hearer = hearer
        self._speaker = speaker
        self._listening = False

    async def messages(self) -> AsyncIterator[Incoming]:
        """Messages of all rooms, in the order of arrival; ends with `Unreachable`."""
        try:
            async for message in self._hearer.messages:
                topic = message.topic.value
                body = message.payload if isinstance(message.payload, bytes) else b""
                if topic == topics.FLEET_STATE:
                    await self._contradict(body)
                else:
                    yield Incoming(topic, body)
        except aiomqtt.MqttError as error:
            raise Unreachable(str(error)) from error

    async def publish(
        self, topic: str, body: bytes, *, qos: int, retain: bool, asking: Asking | None = None
    ) -> None:
        """Hand a message to the broker; with `asking` it is a request.

        Raises:
            Unreachable: the broker did not take it in time.
        """
        try:
            await self._speaker.publish(
                topic,
                body,
                qos=qos,
                retain=retain,
                properties=_request(asking) if asking else None,
                timeout=_TIMEOUT,
            )
        except aiomqtt.MqttError as error:
            raise Unreachable(str(error)) from error

    async def announce(self, *, listening: bool) -> None:
        """Tell all rooms whether the fleet is listening; while it is not, they buffer.

        Raises:
            Unreachable: the broker did not take it in time.
        """
        self._listening = listening
        await self.publish(topics.FLEET_STATE, _state(listening=listening), qos=1, retain=True)

    async def _contradict(self, body: bytes) -> None:
        """Another ingest process, or this one's former life, left; this one is listening."""
        if _OFFLINE in body and self._listening:
            await self.announce(listening=True)


def _request(asking: Asking) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = max(1, asking.seconds)
    properties.ResponseTopic = asking.answer_to
    properties.CorrelationData = asking.correlation
    return properties


async def _say_goodbye(connection: MqttConnection) -> None:
    try:
        async with asyncio.timeout(2):
            await connection.announce(listening=False)
    except (Unreachable, TimeoutError):
        log.debug("left without a goodbye: the last will says it")


def _will() -> aiomqtt.Will:
    return aiomqtt.Will(topics.FLEET_STATE, _state(listening=False), qos=1, retain=True)


def _state(*, listening: bool) -> bytes:
    state: Literal["online", "offline"] = "online" if listening else "offline"
    return codec.encode_down(FleetState(state=state, since=datetime.now(UTC)))


def tls(credentials: Credentials) -> ssl.SSLContext:
    """How the fleet proves to a broker who it is. Reads files."""
    context = ssl.create_default_context(cafile=str(credentials.authorities))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(credentials.certificate, credentials.key)
    return context
