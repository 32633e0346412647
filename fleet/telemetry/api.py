"""JSON routes of readings, for staff."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from fleet.auth.deps import require
from fleet.classrooms import service as classrooms
from fleet.db.requests import ReadSession
from fleet.telemetry import service
from fleet.telemetry.deps import Metrics
from fleet.telemetry.ports import Aggregate
from fleet.telemetry.schemas import ChartOut, ErrorOut, ReadingOut, SeriesOut

_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorOut, "description": "Nobody is signed in"},
    403: {"model": ErrorOut, "description": "Not allowed here"},
    404: {"model": ErrorOut, "description": "No such place or series, or not for you to see"},
    422: {"model": ErrorOut, "description": "The times or the step make no sense"},
}
_STORE: dict[int | str, dict[str, Any]] = {
    503: {"model": ErrorOut, "description": "The metric store does not answer: try again"}
}

router = APIRouter(tags=["readings"], responses=_ERRORS)
Viewer = Depends(require("staff.see"))
Name = Annotated[str, Query(max_length=64)]
Start = Annotated[AwareDatetime, Query(description="ISO 8601 with an offset; included")]
End = Annotated[AwareDatetime, Query(description="ISO 8601 with an offset; not included")]
Step = Annotated[
    int | None, Query(ge=1, le=31_622_400, description="seconds; without, at most 500 steps")
]


@router.get(
    "/api/v1/rooms/{room_id}/readings",
    dependencies=[Viewer],
    responses=_STORE,
    response_model=ChartOut,
)
def readings(
    room_id: str,
    device: Name,
    point: Name,
    start: Start,
    end: End,
    session: ReadSession,
    metrics: Metrics,
    step: Step = None,
    aggregate: Aggregate = "mean",
) -> Response:
    """One series of a room over time, in steps."""
    classrooms.room(session, room_id)
    return _told(
        service.chart(
            session,
            metrics,
            room_id,
            [(device, point)],
            _sane(start),
            _sane(end),
            step=step,
            aggregate=aggregate,
        )
    )


@router.get("/api/v1/rooms/{room_id}/readings/series", dependencies=[Viewer])
def series(room_id: str, session: ReadSession) -> list[SeriesOut]:
    """What there are readings of in a room."""
    classrooms.room(session, room_id)
    return [SeriesOut.of(point) for point in service.last(session, room_id)]


@router.get("/api/v1/rooms/{room_id}/readings/last", dependencies=[Viewer])
def last(room_id: str, session: ReadSession) -> list[ReadingOut]:
    """The newest reading of each series of a room."""
    classrooms.room(session, room_id)
    return [ReadingOut.of(point) for point in service.last(session, room_id)]


@router.get(
    "/api/v1/units/{unit_id}/readings",
    dependencies=[Viewer],
    responses=_STORE,
    response_model=ChartOut,
)
def of_units(
    unit_id: str,
    point: Name,
    start: Start,
    end: End,
    session: ReadSession,
    metrics: Metrics,
    step: Step = None,
    aggregate: Aggregate = "mean",
) -> Response:
    """One measuring point, whichever device, in all rooms of each unit right below this one.

    Steps are never shorter than five minutes. A unit without units below it is one line itself.
    """
    return _told(
        service.chart_below(
            session,
            metrics,
            unit_id,
            point,
            _sane(start),
            _sane(end),
            step=step,
            aggregate=aggregate,
        )
    )


def _told(chart: service.Chart) -> Response:
    """The chart as JSON, written at once: the usual way copies each number several times."""
    return Response(ChartOut.of(chart).model_dump_json(), media_type="application/json")


def _sane(at: datetime) -> datetime:
    """A time that can be reckoned with in any offset."""
    return service.in_utc(at)
