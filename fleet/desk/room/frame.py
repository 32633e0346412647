"""What all sections of a room's page have in common."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from fleet.alerts import texts
from fleet.auth.deps import Signed
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.desk.board.deps import board
from fleet.devices import points, sentences
from fleet.web.deps import options
from fleet.web.language import gettext as _
from fleet.web.render import page


def section(
    request: Request, session: Session, viewer: Signed, room_id: str, name: str, **values: Any
) -> Response:
    """One section of a room's page: `name` is its template and the end of its address."""
    found = classrooms.room(session, room_id)
    agent = classrooms.agent_of_room(session, room_id)
    snapshot = board(request).current(options(request).now())
    return page(
        f"rooms/{name or 'one'}.html",
        scope=request.scope,
        room=found,
        agent=agent,
        presence=agent.presence if agent else "none",
        above=snapshot.above(found.path, viewer.reach("staff.see")),
        sections=_sections(),
        section=name,
        say=sentences,
        reading_words=points,
        alarm_words=texts,
        **values,
    )


def _sections() -> tuple[tuple[str, str], ...]:
    return (
        ("", _("Now")),
        ("devices", _("Devices")),
        ("readings", _("Readings")),
        ("alarms", _("Alarms")),
        ("takes", _("Recordings")),
        ("timetable", _("Timetable")),
        ("orders", _("Orders")),
        ("settings", _("Settings")),
        ("log", _("Log")),
        ("pc", _("PC")),
    )
