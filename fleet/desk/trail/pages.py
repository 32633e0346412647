"""Who did what, where and when: a page, and the same as a table to take away."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.desk.trail import service
from fleet.desk.trail.service import Filters
from fleet.errors import FleetError
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled
from fleet.web.render import page

router = APIRouter(prefix="/staff/audit", include_in_schema=False)
Reader = Annotated[Signed, Depends(require("audit.see"))]
Word = Annotated[str, Query(max_length=200)]


def _filters(
    actor: Word = "", action: Word = "", target: Word = "", since: Word = "", until: Word = ""
) -> Filters:
    return Filters(actor, action, target, since, until)


Asked = Annotated[Filters, Depends(_filters)]


@router.get("")
def trail(
    request: Request,
    db: Db,
    reader: Reader,
    asked: Asked,
    before: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Response:
    """The newest rows first, a page of them at a time."""
    values = {name: getattr(asked, name) for name in Filters.__slots__}
    problem: FleetError | None = None
    with db.read() as session:
        try:
            sheet = service.sheet(session, reader, asked, before)
        except FleetError as found:
            problem, sheet = found, service.Sheet([], 0)
    return page(
        "audit/trail.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        sheet=sheet,
        form=Filled(values, problem),
        query=urlencode({name: value for name, value in values.items() if value}),
    )


@router.get("/audit.csv")
def export(request: Request, db: Db, now: Now, reader: Reader, asked: Asked) -> Response:
    """All rows that fit, as CSV. Taking them away is a row itself."""
    asked.days()
    with db.write() as session:
        detail = {name: value for name in Filters.__slots__ if (value := getattr(asked, name))}
        audit.record(session, actor=reader.user_id, action="audit.exported", detail=detail, now=now)

    def lines() -> Iterator[str]:
        with db.read() as session:
            yield from service.table(session, reader, asked)

    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)
