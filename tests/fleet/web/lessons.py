"""Rows of lessons, recordings and publications, as the other folders would write them."""

from datetime import timedelta

from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.orgs import service as orgs
from fleet.publishing.models import MediaFile, Publication
from fleet.recordings.models import Recording
from tests.fleet.web.application import NOON, Application


def add_lesson(application: Application, *, starts: timedelta = timedelta()) -> str:
    """A lesson of an hour, `starts` after noon, of a course `soil` in a room; returns its id."""
    with application.db.write() as session:
        rooms = classrooms.rooms(session)
        unit = orgs.root(session).id
        room = rooms[0] if rooms else classrooms.add_room(session, unit_id=unit, name="Hall <1>")
        known = {one.slug: one for one in courses.courses(session)}
        course = known.get("soil") or courses.add_course(
            session, title="Soil <b>science</b>", slug="soil", now=NOON
        )
        start = NOON + starts
        end = start + timedelta(hours=1)
        return courses.add_lesson(session, course.id, room.id, "", start, end, now=NOON).id


def add_take(
    application: Application, lesson: str | None, *, take: str = "take-1", state: str = "complete"
) -> str:
    """A recording of the first room that began at noon; without a lesson it lies in the tray."""
    with application.db.write() as session:
        session.add(
            Recording(
                id=take,
                agent_id="agent",
                room_id=classrooms.rooms(session)[0].id,
                lesson_id=lesson,
                tray_reason="" if lesson else "no lesson of this room was on at that time",
                state=state,
                started_at=NOON,
                ended_at=None if state == "recording" else NOON + timedelta(hours=1),
                duration=None if state == "recording" else 3600.0,
            )
        )
    return take


def publish(application: Application, lesson: str, state: str, **more: object) -> None:
    """An edition of a lesson in this state, with one picture."""
    with application.db.write() as session:
        row = Publication(
            lesson_id=lesson,
            revision=1,
            content="0" * 64,
            state=state,
            duration=3600.0,
            updated_at=NOON,
            published_at=NOON if state == "published" else None,
            **more,
        )
        row.files = [_file("presenter.mp4", "video"), _file("presenter.m3u8", "playlist")]
        session.add(row)


def _file(name: str, kind: str) -> MediaFile:
    return MediaFile(
        name=name,
        kind=kind,
        track="presenter",
        variant="source",
        sound=True,
        key=name,
        bytes=1_500_000,
        sha256="0" * 64,
    )
