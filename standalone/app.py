"""Starts broker, fleet and classroom in one event loop, and plays a sample lesson through them."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import edge_agent.app
import fleet.app

from edge_agent.link.enrol import enrol
from edge_agent.link.identity import IdentityStore
from fleet.adapters import mosquitto
from fleet.auth import service as auth
from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.classrooms.authority import Authority
from fleet.db import Database
from fleet.settings import FleetSettings
from standalone import lesson, sample
from standalone.children import BrokerChild
from standalone.errors import Failed
from standalone.house import House
from standalone.lesson import Say
from standalone.report import Report, check_tracks

logger = logging.getLogger(__name__)

AHEAD_SECONDS = 4.0
"""How far ahead the sample lesson is timetabled: the room has it before it begins."""

START_SECONDS = 60.0
STOP_SECONDS = 30.0
SHORTEST_SEGMENT, LONGEST_SEGMENT = 2.0, 60.0
EVENTS_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    house: House
    lesson_seconds: float
    once: bool
    say: Say


async def run(options: Options) -> Report:
    """Start everything, record and publish a lesson; with `once`, stop then.

    Everything that was started is gone when this returns or raises, cancelled or not.

    Raises:
        Failed: a part did not start, or the lesson did not get through.
    """
    database = Database(options.house.fleet().database)
    tasks: dict[str, asyncio.Task[None]] = {}
    try:
        async with asyncio.TaskGroup() as parts:
            try:
                return await _through(options, database, parts, tasks)
            finally:
                # The room leaves before the fleet, so that it can say so; the broker is last.
                for name in ("agent", "fleet", "broker"):
                    if task := tasks.get(name):
                        task.cancel()
                        await asyncio.wait([task], timeout=STOP_SECONDS)
    except ExceptionGroup as group:
        raise _reason(group) from group
    finally:
        database.close()


async def _through(
    options: Options,
    database: Database,
    parts: asyncio.TaskGroup,
    tasks: dict[str, asyncio.Task[None]],
) -> Report:
    house, say = options.house, options.say
    settings = house.fleet()
    fleet_ready, broker_ready = asyncio.Event(), asyncio.Event()

    tasks["fleet"] = parts.create_task(fleet.app.run(settings, ready=fleet_ready), name="fleet")
    await _in_time(fleet_ready, "the fleet")
    say("fleet", house.url)

    config = await asyncio.to_thread(_broker_config, house, settings, database)
    broker = BrokerChild(config, house.mqtt_port, house.data / "mosquitto.log")
    tasks["broker"] = parts.create_task(broker.run(broker_ready), name="broker")
    await _in_time(broker_ready, "the broker")
    say("broker", f"mosquitto, TLS with client certificates, port {house.mqtt_port}")

    link = await asyncio.to_thread(_administrator_link, database, settings)
    if link:
        say("sign in", f"{link}  (works once, makes you the administrator)")
    room = await asyncio.to_thread(_prepare, database)
    await _enrol(house, database, room, say)
    segment = min(max(options.lesson_seconds / 4, SHORTEST_SEGMENT), LONGEST_SEGMENT)
    settings_of_room = await asyncio.to_thread(house.room, segment)
    tasks["agent"] = parts.create_task(edge_agent.app.run(settings_of_room), name="agent")
    await lesson.until_connected(database, room.room)

    report = await _record_one(options, database, room)
    if not options.once:
        say("ready", "the classroom keeps its timetable; Ctrl-C ends everything")
        await asyncio.Event().wait()
    return report


async def _record_one(options: Options, database: Database, room: sample.Sample) -> Report:
    house, say = options.house, options.say
    began = datetime.now(UTC)
    meeting = await asyncio.to_thread(_timetable, database, room, options.lesson_seconds)
    say("lesson", f"{sample.COURSE}, {meeting.title} (number {meeting.number})")
    playable_after = await lesson.until_published(database, meeting, say)
    url = f"{house.url}/lessons/{meeting.lesson}"
    say("published", f"{playable_after:.1f} s after the bell; trying whether it plays")
    tracks = await check_tracks(house.url, meeting.lesson, options.lesson_seconds)
    say("plays", ", ".join(f"{track.name} {track.duration:.1f} s" for track in tracks))
    say("watch", url)
    delivery = await lesson.delivered(database, meeting.lesson)
    return Report(
        lesson=meeting.lesson,
        url=url,
        seconds_from_bell_to_playable=round(playable_after, 3),
        tracks=tracks,
        bytes_uploaded=delivery.bytes,
        events_acknowledged=await asyncio.to_thread(_events_since, database, room.room, began),
    )


async def _enrol(house: House, database: Database, room: sample.Sample, say: Say) -> None:
    """Enrol the classroom's PC over HTTP, as an installer would, unless it has an identity."""
    identity = await asyncio.to_thread(IdentityStore(house.classroom).load)
    if identity is None or not await asyncio.to_thread(_is_known, database, identity.agent):
        claim = await asyncio.to_thread(_claim, database, room.room)
        identity = await enrol(house.classroom, house.url, claim)
    say("classroom", f"{sample.ROOM}, its PC is enrolled as {identity.agent}")


def _reason(group: ExceptionGroup[Exception]) -> Failed:
    """What to tell the user of a part that ended: our own words if there are any."""
    logger.error("ended by an error", exc_info=group)
    known = group.subgroup(Failed)
    leaf: BaseException = known or group
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return leaf if isinstance(leaf, Failed) else Failed(f"{type(leaf).__name__}: {leaf}")


async def _in_time(ready: asyncio.Event, what: str) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            await ready.wait()
    except TimeoutError:
        raise Failed(f"{what} did not start within {START_SECONDS:.0f} s; see the log") from None


def _broker_config(house: House, settings: FleetSettings, database: Database) -> Path:
    authority = Authority.open(settings.authority_dir)
    now = datetime.now(UTC)
    with database.read() as session:
        revoked = enrolment.shut_out(session, now).serials
    crl = authority.revocation_list(revoked, now, settings.crl_hours)
    # As root, Mosquitto would drop to a user who cannot read below a private home.
    plan = mosquitto.BrokerPlan(
        port=house.mqtt_port, bind="127.0.0.1", user="root" if os.geteuid() == 0 else ""
    )
    return mosquitto.write(settings.broker_dir, plan, authority, ("localhost", "127.0.0.1"), crl)


def _administrator_link(database: Database, settings: FleetSettings) -> str | None:
    with database.write() as session:
        token = auth.first_administrator(session, now=datetime.now(UTC))
    return auth.link_address(settings.url, token) if token else None


def _prepare(database: Database) -> sample.Sample:
    with database.write() as session:
        return sample.prepare(session, datetime.now(UTC))


def _claim(database: Database, room: str) -> str:
    with database.write() as session:
        # A room has one agent: one of a lost classroom directory makes place for the new one.
        if agent := classrooms.agent_of_room(session, room):
            enrolment.revoke(session, agent.id, datetime.now(UTC))
        return enrolment.issue_claim(session, room, datetime.now(UTC))


def _is_known(database: Database, agent: str) -> bool:
    with database.read() as session:
        return any(
            state.agent is not None and state.agent.id == agent
            for state in classrooms.room_states(session)
        )


def _timetable(database: Database, room: sample.Sample, seconds: float) -> sample.Meeting:
    now = datetime.now(UTC)
    starts_at = (now + timedelta(seconds=AHEAD_SECONDS)).replace(microsecond=0)
    with database.write() as session:
        return sample.timetable_lesson(session, room, starts_at, seconds, now)


def _events_since(database: Database, room: str, began: datetime) -> int:
    with database.read() as session:
        events = classrooms.events(session, room, EVENTS_COUNTED)
    return sum(event.received_at >= began for event in events)


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM cancels the current task, as Ctrl-C does."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is None:
        raise RuntimeError("not in a task")
    with contextlib.suppress(NotImplementedError):  # Windows
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGTERM)
