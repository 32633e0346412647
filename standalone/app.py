"""Starts broker, fleet and classroom in one event loop, and plays a sample lesson through them."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import edge_agent.app
import fleet.app
from edge_agent.link.enrol import enrol
from edge_agent.link.identity import IdentityStore
from edge_agent.ports.recorder import Recorder
from edge_agent.settings import RoomSettings
from fleet.adapters import mosquitto
from fleet.adapters.mosquitto import BrokerPlan
from fleet.auth import service as auth
from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.db import Database
from simulator.classroom import Classroom
from standalone import lesson, sample
from standalone.children import BrokerChild
from standalone.errors import Failed
from standalone.hardware import devices
from standalone.house import House
from standalone.lesson import Say
from standalone.report import Report, check_tracks

logger = logging.getLogger(__name__)

AHEAD_SECONDS = 4.0
"""How far ahead the sample lesson is timetabled: the room has it before it begins."""

START_SECONDS = 60.0
LAMP_FAILED = "020000"
"""PJLink's answer to ERST: the second digit is the lamp, 2 an error."""

STOP_SECONDS = 30.0
EVENTS_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Lectern:
    """Broker, fleet and classroom, running; `classroom` is what stands in it."""

    house: House
    database: Database
    sample: sample.Sample
    classroom: Classroom
    say: Say


@contextlib.asynccontextmanager
async def lectern(
    house: House, say: Say, *, segment_seconds: float, recorder: Recorder | None = None
) -> AsyncIterator[Lectern]:
    """Start everything; it is gone when the block ends, raises or is cancelled.

    `recorder` takes the place of ffmpeg, as in `edge_agent.app.run`.

    Raises:
        Failed: a part did not start, or ended by an error.
    """
    settings = house.fleet()
    built = await asyncio.to_thread(fleet.app.build, settings)
    database = built.database
    tasks: dict[str, asyncio.Task[None]] = {}
    try:
        async with (
            Classroom() as classroom,
            Classroom() as neighbour,
            asyncio.TaskGroup() as parts,
        ):
            try:
                tasks["broker"] = await _start_broker(house, built, parts)
                say("broker", f"mosquitto, TLS with client certificates, port {house.mqtt_port}")
                ready = asyncio.Event()
                running = fleet.app.run(settings, ready=ready)
                tasks["fleet"] = parts.create_task(running, name="fleet")
                await _in_time(ready, "the fleet")
                say("fleet", house.url)
                if link := await asyncio.to_thread(_administrator_link, database, house):
                    say("sign in", f"{link}  (works once, makes you the administrator)")
                room = await asyncio.to_thread(_prepare, database)
                await _enrol(house, database, sample.FIRST, room.room, say)
                secrets = house.classroom / "secrets"
                described = await asyncio.to_thread(devices, classroom, secrets)
                room_settings = await asyncio.to_thread(house.room, segment_seconds, described)
                agent = edge_agent.app.run(room_settings, recorder=recorder)
                tasks["agent"] = parts.create_task(agent, name="agent")
                await lesson.until_connected(database, room.room)
                say("touch page", f"{house.panel_url}  (what stands on the classroom's panel)")
                if house.neighbour_port:
                    await _enrol(house, database, sample.NEIGHBOUR, room.neighbour, say)
                    settings_of_it = await asyncio.to_thread(_troubled, house, neighbour)
                    agent = edge_agent.app.run(settings_of_it)
                    tasks["neighbour"] = parts.create_task(agent, name="neighbour")
                    await lesson.until_connected(database, room.neighbour)
                    say("neighbour", f"{house.neighbour_url}  (the other classroom's panel)")
                yield Lectern(house, database, room, classroom, say)
            finally:
                # The room leaves before the fleet, so that it can say so; the broker is last.
                for name in ("neighbour", "agent", "fleet", "broker"):
                    if task := tasks.get(name):
                        task.cancel()
                        await asyncio.wait([task], timeout=STOP_SECONDS)
    except ExceptionGroup as group:
        raise _reason(group) from None
    finally:
        database.close()


async def timetable(running: Lectern, seconds: float) -> sample.Meeting:
    """Put one more lesson of the sample course into the classroom's timetable."""
    meeting = await asyncio.to_thread(_timetable, running.database, running.sample, seconds)
    running.say("lesson", f"{meeting.title} (number {meeting.number} of the sample course)")
    return meeting


async def follow(running: Lectern, meeting: sample.Meeting, published: float) -> Report:
    """Follow a lesson until it plays, `published` seconds of it at least.

    Raises:
        Failed: it did not get through, or what was published does not play.
    """
    house, database, say = running.house, running.database, running.say
    playable_after = await lesson.until_published(database, meeting, say)
    url = f"{house.url}/lessons/{meeting.lesson}"
    say("published", f"{playable_after:.1f} s after the bell; trying whether it plays")
    tracks = await check_tracks(house.url, meeting.lesson, published)
    say("plays", ", ".join(f"{track.name} {track.duration:.1f} s" for track in tracks))
    say("watch", url)
    delivery = await lesson.delivered(database, meeting.lesson)
    events = await asyncio.to_thread(
        _events_since, database, running.sample.room, meeting.starts_at
    )
    return Report(
        lesson=meeting.lesson,
        url=url,
        seconds_from_bell_to_playable=round(playable_after, 3),
        tracks=tracks,
        bytes_uploaded=delivery.bytes,
        events_acknowledged=events,
    )


async def _start_broker(
    house: House, built: fleet.app.Fleet, parts: asyncio.TaskGroup
) -> asyncio.Task[None]:
    plan = BrokerPlan(house.mqtt_port, "127.0.0.1", mosquitto.current_user())
    directory = built.settings.broker_dir
    config = await asyncio.to_thread(fleet.app.write_broker_config, built, directory, plan)
    ready = asyncio.Event()
    broker = BrokerChild(config, house.mqtt_port, house.data / "mosquitto.log")
    task = parts.create_task(broker.run(ready), name="broker")
    await _in_time(ready, "the broker")
    return task


async def _enrol(
    house: House, database: Database, place: sample.Place, room: str, say: Say
) -> None:
    """Enrol a classroom's PC over HTTP, as an installer would, unless it has an identity."""
    folder = house.of(place)
    identity = await asyncio.to_thread(IdentityStore(folder).load)
    if identity is None or not await asyncio.to_thread(_is_known, database, identity.agent):
        claim = await asyncio.to_thread(_claim, database, room)
        identity = await enrol(folder, house.url, claim)
    say("classroom", f"{place.institution}, {place.room}; its PC is enrolled as {identity.agent}")


def _troubled(house: House, classroom: Classroom) -> RoomSettings:
    """The neighbour's room, whose projector says that its lamp has failed."""
    classroom.projector.errors = LAMP_FAILED
    described = devices(classroom, house.of(sample.NEIGHBOUR) / "secrets")
    for one in described:
        if one["name"] == "projector":
            one["overrides"] = {"readings": {"error_lamp": {"poll": 5}}}
    return house.room(60.0, described, sample.NEIGHBOUR)


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


def _administrator_link(database: Database, house: House) -> str | None:
    with database.write() as session:
        token = auth.first_administrator(session, now=datetime.now(UTC))
    return auth.link_address(house.url, token) if token else None


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
    with database.write() as session:
        return sample.timetable_lesson(session, room, now, AHEAD_SECONDS, seconds)


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
