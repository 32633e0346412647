"""Takes of a course and of no planned lesson, paused takes, and slides."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.courses import service as courses
from fleet.courses.models import Lesson
from fleet.db import Bus, Database, Session
from fleet.orgs import service as orgs
from fleet.recordings import service
from fleet.recordings.events import LessonRecorded
from fleet.recordings.models import Slide
from tests.fleet.databases import Databases
from tests.fleet.telling import NOON, handle, told

DIGEST = "a" * 64
SEGMENT = m.Segment(
    track="presenter", index=0, run=0, start=0.0, duration=60.0, bytes=10, sha256=DIGEST
)


class Fleet:
    """One room and one course, nothing planned, and every lesson announced as recorded."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.recorded: list[str] = []
        database.bus.on(LessonRecorded, lambda _, said: self.recorded.append(said.lesson_id))
        with database.write() as session:
            room = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Room 1")
            self.course = courses.add_course(session, title="Physics", now=NOON).id
            self.room = room.id
            session.add(
                Agent(id="pc", room_id=room.id, public_key="", serials={}, enrolled_at=NOON)
            )
        self.agent = AgentRef("pc", self.room)

    def tell(self, session: Session, payload: m.Payload, seq: int = 1) -> None:
        handle(session, self.agent, told(self.agent, payload, seq))

    def started(self, take: str = "t1", minute: int = 0, **more: object) -> m.TakeStarted:
        values: dict[str, object] = {"lesson": None, "course": self.course, **more}
        at = NOON + timedelta(minutes=minute)
        return m.TakeStarted(take=take, started_at=at, tracks=("presenter",), **values)  # type: ignore[arg-type]

    def ended(
        self, take: str = "t1", minute: int = 0, reason: m.TakeEnd = "stopped", **more: object
    ) -> m.TakeEnded:
        """A take of ten minutes."""
        values: dict[str, object] = {"lesson": None, "course": self.course, **more}
        at = NOON + timedelta(minutes=minute)
        track = m.TrackManifest(name="presenter", kind="video", segments=(SEGMENT,))
        return m.TakeEnded(
            take=take,
            started_at=at,
            ended_at=at + timedelta(minutes=10),
            duration=600.0,
            reason=reason,
            tracks=(track,),
            **values,  # type: ignore[arg-type]
        )

    def store(self, session: Session, take: str = "t1") -> None:
        service.segment_stored(
            session,
            agent=self.agent,
            take=take,
            track="presenter",
            index=0,
            bytes=10,
            sha256=DIGEST,
            key=f"{take}-0",
            upload_id="u",
            now=NOON,
        )

    def lessons(self, session: Session) -> list[Lesson]:
        return list(session.scalars(select(Lesson).order_by(Lesson.number)))


@pytest.fixture
def fleet(both_databases: Databases, tmp_path: Path) -> Iterator[Fleet]:
    database = Database(both_databases.make(tmp_path / "fleet.sqlite"), Bus())
    yield Fleet(database)
    database.close()


def test_any_order_and_twice_makes_one_lesson_and_publishes_it_once(fleet: Fleet) -> None:
    steps = {
        "started": lambda s, take, minute: fleet.tell(s, fleet.started(take, minute)),
        "stored": lambda s, take, _: fleet.store(s, take),
        "ended": lambda s, take, minute: fleet.tell(s, fleet.ended(take, minute)),
    }
    for number, order in enumerate(itertools.permutations(steps)):
        for name in (*order, *order):
            with fleet.database.write() as session:
                steps[name](session, f"take-{number}", number * 20)

    with fleet.database.read() as session:
        lessons = fleet.lessons(session)
        spans = [(one.starts_at - NOON, one.ends_at - NOON) for one in lessons]
        takes = [service.recording(session, f"take-{number}").lesson_id for number in range(6)]
        told_to_the_room = classrooms.desired(session, fleet.room)
    assert [one.title for one in lessons] == [f"Physics {number}" for number in range(1, 7)]
    assert spans == [
        (timedelta(minutes=start), timedelta(minutes=start + 10)) for start in range(0, 120, 20)
    ]
    assert takes == [one.id for one in lessons] == fleet.recorded
    assert told_to_the_room is not None
    assert told_to_the_room.state.timetable == ()


def test_an_unplanned_lesson_is_there_while_it_is_being_recorded(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        fleet.tell(session, fleet.started())
        (lesson,) = fleet.lessons(session)
        assert (lesson.course_id, lesson.starts_at) == (fleet.course, NOON)
        assert service.recording(session, "t1").linked_by == "room"


def test_a_course_nobody_knows_leaves_the_take_in_the_tray_with_a_reason(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        for _ in range(2):
            fleet.tell(session, fleet.started(course="gone"))
            fleet.tell(session, fleet.ended(course="gone"))
        (row,) = service.tray(session)
        assert row.tray_reason == "the course that was chosen in the room is not known here"
        assert fleet.lessons(session) == []


def test_a_take_without_a_course_goes_to_the_tray_until_one_is_chosen(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        fleet.tell(session, fleet.started(course=None))
        fleet.tell(session, fleet.ended("t2", 30, course=None))
        assert [row.id for row in service.tray(session)] == ["t2", "t1"]
        assert fleet.lessons(session) == []
        fleet.tell(session, fleet.ended())
        assert [row.id for row in service.tray(session)] == ["t2"]


def test_a_planned_lesson_is_believed_before_a_course(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        planned = courses.add_lesson(
            session, fleet.course, fleet.room, "", NOON, NOON + timedelta(hours=1), now=NOON
        ).id
        fleet.tell(session, fleet.ended(lesson=planned))
        assert [one.id for one in fleet.lessons(session)] == [planned]
        assert service.recording(session, "t1").lesson_id == planned


def test_another_take_is_not_matched_to_an_unplanned_lesson_by_its_time(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        fleet.tell(session, fleet.ended())
        fleet.tell(session, fleet.started("t0", -5, course=None))
        assert [row.id for row in service.tray(session)] == ["t0"]


def test_a_persons_choice_stays(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        planned = courses.add_lesson(
            session,
            fleet.course,
            fleet.room,
            "",
            NOON + timedelta(days=1),
            NOON + timedelta(days=1, hours=1),
            now=NOON,
        ).id
        fleet.tell(session, fleet.started())
        service.unlink(session, "t1")
        service.link(session, "t1", planned, by="ana@example.org", now=NOON)
        fleet.tell(session, fleet.ended())
        assert service.recording(session, "t1").lesson_id == planned


@pytest.mark.parametrize(
    ("reason", "minute", "course", "together"),
    [
        ("paused", 15, True, True),
        ("interrupted", 15, True, True),
        ("stopped", 15, True, False),
        ("paused", 600, True, False),
        ("paused", 15, False, False),
    ],
)
def test_what_goes_on_after_a_pause_is_the_same_unplanned_lesson(
    fleet: Fleet, reason: m.TakeEnd, minute: int, course: bool, together: bool
) -> None:
    with fleet.database.write() as session:
        other = courses.add_course(session, title="Chemistry", now=NOON).id
        chosen = fleet.course if course else other
        fleet.tell(session, fleet.started())
        fleet.tell(session, fleet.ended(reason=reason))
        for _ in range(2):
            fleet.tell(session, fleet.started("t2", minute, course=chosen))
            fleet.tell(session, fleet.ended("t2", minute, course=chosen))
        first, second = (service.recording(session, take).lesson_id for take in ("t1", "t2"))
        assert (first == second) is together
        ends_at = courses.lesson(session, first or "").ends_at
        assert ends_at == NOON + timedelta(minutes=minute + 10 if together else 10)


def test_a_paused_lesson_is_announced_when_it_has_gone_on_and_ended(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        planned = courses.add_lesson(
            session, fleet.course, fleet.room, "", NOON, NOON + timedelta(hours=1), now=NOON
        ).id
        fleet.tell(session, fleet.ended(reason="paused", lesson=planned))
        fleet.store(session)
        assert fleet.recorded == []
        fleet.tell(session, fleet.ended("t2", 20, "bell", lesson=planned))
        assert fleet.recorded == []
        fleet.store(session, "t2")
        assert fleet.recorded == [planned]
        assert [take.id for take in service.takes_of_lesson(session, planned)] == ["t1", "t2"]


def test_an_abandoned_take_gives_its_lesson_an_end(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        fleet.tell(session, fleet.started())
        fleet.tell(session, m.SegmentClosed(take="t1", segment=SEGMENT))
        fleet.store(session)
        late = NOON + timedelta(days=2)
        assert service.close_abandoned(session, late, timedelta(days=1)) == 1
        (lesson,) = fleet.lessons(session)
        assert lesson.starts_at <= lesson.ends_at
        assert fleet.recorded == [lesson.id]


def test_a_slide_is_kept_once_and_before_its_take_is_known(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        for at in (62.4, 12.0, 62.4):
            fleet.tell(session, m.SlideChanged(take="t1", track="presentation", at=at))
        found = session.scalars(select(Slide).order_by(Slide.at)).all()

    assert [(one.take_id, one.track, one.at) for one in found] == [
        ("t1", "presentation", 12.0),
        ("t1", "presentation", 62.4),
    ]
