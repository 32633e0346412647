"""Where the things in the addresses of routes belong: the one table that rights are judged by.

A parameter of a route's path that stands for something of a unit has a function here that finds
the path of that unit (`fleet.db.paths`), None if there is no such thing, or `SHARED` for what is
everybody's. A parameter with None stands below another one of the same address, or for nothing.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from fleet.alerts.models import Alarm, Quiet
from fleet.auth.deps import Resolver
from fleet.auth.models import User
from fleet.auth.rules import SHARED
from fleet.classrooms import repository as classrooms
from fleet.classrooms.models import HelpCall, Room
from fleet.courses.models import Course, Lesson
from fleet.db import Session
from fleet.orders.models import OrderTarget
from fleet.orgs.models import OrgUnit
from fleet.recordings.models import Recording
from fleet.webhooks.models import Webhook


def _itself(table: type[Any]) -> Resolver:
    """Things that keep the path where they belong."""

    def find(session: Session, thing_id: str) -> str | None:
        found = session.get(table, thing_id)
        return found.path if found else None

    return find


_room = _itself(Room)
_unit = _itself(OrgUnit)


def _in_room(table: type[Any]) -> Resolver:
    """Things that belong where their room does."""

    def find(session: Session, thing_id: str) -> str | None:
        found = session.get(table, thing_id)
        return _room(session, found.room_id) if found else None

    return find


def _agent(session: Session, agent_id: str) -> str | None:
    found = classrooms.room_of_agent(session, agent_id)
    return found.path if found else None


def _course(session: Session, course_id: str) -> str | None:
    found = session.get(Course, course_id)
    if found is None:
        return None
    return SHARED if found.unit_id is None else _unit(session, found.unit_id)


PLACES: Mapping[str, Resolver | None] = {
    "unit_id": _unit,
    "room_id": _room,
    "agent_id": _agent,
    "course_id": _course,
    "lesson_id": _in_room(Lesson),
    "take_id": _in_room(Recording),
    "call_id": _in_room(HelpCall),
    "target_id": _in_room(OrderTarget),
    "batch_id": None,  # as orders
    "key": None,  # of what is wanted of a room
    "order_id": None,  # of rooms of many units: each sees of it their own
    "alarm_id": _itself(Alarm),
    "quiet_id": _itself(Quiet),
    "webhook_id": _itself(Webhook),
    "delivery_id": None,  # stands below its webhook
    "user_id": _itself(User),
    "grant_id": None,  # a role of the person before it
    "upload_id": None,  # a table of whoever uploaded it, see desk.units.service.upload
}


def install(app: FastAPI) -> None:
    """Let the application's gates judge by the table. Comes after all routers.

    Raises:
        RuntimeError: a guarded route has a parameter that is not in the table.
    """
    app.state.places = PLACES
    for route in guarded(app.routes):
        names = {one.name for one in route.dependant.path_params}
        if unknown := names - PLACES.keys():
            raise RuntimeError(f"{route.path}: no place is known for {sorted(unknown)}")


def guarded(routes: object) -> list[APIRoute]:
    """Every route behind a `require`."""
    return [route for route in api_routes(routes) if permission_of(route.dependant)]


def api_routes(routes: object) -> list[APIRoute]:
    """Every route of an application, those of routers it includes too."""
    found: list[APIRoute] = []
    for route in routes if isinstance(routes, list) else ():
        if isinstance(route, APIRoute):
            found.append(route)
        elif inner := getattr(route, "routes", None):
            found += api_routes(inner)
        elif router := getattr(route, "original_router", None):
            found += api_routes(router.routes)
    return found


def permission_of(dependant: Dependant) -> str | None:
    """The permission that a route's gate asks for, None if it has no gate."""
    for one in dependant.dependencies:
        if permission := getattr(one.call, "permission", None) or permission_of(one):
            return str(permission)
    return None
