"""The fleet's pages on a loopback port, with one lesson that has been published."""

import hashlib
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from contract import messages as m
from fleet.auth import service as auth
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.courses import service as courses
from fleet.db import Session
from fleet.orgs import service as orgs
from fleet.publishing.models import MediaFile, Publication
from tests.fleet.telling import handle, told
from tests.fleet.web.application import Application, build
from tests.servers.ports import free_port

SECONDS = 24
MARKS = [
    {"at": 8.0, "lasted": 300.0, "track": None, "why": "power"},
    {"at": 12.0, "lasted": 3.0, "track": "presentation", "why": "lost"},
]


SAID = (
    m.Description(
        version=1,
        hostname="pc-of-hall-1",
        os="Linux",
        cpu_count=4,
        memory_bytes=1,
        disk_bytes=1,
        agent_version="1",
        devices=tuple(
            m.DeviceDescription(name=name, role=role, profile=f"{role}-of-a-long-name", vendor="V")
            for name, role in (("projector-at-the-ceiling", "projector"), ("desk", "microphone"))
        ),
    ),
    m.DeviceChanged(device="projector-at-the-ceiling", online=True, power="cooling"),
    m.DeviceChanged(device="desk", online=False, why="no answer on /dev/ttyUSB0 within 2 s"),
    m.AlarmRaised(
        alarm="silent",
        subject="audio",
        severity="critical",
        text="silent",
        what="Nothing is heard from audio.",
        todo="Switch the microphone on, and check its battery and its cable.",
        value="-91 dB",
    ),
    m.SceneRan(scene="lesson-starts", trigger="timetable", outcome="partly", seconds=2.0),
    m.HelpCalled(topic="sound"),
)
"""What the room says of its devices."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the pages are, and what is in them."""

    url: str
    application: Application
    lesson: str
    course_slug: str
    kenya: str

    def first_link(self) -> str:
        """The address with which the first administrator sets a password."""
        with self.application.db.write() as session:
            token = auth.first_administrator(session, now=self.application.now)
        assert token is not None
        return auth.link_address(self.url, token)


@contextmanager
def serve(folder: Path) -> Iterator[Site]:
    """Run the pages in a thread until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    application = build(folder, url)
    application.now = datetime.now(UTC)
    media = folder / "media"
    lesson, slug = _publish(application, media)
    # Before the routes of the application, which serve what the fleet itself has stored.
    application.app.router.routes.insert(0, Mount("/media", StaticFiles(directory=media)))
    server = uvicorn.Server(
        uvicorn.Config(application.app, host="127.0.0.1", port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    with application.db.read() as session:
        kenya = orgs.by_code(session, "ke").id
    yield Site(url, application, lesson, slug, kenya)
    server.should_exit = True
    thread.join()
    application.db.close()


def _publish(application: Application, media: Path) -> tuple[str, str]:
    start = application.now - timedelta(hours=2)
    with application.db.write() as session:
        unit = orgs.root(session).id
        kenya = orgs.add(
            session, parent_id=unit, kind="country", name="Kenya", code="ke", iso2="KE"
        )
        nairobi = orgs.add(
            session, parent_id=kenya.id, kind="institution", name="University of Nairobi"
        )
        classrooms.add_room(
            session, unit_id=nairobi.id, name="Great Court", timezone="Africa/Nairobi"
        )
        room = classrooms.add_room(session, unit_id=unit, name="Hall 1", timezone="Africa/Cairo")
        course = courses.add_course(
            session,
            title="Soil science",
            description="What grows, and why.",
            category="Agriculture",
            now=start,
        )
        lesson = courses.add_lesson(
            session, course.id, room.id, "", start, start + timedelta(hours=1), now=start
        )
        _tell(session, AgentRef("pc-of-hall-1", room.id), start)
        courses.add_lesson(
            session,
            course.id,
            room.id,
            "",
            start + timedelta(days=1),
            start + timedelta(days=1, hours=1),
            now=start,
        )
    folder = media / lesson.id / "1"
    folder.mkdir(parents=True)
    _make(folder)
    with application.db.write() as session:
        publication = Publication(
            lesson_id=lesson.id,
            revision=1,
            content="0" * 64,
            state="published",
            low="made",
            duration=float(SECONDS),
            marks=MARKS,
            published_at=start,
            updated_at=start,
            playable_after=3.2,
        )
        publication.files = [
            _row(file) for file in sorted(folder.iterdir()) if file.suffix != ".m4s"
        ]
        session.add(publication)
    return lesson.id, course.slug


def _tell(session: Session, agent: AgentRef, at: datetime) -> None:
    row = Agent(id=agent.agent, room_id=agent.room, public_key="", serials={}, enrolled_at=at)
    session.add(row)
    session.flush()
    for seq, payload in enumerate(SAID, start=1):
        handle(session, agent, told(agent, payload, seq))


def _row(file: Path) -> MediaFile:
    kinds = {".mp4": "video", ".m4a": "audio", ".jpg": "poster", ".m3u8": "playlist"}
    content = file.read_bytes()
    return MediaFile(
        name=file.name,
        kind=kinds[file.suffix],
        track="audio" if file.suffix == ".m4a" else file.name.split(".")[0],
        variant="low" if ".low." in file.name else "source",
        sound=file.name.startswith(("presenter.", "audio.")),
        key=file.name,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        duration=float(SECONDS),
        width=320,
        height=180,
        bitrate=None,
    )


def _make(folder: Path) -> None:
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=15:d={SECONDS}"]
    slides = ["-f", "lavfi", "-i", f"testsrc=s=320x180:r=10:d={SECONDS}"]
    sound = ["-f", "lavfi", "-i", f"sine=f=440:d={SECONDS}"]
    mp4 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-pix_fmt", "yuv420p"]
    mp4 += ["-c:a", "aac", "-movflags", "+faststart"]
    hls = ["-c", "copy", "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod"]
    hls += ["-hls_segment_type", "fmp4", "-hls_flags", "single_file"]
    presenter, presentation = folder / "presenter.mp4", folder / "presentation.mp4"
    _ffmpeg(*picture, *sound, *mp4, presenter)
    _ffmpeg(*slides, *mp4, presentation)
    for source in (presenter, presentation):
        segments = source.with_suffix(".m4s")
        playlist = source.with_suffix(".m3u8")
        _ffmpeg("-i", source, *hls, "-hls_segment_filename", segments, playlist)
        source.with_suffix(".low.mp4").write_bytes(source.read_bytes())
    _ffmpeg("-i", presenter, "-vn", "-c", "copy", folder / "audio.m4a")
    _ffmpeg("-ss", "3", "-i", presenter, "-frames:v", "1", "-q:v", "12", folder / "poster.jpg")


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)
