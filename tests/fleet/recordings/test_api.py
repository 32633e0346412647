"""Staff look at recordings and choose their lessons over JSON; others may not."""

from datetime import timedelta

import pytest

from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.orgs import service as orgs
from fleet.recordings import service
from tests.fleet.web.application import NOON, Application, application

__all__ = ["application"]
TAKE = "take-1"


@pytest.fixture
def lesson(application: Application) -> str:
    """A lesson; a take of its room that was recorded days away from it lies in the tray."""
    with application.db.write() as session:
        unit = orgs.root(session).id
        room = classrooms.add_room(session, unit_id=unit, name="Room 1").id
        course = courses.add_course(session, title="Physics", now=NOON).id
        ends_at = NOON + timedelta(hours=1)
        added = courses.add_lesson(session, course, room, "First", NOON, ends_at, now=NOON)
        said = m.TakeStarted(
            take=TAKE, lesson=None, started_at=NOON + timedelta(days=9), tracks=("audio",)
        )
        service.take_started(session, AgentRef("room-pc-1", room), said)
        return added.id


def test_a_recording_is_taken_from_the_tray_and_put_back(
    application: Application, lesson: str
) -> None:
    staff = application.signed_in()
    (lying,) = staff.get("/api/v1/recordings/tray").json()
    assert (lying["id"], lying["lesson_id"]) == (TAKE, None)
    assert "no lesson" in lying["tray_reason"]

    linked = staff.put(f"/api/v1/recordings/{TAKE}/lesson", json={"lesson_id": lesson})

    assert (linked.status_code, linked.json()["lesson_id"]) == (200, lesson)
    assert staff.get("/api/v1/recordings/tray").json() == []
    assert staff.get(f"/api/v1/recordings/{TAKE}").json() == linked.json()
    assert [one["id"] for one in staff.get("/api/v1/recordings").json()] == [TAKE]

    unlinked = staff.delete(f"/api/v1/recordings/{TAKE}/lesson").json()

    assert unlinked["lesson_id"] is None
    assert "took it out" in unlinked["tray_reason"]


def test_what_does_not_exist_is_said(application: Application, lesson: str) -> None:
    staff = application.signed_in()

    assert staff.get("/api/v1/recordings/nothing").status_code == 404
    put = staff.put(f"/api/v1/recordings/{TAKE}/lesson", json={"lesson_id": "nothing"})
    assert put.status_code == 404
    assert staff.put(f"/api/v1/recordings/{TAKE}/lesson", json={}).status_code == 422


def test_a_viewer_may_look_and_not_touch_and_a_stranger_neither(
    application: Application, lesson: str
) -> None:
    viewer, stranger = application.signed_in("viewer"), application.client()
    body = {"lesson_id": lesson}

    assert viewer.get("/api/v1/recordings/tray").status_code == 200
    assert viewer.put(f"/api/v1/recordings/{TAKE}/lesson", json=body).status_code == 403
    assert stranger.get("/api/v1/recordings").status_code == 401
    assert stranger.put(f"/api/v1/recordings/{TAKE}/lesson", json=body).status_code in (401, 403)
