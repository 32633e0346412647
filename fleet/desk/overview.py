"""The first page of the staff: how the rooms of their units stand, and what needs a person."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from fleet.auth.deps import Signed, require
from fleet.auth.live import LiveResponse
from fleet.courses import service as courses
from fleet.db import Session
from fleet.desk import overview_table
from fleet.desk.board import Snapshot
from fleet.desk.board.deps import board
from fleet.desk.rooms import repository as rooms
from fleet.errors import NotFound
from fleet.publishing.pages import stages_of
from fleet.web.deps import Db, Now, options
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/staff", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
_BEFORE, _AFTER = timedelta(hours=12), timedelta(hours=18)
_LESSONS_OF = 200
"""So many rooms at most, for their lessons to be listed one by one."""
_LESSONS = 20
_NEEDING = 8


@router.get("")
def home(request: Request, db: Db, now: Now, viewer: Viewer, unit: str = "") -> Response:
    """Units below one's own, or below `unit`, and the rooms that need a person."""
    snapshot = board(request).current(now)
    table = overview_table.table(snapshot, viewer.reach("staff.see"), unit)
    with db.read() as session:
        rooms_here = table.total.rooms
        return page(
            "desk/overview.html",
            scope=request.scope,
            table=table,
            rows=overview_table.html(snapshot, table),
            places=snapshot.units,
            needing=rooms.needing(session, table.reach, _NEEDING),
            tray=rooms.tray(session, table.reach),
            courses=rooms_here > 1 or bool(courses.courses(session)),
            **_lessons(session, table.reach, now, few=rooms_here <= _LESSONS_OF),
        )


@router.get("/events")
async def events(request: Request, viewer: Viewer, unit: str = "") -> Response:
    """The table of `home` again, as a server-sent event, whenever a number in it changes."""
    reach = viewer.reach("staff.see")
    kept = board(request)
    snapshot = await asyncio.to_thread(kept.current, options(request).now())
    overview_table.table(snapshot, reach, unit)  # a unit out of reach is refused before the stream

    async def told() -> AsyncIterator[str]:
        before = ""
        async for now in kept.watch(viewer.session):
            text = before if now is None else await asyncio.to_thread(_rows, now, reach, unit)
            if text == before:
                yield ": nothing new\n\n"
            else:
                before = text
                yield f"event: board\ndata: {text}\n\n"

    if viewer.token:
        return LiveResponse(request, told())
    # The board ends it with the session; one look a page would be a query a page.
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(told(), media_type="text/event-stream", headers=headers)


def _rows(snapshot: Snapshot, reach: tuple[str, ...], unit: str) -> str:
    try:
        table = overview_table.table(snapshot, reach, unit)
    except NotFound:
        return f"<p>{_('There is no such thing, or you may not see it.')}</p>"
    return overview_table.html(snapshot, table).replace("\n", " ")


def _lessons(
    session: Session, reach: tuple[str, ...], now: datetime, *, few: bool
) -> dict[str, Any]:
    if not few:
        return {"lessons": None, "stages": {}, "rooms": {}}
    around = rooms.lessons(session, reach, now - _BEFORE, now + _AFTER, _LESSONS)
    lessons = [lesson for lesson, _room in around]
    return {
        "lessons": lessons,
        "stages": stages_of(session, lessons, now),
        "rooms": {room.id: room for _lesson, room in around},
    }
