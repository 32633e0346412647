"""The `Uplink` port over MQTT 5 and TLS with the agent's certificate: a client a connection.

The broker keeps the session for a minute (`clean_start=False`), so that a reconnect within the
will's delay neither fires the will nor loses an order.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract import codec, registry, topics
from edge_agent.errors import Refused, Unreachable
from edge_agent.link.identity import Identity, IdentityStore
from edge_agent.link.inbound import Inbound
from edge_agent.link.mqtt_client import CheckedClient
from edge_agent.ports.uplink import Connection, Counts, Down
from edge_agent.settings import MqttSettings

logger = logging.getLogger(__name__)

_SESSION_SECONDS = 60
_RECEIVE_MAXIMUM = 100
"""Messages the broker may have unanswered by us: it bounds aiomqtt's unbounded queue."""
_DENIED = {0x85, 0x86, 0x87, 0x8A}
"""CONNACK reason codes (MQTT 5, 3.2.2.2): client id, password, not authorized, banned."""


class MqttUplink:
    """Connects as the enrolled agent; a renewed identity is tried first and kept if it works."""

    def __init__(self, store: IdentityStore, settings: MqttSettings) -> None:
        self._store = store
        self._settings = settings
        self._inbound = Inbound(store.require().agent)

    def counts(self) -> Counts:
        """See the port."""
        return self._inbound.counts()

    @asynccontextmanager
    async def connect(self, will: bytes) -> AsyncIterator[Connection]:
        """See the port."""
        candidate = await asyncio.to_thread(self._store.candidate)
        if candidate is not None:
            try:
                async with self._as(candidate, will) as connection:
                    await asyncio.to_thread(self._store.promote)
                    logger.info("the renewed certificate works and is used from now on")
                    candidate = None
                    yield connection
                    return
            except (Refused, Unreachable) as error:
                if candidate is None:
                    raise
                # A fleet that is away says nothing about the certificate: the old one decides.
                logger.info("no connection with the renewed certificate: %s", error)
        current = await asyncio.to_thread(self._store.require)
        async with self._as(current, will) as connection:
            if candidate is not None:
                await asyncio.to_thread(self._store.reject)
                logger.warning("the renewed certificate does not work; it will be renewed again")
            yield connection

    @asynccontextmanager
    async def _as(self, identity: Identity, will: bytes) -> AsyncIterator[Connection]:
        client = CheckedClient(**await asyncio.to_thread(self._options, identity, will))
        try:
            await client.__aenter__()
        except MqttConnectError as error:
            client.abandon()
            raise _connack(error) from error
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            client.abandon()
            raise Unreachable(f"{identity.mqtt_host}:{identity.mqtt_port}: {error}") from error
        try:
            await client.subscribe_checked(self._inbound.subscriptions, self._inbound.spare)
            yield MqttConnection(client, identity.agent, self._inbound)
        except aiomqtt.MqttError as error:
            raise Unreachable(str(error)) from error
        finally:
            await _leave(client)

    def _options(self, identity: Identity, will: bytes) -> dict[str, Any]:
        settings = self._settings
        connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        connect.SessionExpiryInterval = max(_SESSION_SECONDS, settings.will_delay_seconds)
        connect.ReceiveMaximum = _RECEIVE_MAXIMUM
        connect.MaximumPacketSize = registry.MAX_MESSAGE_BYTES * 2
        return {
            "hostname": identity.mqtt_host,
            "port": identity.mqtt_port,
            "identifier": identity.agent,
            "protocol": aiomqtt.ProtocolVersion.V5,
            "clean_start": False,
            "properties": connect,
            "keepalive": settings.keepalive_seconds,
            "timeout": settings.timeout_seconds,
            "tls_context": identity.mutual_trust(),
            "socket_options": ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            "will": _will(identity.agent, will, settings.will_delay_seconds),
        }


class MqttConnection:
    """The `Connection` port on one client."""

    def __init__(self, client: CheckedClient, agent: str, inbound: Inbound) -> None:
        self._client = client
        # 200 publishes wait for their PUBACK at once by design; aiomqtt warns from 10.
        client.pending_calls_threshold = 1_000
        self._agent = agent
        self._inbound = inbound

    async def publish(self, channel: str, body: bytes) -> None:
        """See the port."""
        described = registry.BY_NAME[channel]
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = codec.CONTENT_TYPE
        if channel == "reply":
            properties.CorrelationData = self._inbound.correlation(body)
        await self._client.publish_checked(
            topics.topic(self._agent, channel),
            body,
            qos=described.qos,
            retain=described.retained,
            properties=properties,
        )

    async def messages(self) -> AsyncIterator[Down]:
        """See the port."""
        try:
            async for message in self._client.messages:
                correlation = getattr(message.properties, "CorrelationData", None)
                read = self._inbound.read(str(message.topic), message.payload, correlation)
                if read is not None:
                    yield read
        except aiomqtt.MqttError as error:
            raise Unreachable(str(error)) from error


def _will(agent: str, body: bytes, delay: int) -> aiomqtt.Will:
    properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    properties.WillDelayInterval = delay
    properties.ContentType = codec.CONTENT_TYPE
    channel = registry.BY_NAME["presence"]
    return aiomqtt.Will(
        topics.topic(agent, channel.name), body, channel.qos, channel.retained, properties
    )


def _connack(error: MqttConnectError) -> Refused | Unreachable:
    text = f"the broker does not let this agent in: {error}"
    return Refused(text) if getattr(error.rc, "value", error.rc) in _DENIED else Unreachable(text)


async def _leave(client: CheckedClient) -> None:
    try:
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError as error:
        logger.debug("the connection did not end cleanly: %s", error)
