"""A fleet of many rooms, written in bulk: 17 countries, their institutions, rooms, devices."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert, select, text

from fleet.classrooms.models import Agent, Room
from fleet.classrooms.standing import standing
from fleet.courses.models import Course, Lesson
from fleet.db import Base, Database, Session, new_id
from fleet.desk.search.models import SearchTerm
from fleet.desk.search.things import THINGS
from fleet.desk.search.words import words
from fleet.devices.models import Device
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit

COUNTRIES = 17
INSTITUTIONS = 20
DEVICES = 4
_AT_ONCE = 10_000
_TERMS = Base.metadata.tables[SearchTerm.__tablename__]
_ROLES = (
    ("projector", "pjlink-class-1", "Epson"),
    ("panel", "samsung-mdc", "Samsung"),
    ("camera", "onvif-ptz", "Axis"),
    ("microphone", "dante", "Shure"),
)
_PRESENCES = ("ready",) * 90 + ("lost",) * 5 + ("disconnected",) * 4 + ("none",)
_NAMES = ("Aula", "Hall", "Lab", "Seminar", "Studio", "Workshop", "Library", "Theatre")
_ISO2 = "PK ZM MN MY ID NG KE EG UZ SN MA ET GH RS KG ML NP".split()  # noqa: SIM905


def seed(database: Database, rooms: int, now: datetime | None = None) -> None:
    """Fill an empty database. The same each time but for the ids. Blocks."""
    chance = random.Random(7)  # noqa: S311 - which room is dark, not a secret
    at = now or datetime.now(UTC)
    with database.write() as session:
        units = _units(session)
    with database.write() as session:
        if database.engine.dialect.name == "sqlite":
            # Trees of a gigabyte are written in no order: not through the usual two megabytes.
            session.execute(text("PRAGMA cache_size = -800000"))
        for index in _TERMS.indexes:
            index.drop(session.connection())
        course = Course(
            slug="hydrology",
            title="Hydrology",
            description="",
            language="en",
            category="",
            unit_id=None,
            publish="auto",
            created_at=at,
        )
        session.add(course)
        session.flush()
        for start in range(0, rooms, _AT_ONCE):
            many = range(start, min(start + _AT_ONCE, rooms))
            _rooms(session, many, units, chance, at, course.id)
        for index in _TERMS.indexes:
            index.create(session.connection())
    with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA cache_size = -2000")
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _units(session: Session) -> list[OrgUnit]:
    top = orgs.root(session)
    found: list[OrgUnit] = []
    for n in range(COUNTRIES):
        country = orgs.add(
            session, parent_id=top.id, kind="country", name=f"Country {n:02}", iso2=_ISO2[n]
        )
        for m in range(INSTITUTIONS):
            name = f"University {n:02}-{m:02}"
            found.append(orgs.add(session, parent_id=country.id, kind="institution", name=name))
    return found


def _rooms(
    session: Session,
    numbers: range,
    units: list[OrgUnit],
    chance: random.Random,
    at: datetime,
    course: str,
) -> None:
    rooms: list[dict[str, Any]] = []
    agents: list[dict[str, Any]] = []
    devices: list[dict[str, Any]] = []
    lessons: list[dict[str, Any]] = []
    for number in numbers:
        unit, presence = units[number % len(units)], chance.choice(_PRESENCES)
        trouble = chance.choice(("",) * 97 + ("warning", "warning", "critical"))
        room = {
            "id": new_id(),
            "unit_id": unit.id,
            "name": f"{chance.choice(_NAMES)} {number:06}",
            "timezone": "UTC",
            "path": unit.path,
            "presence": presence,
            "trouble": trouble,
            "standing": standing(presence, trouble),
        }
        rooms.append(room)
        agent = {
            "id": new_id(),
            "room_id": room["id"],
            "public_key": "",
            "serials": {},
            "enrolled_at": at,
            "presence": presence,
            "seen_at": at,
            "agent_version": f"1.{chance.randrange(4)}.0",
            "description": {"hostname": f"pc-{number:06}"},
        }
        agents.append(agent)
        for role, profile, vendor in _ROLES[:DEVICES]:
            devices.append(
                {
                    "room_id": room["id"],
                    "name": f"{role}-1",
                    "role": role,
                    "profile": "rare-model" if number % 5000 == 7 else profile,
                    "vendor": vendor,
                    "power": "on",
                    "online": True,
                    "since": at,
                    "agent_id": agent["id"],
                }
            )
        if number % 10 == 0:
            begins = at - timedelta(hours=2) + timedelta(minutes=chance.randrange(240))
            lessons.append(
                {
                    "id": new_id(),
                    "course_id": course,
                    "room_id": room["id"],
                    "title": f"Hydrology {number}",
                    "number": number + 1,
                    "starts_at": begins,
                    "ends_at": begins + timedelta(hours=1),
                }
            )
    connection = session.connection()
    terms: list[dict[str, str]] = []
    paths: dict[object, str] = {one["id"]: one["path"] for one in rooms}
    for table, rows in ((Room, rooms), (Agent, agents), (Device, devices), (Lesson, lessons)):
        if rows:
            connection.execute(insert(Base.metadata.tables[table.__tablename__]), rows)
            terms += _terms(table, rows, paths)
    terms.sort(key=itemgetter("kind", "word", "path", "ref"))
    connection.execute(insert(_TERMS), terms)


def _terms(
    table: type[Base], rows: list[dict[str, Any]], paths: dict[object, str]
) -> Iterator[dict[str, str]]:
    """The words of rows that were written past the ORM, as `desk.search` makes them."""
    thing = THINGS[table]
    for row in rows:
        one = SimpleNamespace(revoked_at=None, **row)
        room = thing.room(one)
        about = {"kind": thing.kind, "ref": thing.ref(one), "room_id": room, "path": paths[room]}
        for word in _words(*thing.texts(one)):
            yield {**about, "word": word}


_words = lru_cache(maxsize=1000)(words)
"""Most devices are called as others are."""


def some_rooms(session: Session, count: int) -> list[str]:
    """Ids of rooms all over the table."""
    ids = list(session.scalars(select(Room.id).order_by(Room.id)))
    return ids[:: max(1, len(ids) // count)][:count]
