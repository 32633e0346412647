"""Runs the lesson reducer: hears events, does its commands."""

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, assert_never, get_args

import msgspec

from contract.messages import LessonMissed, TakeEnd
from edge_agent.errors import EdgeError
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    ClockCorrected,
    LessonNow,
    OrderAnswered,
    TakeHandedOver,
    TakeRunning,
)
from edge_agent.loops.take import RunningTake, TakeMaker
from edge_agent.ports.journal import Memory, Outbox, TakeRow, Takes
from edge_agent.ports.take_files import TakeFiles
from edge_agent.room import commands as c
from edge_agent.room import events as e
from edge_agent.room import lesson
from edge_agent.room.lesson import RoomState

logger = logging.getLogger(__name__)

_HANDED_OVER = ("delivering", "done")
_KEPT = "lesson"
_ORDERED = (e.StartOrdered, e.StopOrdered, e.PauseOrdered, e.ResumeOrdered, e.ExtendOrdered)


class LessonLoop:
    """One room's takes. A failure in here is handled as a crash: restarted, it adopts the take.

    Args:
        takes: the journal of takes.
        memory: for what people asked for.
        outbox: for lessons missed.
        maker: makes takes.
        bus: where the reducer's events come from.
        files: where takes may lie that the journal does not know.
    """

    def __init__(
        self,
        takes: Takes,
        memory: Memory,
        outbox: Outbox,
        maker: TakeMaker,
        bus: Bus,
        files: TakeFiles,
    ) -> None:
        self._takes = takes
        self._memory = memory
        self._outbox = outbox
        self._maker = maker
        self._bus = bus
        self._files = files
        self._queue: asyncio.Queue[e.LessonEvent] = asyncio.Queue()
        self._running: RunningTake | None = None
        self._following: asyncio.Task[None] | None = None
        self._doing: asyncio.Task[None] | None = None
        self._last: dict[type, e.LessonEvent] = {}
        self._unanswered: set[str] = set()
        for kind in get_args(e.LessonEvent):
            bus.on(kind, self._heard)
        bus.on(ClockCorrected, lambda c: self._heard(e.ClockMoved(timedelta(seconds=c.by))))

    def _heard(self, event: e.LessonEvent) -> None:
        if isinstance(event, e.SlotNow | e.DiskNow):
            self._last[type(event)] = event
        self._queue.put_nowait(event)

    async def run(self) -> None:
        """Decide and do, until cancelled; then the running take is closed as interrupted."""
        state = RoomState(seed=uuid.uuid4())
        # The loop may have failed in mid-take, or a start that was given up has come about after
        # all: stop what runs, then adopt it.
        await self._maker.abandon()
        self._running = self._following = self._doing = None
        for order in tuple(self._unanswered):
            self._answer(order, done=False, why="the recorder failed; see what the room does now")
        waiting = [await self._woke(), *self._last.values()]
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    event = waiting.pop(0) if waiting else await self._queue.get()
                    if isinstance(event, _ORDERED):
                        self._unanswered.add(event.order)
                    before, (state, commands) = state, lesson.step(state, event)
                    await self._keep(before, state)
                    for command in commands:
                        await self._do(command, state, group)
                    self._tell(state)
                    if isinstance(event, e.TakeClosed | e.TakeAdopted):
                        self._bus.publish(TakeHandedOver(event.take))
            except asyncio.CancelledError:
                await self._leave()
                raise

    async def _keep(self, before: RoomState, state: RoomState) -> None:
        if (kept := lesson.kept(state)) != lesson.kept(before):
            await self._memory.put(_KEPT, msgspec.json.encode(kept))

    def _tell(self, state: RoomState) -> None:
        if state.at is not None or lesson.is_recording(state):
            slot = lesson.current(state)
            paused = slot is not None and slot == state.paused
            self._bus.publish(LessonNow(state.active, slot, paused, state.next_at))
        match state.active:
            case lesson.Waiting():
                self._bus.publish(TakeRunning(None, None))
            case lesson.Starting() | lesson.Recording() | lesson.Stopping():
                self._bus.publish(TakeRunning(state.active.take, state.active.slot.lesson))
            case _:
                assert_never(state.active)

    async def _woke(self) -> e.Woke:
        rows = await self._takes.takes()
        strangers = await self._files.strangers({row.take for row in rows})
        for row, ended in strangers:
            logger.warning("take %s is on the disk and not in the journal: taken in", row.take)
            if ended is None:
                await self._takes.open(row)
            else:
                await self._maker.take_in(row, ended)
        if strangers:
            rows = await self._takes.takes()
        saved = await self._memory.get(_KEPT)
        return e.Woke(
            kept=msgspec.json.decode(saved, type=e.Kept) if saved else e.Kept(),
            unfinished=tuple(
                e.Unfinished(row.take, row.lesson, row.reason)
                for row in rows
                if row.phase not in _HANDED_OVER
            ),
            delivering=tuple(row.take for row in rows if row.phase == "delivering"),
            finished=tuple(
                e.Finished(row.lesson, row.slot_end or row.started_at, row.reason)
                for row in rows
                if row.phase in _HANDED_OVER and row.lesson and row.reason
            ),
        )

    async def _do(
        self, command: c.LessonCommand, state: RoomState, group: asyncio.TaskGroup
    ) -> None:
        match command:
            case c.OpenTake():
                self._tell(state)
                await self._whole(self._open(command, group), group)
            case c.CloseTake(take=take, reason=reason, slot_end=slot_end):
                await self._whole(self._close(take, reason, slot_end), group)
            case c.AdoptTake(take=take, reason=reason):
                # Beside the new take of the same lesson, which must not wait for digests.
                row = next(row for row in await self._takes.takes() if row.take == take)
                group.create_task(self._adopt(row, reason), name=f"adopt {take}")
            case c.FinishTake(take=take):
                await self._takes.move(take, "done")
                logger.info("take %s: done", take)
            case c.SayMissed(lesson=name, why=why):
                logger.warning("lesson %s is not recorded: %s", name, why)
                await self._outbox.append(LessonMissed(lesson=name, why=why))
            case c.Answer(order=order, done=done, why=why, result=result):
                self._answer(order, done=done, why=why, result=result)
            case _:
                assert_never(command)

    def _answer(
        self, order: str, *, done: bool, why: str, result: dict[str, Any] | None = None
    ) -> None:
        self._unanswered.discard(order)
        self._bus.publish(OrderAnswered(order, done, why, result or {}))

    async def _open(self, command: c.OpenTake, group: asyncio.TaskGroup) -> None:
        take = command.take
        try:
            self._running = await self._maker.open(take, command.lesson, command.course)
        except (EdgeError, OSError) as error:
            self._queue.put_nowait(e.TakeFailed(take, f"the recorder cannot start: {error}"))
            return
        following = self._maker.follow(self._running)
        self._following = group.create_task(following, name=f"follow take {take}")
        self._queue.put_nowait(e.TakeOpened(take))

    async def _close(self, take: str, reason: TakeEnd, slot_end: datetime | None) -> None:
        assert self._running is not None  # noqa: S101 - the reducer closes what it opened
        assert self._following is not None  # noqa: S101
        await self._maker.close(self._running, self._following, reason, slot_end)
        self._running = self._following = None
        self._queue.put_nowait(e.TakeClosed(take))

    async def _whole(self, work: Coroutine[None, None, None], group: asyncio.TaskGroup) -> None:
        # A recorder that is starting or stopping is not left half-way when the agent stops.
        self._doing = group.create_task(work, name="start or stop the recorder")
        await asyncio.shield(self._doing)

    async def _adopt(self, row: TakeRow, reason: TakeEnd) -> None:
        await self._maker.adopt(row, reason)
        self._queue.put_nowait(e.TakeAdopted(row.take))

    async def _leave(self) -> None:
        if self._doing is not None:
            await asyncio.wait((self._doing,))
        if self._running is None or self._following is None or self._following.done():
            return  # nothing runs, or it failed: what it left is adopted by the next start
        try:
            await self._close(self._running.row.take, "interrupted", None)
        except (EdgeError, OSError, sqlite3.Error):
            logger.exception("a take could not be closed; the next start adopts it")
