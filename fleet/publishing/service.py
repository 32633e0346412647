"""Publications: asked for, looked at, released, withdrawn, tried again."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from fleet.db import Session, publish
from fleet.errors import Conflict, NotFound
from fleet.publishing import repository
from fleet.publishing.events import LessonPublished
from fleet.publishing.models import MediaFile, Publication
from fleet.publishing.timeline import Take
from fleet.publishing.views import (
    LessonMedia,
    MarkView,
    MediaView,
    PublicationStatus,
    Served,
    StreamView,
)
from fleet.web.language import gettext as _

_TYPES = {
    ".mp4": "video/mp4",
    ".m4s": "video/mp4",
    ".m4a": "audio/mp4",
    ".jpg": "image/jpeg",
    ".m3u8": "application/vnd.apple.mpegurl",
}


def content_of(takes: Sequence[Take]) -> str:
    """Digest of what a publication of these takes would be made from."""
    pieces = sorted(
        f"{take.id} {track.name} {piece.key} {piece.start} {piece.duration}"
        for take in takes
        for track in take.tracks
        for piece in track.pieces
    )
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()


def bell_of(takes: Sequence[Take]) -> datetime | None:
    """When the last take ended, as the room saw it."""
    return max((take.ended_at for take in takes if take.ended_at), default=None)


def request(session: Session, lesson_id: str, takes: Sequence[Take], now: datetime) -> bool:
    """Have a lesson published from these takes; False when that is done or on its way already."""
    content = content_of(takes)
    last = repository.newest(session, lesson_id)
    if last is not None and last.content == content and last.state != "superseded":
        return False
    if last is None or last.state != "due":
        revision = last.revision + 1 if last else 1
        last = Publication(lesson_id=lesson_id, revision=revision, state="due")
        session.add(last)
    last.content = content
    last.bell_at = bell_of(takes)
    last.updated_at = now
    session.flush()
    return True


def lesson_media(
    session: Session, lesson_id: str, *, unpublished: bool = False
) -> LessonMedia | None:
    """What can be played of a lesson: its newest published revision.

    Args:
        session: the transaction.
        lesson_id: the lesson.
        unpublished: also what is held for the staff to look at.
    """
    states = repository.MADE if unpublished else ("published",)
    found = repository.newest(session, lesson_id, states)
    return _media(found) if found else None


def served(session: Session, lesson_id: str, revision: int, name: str) -> Served | None:
    """One file of a revision, by its name as a player asks for it."""
    found = repository.file(session, lesson_id, revision, name)
    if found is None:
        return None
    publication, file = found
    shown = _shown(session, publication)
    return Served(file.key, file.sha256, content_type(name), held=not shown)


def status(session: Session, lesson_id: str) -> PublicationStatus | None:
    """How the newest revision stands; None when nothing of the lesson has arrived."""
    found = repository.newest(session, lesson_id)
    return _status(found) if found else None


def statuses(session: Session, lesson_ids: Sequence[str]) -> dict[str, PublicationStatus]:
    """The same of many lessons; those of which nothing has arrived are left out."""
    return {found.lesson_id: _status(found) for found in repository.newest_of(session, lesson_ids)}


def published_lessons(session: Session, lesson_ids: Sequence[str]) -> set[str]:
    """Those that have something to play."""
    return repository.published(session, lesson_ids)


def retry(session: Session, lesson_id: str, now: datetime) -> None:
    """Try again what failed.

    Raises:
        NotFound: nothing of this lesson has arrived.
        Conflict: nothing of it has failed.
    """
    last = _newest(session, lesson_id)
    if last.state == "failed":
        last.state = "due"
    elif last.low == "failed":
        last.low = "due"
    else:
        raise Conflict(_("Nothing of this lesson has failed: there is nothing to try again."))
    last.tries += 1
    last.attempts = 0
    last.reason = last.error = None
    last.updated_at = now


def release(session: Session, lesson_id: str, now: datetime) -> None:
    """Show a held lesson.

    Raises:
        NotFound: nothing of this lesson has arrived.
        Conflict: it is not held.
    """
    last = _newest(session, lesson_id)
    if last.state != "held":
        raise Conflict(_("This lesson does not wait for approval any more."))
    show(session, last, now)


def withdraw(session: Session, lesson_id: str, now: datetime) -> None:
    """Hide a published lesson and all it replaced; it stays playable for the staff.

    Raises:
        NotFound: nothing of this lesson has arrived.
        Conflict: it is not published.
    """
    found = repository.newest(session, lesson_id, ("published",))
    if found is None:
        _newest(session, lesson_id)
        raise Conflict(_("This lesson is not published."))
    repository.forget_shown(session, lesson_id)
    found.state = "held"
    found.updated_at = now


def show(session: Session, publication: Publication, now: datetime) -> None:
    """Publish what is made; revisions before it are replaced by it."""
    publication.state = "published"
    publication.published_at = publication.updated_at = now
    if publication.playable_after is None and publication.bell_at is not None:
        publication.playable_after = (now - publication.bell_at).total_seconds()
    for older in repository.older(session, publication):
        older.state = "superseded"
        older.updated_at = now
    publish(
        session,
        LessonPublished(
            publication.lesson_id,
            publication.revision,
            publication.duration or 0.0,
            publication.playable_after,
        ),
    )


def content_type(name: str) -> str:
    """Media type of a published file."""
    return _TYPES[name[name.rindex(".") :]]


def _shown(session: Session, publication: Publication) -> bool:
    """Whether the lesson's audience may see a revision.

    One that was replaced is for those who are still watching it: only if it was shown before,
    and not longer than the lesson is.
    """
    if publication.state != "superseded":
        return publication.state == "published"
    lesson = publication.lesson_id
    return publication.published_at is not None and bool(repository.published(session, [lesson]))


def _newest(session: Session, lesson_id: str) -> Publication:
    found = repository.newest(session, lesson_id)
    if found is None:
        raise NotFound(_("Nothing of this lesson has arrived yet."))
    return found


def _status(found: Publication) -> PublicationStatus:
    return PublicationStatus(
        lesson_id=found.lesson_id,
        revision=found.revision,
        state=found.state,
        step=found.step,
        reason=found.reason,
        error=found.error,
        attempts=found.attempts,
        low=found.low,
        updated_at=found.updated_at,
        published_at=found.published_at,
        playable_after=found.playable_after,
    )


def _media(found: Publication) -> LessonMedia:
    files = tuple(_file(found, file) for file in found.files)
    by_name = {file.name: file for file in files}
    videos = [f for f in files if f.kind == "video" and f.variant == "source"]
    videos.sort(key=lambda file: (file.track != "presenter", file.track))
    address = {name: file.url for name, file in by_name.items()}
    return LessonMedia(
        lesson_id=found.lesson_id,
        revision=found.revision,
        state=found.state,
        duration=found.duration or 0.0,
        published_at=found.published_at,
        poster=address.get("poster.jpg"),
        streams=tuple(
            StreamView(
                track=video.track,
                hls=address[f"{video.track}.m3u8"],
                mp4=video.url,
                low_mp4=address.get(f"{video.track}.low.mp4"),
                sound=video.sound,
                duration=video.duration,
                width=video.width,
                height=video.height,
            )
            for video in videos
        ),
        audio=address.get("audio.m4a"),
        low_audio=address.get("audio.low.m4a"),
        marks=tuple(MarkView(**mark) for mark in found.marks),
        files=files,
    )


def _file(found: Publication, file: MediaFile) -> MediaView:
    return MediaView(
        name=file.name,
        kind=file.kind,
        track=file.track,
        variant=file.variant,
        sound=file.sound,
        url=f"/media/{quote(found.lesson_id, safe='')}/{found.revision}/{quote(file.name)}",
        content_type=content_type(file.name),
        bytes=file.bytes,
        sha256=file.sha256,
        duration=file.duration,
        width=file.width,
        height=file.height,
        bitrate=file.bitrate,
    )
