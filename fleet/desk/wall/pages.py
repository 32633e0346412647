"""The wall: walk through forty rooms without leaving the chair."""

import base64
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.db import Database
from fleet.desk.board.deps import board
from fleet.desk.wall import repository
from fleet.desk.wall.glimpses import EVERY, Glimpses
from fleet.errors import Refused
from fleet.orgs import service as orgs
from fleet.web import static
from fleet.web.deps import Db, Now
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(tags=["wall"])
Looker = Annotated[Signed, Depends(require("rooms.look"))]
TILES = 40


class TileOut(BaseModel):
    """A room as it is now. `picture` is a JPEG as a data address, None where there is none.

    `level` is dBFS; `age` seconds since the room sent it, None when nothing has come yet.
    `number` grows with each picture.
    """

    room: str
    number: int
    age: float | None
    picture: str | None
    level: float | None
    recording: bool


class WallOut(BaseModel):
    """Tiles that changed since the number asked for. Ask again in `every` seconds."""

    every: float
    tiles: list[TileOut]


@router.get("/staff/wall", include_in_schema=False)
def wall(
    request: Request, db: Db, now: Now, looker: Looker,
    unit: str = "", room: str = "", after: str = "",
) -> Response:  # fmt: skip
    """The rooms of a unit, a page of them at a time, or one room; pictures come by script."""
    with db.read() as session:
        prefixes = looker.reach("rooms.look")
        chosen = orgs.get(session, unit) if unit else None
        if chosen is not None:
            prefixes = tuple(p for p in (chosen.path,) if looker.may("rooms.look", p))
        found = repository.rooms(session, prefixes, _key(after), TILES + 1, room)
    shown = found[:TILES]
    return page(
        "wall/wall.html",
        scope=request.scope,
        rooms=shown,
        unit=chosen,
        units=board(request).current(now).units,
        next=f"{shown[-1].name}\n{shown[-1].id}" if len(found) > TILES else "",
        every=EVERY,
    )


@router.get("/staff/wall/{room_id}/picture", include_in_schema=False)
def picture(request: Request, room_id: str, db: Db, now: Now, looker: Looker) -> Response:
    """The newest picture of one room, also without a script; a sign while there is none."""
    tiles = _look(request, db, looker, [room_id], now)
    seen = _glimpses(request).seen(tiles[room_id]) if room_id in tiles else None
    if seen is None or seen.glimpse.picture is None:
        return RedirectResponse(static.address("no-picture.svg"), 303)
    headers = {"cache-control": "no-store", "content-disposition": "inline"}
    return Response(seen.glimpse.picture, media_type="image/jpeg", headers=headers)


@router.get("/api/v1/wall")
def now_seen(
    request: Request,
    db: Db,
    now: Now,
    looker: Looker,
    room: Annotated[list[str], Query(max_length=TILES)],
    since: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> WallOut:
    """What rooms look like now; those out of reach are left out.

    Asking keeps a room looked at for 8 s. Give the highest `number` you have as `since`.
    """
    tiles = []
    for room_id, agent in _look(request, db, looker, room, now).items():
        seen = _glimpses(request).seen(agent)
        if seen is None or seen.number <= since:
            continue
        jpeg = seen.glimpse.picture
        data = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else None
        tiles.append(
            TileOut(
                room=room_id,
                number=seen.number,
                age=max(0.0, (now - seen.at).total_seconds()),
                picture=data,
                level=seen.glimpse.level,
                recording=seen.glimpse.recording,
            )
        )
    return WallOut(every=EVERY, tiles=tiles)


def _look(
    request: Request, db: Database, looker: Signed, rooms: list[str], now: datetime
) -> dict[str, str]:
    """Keep these rooms looked at; agent by room, of those the looker may look at."""
    with db.read() as session:
        agents = repository.agents(session, looker.reach("rooms.look"), rooms)
    glimpses = _glimpses(request)
    new = [room for room, agent in agents.items() if agent not in glimpses.watched]
    glimpses.want(agents.values())
    if new:
        _note(db, looker, new, now)
    return agents


def _note(db: Database, looker: Signed, rooms: list[str], now: datetime) -> None:
    """Looking into a room leaves a trace: who, which room, since when."""
    with db.write() as session:
        for room, path in repository.places(session, rooms).items():
            audit.record(
                session,
                actor=looker.user_id,
                action="room.looked",
                target=room,
                path=path,
                now=now,
            )


def _glimpses(request: Request) -> Glimpses:
    found: Glimpses = request.app.state.glimpses
    return found


def _key(after: str) -> tuple[str, str] | None:
    if not after:
        return None
    name, _sep, room = after.rpartition("\n")
    if not name:
        raise Refused(_("This page of the list is unknown; begin at the first."), field="after")
    return name, room
