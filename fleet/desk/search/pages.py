"""The search page: one field for everything."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from fleet.auth.deps import Signed, require
from fleet.desk.board.deps import board
from fleet.desk.search import service
from fleet.web.deps import Db, Now
from fleet.web.render import page

router = APIRouter(prefix="/staff/search", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]


@router.get("")
def search(
    request: Request, db: Db, now: Now, viewer: Viewer, q: Annotated[str, Query()] = ""
) -> Response:
    """What there is by these words, of what the viewer may see."""
    text = q.strip()[:200]
    snapshot = board(request).current(now)
    people = viewer.reach("people.change")
    with db.read() as session:
        found = service.search(session, snapshot, text, viewer.reach("staff.see"), people)
    return page("desk/search.html", scope=request.scope, text=text, found=found)
