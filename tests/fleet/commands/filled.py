"""A fleet with somebody in it, a room that spoke, a lesson that plays, and a file of everything."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result
from fastapi import FastAPI
from starlette.testclient import TestClient

from contract import messages as m
from fleet import app as composition
from fleet.audit import service as audit
from fleet.auth import service as auth
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.cli import main
from fleet.courses import service as courses
from fleet.db import Bus, Database
from fleet.orgs import service as orgs
from fleet.publishing.models import MediaFile, Publication
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment
from tests.fleet.telling import handle, told

PASSWORD = "seven green bicycles"
EMAIL = "amina@example.org"
PICTURE = b"not really a film" * 1000
KEY = "published/one/presenter.mp4"


def command(settings: FleetSettings, *words: str, **env: str) -> Result:
    """`fleet` with these settings."""
    return CliRunner(env={**environment(settings), **env}).invoke(main, words)


def fill(settings: FleetSettings) -> str:
    """Put a little of everything into a fleet; returns the id of a lesson that plays."""
    fleet = composition.build(settings)
    now = datetime.now(UTC)
    with fleet.database.write() as session:
        user = auth.add_user(session, EMAIL, "Amina Yüsuf", "secretariat", "", now=now)
        token = auth.issue_link(session, user, now=now)
    with fleet.database.write() as session:
        auth.set_password(session, token, auth.hash_password(PASSWORD), now)
        auth.start_session(session, user, now)
        unit = orgs.root(session)
        room = classrooms.add_room(
            session, unit_id=unit.id, name="القاعة 1", timezone="Africa/Cairo"
        )
        session.add(Agent(id="pc", room_id=room.id, public_key="", serials={}, enrolled_at=now))
        course = courses.add_course(session, title="Soil", publish="auto", now=now)
        end = now + timedelta(hours=1)
        lesson = courses.add_lesson(session, course.id, room.id, "First", now, end, now=now).id
        _speak(session, AgentRef("pc", room.id))
        audit.record(session, actor=user, action="test.done", detail={"ü": [1.5, None]}, now=now)
        row = Publication(
            lesson_id=lesson, revision=1, content="0" * 64, state="published", duration=1.0,
            updated_at=now, published_at=now, low="made",
        )  # fmt: skip
        row.files = [_file("presenter.mp4", "video"), _file("presenter.m3u8", "playlist")]
        session.add(row)
    source = settings.data_dir / "film"
    source.write_bytes(PICTURE)
    fleet.files.put(KEY, source)
    fleet.database.close()
    return lesson


def _speak(session: object, agent: AgentRef) -> None:
    said: tuple[m.Payload, ...] = (
        m.ClockStepped(by_seconds=3),
        m.DeviceChanged(device="projector", online=True, power="on"),
        m.AlarmRaised(
            alarm="silent", subject="audio", severity="critical", text="silent",
            what="Nothing is heard.", todo="Switch it on.", value="-91 dB",
        ),
    )  # fmt: skip
    for number, payload in enumerate(said, 1):
        handle(session, agent, told(agent, payload, number))  # type: ignore[arg-type]


def _file(name: str, kind: str) -> MediaFile:
    digest = hashlib.sha256(PICTURE).hexdigest()
    return MediaFile(
        name=name, kind=kind, track="presenter", variant="source", sound=True,
        key=KEY, bytes=len(PICTURE), sha256=digest,
    )  # fmt: skip


def check(settings: FleetSettings, lesson: str) -> None:
    """Sign in, play the lesson, and walk the audit trail."""
    fleet = composition.assemble(settings, Database(settings.database, Bus()))
    site: FastAPI = composition.create_api(fleet)
    client = TestClient(site, base_url=settings.url, follow_redirects=False)
    signed = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert signed.status_code == 303, signed.text
    assert client.get("/staff").status_code == 200
    media = client.get(f"/api/v1/lessons/{lesson}/media").json()
    films = [one["url"] for one in media["files"]]
    assert films
    assert all(client.get(film).content == PICTURE for film in films)
    with fleet.database.read() as session:
        assert audit.verify(session) is None
    fleet.database.close()


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
