"""Work that time makes due."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db import Database
from fleet.orgs import service as orgs
from fleet.upkeep.sweeps import Sweep, sweep, sweeps


def run_for(database: Database, task: Sweep, seconds: float) -> None:
    async def limited() -> None:
        try:
            async with asyncio.timeout(seconds):
                await sweep(database, task)
        except TimeoutError:
            pass

    asyncio.run(limited())


def test_a_sweep_goes_on_after_the_database_failed(migrated: Database) -> None:
    calls: list[datetime] = []

    def work(session: Session, now: datetime) -> None:
        calls.append(now)
        if len(calls) == 1:
            raise OperationalError("statement", {}, Exception("disk full"))
        orgs.root(session)

    run_for(migrated, Sweep("test", 0.05, work), 1.0)

    assert len(calls) >= 3
    with migrated.read() as session:
        assert orgs.root(session).kind == "region"


def test_the_meetings_of_the_next_days_become_lessons(migrated: Database) -> None:
    now = datetime.now(UTC)
    with migrated.write() as session:
        room = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Lab")
        course = courses.add_course(session, title="Algebra", now=now)
        courses.add_slot(
            session,
            course_id=course.id,
            room_id=room.id,
            weekday=(now + timedelta(days=2)).weekday(),
            starts=datetime(2026, 1, 1, 10).time(),  # noqa: DTZ001 - the room's own time
            minutes=45,
            first_date=now.date(),
            last_date=now.date() + timedelta(days=60),
            now=now,
        )
        session.flush()

    for task in sweeps(take_grace_seconds=600):
        run_for(migrated, task, 1.0)

    with migrated.read() as session:
        assert len(courses.lessons_of_course(session, course.id)) == 2
