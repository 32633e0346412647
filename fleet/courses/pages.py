"""Courses and their timetable, for the staff."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.deps import Signed, check, require
from fleet.auth.rules import SHARED
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.courses import service
from fleet.db import Session
from fleet.errors import FleetError, Refused
from fleet.orgs import service as orgs
from fleet.web import forms
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _
from fleet.web.render import page, weekdays

router = APIRouter(prefix="/staff/courses", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("courses.change"))]
Text = Annotated[str, Form()]
EMPTY = Filled()


@router.get("")
def courses(request: Request, db: Db, viewer: Viewer) -> Response:
    """The courses of one's units and those of nobody, and the form for another."""
    with db.read() as session:
        return _courses(request, session, viewer, EMPTY)


@router.post("")
def add_course(
    request: Request,
    db: Db,
    now: Now,
    editor: Editor,
    title: Text = "",
    description: Text = "",
    language: Text = "en",
    publish: Text = "auto",
    unit_id: Text = "",
) -> Response:
    """Add a course and go to it."""
    typed = {
        "unit_id": unit_id,
        "title": title,
        "description": description,
        "language": language,
        "publish": publish,
    }
    try:
        with db.write() as session:
            path = orgs.get(session, unit_id).path if unit_id else SHARED
            if path == SHARED and not editor.may("courses.change", SHARED):
                raise Refused(_("Choose whose course it is."), field="unit_id")
            check(request, editor, "courses.change", path)
            added = service.add_course(
                session,
                unit_id=unit_id or None,
                title=title,
                description=description,
                language=language,
                publish=publish,
                now=now,
            )
            _record(session, editor, "course.added", added.id, path, now)
    except FleetError as problem:
        with db.read() as session:
            return _courses(request, session, editor, Filled(typed, problem))
    return RedirectResponse(f"/staff/courses/{added.id}", 303)


@router.get("/{course_id}")
def course(request: Request, course_id: str, db: Db, now: Now, viewer: Viewer) -> Response:
    """One course: what it says of itself, when it meets, its lessons."""
    with db.read() as session:
        return _course(request, session, course_id, viewer, now)


@router.post("/{course_id}")
def change_course(
    request: Request,
    course_id: str,
    db: Db,
    now: Now,
    editor: Editor,
    title: Text = "",
    description: Text = "",
    publish: Text = "auto",
) -> Response:
    """Change what the course says of itself."""
    typed = {"title": title, "description": description, "publish": publish}
    try:
        with db.write() as session:
            service.change_course(session, course_id, **typed, now=now)
            _record(session, editor, "course.changed", course_id, _place(session, course_id), now)
    except FleetError as problem:
        with db.read() as session:
            return _course(request, session, course_id, editor, now, about=Filled(typed, problem))
    return _back(course_id)


@router.post("/{course_id}/slots")
def add_slot(
    request: Request,
    course_id: str,
    db: Db,
    now: Now,
    editor: Editor,
    room_id: Text = "",
    weekday: Text = "",
    starts: Text = "",
    minutes: Text = "",
    first_date: Text = "",
    last_date: Text = "",
) -> Response:
    """Let the course meet weekly."""
    typed = {
        "room_id": room_id,
        "weekday": weekday,
        "starts": starts,
        "minutes": minutes,
        "first_date": first_date,
        "last_date": last_date,
    }
    try:
        with db.write() as session:
            path = _room(session, room_id).path
            check(request, editor, "courses.change", path)
            added = service.add_slot(
                session,
                course_id=course_id,
                room_id=room_id,
                weekday=forms.whole_number(weekday, "weekday"),
                starts=forms.wall_clock(starts, "starts"),
                minutes=forms.whole_number(minutes, "minutes"),
                first_date=forms.day(first_date, "first_date"),
                last_date=forms.day(last_date, "last_date"),
                now=now,
            )
            _record(session, editor, "slot.added", added.id, path, now)
    except FleetError as problem:
        with db.read() as session:
            return _course(request, session, course_id, editor, now, slot=Filled(typed, problem))
    return _back(course_id)


@router.post("/{course_id}/lessons")
def add_lesson(
    request: Request,
    course_id: str,
    db: Db,
    now: Now,
    editor: Editor,
    room_id: Text = "",
    title: Text = "",
    date: Text = "",
    starts: Text = "",
    minutes: Text = "",
) -> Response:
    """Add a single lesson: at once when the time is left empty, else by the room's wall clock."""
    typed = {
        "room_id": room_id,
        "title": title,
        "date": date,
        "starts": starts,
        "minutes": minutes,
    }
    try:
        with db.write() as session:
            room = _room(session, room_id)
            check(request, editor, "courses.change", room.path)
            zone = ZoneInfo(room.timezone)
            starts_at = _start(date, starts, zone, now)
            ends_at = starts_at + timedelta(minutes=forms.whole_number(minutes, "minutes"))
            added = service.add_lesson(
                session, course_id, room_id, title, starts_at, ends_at, now=now
            )
            _record(session, editor, "lesson.added", added.id, room.path, now)
    except FleetError as problem:
        if problem.field in ("starts_at", "ends_at"):
            problem.field = {"starts_at": "starts", "ends_at": "minutes"}[problem.field]
        with db.read() as session:
            return _course(request, session, course_id, editor, now, lesson=Filled(typed, problem))
    return _back(course_id)


def _start(date: str, starts: str, zone: ZoneInfo, now: datetime) -> datetime:
    if not starts:
        return now.replace(microsecond=0)
    day = forms.day(date, "date") if date else now.astimezone(zone).date()
    return datetime.combine(day, forms.wall_clock(starts, "starts"), zone)


def _courses(request: Request, session: Session, signed: Signed, form: Filled) -> Response:
    reach = signed.reach("courses.change")
    units = [(one.id, one.name) for one in orgs.subtree(session, reach)] if reach else []
    if "" in reach:
        units.insert(0, ("", _("everybody")))
    return page(
        "courses/list.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        courses=service.courses(session, signed.reach("staff.see")),
        units=units,
        languages=list(LANGUAGES.items()),
        form=form,
    )


def _course(
    request: Request,
    session: Session,
    course_id: str,
    signed: Signed,
    now: datetime,
    *,
    about: Filled = EMPTY,
    slot: Filled = EMPTY,
    lesson: Filled = EMPTY,
) -> Response:
    problem = about.problem or slot.problem or lesson.problem
    reach = signed.reach("staff.see")
    rooms = {one.id: one for one in classrooms.rooms(session, reach)}
    change = signed.reach("courses.change")
    choices = [one for one in rooms.values() if one.path.startswith(change)] if change else []
    return page(
        "courses/one.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        course=service.course(session, course_id),
        slots=service.slots_of_course(session, course_id, reach),
        lessons=service.lessons_of_course(session, course_id, reach),
        rooms=rooms,
        room_choices=[(one.id, one.name) for one in choices],
        may=signed.may("courses.change", _place(session, course_id) or SHARED),
        weekdays=weekdays(),
        now=now,
        about=about,
        slot=slot,
        lesson=lesson,
    )


def _back(course_id: str) -> Response:
    return RedirectResponse(f"/staff/courses/{course_id}", 303)


def _room(session: Session, room_id: str) -> Room:
    if not room_id:
        raise Refused(_("Choose a room."), field="room_id")
    return classrooms.room(session, room_id)


def _place(session: Session, course_id: str) -> str:
    """The path of a course's unit; "" for one that belongs to none."""
    unit_id = service.course(session, course_id).unit_id
    return orgs.get(session, unit_id).path if unit_id else ""


def _record(
    session: Session, editor: Signed, action: str, target: str, path: str, now: datetime
) -> None:
    place = "" if path == SHARED else path
    audit.record(session, actor=editor.user_id, action=action, target=target, path=place, now=now)
