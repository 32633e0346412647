"""Follows the fleet's desired state and reports what became of it."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

import msgspec

from contract.messages import Reported
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    CoursesChanged,
    SettingsChanged,
    TimetableChanged,
    UploadPolicyChanged,
)
from edge_agent.ports.journal import Memory, Outbox
from edge_agent.room import commands as c
from edge_agent.room import shadow
from edge_agent.room.events import DesiredCame
from edge_agent.room.shadow import Shadow

logger = logging.getLogger(__name__)

_KEY = "shadow"


class ShadowLoop:
    """Keeps the applied configuration, so that a restarted room needs no fleet to go on.

    `lacking`: settings that mean nothing in this room, and why.
    """

    def __init__(
        self,
        memory: Memory,
        outbox: Outbox,
        bus: Bus,
        lacking: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._memory = memory
        self._outbox = outbox
        self._bus = bus
        self._lacking = lacking
        self._shadow = Shadow()
        self._queue: asyncio.Queue[DesiredCame] = asyncio.Queue()
        bus.on(DesiredCame, self._queue.put_nowait)

    async def load(self) -> None:
        """Follow what was applied before the restart. Comes before `run`."""
        saved = await self._memory.get(_KEY)
        if saved is not None:
            self._shadow = msgspec.json.decode(saved, type=Shadow)
        self._follow()

    async def run(self) -> None:
        """Apply what comes, until cancelled."""
        while True:
            event = await self._queue.get()
            after, commands = shadow.step(self._shadow, event, self._lacking)
            for command in commands:
                match command:
                    case c.Adopt():
                        await self._memory.put(_KEY, msgspec.json.encode(after))
                        self._shadow = after
                        logger.info("desired version %d applied", command.version)
                        self._follow()
                    case c.Say():
                        await self._outbox.append(
                            Reported(
                                version=command.version,
                                applied_desired=command.applied_desired,
                                outcomes=command.outcomes,
                                patch=command.patch,
                            )
                        )
                    case _:
                        assert_never(command)

    async def report_whole(self) -> None:
        """Put the whole reported state into the outbox; done at each connection."""
        self._shadow = replace(self._shadow, version=self._shadow.version + 1)
        await self._memory.put(_KEY, msgspec.json.encode(self._shadow))
        await self._outbox.append(
            Reported(
                version=self._shadow.version,
                applied_desired=self._shadow.applied,
                outcomes=self._shadow.outcomes,
                full=shadow.document(self._shadow.state),
            )
        )

    def _follow(self) -> None:
        self._bus.publish(TimetableChanged(self._shadow.state.timetable))
        self._bus.publish(CoursesChanged(self._shadow.state.courses))
        self._bus.publish(UploadPolicyChanged(self._shadow.state.upload))
        state = self._shadow.state
        self._bus.publish(
            SettingsChanged(
                state.language,
                state.report_seconds,
                state.quiet_minutes,
                state.record_timetable,
            )
        )
