"""The same pages over PostgreSQL."""

import threading
from pathlib import Path

from fleet.audit import service as audit
from fleet.courses import service as courses
from tests.fleet.web.application import Application, build
from tests.fleet.web.lessons import add_lesson, add_take, publish
from tests.servers.postgresql import PostgreSql


def test_the_pages_on_postgresql(tmp_path: Path, postgresql: PostgreSql) -> None:
    application = build(tmp_path, database=postgresql.url)
    client = application.signed_in()
    lesson = add_lesson(application)
    add_take(application, None)
    publish(application, lesson, "held")
    for path in ("/", "/staff", "/courses/soil", "/staff/tray", f"/staff/lessons/{lesson}"):
        assert client.get(path).status_code == 200, path
    slot = {
        "room_id": client.get(f"/api/v1/lessons/{lesson}").json()["room_id"],
        "weekday": 1,
        "starts": "09:00",
        "minutes": 45,
        "first_date": "2026-11-01",
        "last_date": "2027-01-01",
    }
    course = client.get("/api/v1/courses").json()[0]["id"]
    assert client.post(f"/api/v1/courses/{course}/slots", json=slot).status_code == 201
    with application.db.write() as session:
        assert courses.expand_slots(session, application.now) == 0
    assert client.post("/staff/tray/take-1", data={"lesson_id": lesson}).status_code == 303
    _record_at_once(application, 8)
    with application.db.read() as session:
        assert audit.verify(session) is None
    application.db.close()


def _record_at_once(application: Application, count: int) -> None:
    def record() -> None:
        with application.db.write() as session:
            audit.record(session, actor="nobody", action="test.done", now=application.now)

    threads = [threading.Thread(target=record) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
