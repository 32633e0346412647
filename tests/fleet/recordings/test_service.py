"""Takes and segments arrive in any order, twice, late; the lesson is announced once, rightly."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db import Bus, Database
from fleet.errors import Conflict, Refused
from fleet.orgs import service as orgs
from fleet.recordings import service
from fleet.recordings.events import LessonRecorded, RecordingComplete
from tests.fleet.databases import Databases

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
DIGEST = "a" * 64


class Fleet:
    """A database with one room and one lesson, and everything announced in it."""

    def __init__(self, url: str) -> None:
        bus = Bus()
        self.heard: list[object] = []
        for event in (RecordingComplete, LessonRecorded):
            bus.on(event, lambda _, said: self.heard.append(said))
        self.database = Database(url, bus)
        with self.database.write() as session:
            unit = orgs.root(session)
            room = classrooms.add_room(session, unit_id=unit.id, name="Room 1")
            course = courses.add_course(session, title="Physics", now=NOW)
            session.flush()
            self.course, self.room = course.id, room.id
            self.lesson = self.add_lesson(session, NOW, "First")
        self.agent = AgentRef("room-pc-1", self.room)

    def add_lesson(self, session: Session, at: datetime, title: str) -> str:
        return courses.add_lesson(
            session, self.course, self.room, title, at, at + timedelta(hours=1), now=NOW
        ).id

    def recorded(self) -> list[str]:
        return [one.lesson_id for one in self.heard if isinstance(one, LessonRecorded)]


@pytest.fixture
def fleet(databases: Databases, tmp_path: Path) -> Iterator[Fleet]:
    one = Fleet(databases.make(tmp_path / "fleet.sqlite"))
    yield one
    one.database.close()


def segment(index: int = 0, digest: str = DIGEST) -> m.Segment:
    return m.Segment(
        track="presenter",
        index=index,
        run=0,
        start=60.0 * index,
        duration=60.0,
        bytes=10,
        sha256=digest,
    )


def started(take: str = "t1", lesson: str | None = None, at: datetime = NOW) -> m.TakeStarted:
    return m.TakeStarted(take=take, lesson=lesson, started_at=at, tracks=("presenter",))


def ended(
    take: str = "t1",
    lesson: str | None = None,
    at: datetime = NOW,
    reason: m.TakeEnd = "bell",
    segments: tuple[m.Segment, ...] = (segment(),),
) -> m.TakeEnded:
    track = m.TrackManifest(name="presenter", kind="video", segments=segments)
    return m.TakeEnded(
        take=take,
        lesson=lesson,
        started_at=at,
        ended_at=at + timedelta(hours=1),
        duration=3600.0,
        reason=reason,
        tracks=(track,),
    )


def store(
    session: Session,
    fleet: Fleet,
    take: str = "t1",
    index: int = 0,
    digest: str = DIGEST,
    agent: AgentRef | None = None,
) -> None:
    service.segment_stored(
        session,
        agent=agent or fleet.agent,
        take=take,
        track="presenter",
        index=index,
        bytes=10,
        sha256=digest,
        key=f"{take}-{index}-{digest[:4]}",
        upload_id="u",
        now=NOW,
    )


def steps(fleet: Fleet) -> dict[str, Callable[[Session], None]]:
    lesson = fleet.lesson
    return {
        "started": lambda s: service.take_started(s, fleet.agent, started(lesson=lesson)),
        "closed": lambda s: service.segment_announced(
            s, fleet.agent, m.SegmentClosed(take="t1", segment=segment())
        ),
        "stored": lambda s: store(s, fleet),
        "ended": lambda s: service.take_ended(s, fleet.agent, ended(lesson=lesson), NOW),
    }


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["started", "closed", "stored", "ended"])), ids="-".join
)
def test_any_order_and_twice_completes_and_announces_once(fleet: Fleet, order: list[str]) -> None:
    do = steps(fleet)
    for name in (*order, *order):
        with fleet.database.write() as session:
            do[name](session)

    assert fleet.heard == [
        RecordingComplete("t1", fleet.room, fleet.lesson),
        LessonRecorded(fleet.lesson),
    ]
    with fleet.database.read() as session:
        (take,) = service.takes_of_lesson(session, fleet.lesson)
    assert [one.key for one in take.tracks[0].segments] == ["t1-0-aaaa"]


def test_a_crash_waits_for_the_take_that_follows(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        store(session, fleet)
        service.take_ended(
            session, fleet.agent, ended(lesson=fleet.lesson, reason="interrupted"), NOW
        )
        later = NOW + timedelta(minutes=5)
        service.take_started(session, fleet.agent, started("t2", fleet.lesson, later))
        store(session, fleet, "t2")
    assert fleet.recorded() == []

    with fleet.database.write() as session:
        service.take_ended(session, fleet.agent, ended("t2", fleet.lesson, later), NOW)

    assert fleet.recorded() == [fleet.lesson]
    with fleet.database.read() as session:
        assert [t.id for t in service.takes_of_lesson(session, fleet.lesson)] == ["t1", "t2"]


def test_a_room_that_does_not_come_back_is_published_after_the_grace(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        store(session, fleet)
        service.take_ended(
            session, fleet.agent, ended(lesson=fleet.lesson, reason="interrupted"), NOW
        )
        grace = timedelta(minutes=10)
        assert service.announce_due(session, NOW + timedelta(minutes=65), grace) == 0
        assert service.announce_due(session, NOW + timedelta(minutes=70), grace) == 1
        assert service.announce_due(session, NOW + timedelta(minutes=71), grace) == 0

    assert fleet.recorded() == [fleet.lesson]


def test_a_take_without_a_name_is_matched_by_room_and_time(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        service.take_started(session, fleet.agent, started(at=NOW + timedelta(minutes=2)))
        assert service.recording(session, "t1").lesson_id == fleet.lesson


def test_the_tray_keeps_what_fits_no_lesson_until_a_person_chooses(fleet: Fleet) -> None:
    far = NOW + timedelta(days=9)
    with fleet.database.write() as session:
        store(session, fleet)
        service.take_ended(session, fleet.agent, ended(at=far), NOW)
        (row,) = service.tray(session)
        assert (row.state, service.tray_count(session)) == ("complete", 1)
        assert "no lesson" in row.tray_reason
        service.link(session, "t1", fleet.lesson, by="ana@example.org", now=NOW)
        service.link(session, "t1", fleet.lesson, by="ana@example.org", now=NOW)
    assert fleet.recorded() == [fleet.lesson]

    with fleet.database.write() as session:
        assert service.tray_count(session) == 0
        other = fleet.add_lesson(session, far, "Second")
        with pytest.raises(Conflict, match="already belongs"):
            service.link(session, "t1", other, by="ana@example.org", now=NOW)
        service.unlink(session, "t1")
        assert service.tray_count(session) == 1
        service.link(session, "t1", other, by="ana@example.org", now=NOW)
    assert fleet.recorded() == [fleet.lesson, other]


def test_a_persons_choice_survives_the_rooms_second_thoughts(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        service.take_started(session, fleet.agent, started(at=NOW + timedelta(days=9)))
        service.link(session, "t1", fleet.lesson, by="ana@example.org", now=NOW)
        service.take_ended(session, fleet.agent, ended(at=NOW + timedelta(days=9)), NOW)

        assert service.recording(session, "t1").lesson_id == fleet.lesson


def test_another_agent_cannot_speak_of_a_take_nor_complete_it(fleet: Fleet) -> None:
    intruder = AgentRef("intruder", fleet.room)
    with fleet.database.write() as session:
        service.take_started(session, fleet.agent, started(lesson=fleet.lesson))
        with pytest.raises(Refused, match="another agent"):
            service.take_ended(session, intruder, ended(), NOW)
        service.take_ended(session, fleet.agent, ended(lesson=fleet.lesson), NOW)
        store(session, fleet, agent=intruder)

        assert service.recording(session, "t1").state == "waiting"


def test_stored_bytes_are_replaced_only_when_the_manifest_asks(fleet: Fleet) -> None:
    mended = "b" * 64
    with fleet.database.write() as session:
        store(session, fleet)
        with pytest.raises(Conflict, match="other bytes"):
            store(session, fleet, digest=mended)
        service.take_ended(
            session, fleet.agent, ended(lesson=fleet.lesson, segments=(segment(0, mended),)), NOW
        )
        assert service.recording(session, "t1").state == "waiting"
        store(session, fleet, digest=mended)
        assert service.recording(session, "t1").state == "complete"


def test_an_abandoned_take_is_closed_and_reopened_by_the_rooms_own_word(fleet: Fleet) -> None:
    day = timedelta(days=1)
    with fleet.database.write() as session:
        service.take_started(session, fleet.agent, started(lesson=fleet.lesson))
        service.segment_announced(
            session, fleet.agent, m.SegmentClosed(take="t1", segment=segment())
        )
        store(session, fleet)
        assert service.close_abandoned(session, NOW + day / 2, day) == 0
        assert service.close_abandoned(session, NOW + day * 2, day) == 1
        assert service.close_abandoned(session, NOW + day * 3, day) == 0
    assert fleet.recorded() == [fleet.lesson]

    both = ended(lesson=fleet.lesson, segments=(segment(0), segment(1)))
    with fleet.database.write() as session:
        service.take_ended(session, fleet.agent, both, NOW + day * 4)
        assert service.recording(session, "t1").state == "waiting"
        store(session, fleet, index=1)
    assert fleet.recorded() == [fleet.lesson] * 2


def test_a_segment_that_never_comes_does_not_hold_the_lesson_for_ever(fleet: Fleet) -> None:
    day = timedelta(days=1)
    both = ended(lesson=fleet.lesson, segments=(segment(0), segment(1)))
    with fleet.database.write() as session:
        service.take_ended(session, fleet.agent, both, NOW)
        store(session, fleet)
        assert service.close_abandoned(session, NOW + day / 2, day) == 0
        assert service.close_abandoned(session, NOW + day * 2, day) == 1
        assert service.close_abandoned(session, NOW + day * 3, day) == 0
        (track,) = service.takes_of_lesson(session, fleet.lesson)[0].tracks
    assert [one.index for one in track.segments] == [0]
    assert [(gap.start, gap.duration) for gap in track.gaps] == [(60.0, 60.0)]
    assert fleet.recorded() == [fleet.lesson]

    with fleet.database.write() as session:
        store(session, fleet, index=1)
        store(session, fleet, index=1)
        (track,) = service.takes_of_lesson(session, fleet.lesson)[0].tracks
    assert ([one.index for one in track.segments], track.gaps) == ([0, 1], ())
    assert fleet.recorded() == [fleet.lesson] * 2
