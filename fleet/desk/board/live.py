"""The board: counted once an update, however many pages are open, and told to each of them.

Nothing is counted while nobody looks. A page that is loaded counts as looking for a minute.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fleet.auth.events import SessionsEnded
from fleet.auth.rules import session_alive
from fleet.db import Bus, Database, Session, SQLAlchemyError, after_commit
from fleet.desk.board import repository
from fleet.desk.board.counts import Counts, Snapshot, Unit
from fleet.orgs.events import UnitChanged, UnitRemoved

log = logging.getLogger(__name__)

EVERY = 2.0
SLOW_EVERY = 30.0
_STALE = 10.0
_INTEREST = 60.0
_SHARE = 10
"""Counting rests at least this many times as long as it took, so that it never fills a core."""
_BACK, _AHEAD = timedelta(hours=24), timedelta(hours=1)
_HEARD = frozenset({"init", "ready"})


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page. `session_id`: see `auth.models.UserSession`; empty is that of a program."""

    session_id: str
    loop: asyncio.AbstractEventLoop
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def wake(self) -> None:
        """From any thread."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.changed.set)


class Board:
    """Thread-safe. `now` is the clock of `run`, UTC."""

    def __init__(self, database: Database, now: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._now = now or (lambda: datetime.now(UTC))
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._counted = 0.0
        self._slow: _Slow | None = None
        self._looked = -_INTEREST
        self._running = False
        self._watchers: set[Watcher] = set()
        self._alive: set[str] = set()
        self.updates = 0

    @property
    def watching(self) -> int:
        """How many pages are open."""
        return len(self._watchers)

    def current(self, now: datetime) -> Snapshot:
        """The numbers, a few seconds old at most. Blocks, but hardly ever for long."""
        self._looked = time.monotonic()
        snapshot = self._snapshot
        if snapshot and self._running and time.monotonic() - self._counted < _STALE:
            return snapshot
        with self._lock:
            if self._snapshot and self._running and time.monotonic() - self._counted < EVERY:
                return self._snapshot
            return self._count((), now)

    def follow(self, bus: Bus) -> None:
        """Let pages end with their session at once, and count anew after a unit has changed."""
        bus.on(SessionsEnded, self._ended)
        bus.on(UnitChanged, lambda session, _event: after_commit(session, self._forget))
        bus.on(UnitRemoved, lambda session, _event: after_commit(session, self._forget))

    def _ended(self, session: Session, event: SessionsEnded) -> None:
        after_commit(session, lambda: self.end_sessions(event.sessions))

    def _forget(self) -> None:
        self._slow = None

    async def run(self) -> None:
        """Count again and again while somebody looks, until cancelled."""
        self._running = True
        try:
            while True:
                began = time.monotonic()
                if self._watchers or began - self._looked < _INTEREST:
                    try:
                        await asyncio.to_thread(self.refresh)
                    except SQLAlchemyError as error:
                        log.warning("the board could not be counted: %s", error)
                took = time.monotonic() - began
                await asyncio.sleep(max(EVERY, _SHARE * took))
        finally:
            self._running = False
            for watcher in tuple(self._watchers):
                watcher.ended = True
                watcher.wake()

    def refresh(self) -> None:
        """Count once, end the pages of sessions that are no more, and tell the others. Blocks."""
        watchers = tuple(self._watchers)
        ids = {one.session_id for one in watchers if one.session_id}
        with self._lock:
            before = self._snapshot
            snapshot = self._count(ids, self._now())
            alive = self._alive
        self.updates += 1
        changed = before is None or snapshot.version != before.version
        for one in watchers:
            one.ended = one.ended or bool(one.session_id and one.session_id not in alive)
            if changed or one.ended:
                one.wake()

    @contextmanager
    def _watcher(self, session_id: str) -> Iterator[Watcher]:
        watcher = Watcher(session_id, asyncio.get_running_loop())
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def watch(self, session_id: str) -> AsyncIterator[Snapshot | None]:
        """The numbers now and whenever they change; None twice a minute in between.

        It ends with the session, at the next update at the latest, and with the fleet.
        """
        with self._watcher(session_id) as watcher:
            sent = -1
            snapshot = await asyncio.to_thread(self.current, self._now())
            while not watcher.ended:
                if snapshot.version != sent:
                    sent = snapshot.version
                    yield snapshot
                else:
                    yield None
                try:
                    async with asyncio.timeout(_INTEREST / 2):
                        await watcher.changed.wait()
                except TimeoutError:
                    continue
                watcher.changed.clear()
                snapshot = self._snapshot or snapshot

    def end_sessions(self, ids: Collection[str]) -> None:
        """Close the pages of these sessions at once."""
        for one in tuple(self._watchers):
            if one.session_id in ids:
                one.ended = True
                one.wake()

    def _count(self, ids: Collection[str], now: datetime) -> Snapshot:
        with self._database.read() as session:
            began = time.monotonic()
            slow = self._slow
            if slow is None or began > slow.until or not self._running:
                slow = self._slow = _seldom(session, now)
            own = {path: Counts(**_part(counts)) for path, counts in slow.own.items()}
            rooms, sessions = repository.rooms_and_sessions(session, ids)
            for path, standing, presence, count in rooms:
                counts = own.setdefault(path, Counts())
                setattr(counts, standing, getattr(counts, standing) + count)
                if presence in _HEARD:
                    counts.linked += count
                elif presence == "lost":
                    counts.cut += count
            self._alive = {one for one, begun, seen in sessions if session_alive(begun, seen, now)}
        self._counted = time.monotonic()
        before = self._snapshot
        if before and before.own == own and before.units is slow.units:
            return before
        self._snapshot = Snapshot(
            before.version + 1 if before else 1, slow.units, own, slow.choices, slow.offered
        )
        return self._snapshot


@dataclass(frozen=True, slots=True)
class _Slow:
    """What is counted seldom: units, lessons by path, values that occur."""

    units: dict[str, Unit]
    own: dict[str, Counts]
    choices: dict[str, list[str]]
    until: float
    offered: dict[tuple[str, ...], Mapping[str, list[str]]] = field(default_factory=dict)


def _seldom(session: Session, now: datetime) -> _Slow:
    began = time.monotonic()
    units = {one.path: one for one in repository.units(session)}
    own: dict[str, Counts] = {}
    for path, recorded, missed, endangered in repository.lessons(
        session, now, back=_BACK, ahead=_AHEAD
    ):
        own[path] = Counts(recorded=recorded, missed=missed, endangered=endangered)
    for path, arriving in repository.arriving(session):
        own.setdefault(path, Counts()).arriving = arriving
    ended = time.monotonic()
    return _Slow(
        units,
        own,
        repository.choices(session),
        ended + max(SLOW_EVERY, _SHARE * 2 * (ended - began)),
    )


def _part(counts: Counts) -> dict[str, int]:
    return {
        "recorded": counts.recorded,
        "missed": counts.missed,
        "endangered": counts.endangered,
        "arriving": counts.arriving,
    }
