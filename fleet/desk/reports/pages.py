"""Reports: which institutions there are, and a month of one, to read, to print, as a table."""

import csv
import io
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fleet.auth.deps import Signed, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.desk.reports import figures, repository, service
from fleet.desk.reports.service import Report
from fleet.devices.sentences import role
from fleet.errors import Refused
from fleet.orgs import service as orgs
from fleet.web.deps import Db, Now
from fleet.web.language import gettext as _
from fleet.web.render import page
from fleet.web.spreadsheet import cell

router = APIRouter(prefix="/staff/reports", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]


@router.get("")
def institutions(request: Request, db: Db, viewer: Viewer) -> Response:
    """Every institution with rooms that the viewer may see."""
    with db.read() as session:
        found = repository.institutions(session, viewer.reach("staff.see"))
    return page("reports/list.html", scope=request.scope, units=found)


@router.get("/{unit_id}", dependencies=[Depends(require("staff.see"))])
def month(request: Request, unit_id: str, db: Db, now: Now, month: str = "") -> Response:
    """A month of an institution."""
    with db.read() as session:
        made = _report(request, session, unit_id, month, now)
        unit = orgs.get(session, unit_id)
    return page("reports/month.html", scope=request.scope, unit=unit, report=made, role=role)


@router.get("/{unit_id}/csv", dependencies=[Depends(require("staff.see"))])
def table(request: Request, unit_id: str, db: Db, now: Now, month: str = "") -> Response:
    """The same for a spreadsheet: a row a room, hours with a point."""
    with db.read() as session:
        made = _report(request, session, unit_id, month, now)
    text = io.StringIO()
    roles = sorted(made.hours)
    rows = csv.writer(text)
    rows.writerow(
        ["room", "lessons", "recorded", "missed", "lesson_hours", "recorded_hours"]
        + [f"{name}_hours" for name in roles]
        + ["energy_kwh"]
    )
    for one in made.rooms:
        hours = [f"{one.hours.get(name, 0.0):.2f}" for name in roles]
        energy = "" if one.energy is None else f"{one.energy:.2f}"
        rows.writerow(
            [
                cell(one.room.name),
                one.use.lessons,
                one.use.recorded,
                one.use.missed,
                f"{one.use.hours:.2f}",
                f"{one.use.hours_recorded:.2f}",
                *hours,
                energy,
            ]
        )
    name = f"lectern-{made.month.first:%Y-%m}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _report(request: Request, session: Session, unit_id: str, text: str, now: datetime) -> Report:
    rooms = classrooms.rooms_of_unit(session, unit_id)
    chosen = figures.month(text, rooms[0].timezone if rooms else "UTC", now)
    if chosen is None:
        raise Refused(_("Write the month as year-month."), field="month")
    watts = request.app.state.settings.rated_watts
    return service.report(session, unit_id, chosen, watts, now)
