"""JSON routes of rooms, for programs of the staff."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from fleet.auth.deps import Signed, require
from fleet.db.requests import ReadSession
from fleet.desk.board.deps import board
from fleet.desk.rooms import filters, service
from fleet.desk.rooms.schemas import RoomOut, RoomsOut
from fleet.errors import Refused
from fleet.web.deps import Now
from fleet.web.language import gettext as _

router = APIRouter(prefix="/api/v1/rooms", tags=["rooms"])
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Text = Annotated[str, Query(max_length=100)]


@router.get("")
def rooms(
    request: Request,
    session: ReadSession,
    now: Now,
    viewer: Viewer,
    unit: Text = "",
    standing: Text = "",
    presence: Text = "",
    role: Text = "",
    profile: Text = "",
    version: Text = "",
    alarm: Text = "",
    text: Text = "",
    sort: Annotated[filters.Sort, Query()] = "name",
    after: Annotated[str, Query(max_length=400)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RoomsOut:
    """The rooms that fit every filter, a page at a time."""
    behind = filters.key(after)
    if after and behind is None:
        raise Refused(_("This page of the list is unknown; begin at the first."), field="after")
    wanted = filters.Filters(unit, standing, presence, role, profile, version, alarm, text, sort)
    snapshot, reach = board(request).current(now), viewer.reach("staff.see")
    found = service.listed(session, snapshot, reach, wanted, behind, limit)
    return RoomsOut(
        rooms=[RoomOut.of(row) for row in found.rows], next=str(found.next) if found.next else ""
    )


@router.get("/{room_id}", dependencies=[Depends(require("staff.see"))])
def room(room_id: str, session: ReadSession) -> RoomOut:
    """One room."""
    return RoomOut.of(service.room(session, room_id))
