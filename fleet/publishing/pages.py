"""What students see: the courses, a course's lessons, a lesson."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from fleet.auth.deps import sees_staff, visitor
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.courses.models import Lesson
from fleet.db import Session
from fleet.publishing import service
from fleet.publishing.stages import Stage, publicly, stage_of
from fleet.publishing.views import LessonMedia, MarkView
from fleet.recordings import service as recordings
from fleet.web.deps import Db, Now
from fleet.web.language import gettext as _
from fleet.web.render import duration, page


class StageOut(BaseModel):
    """Where a lesson stands on its way from the timetable to the course page."""

    stage: Stage


router = APIRouter(include_in_schema=False, dependencies=[Depends(visitor)])


@router.get("/")
def catalogue(request: Request, db: Db) -> Response:
    """All courses."""
    with db.read() as session:
        return page("courses/catalogue.html", scope=request.scope, courses=courses.courses(session))


@router.get("/courses/{slug}")
def course(request: Request, slug: str, db: Db, now: Now) -> Response:
    """A course and its lessons by date."""
    with db.read() as session:
        found = courses.course_by_slug(session, slug)
        lessons = courses.lessons_of_course(session, found.id)
        rooms = {one.id: one for one in classrooms.rooms(session)}
        stages = {one: publicly(at) for one, at in stages_of(session, lessons, now).items()}
        return page(
            "courses/public.html",
            scope=request.scope,
            course=found,
            coming=[one for one in lessons if stages[one.id] == "coming"],
            past=[one for one in reversed(lessons) if stages[one.id] != "coming"],
            stages=stages,
            rooms=rooms,
        )


@router.get("/lessons/{lesson_id}")
def lesson(request: Request, lesson_id: str, db: Db, now: Now) -> Response:
    """A lesson: the player, or why there is nothing to play yet."""
    staff = sees_staff(request)
    with db.read() as session:
        found = courses.lesson(session, lesson_id)
        media = service.lesson_media(session, lesson_id, unpublished=staff)
        stage = stages_of(session, [found], now)[lesson_id]
        return page(
            "lessons/public.html",
            scope=request.scope,
            lesson=found,
            course=courses.course(session, found.course_id),
            room=classrooms.room(session, found.room_id),
            stage=stage if staff else publicly(stage),
            media=media,
            marks=[(mark, say(mark)) for mark in media.marks] if media else [],
            data=player_data(media) if media else None,
        )


@router.get("/api/v1/lessons/{lesson_id}/stage", include_in_schema=True, tags=["lessons"])
def stage(request: Request, lesson_id: str, db: Db, now: Now) -> StageOut:
    """Where a lesson stands, for pages that wait for it to move on."""
    with db.read() as session:
        found = stages_of(session, [courses.lesson(session, lesson_id)], now)[lesson_id]
    return StageOut(stage=found if sees_staff(request) else publicly(found))


def stages_of(session: Session, lessons: Sequence[Lesson], now: datetime) -> dict[str, Stage]:
    """The stage of each lesson, by lesson id."""
    ids = [one.id for one in lessons]
    statuses = service.statuses(session, ids)
    playable = service.published_lessons(session, ids)
    takes = recordings.recordings_of_lessons(session, ids)
    return {
        one.id: stage_of(
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            now=now,
            takes=[row.state for row in takes.get(one.id, ())],
            publication=statuses[one.id].state if one.id in statuses else None,
            playable=one.id in playable,
        )
        for one in lessons
    }


def player_data(media: LessonMedia) -> str:
    """What the player's script needs, as JSON that may stand inside a page."""
    facts: dict[str, Any] = {
        "duration": media.duration,
        "streams": [asdict(stream) for stream in media.streams],
        "audio": media.audio,
        "low_audio": media.low_audio,
        "marks": [{**asdict(mark), "text": say(mark)} for mark in media.marks],
    }
    return json.dumps(facts).replace("<", "\\u003c")


def say(mark: MarkView) -> str:
    """A gap in words."""
    lasted = duration(mark.lasted)
    match mark.track:
        case None if mark.why == "paused":
            return _("Recording paused for %(time)s; that time is cut out.", time=lasted)
        case None:
            return _("Recording interrupted for %(time)s; that time is cut out.", time=lasted)
        case "audio":
            return _("No sound for %(time)s.", time=lasted)
        case "presentation":
            return _("No picture of the screen for %(time)s.", time=lasted)
        case _:
            return _("No picture of the room for %(time)s.", time=lasted)
