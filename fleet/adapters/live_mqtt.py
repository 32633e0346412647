"""Pictures of rooms somebody looks at, over MQTT: a connection apart from that of the messages.

A wall of pictures must delay no acknowledgement and no order, and each process that serves pages
needs the pictures its own readers look at.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiomqtt
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract import codec, topics
from contract.messages import Glimpse, Look
from fleet.adapters.mqtt import Credentials, tls
from fleet.classrooms.ports import LiveConnection, Unreachable
from fleet.db import new_id

_NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class LiveMqtt:
    """The broker at `host`:`port`."""

    host: str
    port: int
    credentials: Credentials
    name: str = field(default_factory=lambda: f"fleet-{new_id()}-looks")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[LiveConnection]:
        """Connect and listen.

        Raises:
            Unreachable: no broker answers, or it refuses the fleet.
        """
        context = await asyncio.to_thread(tls, self.credentials)
        client = aiomqtt.Client(
            self.host,
            self.port,
            identifier=self.name,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            timeout=_TIMEOUT,
            tls_context=context,
            socket_options=_NODELAY,
        )
        try:
            async with client:
                wanted = (topics.everyone("glimpse"), SubscribeOptions(qos=0))
                await client.subscribe([wanted])
                yield LiveMqttConnection(client)
        except (aiomqtt.MqttError, OSError, TimeoutError) as error:
            raise Unreachable(f"{self.host}:{self.port}: {error}") from error


class LiveMqttConnection:
    """A connection that is up."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def glimpses(self) -> AsyncIterator[tuple[str, Glimpse]]:
        """Agents and what they show; what cannot be read, or is from another, is left out."""
        try:
            async for message in self._client.messages:
                place = topics.parse(message.topic.value)
                if place is None or not isinstance(message.payload, bytes):
                    continue
                try:
                    received = codec.decode_up(message.payload)
                except codec.Malformed:
                    continue
                if isinstance(received.payload, Glimpse) and received.source == place[0]:
                    yield place[0], received.payload
        except aiomqtt.MqttError as error:
            raise Unreachable(str(error)) from error

    async def look(self, agent: str, look: Look) -> None:
        """Tell a room that somebody is looking.

        Raises:
            Unreachable: the broker did not take it.
        """
        topic = topics.topic(agent, "look")
        try:
            await self._client.publish(topic, codec.encode_down(look), qos=0, timeout=_TIMEOUT)
        except aiomqtt.MqttError as error:
            raise Unreachable(str(error)) from error
