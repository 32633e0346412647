"""Courses, slots and lessons in the database, and what rooms are told."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from fleet.classrooms import service as classrooms
from fleet.courses import service
from fleet.errors import Conflict, FleetError, NotFound, Refused
from fleet.orgs import service as orgs
from tests.fleet.web.application import NOON, Application


def _room(session: Session, name: str = "Room 101", zone: str = "Africa/Nairobi") -> str:
    unit = orgs.root(session).id
    return classrooms.add_room(session, unit_id=unit, name=name, timezone=zone).id


def _course(session: Session, title: str = "Soil science") -> str:
    return service.add_course(session, title=title, now=NOON).id


def _slot(session: Session, course: str, room: str, **changes: object) -> object:
    values: dict[str, object] = {
        "weekday": 1,
        "starts": time(9),
        "minutes": 90,
        "first_date": date(2026, 11, 1),
        "last_date": date(2027, 2, 1),
        "now": NOON,
    }
    return service.add_slot(session, course_id=course, room_id=room, **values | changes)  # type: ignore[arg-type]


def _told(session: Session, room: str) -> list[str]:
    desired = classrooms.desired(session, room)
    assert desired is not None
    return [meeting.lesson for meeting in desired.state.timetable]


def test_a_slot_becomes_lessons_once_and_the_room_is_told(application: Application) -> None:
    with application.db.write() as session:
        room, course = _room(session), _course(session)
        _slot(session, course, room)
        lessons = service.lessons_of_course(session, course)
        assert [one.starts_at.isoformat() for one in lessons] == [
            "2026-11-24T06:00:00+00:00",
            "2026-12-01T06:00:00+00:00",
        ]
        assert [one.number for one in lessons] == [1, 2]
        assert [one.title for one in lessons] == ["Soil science 1", "Soil science 2"]
        assert _told(session, room) == [one.id for one in lessons]
    with application.db.write() as session:
        version = classrooms.desired(session, room)
        assert service.expand_slots(session, NOON) == 0
        assert classrooms.desired(session, room) == version
        assert service.expand_slots(session, NOON + timedelta(days=7)) == 1
        assert len(service.lessons_of_course(session, course)) == 3


def test_lessons_that_are_over_leave_the_timetable(application: Application) -> None:
    with application.db.write() as session:
        room, course = _room(session), _course(session)
        one = service.add_lesson(
            session, course, room, "", NOON, NOON + timedelta(hours=1), now=NOON
        )
        assert _told(session, room) == [one.id]
        service.push_timetable(session, room, NOON + timedelta(minutes=59))
        assert _told(session, room) == [one.id]
        service.push_timetable(session, room, NOON + timedelta(minutes=60))
        assert _told(session, room) == []


def test_a_room_holds_one_course_at_a_time(application: Application) -> None:
    with application.db.write() as session:
        room, elsewhere = _room(session), _room(session, "Room 102")
        course, other = _course(session), _course(session, "Hydrology")
        _slot(session, course, room)
        with pytest.raises(Conflict, match="Soil science meets there on 2026-11-03") as refusal:
            _slot(session, other, room, starts=time(10))
        assert refusal.value.field == "starts"
        _slot(session, other, room, starts=time(10, 30))
        _slot(session, other, elsewhere, weekday=1)
        # In the weeks that are not lessons yet, too (09:30 in Nairobi).
        later = NOON.replace(hour=6, minute=30) + timedelta(days=1, weeks=6)
        with pytest.raises(Conflict, match="2027-01-05"):
            service.add_lesson(
                session, other, room, "", later, later + timedelta(hours=1), now=NOON
            )
        near = later - timedelta(weeks=6)
        with pytest.raises(Conflict):
            service.add_lesson(session, other, room, "", near, near + timedelta(hours=1), now=NOON)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weekday": 7}, "weekday"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 721}, "minutes"),
        ({"last_date": date(2026, 10, 31)}, "last_date"),
    ],
)
def test_a_wrong_slot_is_refused_by_field(
    application: Application, changes: dict[str, object], field: str
) -> None:
    with application.db.write() as session:
        room, course = _room(session), _course(session)
        with pytest.raises(Refused) as refusal:
            _slot(session, course, room, **changes)
        assert refusal.value.field == field
        with pytest.raises(NotFound):
            _slot(session, "none", room)
        with pytest.raises(NotFound):
            _slot(session, course, "none")


def test_a_wrong_lesson_is_refused(application: Application) -> None:
    with application.db.write() as session:
        room, course = _room(session), _course(session)
        for end in (NOON, NOON - timedelta(hours=1), NOON + timedelta(hours=13)):
            with pytest.raises(Refused) as refusal:
                service.add_lesson(session, course, room, "", NOON, end, now=NOON)
            assert refusal.value.field == "ends_at"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "One", "slug": "../etc"}, "slug"),
        ({"title": "One", "slug": "soil"}, "slug"),
        ({"title": "One", "publish": "never"}, "publish"),
    ],
)
def test_a_wrong_course_is_refused(
    application: Application, values: dict[str, str], field: str
) -> None:
    with application.db.write() as session:
        service.add_course(session, title="Soil", now=NOON)
        with pytest.raises(FleetError) as refusal:
            service.add_course(session, **values, now=NOON)  # type: ignore[arg-type]
        assert refusal.value.field == field


def test_titles_in_any_script_have_an_address(application: Application) -> None:
    with application.db.write() as session:
        first, second = (service.add_course(session, title="土壤学", now=NOON) for _ in range(2))
        assert first.slug != second.slug
        assert service.course_by_slug(session, first.slug).title == "土壤学"


def test_candidates_reach_a_day_and_a_half_around_a_take(application: Application) -> None:
    with application.db.write() as session:
        room, course = _room(session), _course(session)
        for days in (-3, -1, 0, 1, 3):
            start = NOON + timedelta(days=days)
            service.add_lesson(
                session, course, room, "", start, start + timedelta(hours=1), now=NOON
            )
        found = service.candidates(session, room, NOON, NOON + timedelta(hours=1))
        assert [one.starts_at for one in found] == [NOON + timedelta(days=n) for n in (-1, 0, 1)]
