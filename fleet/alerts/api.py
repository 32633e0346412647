"""JSON routes of alarms, for staff and their programs."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from fleet.alerts import service, views
from fleet.alerts.schemas import AlarmOut, AlarmsOut, SilenceIn
from fleet.auth.deps import Signed, require
from fleet.db.requests import ReadSession, WriteSession
from fleet.errors import Refused
from fleet.telemetry.schemas import ErrorOut
from fleet.web.deps import Now

_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorOut, "description": "Nobody is signed in"},
    403: {"model": ErrorOut, "description": "Not allowed here"},
    404: {"model": ErrorOut, "description": "No such alarm, or not for you to see"},
    422: {"model": ErrorOut, "description": "A filter or a time makes no sense"},
}
router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"], responses=_ERRORS)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("alarms.change"))]


@router.get("")
def alarms(
    session: ReadSession,
    now: Now,
    viewer: Viewer,
    unit: Annotated[str, Query(max_length=36)] = "",
    room: Annotated[str, Query(max_length=36)] = "",
    severity: Annotated[str, Query(max_length=16)] = "",
    rule: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[str, Query(max_length=16)] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> AlarmsOut:
    """Alarms, firing ones first, the worst first; `state` is as on the page, or `all`."""
    given = {"unit": unit, "room": room, "severity": severity, "rule": rule, "state": state}
    wanted = views.filters(session, given, viewer.reach("staff.see")).wanted
    found = service.listed(session, wanted, now, limit=limit, skip=skip)
    total = service.count(session, wanted, now)
    return AlarmsOut(total=total, alarms=[AlarmOut.of(one) for one in found])


@router.get("/{alarm_id}", dependencies=[Depends(require("staff.see"))])
def one(alarm_id: str, session: ReadSession) -> AlarmOut:
    """One alarm."""
    return _one(session, alarm_id)


@router.post("/{alarm_id}/acknowledge")
def acknowledge(alarm_id: str, session: WriteSession, now: Now, editor: Editor) -> AlarmOut:
    """Say that one sees to it; again changes nothing."""
    service.acknowledge(session, alarm_id, by=editor.user_id, now=now)
    return _one(session, alarm_id)


@router.post("/{alarm_id}/silence")
def silence(
    alarm_id: str, body: SilenceIn, session: WriteSession, now: Now, editor: Editor
) -> AlarmOut:
    """Tell nobody of it until then."""
    service.silence(session, alarm_id, until=_utc(body.until), by=editor.user_id, now=now)
    return _one(session, alarm_id)


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Refused("until: a time that people live to see", field="until") from None


def _one(session: ReadSession, alarm_id: str) -> AlarmOut:
    return AlarmOut.of(service.shown(session, [service.alarm(session, alarm_id)])[0])
