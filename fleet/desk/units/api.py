"""JSON routes of the organisation."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from fleet.auth.deps import Signed, check, require
from fleet.desk.units import service
from fleet.desk.units.schemas import RoomOut, RoomsOut, UnitIn, UnitOut, UnitsOut
from fleet.orgs import service as orgs
from fleet.orgs.files import Act
from fleet.web.deps import Db, Now

router = APIRouter(prefix="/api/v1/units", tags=["organisation"])
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("units.change"))]
Search = Annotated[str, Query(max_length=100)]
After = Annotated[str, Query(max_length=36)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("")
def units(
    viewer: Viewer, db: Db, text: Search = "", after: After = "", limit: Limit = service.PAGE
) -> UnitsOut:
    """Every unit you see, by name; `text` is looked for in names and codes."""
    with db.read() as session:
        found = service.search(session, viewer, text, after, limit)
        return UnitsOut(units=[UnitOut.of(one) for one in found.rows], next=found.next)


@router.post("", status_code=201)
def add_unit(request: Request, given: UnitIn, editor: Editor, db: Db, now: Now) -> UnitOut:
    """Add a unit below another."""
    with db.read() as session:
        place = orgs.get(session, given.parent_id).path
    check(request, editor, "units.change", place)
    values = given.model_dump(exclude={"parent_id", "kind"})
    with db.write() as session:
        act = Act(editor.user_id, now)
        return UnitOut.of(service.add_unit(session, given.parent_id, given.kind, values, act))


@router.get("/{unit_id}")
def unit(unit_id: str, viewer: Viewer, db: Db) -> UnitOut:
    """One unit."""
    with db.read() as session:
        return UnitOut.of(orgs.get(session, unit_id))


@router.get("/{unit_id}/rooms")
def rooms(
    unit_id: str,
    viewer: Viewer,
    db: Db,
    text: Search = "",
    after: After = "",
    limit: Limit = service.PAGE,
) -> RoomsOut:
    """The rooms of a unit by name, without those of units below it."""
    with db.read() as session:
        found = service.rooms_of(session, orgs.get(session, unit_id), text, after, limit)
        return RoomsOut(rooms=[RoomOut.of(one) for one in found.rows], next=found.next)
