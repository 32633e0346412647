"""Ten thousand rooms lost at once, and all of them back at once: when is the database right?

Presence messages as rooms send them are given to the inbox's service in batches of 500, in one
thread; another evaluates the alarms, and again a second after that has ended, as the worker does.
Both are in this process, over one database: SQLite on disk. There is no broker, so neither a last
will's delay of 20 s nor the wire is in it; nor are HTTP and the 2 s within which an open overview
is told. Right is what pages are made of: a count of rooms by standing says that every lost room is
dark, or none, and the count behind the list of alarms is one for each site that was lost, or none.

A rule's delay is patience and no work. For the measurement a room is an alarm after `PATIENCE`, 30
s, not after the usual two minutes; it has to outlast the time in which the messages come in, or
rooms would be alarms before their site is known to be dark. It does not count: the figure for loss
is the longer of how long the rooms took, and how long the alarms took beyond `PATIENCE`; alarms
that were done within it therefore count as nothing. For the way back it is the longer of the two
as they are. Alarms a parent are all that were ever raised, by the sites that were lost. `quick` is
a tenth of the rooms.
"""

import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from benchmarks.result import Result
from contract import codec, topics
from contract import messages as m
from fleet import migrations
from fleet.alerts import handlers as alert_handlers
from fleet.alerts import service as alerts
from fleet.classrooms.models import Agent, Room
from fleet.classrooms.ports import Incoming
from fleet.db import Bus, Database, new_id
from fleet.inbox import service as inbox
from fleet.inbox.table import handlers
from fleet.orgs import service as orgs

GOAL_SECONDS: Final = 10.0
COUNTRIES: Final = 4
ROOMS_OF_A_SITE: Final = 100
ROOMS: Final = 10_000
BATCH: Final = 500
PATIENCE: Final = 30.0
LONGEST: Final = 300.0


@dataclass(frozen=True, slots=True)
class Storm:
    """How long it took until everything was right, and how many alarms that made."""

    lost: float
    regained: float
    alarms: int
    sites: int


def run(quick: bool) -> list[Result]:
    """Seconds until pages are right, and alarms a parent."""
    storm = measure(ROOMS // 10 if quick else ROOMS)
    against = f"a limit; {storm.sites} sites of {ROOMS_OF_A_SITE} rooms, SQLite"
    return [
        Result("presence_lost", storm.lost, "s", GOAL_SECONDS, "lower", against),
        Result("presence_regained", storm.regained, "s", GOAL_SECONDS, "lower", against),
        Result("alarms_a_parent", storm.alarms / storm.sites, "", 1.0, "lower", against),
    ]


def measure(rooms: int) -> Storm:
    """Lose so many rooms at once, and get them back.

    Raises:
        RuntimeError: it was not right within five minutes.
    """
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        bus = Bus()
        alert_handlers.register(bus)
        database = Database(f"sqlite:///{Path(directory) / 'fleet.sqlite'}", bus)
        migrations.upgrade(database)
        agents, sites = _seed(database, rooms)
        with _evaluating(database):
            lost = _time(database, agents, "lost", rooms, sites, PATIENCE)
            back = _time(database, agents, "ready", 0, 0, 0.0)
        with database.read() as session:
            total = alerts.count(session, alerts.Wanted(state=""), datetime.now(UTC))
        database.close()
    return Storm(lost, back, total, sites)


def _time(
    database: Database, agents: Sequence[str], state: str, dark: int, alarms: int, patience: float
) -> float:
    """Seconds until rooms and alarms are right, without patience."""
    mixed = random.Random(7).sample(agents, len(agents))  # noqa: S311
    messages = [_message(agent, state, 1) for agent in mixed]
    table = handlers()
    began = time.monotonic()
    for start in range(0, len(messages), BATCH):
        inbox.receive(database, table, messages[start : start + BATCH], careful=False)
    rooms_right = _wait(began, lambda: _dark(database) == dark)
    alarms_right = _wait(began, lambda: _alarms(database) == alarms)
    return max(rooms_right, alarms_right - patience)


def _wait(began: float, right: Callable[[], bool]) -> float:
    while not right():
        if time.monotonic() - began > LONGEST:
            raise RuntimeError(f"the pages are not right after {LONGEST:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - began


def _dark(database: Database) -> int:
    """As the pages count rooms that are dark."""
    with database.read() as session:
        query = select(func.count()).select_from(Room).where(Room.standing == "dark")
        return session.scalar(query) or 0


def _alarms(database: Database) -> int:
    """As the list of alarms counts what is open."""
    with database.read() as session:
        return alerts.count(session, alerts.Wanted(), datetime.now(UTC))


def _message(agent: str, state: str, number: int) -> Incoming:
    now = datetime.now(UTC)
    said = m.Presence(
        state=state,  # type: ignore[arg-type]
        session=number,
        boot="1",
        since=now,
        agent_version="1",
        contract="1.1",
    )
    body = codec.encode_up(said, source=agent, time=now, epoch="", seq=0)
    return Incoming(topics.topic(agent, "presence"), body)


@contextmanager
def _evaluating(database: Database) -> Iterator[None]:
    """Evaluate once a second, as the worker does."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(1.0):
            with database.write() as session:
                alerts.evaluate(session, datetime.now(UTC))

    thread = threading.Thread(target=work, name="evaluate")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _seed(database: Database, rooms: int) -> tuple[list[str], int]:
    """Sites of some countries, each country with one more site that is never lost."""
    now = datetime.now(UTC)
    agents: list[str] = []
    sites = rooms // ROOMS_OF_A_SITE
    with database.write() as session:
        root = orgs.root(session)
        countries = [
            orgs.add(session, parent_id=root.id, kind="country", name=f"Country {n}")
            for n in range(COUNTRIES)
        ]
        alerts.change_rule(
            session, path="", rule="room-dark", change={"delay": PATIENCE}, by="bench", now=now
        )
        for number in range(sites + COUNTRIES):
            above = countries[number % COUNTRIES]
            site = orgs.add(session, parent_id=above.id, kind="institution", name=f"Site {number}")
            count = ROOMS_OF_A_SITE if number < sites else 1
            for place in range(count):
                room, agent = new_id(), new_id()
                session.add(
                    Room(
                        id=room,
                        unit_id=site.id,
                        name=f"Room {number}-{place}",
                        timezone="UTC",
                        path=site.path,
                        uplink=f"switch {place // 20}",
                        presence="ready",
                        standing="working",
                    )
                )
                session.flush()
                session.add(
                    Agent(
                        id=agent,
                        room_id=room,
                        public_key="",
                        serials={},
                        enrolled_at=now,
                        presence="ready",
                        session=1,
                    )
                )
                if number < sites:
                    agents.append(agent)
    return agents, sites
