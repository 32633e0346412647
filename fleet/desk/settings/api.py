"""JSON routes of what is wanted of a room and what it has made of it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.db.requests import ReadSession, WriteSession
from fleet.devices import wanted
from fleet.errors import Refused
from fleet.web.deps import Now
from fleet.web.language import gettext as _

router = APIRouter(prefix="/api/v1/rooms/{room_id}", tags=["rooms"])
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("rooms.change"))]


class KeyOut(BaseModel):
    """One setting. `version`: of the change that wanted it; `by`: a user's id, empty: the fleet."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    desired: Any
    reported: Any
    state: Literal["converged", "differing", "pending", "refused", "unsupported"]
    why: str
    version: int
    by: str
    at: datetime | None


class ShadowOut(BaseModel):
    """The settings of a room; `version` is of what is wanted as a whole, and the ETag."""

    version: int
    keys: list[KeyOut]


class DesiredIn(BaseModel):
    """What is wanted. `version`: of what one has seen; another one by now is a conflict."""

    model_config = ConfigDict(extra="forbid")

    value: Any
    version: Annotated[int, Field(ge=0)] | None = None


@router.get("/shadow")
def shadow(room_id: str, signed: Viewer, session: ReadSession, response: Response) -> ShadowOut:
    """What is wanted of a room, and how that stands, key by key."""
    return _out(session, room_id, response)


@router.put("/desired/{key}")
def want(
    room_id: str,
    key: str,
    given: DesiredIn,
    signed: Editor,
    session: WriteSession,
    response: Response,
    now: Now,
    if_match: Annotated[str | None, Header(max_length=40)] = None,
) -> ShadowOut:
    """Want something of a room, unless somebody changed it since one has looked."""
    expected = given.version if if_match is None else _version(if_match)
    before = wanted.version(session, room_id)
    after = wanted.want(
        session, room_id, key, given.value, expected=expected, by=signed.user_id, now=now
    )
    if after != before:
        audit.record(
            session,
            actor=signed.user_id,
            action="room.wanted",
            target=room_id,
            detail={"key": key, "value": given.value},
            path=classrooms.room(session, room_id).path,
            now=now,
        )
    return _out(session, room_id, response)


def _version(if_match: str) -> int | None:
    text = if_match.strip().removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not (text.isascii() and text.isdigit()):
        raise Refused(_("If-Match is the ETag of the room's shadow."), field="if-match")
    return int(text)


def _out(session: Session, room_id: str, response: Response) -> ShadowOut:
    version = wanted.version(session, room_id)
    response.headers["etag"] = f'"{version}"'
    keys = [KeyOut.model_validate(one) for one in wanted.keys(session, room_id)]
    return ShadowOut(version=version, keys=keys)
