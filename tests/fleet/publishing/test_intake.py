"""From what a room reports to a published lesson, through the real folders below."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db import Bus, Database
from fleet.jobs import Jobs
from fleet.orgs import service as orgs
from fleet.publishing import PublishingOptions, compose, handlers, service
from fleet.publishing.intake import takes_of
from fleet.publishing.pages import say
from fleet.publishing.timeline import Lost
from fleet.recordings import service as recordings
from tests.fleet.databases import Databases
from tests.fleet.publishing import watch
from tests.fleet.publishing.folder import Folder
from tests.fleet.publishing.killing import wait_for
from tests.fleet.publishing.lesson import Run, record

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(minutes=30)


class Fleet:
    """One room, one course, one lesson, and the folders up to publishing."""

    def __init__(self, directory: Path, url: str, publish: str) -> None:
        bus = Bus()
        self.woken = 0
        handlers.register(bus, self._wake)
        self.database = Database(url, bus)
        self.files = Folder(directory / "files")
        with self.database.write() as session:
            room = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Room 1")
            course = courses.add_course(session, title="Physics", publish=publish, now=NOW)
            session.flush()
            ends = START + timedelta(minutes=1)
            lesson = courses.add_lesson(
                session, course.id, room.id, "First", START, ends, now=START
            )
            self.lesson, self.course = lesson.id, course.id
            self.agent = AgentRef("room-pc-1", room.id)

    def _wake(self) -> None:
        self.woken += 1

    def report(
        self,
        directory: Path,
        take: str = "take-1",
        *,
        at: datetime = START,
        reason: m.TakeEnd = "bell",
        lesson: str | None = None,
        course: str | None = None,
    ) -> None:
        """A take of six seconds arrives: manifest first, then one segment after the other."""
        sources = (
            ("presenter", "video", Run("presenter", 0.2, 6.0, cut=2.0, run=0)),
            ("audio", "audio", Run("audio", 0.0, 6.0, cut=2.0, run=0)),
        )
        gap = m.Gap(start=6.2, duration=0.1, why="the plug")
        tracks, waiting = [], []
        for name, kind, run in sources:
            segments = []
            for index, piece in enumerate(record(run, directory / "made")):
                file = directory / piece.key
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                size = file.stat().st_size
                segments.append(
                    m.Segment(
                        track=name,
                        index=index,
                        run=0,
                        start=piece.start / 1e6,
                        duration=piece.duration / 1e6,
                        bytes=size,
                        sha256=digest,
                    )
                )
                waiting.append((name, index, size, digest, file))
            tracks.append(
                m.TrackManifest(name=name, kind=kind, segments=tuple(segments), gaps=(gap,))
            )
        ended = m.TakeEnded(
            take=take,
            lesson=lesson,
            course=course,
            started_at=at,
            ended_at=at + timedelta(seconds=6.3),
            duration=6.3,
            reason=reason,
            tracks=tuple(tracks),
        )
        with self.database.write() as session:
            recordings.take_ended(session, self.agent, ended, NOW)
        for track, index, size, digest, file in waiting:
            key = f"segments/{take}/{track}-{index:05d}.mp4"
            self.files.put(key, file)
            with self.database.write() as session:
                recordings.segment_stored(
                    session,
                    agent=self.agent,
                    take=take,
                    track=track,
                    index=index,
                    bytes=size,
                    sha256=digest,
                    key=key,
                    upload_id=f"{take}{track}{index}",
                    now=NOW,
                )


@pytest.fixture(params=["auto", "hold"])
def fleet(tmp_path: Path, databases: Databases, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, databases.make(tmp_path / "fleet.sqlite"), request.param)
    yield fleet
    fleet.database.close()


def test_a_reported_lesson_is_published_as_its_course_wants(fleet: Fleet, tmp_path: Path) -> None:
    fleet.report(tmp_path, lesson=fleet.lesson)
    assert fleet.woken == 1, "the last segment, and only that one, completes the lesson"
    with fleet.database.read() as session:
        found = service.status(session, fleet.lesson)
        take = takes_of(session, fleet.lesson)[0]
    assert found is not None
    assert found.state == "due"
    assert take.ended == "bell"
    assert {track.lost for track in take.tracks} == {(Lost(6_200_000, 100_000, "the plug"),)}

    _publish(fleet, fleet.lesson, tmp_path)
    with fleet.database.read() as session:
        course = courses.course(session, courses.lesson(session, fleet.lesson).course_id)
        media = service.lesson_media(session, fleet.lesson, unpublished=True)
    assert _state(fleet, fleet.lesson) == ("held" if course.publish == "hold" else "published")
    assert media is not None
    assert watch.errors(str(fleet.files.path(f"lessons/{fleet.lesson}/1/presenter.mp4"))) == ""
    assert abs(media.duration - 6.2) < 0.1


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "unplanned"])
@pytest.mark.parametrize("fleet", ["auto"], indirect=True)
def test_a_paused_lesson_is_published_as_one(fleet: Fleet, tmp_path: Path, planned: bool) -> None:
    with fleet.database.write() as session:
        ends = NOW + timedelta(minutes=1)
        now_on = courses.add_lesson(
            session, fleet.course, fleet.agent.room, "", NOW, ends, now=NOW
        ).id
    of = {"lesson": now_on} if planned else {"course": fleet.course}
    fleet.report(tmp_path, at=NOW, reason="paused", **of)
    assert fleet.woken == 0, "it may go on"
    fleet.report(tmp_path, "take-2", at=NOW + timedelta(seconds=30), **of)
    assert fleet.woken == 1
    with fleet.database.read() as session:
        lesson = recordings.recording(session, "take-2").lesson_id or ""
    assert (lesson == now_on) is planned

    _publish(fleet, lesson, tmp_path)

    assert _state(fleet, lesson) == "published"
    with fleet.database.read() as session:
        media = service.lesson_media(session, lesson)
    assert media is not None
    assert abs(media.duration - 12.4) < 0.2
    (cut,) = [mark for mark in media.marks if mark.track is None]
    assert cut.why == "paused"
    assert say(cut) == "Recording paused for 0:24; that time is cut out."


def _publish(fleet: Fleet, lesson: str, directory: Path) -> None:
    jobs = Jobs(fleet.database, f"sqlite:///{directory / 'jobs.sqlite'}", poll=0.1)
    compose(fleet.database, fleet.files, jobs, PublishingOptions(work=directory / "work"))
    jobs.launch()
    try:
        wait_for(lambda: _state(fleet, lesson) in {"published", "held", "failed"}, "publishing")
    finally:
        jobs.shutdown()


def _state(fleet: Fleet, lesson: str) -> str:
    with fleet.database.read() as session:
        found = service.status(session, lesson)
    return found.state if found else ""
