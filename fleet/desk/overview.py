"""The first page of the staff: which rooms work, what is on today, what waits for a person."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fleet.auth.deps import require
from fleet.classrooms import help_calls
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.devices import service as devices
from fleet.publishing.pages import stages_of
from fleet.recordings import service as recordings
from fleet.web.deps import Db, Now
from fleet.web.render import page

router = APIRouter(prefix="/staff", include_in_schema=False)
_BEFORE, _AFTER = timedelta(hours=12), timedelta(hours=18)


@router.get("", dependencies=[Depends(require("staff.see"))])
def home(request: Request, db: Db, now: Now) -> Response:
    """Rooms, the lessons around now, the tray."""
    with db.read() as session:
        lessons = courses.lessons_between(session, now - _BEFORE, now + _AFTER)
        return page(
            "desk/overview.html",
            scope=request.scope,
            states=classrooms.room_states(session),
            alarmed=devices.rooms_in_trouble(session),
            calling=help_calls.rooms_calling(session),
            rooms={one.id: one for one in classrooms.rooms(session)},
            lessons=lessons,
            stages=stages_of(session, lessons, now),
            tray=recordings.tray_count(session),
            courses=len(courses.courses(session)),
        )
