"""JSON routes of courses, their timetable and their lessons."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from fleet.audit import service as audit
from fleet.auth.deps import Signed, check, require, visitor
from fleet.auth.rules import SHARED
from fleet.classrooms import service as classrooms
from fleet.courses import service
from fleet.courses.schemas import CourseIn, CourseOut, LessonIn, LessonOut, SlotIn, SlotOut
from fleet.db import Session
from fleet.orgs import service as orgs
from fleet.web.deps import Db, Now

router = APIRouter(prefix="/api/v1", tags=["courses"])
Editor = Annotated[Signed, Depends(require("courses.change"))]
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Visitor = Depends(visitor)


@router.get("/courses", dependencies=[Visitor])
def courses(db: Db) -> list[CourseOut]:
    """All courses by title."""
    with db.read() as session:
        return [CourseOut.of(one) for one in service.courses(session)]


@router.post("/courses", status_code=201)
def add_course(request: Request, given: CourseIn, editor: Editor, db: Db, now: Now) -> CourseOut:
    """Add a course, to a unit or, by whoever is trusted everywhere, to none."""
    with db.write() as session:
        path = orgs.get(session, given.unit_id).path if given.unit_id else SHARED
        check(request, editor, "courses.change", path)
        added = service.add_course(session, **given.model_dump(), now=now)
        _record(session, editor, "course.added", added.id, "" if path == SHARED else path, now)
        return CourseOut.of(added)


@router.get("/courses/{course_id}", dependencies=[Visitor])
def course(course_id: str, db: Db) -> CourseOut:
    """One course."""
    with db.read() as session:
        return CourseOut.of(service.course(session, course_id))


@router.get("/courses/{course_id}/lessons", dependencies=[Visitor])
def lessons(course_id: str, db: Db) -> list[LessonOut]:
    """The lessons of a course, the first meeting first."""
    with db.read() as session:
        service.course(session, course_id)
        return [LessonOut.of(one) for one in service.lessons_of_course(session, course_id)]


@router.post("/courses/{course_id}/lessons", status_code=201)
def add_lesson(
    request: Request, course_id: str, given: LessonIn, editor: Editor, db: Db, now: Now
) -> LessonOut:
    """Add a single lesson; its room is told at once."""
    with db.write() as session:
        path = classrooms.room(session, given.room_id).path
        check(request, editor, "courses.change", path)
        added = service.add_lesson(
            session,
            course_id,
            given.room_id,
            given.title,
            given.starts_at,
            given.ends_at,
            now=now,
        )
        _record(session, editor, "lesson.added", added.id, path, now)
        return LessonOut.of(added)


@router.get("/courses/{course_id}/slots")
def slots(course_id: str, viewer: Viewer, db: Db) -> list[SlotOut]:
    """When and where the course meets each week, in rooms that the one who asks may see."""
    with db.read() as session:
        service.course(session, course_id)
        found = service.slots_of_course(session, course_id, viewer.reach("staff.see"))
        return [SlotOut.of(one) for one in found]


@router.post("/courses/{course_id}/slots", status_code=201)
def add_slot(
    request: Request, course_id: str, given: SlotIn, editor: Editor, db: Db, now: Now
) -> SlotOut:
    """Let the course meet weekly; lessons of the next two weeks are made at once."""
    with db.write() as session:
        path = classrooms.room(session, given.room_id).path
        check(request, editor, "courses.change", path)
        added = service.add_slot(session, course_id=course_id, **given.model_dump(), now=now)
        _record(session, editor, "slot.added", added.id, path, now)
        return SlotOut.of(added)


@router.get("/lessons/{lesson_id}", dependencies=[Visitor])
def lesson(lesson_id: str, db: Db) -> LessonOut:
    """One lesson of the timetable."""
    with db.read() as session:
        return LessonOut.of(service.lesson(session, lesson_id))


def _record(
    session: Session, editor: Signed, action: str, target: str, path: str, now: datetime
) -> None:
    audit.record(session, actor=editor.user_id, action=action, target=target, path=path, now=now)
