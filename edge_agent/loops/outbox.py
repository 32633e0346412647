"""The line to the fleet: connect, introduce the room, hear and send; and again when it breaks."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import edge_agent
from contract import VERSION, codec
from contract.messages import Ack, Description, FleetState, Glimpse, Look, Order, Payload, Presence
from edge_agent.backoff import Backoff
from edge_agent.errors import EdgeError, Refused, Unreachable
from edge_agent.loops.bus import Bus
from edge_agent.loops.pump import Pump
from edge_agent.loops.shadow import ShadowLoop
from edge_agent.loops.signals import ClockCorrected, Connected, Disconnected, IdentityRenewed
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Outbox
from edge_agent.ports.uplink import Connection, Uplink
from edge_agent.room.events import DesiredCame
from edge_agent.settings import MqttSettings

logger = logging.getLogger(__name__)

_GOODBYE_SECONDS = 2.0
_CORRECTION_SECONDS = 0.2
_CROWD_SECONDS = 2.0
"""When the fleet comes back, rooms begin to send within this time of each other."""


class OutboxLoop:
    """Keeps one connection to the fleet.

    Args:
        uplink: opens connections.
        outbox: what is sent over them.
        clock: learns the fleet's time from acks.
        bus: where orders and desired states go.
        shadow: reports the whole state at each connection.
        agent: this agent's id.
        session: count of the agent's starts.
        boot: the boot's id.
        describe: what the PC is.
        settings: timings.
    """

    def __init__(
        self,
        uplink: Uplink,
        outbox: Outbox,
        clock: Clock,
        bus: Bus,
        shadow: ShadowLoop,
        *,
        agent: str,
        session: int,
        boot: str,
        describe: Callable[[], Description],
        settings: MqttSettings,
    ) -> None:
        self._uplink = uplink
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._shadow = shadow
        self._agent = agent
        self._session = session
        self._boot = boot
        self._describe = describe
        self._settings = settings
        self._renewed = asyncio.Event()
        self._pump: Pump | None = None
        self._glimpse: Glimpse | None = None
        self._glimpsed = asyncio.Event()
        outbox.listen(self._rows_came)
        bus.on(Glimpse, self._show)
        bus.on(IdentityRenewed, lambda _: self._renewed.set())

    @property
    def connected(self) -> bool:
        """Whether the line is up now."""
        return self._pump is not None

    def _rows_came(self) -> None:
        if self._pump is not None:
            self._pump.wake()

    def _show(self, glimpse: Glimpse) -> None:
        # Only the latest: a link that is slow shows less, and is given no more to do.
        self._glimpse = glimpse
        self._glimpsed.set()

    async def run(self) -> None:
        """Connect and serve, until cancelled; then say goodbye."""
        backoff = Backoff(self._settings.reconnect_seconds)
        told = ""
        while True:
            try:
                async with self._uplink.connect(self._presence("lost")) as connection:
                    await self._introduce(connection)
                    logger.info("connected to the fleet")
                    told = ""
                    backoff.reset()
                    await self._serve(connection)
            except* (Unreachable, Refused) as errors:
                why = str(_first(errors))
                level = logging.DEBUG if why == told else logging.WARNING
                told = why
                logger.log(level, "disconnected from the fleet: %s", why)
            await self._clock.sleep(backoff.next())

    async def _introduce(self, connection: Connection) -> None:
        await connection.publish("description", self._encoded(self._describe()))
        await connection.publish("presence", self._presence("ready"))
        await self._shadow.report_whole()

    async def _serve(self, connection: Connection) -> None:
        self._renewed.clear()
        last = await self._outbox.last()
        self._pump = pump = Pump(
            self._outbox,
            connection,
            self._clock,
            last=last,
            window=self._settings.window,
            resend_seconds=self._settings.resend_seconds,
        )
        self._bus.publish(Connected())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear(connection, pump), name="hear the fleet")
                group.create_task(pump.run(), name="empty the outbox")
                group.create_task(self._send_glimpses(connection), name="show who looks")
                group.create_task(self._reconnect_when_renewed(), name="await a renewed identity")
        except asyncio.CancelledError:
            await self._say_goodbye(connection)
            raise
        finally:
            self._pump = None
            self._bus.publish(Disconnected())

    async def _hear(self, connection: Connection, pump: Pump) -> None:
        online = False
        async for message in connection.messages():
            match message:
                case Ack():
                    before = self._clock.now()
                    await pump.heard(message)
                    self._say_corrected(before)
                case FleetState(state=state):
                    if state == "online" and not online:
                        crowd = min(_CROWD_SECONDS, self._settings.resend_seconds / 10)
                        await self._clock.sleep(random.uniform(0, crowd))  # noqa: S311
                    online = state == "online"
                    pump.fleet_is(online)
                case Order() | Look() | DesiredCame():
                    self._bus.publish(message)

    async def _send_glimpses(self, connection: Connection) -> None:
        self._glimpsed.clear()  # nobody waits for what was seen before the line was up
        while True:
            await self._glimpsed.wait()
            self._glimpsed.clear()
            if self._glimpse is not None:
                await connection.publish("glimpse", self._encoded(self._glimpse))

    def _say_corrected(self, before: datetime) -> None:
        by = (self._clock.now() - before).total_seconds()
        if abs(by) > _CORRECTION_SECONDS:
            self._bus.publish(ClockCorrected(by))

    async def _reconnect_when_renewed(self) -> None:
        await self._renewed.wait()
        raise Unreachable("reconnecting with the renewed certificate")

    async def _say_goodbye(self, connection: Connection) -> None:
        with contextlib.suppress(TimeoutError, EdgeError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await connection.publish("presence", self._presence("disconnected"))
        logger.info("disconnected from the fleet: the agent stops")

    def _presence(self, state: Literal["ready", "disconnected", "lost"]) -> bytes:
        return self._encoded(
            Presence(
                state=state,
                session=self._session,
                boot=self._boot,
                since=self._clock.now(),
                agent_version=edge_agent.__version__,
                contract=VERSION,
            )
        )

    def _encoded(self, payload: Payload) -> bytes:
        return codec.encode_up(
            payload, source=self._agent, time=self._clock.now(), epoch=self._outbox.epoch
        )


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
