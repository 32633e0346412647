"""Routes of published media: what a player asks for, and the files."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from fleet.db.requests import ReadSession
from fleet.errors import NotFound, Unauthorised
from fleet.publishing import service, watching
from fleet.publishing.views import MarkView, MediaView, StreamView
from fleet.recordings.ports import FileStore

router = APIRouter(tags=["media"])

Audience = Literal["everyone", "member", "stranger"]

FOREVER = "max-age=31536000, immutable"
"""A file of a revision never changes; a master playlist gains variants."""


class LessonMediaOut(BaseModel):
    """Everything a player needs; addresses are paths on this server."""

    model_config = ConfigDict(from_attributes=True)

    lesson_id: str
    revision: int
    duration: float
    published_at: datetime | None
    poster: str | None
    streams: tuple[StreamView, ...]
    audio: str | None
    low_audio: str | None
    marks: tuple[MarkView, ...]
    files: tuple[MediaView, ...]


def may_see_held(request: Request) -> bool:
    """Whether the one who asks may see what is held back. The app overrides this: nobody may."""
    return False


def audience(request: Request) -> Audience:
    """Who sees published lessons, and whether the one who asks is among them.

    The app overrides this where lessons are not public.
    """
    return "everyone"


MaySeeHeld = Annotated[bool, Depends(may_see_held)]
InAudience = Annotated[Audience, Depends(audience)]


@router.get("/api/v1/lessons/{lesson_id}/media")
def lesson_media(
    lesson_id: str, session: ReadSession, staff: MaySeeHeld, viewer: InAudience
) -> LessonMediaOut:
    """What can be played of a lesson."""
    _admit(viewer)
    media = service.lesson_media(session, lesson_id, unpublished=staff)
    if media is None:
        raise NotFound("nothing of this lesson can be played yet")
    return LessonMediaOut.model_validate(media)


@router.head("/media/{lesson_id}/{revision}/{name}", include_in_schema=False)
@router.get("/media/{lesson_id}/{revision}/{name}")
def media_file(
    lesson_id: str,
    revision: int,
    name: str,
    request: Request,
    session: ReadSession,
    staff: MaySeeHeld,
    viewer: InAudience,
) -> Response:
    """A file of a published lesson; byte ranges are answered.

    Names are looked up in the database and never become part of a path.
    """
    _admit(viewer)
    file = service.served(session, lesson_id, revision, name)
    if file is None or (file.held and not staff):
        raise NotFound("there is no such file; the lesson may have been published anew: reload it")
    if file.held:
        watching.note(request, lesson_id)
    shared = "public" if viewer == "everyone" else "private"
    etag = f'"{file.sha256[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-store" if file.held else f"{shared}, {_caching(name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    files: FileStore = request.app.state.files
    path = files.path(file.key)
    if not path.is_file():
        raise NotFound("this file is gone; publish the lesson again")
    return FileResponse(path, media_type=file.content_type, headers=headers)


def _admit(viewer: Audience) -> None:
    if viewer == "stranger":
        raise Unauthorised("sign in to see this lesson")


def _caching(name: str) -> str:
    return "no-cache" if name.endswith(".m3u8") else FOREVER
