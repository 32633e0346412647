"""Follows a lesson from the timetable to its page, and tells what happens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.publishing import service as publishing
from fleet.publishing.views import PublicationStatus
from fleet.recordings import repository
from fleet.recordings import service as recordings
from standalone.errors import Failed
from standalone.sample import Meeting

POLL_SECONDS = 0.25
CONNECT_SECONDS = 30.0
PUBLISH_SECONDS = 120.0
"""Beyond any wait that a healthy machine needs; then it is said what was seen last."""

Say = Callable[[str, str], None]
"""Prints one line of progress: what, and its state."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the fleet holds of a lesson."""

    segments: int
    bytes: int


async def until_connected(database: Database, room: str) -> None:
    """Wait until the room's agent is there.

    Raises:
        Failed: it did not come.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            # A poll: the presence is a row that another part of this process writes.
            while await asyncio.to_thread(_presence, database, room) != "ready":  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise Failed("the classroom's agent did not connect; the log says why") from None


async def until_published(database: Database, meeting: Meeting, say: Say) -> float:
    """Tell of recording, upload and processing until the lesson plays.

    Returns:
        Seconds from the bell until it could be played.

    Raises:
        Failed: processing failed, or took too long.
    """
    stage: tuple[str, int] | None = None
    told = ("", "nothing")
    wait = (meeting.ends_at - datetime.now(UTC)).total_seconds() + PUBLISH_SECONDS
    try:
        async with asyncio.timeout(wait):
            while True:
                status = await asyncio.to_thread(_status, database, meeting.lesson)
                if status and status.state == "failed":
                    raise Failed(f"the lesson could not be published: {status.error}")
                if status and status.state == "published" and status.published_at:
                    return (status.published_at - meeting.ends_at).total_seconds()
                state = status.state if status else ""
                now = datetime.now(UTC)
                if (reached := _stage(meeting, now, state)) != stage:
                    stage = reached
                    delivery = await delivered(database, meeting.lesson)
                    told = _progress(meeting, now, state, delivery.segments)
                    say(*told)
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise Failed(
            f"the lesson was not published {PUBLISH_SECONDS:.0f} s after the bell; "
            f"last seen: {': '.join(told)}; the log says more"
        ) from None


async def delivered(database: Database, lesson: str) -> Delivery:
    """What has arrived of a lesson so far."""
    return await asyncio.to_thread(_delivered, database, lesson)


def _stage(meeting: Meeting, now: datetime, state: str) -> tuple[str, int]:
    """What is worth a new line: every fifth second of a recording, and each state after it."""
    if now < meeting.ends_at:
        return "on", int((now - meeting.starts_at).total_seconds() // 5)
    return state or "due", 0


def _progress(meeting: Meeting, now: datetime, state: str, segments: int) -> tuple[str, str]:
    if now < meeting.starts_at:
        return "lesson", f"starts at {meeting.starts_at.astimezone():%H:%M:%S}"
    if now < meeting.ends_at:
        done = (now - meeting.starts_at).total_seconds()
        length = (meeting.ends_at - meeting.starts_at).total_seconds()
        return "recording", f"{done:.0f} of {length:.0f} s, {segments} segments uploaded"
    if state in ("", "due"):
        return "bell", f"{segments} segments uploaded, waiting for the last ones"
    return state, "joining and packaging"


def _presence(database: Database, room: str) -> str:
    with database.read() as session:
        states = {state.room.id: state.presence for state in classrooms.room_states(session)}
    return states.get(room, "none")


def _status(database: Database, lesson: str) -> PublicationStatus | None:
    with database.read() as session:
        return publishing.status(session, lesson)


def _delivered(database: Database, lesson: str) -> Delivery:
    with database.read() as session:
        stored = [
            segment
            for take in recordings.recordings_of_lesson(session, lesson)
            for segment in repository.segments(session, take.agent_id, take.id)
            if segment.stored_at is not None
        ]
        return Delivery(len(stored), sum(segment.bytes or 0 for segment in stored))
