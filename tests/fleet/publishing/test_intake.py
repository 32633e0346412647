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
from fleet.db import Base, Bus, Database
from fleet.jobs import Jobs
from fleet.orgs import service as orgs
from fleet.publishing import PublishingOptions, compose, handlers, service
from fleet.publishing.intake import takes_of
from fleet.publishing.timeline import Lost
from fleet.recordings import service as recordings
from tests.fleet.publishing import watch
from tests.fleet.publishing.folder import Folder
from tests.fleet.publishing.killing import wait_for
from tests.fleet.publishing.lesson import Run, record

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(minutes=30)


class Fleet:
    """One room, one course, one lesson, and the folders up to publishing."""

    def __init__(self, directory: Path, publish: str) -> None:
        bus = Bus()
        self.woken = 0
        handlers.register(bus, self._wake)
        self.database = Database(f"sqlite:///{directory / 'fleet.sqlite'}", bus)
        Base.metadata.create_all(self.database.engine)
        self.files = Folder(directory / "files")
        with self.database.write() as session:
            room = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Room 1")
            course = courses.add_course(session, title="Physics", publish=publish, now=NOW)
            session.flush()
            ends = START + timedelta(minutes=1)
            lesson = courses.add_lesson(
                session, course.id, room.id, "First", START, ends, now=START
            )
            self.lesson = lesson.id
            self.agent = AgentRef("room-pc-1", room.id)

    def _wake(self) -> None:
        self.woken += 1

    def report(self, directory: Path) -> None:
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
            take="take-1",
            lesson=self.lesson,
            started_at=START,
            ended_at=START + timedelta(seconds=6.3),
            duration=6.3,
            reason="bell",
            tracks=tuple(tracks),
        )
        with self.database.write() as session:
            recordings.take_ended(session, self.agent, ended, NOW)
        for track, index, size, digest, file in waiting:
            key = f"segments/take-1/{track}-{index:05d}.mp4"
            self.files.put(key, file)
            with self.database.write() as session:
                recordings.segment_stored(
                    session,
                    agent=self.agent,
                    take="take-1",
                    track=track,
                    index=index,
                    bytes=size,
                    sha256=digest,
                    key=key,
                    upload_id=f"{track}{index}",
                    now=NOW,
                )


@pytest.fixture(params=["auto", "hold"])
def fleet(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, request.param)
    yield fleet
    fleet.database.close()


def test_a_reported_lesson_is_published_as_its_course_wants(fleet: Fleet, tmp_path: Path) -> None:
    fleet.report(tmp_path)
    assert fleet.woken == 1, "the last segment, and only that one, completes the lesson"
    with fleet.database.read() as session:
        found = service.status(session, fleet.lesson)
        take = takes_of(session, fleet.lesson)[0]
    assert found is not None
    assert found.state == "due"
    assert take.ended == "bell"
    assert {track.lost for track in take.tracks} == {(Lost(6_200_000, 100_000, "the plug"),)}

    jobs = Jobs(fleet.database, f"sqlite:///{tmp_path / 'jobs.sqlite'}", poll=0.1)
    compose(fleet.database, fleet.files, jobs, PublishingOptions(work=tmp_path / "work"))
    jobs.launch()
    try:
        wait_for(lambda: _state(fleet) in {"published", "held", "failed"}, "publishing")
    finally:
        jobs.shutdown()
    with fleet.database.read() as session:
        course = courses.course(session, courses.lesson(session, fleet.lesson).course_id)
        media = service.lesson_media(session, fleet.lesson, unpublished=True)
    assert _state(fleet) == ("held" if course.publish == "hold" else "published")
    assert media is not None
    assert watch.errors(str(fleet.files.path(f"lessons/{fleet.lesson}/1/presenter.mp4"))) == ""
    assert abs(media.duration - 6.2) < 0.1


def _state(fleet: Fleet) -> str:
    with fleet.database.read() as session:
        found = service.status(session, fleet.lesson)
    return found.state if found else ""
