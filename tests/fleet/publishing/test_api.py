"""Published media over HTTP, from a real server."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from fleet.db import Base, Database
from fleet.errors import FleetError
from fleet.publishing import api, service
from fleet.publishing.models import MediaFile, Publication
from tests.fleet.publishing import watch
from tests.fleet.publishing.conftest import House

MEDIA = "/api/v1/lessons/lesson-1/media"
FILES = "/media/lesson-1/1"


@pytest.fixture(scope="module")
def app(finished: House) -> FastAPI:
    app = FastAPI()
    app.state.database, app.state.files = finished.database, finished.files
    app.include_router(api.router)

    @app.exception_handler(FleetError)
    def answer(_request: Request, error: FleetError) -> JSONResponse:
        return JSONResponse({"error": {"message": error.message}}, error.status)

    return app


@pytest.fixture(scope="module")
def site(app: FastAPI) -> Iterator[str]:
    """The address of a server with one published lesson."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


def test_a_player_finds_everything_it_needs(site: str) -> None:
    media = httpx.get(site + MEDIA).json()
    assert [stream["track"] for stream in media["streams"]] == ["presenter", "presentation"]
    assert media["poster"] == "/media/lesson-1/1/poster.jpg"
    for file in media["files"]:
        answer = httpx.get(site + file["url"])
        assert answer.status_code == 200, file["name"]
        assert len(answer.content) == file["bytes"]
        assert answer.headers["content-type"].startswith(file["content_type"])
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("stream", [0, 1])
def test_hls_and_mp4_play_over_http(site: str, stream: int) -> None:
    media = httpx.get(site + MEDIA).json()
    found = media["streams"][stream]
    for form in ("hls", "mp4"):
        address = site + found[form]
        assert watch.errors(address) == ""
        assert abs(watch.duration(address) - found["duration"]) < 0.2
    assert watch.kinds(site + found["mp4"]) == ["video", "audio"][: 2 - stream]


def test_a_part_can_be_asked_for(site: str) -> None:
    address = f"{site}{FILES}/presenter.mp4"
    whole = httpx.get(address)
    part = httpx.get(address, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert httpx.get(address, headers={"Range": "bytes=999999999-"}).status_code == 416
    head = httpx.head(address)
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["accept-ranges"] == "bytes"


def test_what_the_player_has_is_not_sent_again(site: str) -> None:
    for name, kept in (("presenter.mp4", "immutable"), ("presenter.m3u8", "no-cache")):
        address = f"{site}{FILES}/{name}"
        first = httpx.get(address)
        assert kept in first.headers["cache-control"]
        again = httpx.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/media/lesson-1/1/..%2F..%2F..%2Fone%2Faudio-1-0.mp4",
        "/media/lesson-1/1/../../../fleet.sqlite",
        "/media/lesson-1/1/presenter.mp4%00.jpg",
        "/media/lesson-1/2/presenter.mp4",
        "/media/lesson-2/1/presenter.mp4",
        "/media/..%2F..%2Fetc/1/passwd",
    ],
)
def test_nothing_else_is_served(site: str, path: str) -> None:
    assert httpx.get(site + path).status_code == 404


def test_a_held_lesson_is_for_its_staff(site: str, finished: House) -> None:
    with finished.database.write() as session:
        service.withdraw(session, "lesson-1", datetime.now(UTC))
    held = [httpx.get(site + path).status_code for path in (MEDIA, f"{FILES}/presenter.mp4")]
    with finished.database.write() as session:
        service.release(session, "lesson-1", datetime.now(UTC))
    assert held == [404, 404]
    assert httpx.get(site + MEDIA).status_code == 200


@pytest.mark.parametrize("before", ["held", "withdrawn", "watched", "withdrawn since"])
def test_a_replaced_revision_is_not_shown_to_more_than_saw_it(tmp_path: Path, before: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fleet.sqlite'}")
    Base.metadata.create_all(database.engine)
    now = datetime.now(UTC)
    with database.write() as session:
        for revision in (1, 2):
            row = Publication(lesson_id="one", revision=revision, content="", state="held")
            row.updated_at = now
            row.files = [_file(f"lessons/one/{revision}/presenter.mp4")]
            session.add(row)
            session.flush()
            if revision == 1 and before != "held":
                service.show(session, row, now)
            if revision == 1 and before == "withdrawn":
                service.withdraw(session, "one", now)
        service.show(session, row, now)
        if before == "withdrawn since":
            service.withdraw(session, "one", now)
    with database.read() as session:
        file = service.served(session, "one", 1, "presenter.mp4")
    assert file is not None
    assert file.held == (before != "watched")
    database.close()


def _file(key: str) -> MediaFile:
    return MediaFile(
        name="presenter.mp4",
        kind="video",
        track="presenter",
        variant="source",
        sound=True,
        key=key,
        bytes=1,
        sha256="0" * 64,
    )


def test_lessons_may_be_for_members_only(site: str, app: FastAPI) -> None:
    address = f"{site}{FILES}/presenter.mp4"
    try:
        app.dependency_overrides[api.audience] = lambda: "stranger"
        assert [httpx.get(at).status_code for at in (address, site + MEDIA)] == [401, 401]
        app.dependency_overrides[api.audience] = lambda: "member"
        assert httpx.get(address).headers["cache-control"].startswith("private")
    finally:
        app.dependency_overrides.clear()
    assert httpx.get(address).headers["cache-control"].startswith("public")
