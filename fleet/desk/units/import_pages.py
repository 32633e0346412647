"""Importing a table in the browser: choose it, see what would be done, say yes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from fleet.auth.deps import Signed, require
from fleet.desk.units import service
from fleet.desk.units.changes import Plan
from fleet.errors import Refused
from fleet.orgs.table import LARGEST, OWN
from fleet.web.deps import Db, Now
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/staff/units/import", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("rooms.change"))]
SHOWN = 200
"""Lines of a plan, or problems; more say little more, and weigh."""

_NOTHING = Plan(())


@router.get("")
def choose(request: Request, viewer: Viewer) -> Response:
    """The form, and what a table has to look like."""
    return _form(request, _NOTHING)


@router.post("")
def upload(
    request: Request, db: Db, now: Now, editor: Editor, table: UploadFile | None = None
) -> Response:
    """Look at a table; without problems, keep it until its owner says yes."""
    content = table.file.read(LARGEST + 1) if table else b""
    with db.read() as session:
        plan = service.look(session, editor, content)
    if plan.problems or not plan.changes:
        return _form(request, plan, nothing=not plan.problems)
    with db.write() as session:
        name = (table.filename if table else "") or ""
        kept = service.keep_upload(session, editor, name, content, now)
    return RedirectResponse(f"/staff/units/import/{kept}", 303)


@router.get("/{upload_id}")
def preview(request: Request, upload_id: str, db: Db, viewer: Viewer) -> Response:
    """What importing the table would do."""
    with db.read() as session:
        kept = service.upload(session, viewer, upload_id)
        plan = service.look(session, viewer, kept.content)
    return page(
        "units/preview.html",
        scope=request.scope,
        upload=kept,
        plan=plan,
        shown=plan.changes[:SHOWN],
        problems=plan.problems[:SHOWN],
    )


@router.post("/{upload_id}")
def carry_out(request: Request, upload_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Import it: all of it, or nothing when something has changed so that it cannot be done."""
    try:
        with db.write() as session:
            count = service.carry_out(session, editor, upload_id, now)
    except Refused:
        return preview(request, upload_id, db, editor)
    return RedirectResponse(f"/staff/units?done={count}", 303)


def _form(request: Request, plan: Plan, *, nothing: bool = False) -> Response:
    return page(
        "units/import.html",
        scope=request.scope,
        status=Refused.status if plan.problems else 200,
        plan=plan,
        problems=plan.problems[:SHOWN],
        nothing=nothing,
        columns=",".join(OWN),
        example=_example(),
    )


def _example() -> str:
    hall = _("Lecture hall 2")
    return f"Africa,Kenya,KE,University of Nairobi,ke-uon,{hall},Africa/Nairobi,campus-1,en"
