"""When a recording is complete, and when a lesson may be published."""

import logging
from datetime import datetime, timedelta

import msgspec

from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.courses import service as courses
from fleet.db import Session, publish
from fleet.errors import Conflict
from fleet.recordings import repository, rules
from fleet.recordings.events import LessonRecorded, RecordingComplete
from fleet.recordings.models import Recording, StoredSegment
from fleet.recordings.service import span

log = logging.getLogger(__name__)


def segment_stored(
    session: Session,
    *,
    agent: AgentRef,
    take: str,
    track: str,
    index: int,
    bytes: int,
    sha256: str,
    key: str,
    upload_id: str,
    now: datetime,
) -> None:
    """The bytes of a segment are proved and synced; the take may be complete by this.

    Raises:
        Conflict: other bytes are stored as this segment, and the manifest does not ask for these.
    """
    held = repository.segment(session, agent.agent, take, track, index)
    row = _own(repository.recording(session, take), agent)
    if held is None:
        held = StoredSegment(agent_id=agent.agent, take_id=take, track=track, idx=index)
        repository.add_segment(session, held)
    elif held.key is not None and held.sha256 != sha256:
        named = _named(row, track, index)
        if named != sha256:
            raise Conflict(f"segment {index} of {track} is already stored with other bytes")
    is_news = held.key is None or held.sha256 != sha256
    held.bytes, held.sha256, held.key = bytes, sha256, key
    held.upload_id, held.stored_at = upload_id, now
    session.flush()
    if row is None:
        return
    if row.state == "complete" and is_news and _named(row, track, index) == sha256:
        row.announced = False  # given up, and here after all: the lesson is published anew
        session.flush()
        if row.lesson_id is not None:
            announce_if_ready(session, row.lesson_id, now)
    check_complete(session, row, now)


def check_complete(session: Session, row: Recording, now: datetime) -> None:
    """Mark a recording complete when all of its manifest is held, and tell who waits for it."""
    if row.manifest is None or row.state == "complete":
        return
    manifest = msgspec.convert(row.manifest, m.TakeEnded, strict=False)
    missing = rules.missing(manifest, held(session, row))
    if missing:
        row.state = "waiting"
        return
    _complete(session, row, now)


def _complete(session: Session, row: Recording, now: datetime) -> None:
    row.state, row.completed_at = "complete", now
    session.flush()
    log.info("recording %s is complete (%s)", row.id, row.end_reason)
    publish(session, RecordingComplete(row.id, row.room_id, row.lesson_id))
    if row.lesson_id is not None:
        announce_if_ready(session, row.lesson_id, now)


def announce_if_ready(
    session: Session,
    lesson_id: str,
    now: datetime,
    *,
    grace: timedelta = timedelta(minutes=10),
    by_hand: bool = False,
) -> bool:
    """Tell publishing when nothing more of a lesson is expected; `by_hand` expects nothing more."""
    lesson = courses.lesson(session, lesson_id)
    takes = [
        rules.TakeState(
            started_at=row.started_at,
            complete=row.state == "complete",
            end_reason=row.end_reason,
            segments=_segments(row),
        )
        for row in repository.of_lesson(session, lesson_id)
    ]
    if not rules.ready(takes, slot_over=by_hand or now >= lesson.ends_at + grace):
        return False
    repository.mark_announced(session, lesson_id)
    publish(session, LessonRecorded(lesson_id))
    return True


def announce_due(session: Session, now: datetime, grace: timedelta) -> int:
    """Announce lessons whose crashed room did not come back within `grace` after the bell."""
    return sum(
        announce_if_ready(session, lesson_id, now, grace=grace)
        for lesson_id in repository.unannounced_lessons(session)
    )


def close_abandoned(session: Session, now: datetime, after: timedelta) -> int:
    """Expect no more of takes of which nothing has come for `after`: publish what arrived.

    A take that never ended gets a manifest of what is here; a segment that was announced and
    never came becomes a gap. Should the room come back after all, its own word, or the missing
    segment, makes a new edition.
    """
    closed = 0
    for row in repository.begun_before(session, "recording", now - after):
        last = repository.last_stored(session, row.agent_id, row.id)
        if last is None or last > now - after:
            continue
        manifest = rules.manifest_of_abandoned(
            row.id, row.hint, row.started_at, last, held(session, row)
        )
        row.manifest = msgspec.json.decode(msgspec.json.encode(manifest))
        row.ended_at = last
        row.duration, row.end_reason = manifest.duration, manifest.reason
        if row.lesson_id is not None:
            span.fit(session, row.lesson_id)
        log.warning("recording %s was abandoned by its room; closing it", row.id)
        check_complete(session, row, now)
        closed += 1
    for row in repository.begun_before(session, "waiting", now - after):
        last = repository.last_stored(session, row.agent_id, row.id) or row.ended_at
        if last is None or max(last, row.ended_at or last) > now - after:
            continue
        log.warning("recording %s misses segments that do not come; going on without", row.id)
        _complete(session, row, now)
        closed += 1
    return closed


def held(session: Session, row: Recording) -> list[rules.Held]:
    """What the fleet knows of a recording's segments."""
    return [
        rules.Held(
            track=one.track,
            index=one.idx,
            run=one.run,
            start=one.start,
            duration=one.duration,
            bytes=one.bytes if one.key else None,
            sha256=one.sha256 if one.key else None,
        )
        for one in repository.segments(session, row.agent_id, row.id)
    ]


def _own(row: Recording | None, agent: AgentRef) -> Recording | None:
    return row if row is not None and row.agent_id == agent.agent else None


def _named(row: Recording | None, track: str, index: int) -> str | None:
    if row is None or row.manifest is None:
        return None
    manifest = msgspec.convert(row.manifest, m.TakeEnded, strict=False)
    return next(
        (
            one.sha256
            for part in manifest.tracks
            for one in part.segments
            if part.name == track and one.index == index
        ),
        None,
    )


def _segments(row: Recording) -> int:
    tracks = (row.manifest or {}).get("tracks", ())
    return sum(len(track["segments"]) for track in tracks)
