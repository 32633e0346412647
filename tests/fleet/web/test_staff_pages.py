"""What staff can do with lessons, rooms and the tray."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fleet.audit.models import AuditRow
from fleet.auth.deps import Signed
from fleet.auth.rules import Granted
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, ClaimToken, Event
from fleet.publishing.models import Publication
from fleet.recordings.models import Recording
from tests.fleet.web.application import NOON, Application
from tests.fleet.web.lessons import add_lesson, add_take, publish


def _state(application: Application) -> str:
    with application.db.read() as session:
        return session.scalars(select(Publication.state)).one()


def test_a_recording_in_the_tray_finds_its_lesson(application: Application) -> None:
    lesson, other = add_lesson(application), add_lesson(application, starts=timedelta(days=2))
    take = add_take(application, None)
    client = application.signed_in()
    assert "1 recording waits in the tray" in client.get("/staff").text
    page = client.get("/staff/tray").text
    assert "no lesson of this room was on at that time" in page
    assert page.index(lesson) < page.index(other), "the nearest first"

    empty = client.post(f"/staff/tray/{take}")
    assert empty.status_code == 422
    assert "Choose a lesson first." in empty.text
    assert client.post(f"/staff/tray/{take}", data={"lesson_id": "none"}).status_code == 404
    answer = client.post(f"/staff/tray/{take}", data={"lesson_id": lesson})
    assert answer.headers["location"] == f"/staff/lessons/{lesson}"
    assert "Nothing waits here" in client.get("/staff/tray").text
    assert "1:00:00" in client.get(f"/staff/lessons/{lesson}").text
    with application.db.read() as session:
        assert session.get_one(Recording, take).lesson_id == lesson
        row = session.scalars(select(AuditRow).where(AuditRow.action == "recording.linked")).one()
        assert row.detail == {"lesson": lesson}

    assert client.post(f"/staff/lessons/{lesson}/unlink/{take}").status_code == 303
    assert take in client.get("/staff/tray").text


@pytest.mark.parametrize(
    ("state", "verb", "after"),
    [
        ("held", "release", "published"),
        ("published", "withdraw", "held"),
        ("failed", "retry", "due"),
    ],
)
def test_a_lesson_is_released_withdrawn_and_retried(
    application: Application, state: str, verb: str, after: str
) -> None:
    lesson = add_lesson(application)
    publish(application, lesson, state, reason="no_space" if state == "failed" else None)
    client = application.signed_in()
    page = client.get(f"/staff/lessons/{lesson}").text
    assert f"/staff/lessons/{lesson}/{verb}" in page
    assert ("disk is full" in page) == (state == "failed")
    assert client.post(f"/staff/lessons/{lesson}/{verb}").status_code == 303
    assert _state(application) == after


def test_what_does_not_fit_the_state_says_so(application: Application) -> None:
    lesson = add_lesson(application)
    publish(application, lesson, "published")
    answer = application.signed_in().post(f"/staff/lessons/{lesson}/release")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert _state(application) == "published"


def test_a_claim_is_shown_once_and_kept_as_a_digest(application: Application) -> None:
    client = application.signed_in()
    answer = client.post("/staff/rooms", data={"name": "Hall 2", "timezone": "Asia/Almaty"})
    room = answer.headers["location"]
    shown = client.post(f"{room}/claim").text
    token = shown.partition('<code class="secret" dir="ltr">')[2].partition("</code>")[0]
    assert len(token) >= 22
    assert token not in client.get(room).text
    with application.db.read() as session:
        assert token not in str(session.scalars(select(ClaimToken.hash)).all())
        details = str([row.detail for row in session.scalars(select(AuditRow))])
    assert token not in details


@pytest.mark.parametrize("data", [{"name": "", "timezone": "UTC"}, {"name": "A", "timezone": "X"}])
def test_a_wrong_room_comes_back_with_what_was_typed(
    application: Application, data: dict[str, str]
) -> None:
    answer = application.signed_in().post("/staff/rooms", data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{data["timezone"]}"' in answer.text


def test_a_course_says_something_else_of_itself(application: Application) -> None:
    client = application.signed_in()
    course = client.post("/staff/courses", data={"title": "Soil"}).headers["location"]
    told = {"title": "Soils", "description": "What grows.", "publish": "hold"}
    assert client.post(course, data=told).headers["location"] == course
    (found,) = client.get("/api/v1/courses").json()
    assert {key: found[key] for key in told} == told
    assert client.post(course, data={"title": ""}).status_code == 422


def test_names_are_text_and_never_markup(application: Application) -> None:
    lesson = add_lesson(application)
    publish(application, lesson, "published", marks=[
        {"at": 1.0, "lasted": 1.0, "track": None, "why": "</script><script>alert(1)</script>"}
    ])  # fmt: skip
    client = application.signed_in()
    for path in ("/", "/courses/soil", f"/lessons/{lesson}", "/staff", f"/staff/lessons/{lesson}"):
        page = client.get(path).text
        assert "<b>" not in page, path
        assert "<1>" not in page, path
        assert "alert(1)</script>" not in page, path


def test_permissions_are_asked_by_name() -> None:
    signed = Signed("1", "a@b", "A", (Granted(frozenset({"staff.see"}), "a."),))
    assert signed.may("staff.see")
    assert not signed.may("rooms.change")
    assert signed.may("staff.see", "a.b.")
    assert not signed.may("staff.see", "b.")


def test_a_room_says_what_happened_and_why(application: Application) -> None:
    add_lesson(application)
    with application.db.write() as session:
        room_id = classrooms.rooms(session)[0].id
        session.add(Agent(id="agent", room_id=room_id, public_key="", serials={}, enrolled_at=NOON))
        session.add(
            Event(
                room_id=room_id,
                agent_id="agent",
                type="lectern.lesson.missed",
                time=NOON,
                received_at=NOON,
                body={"lesson": "lesson-1", "why": "the disk is <full>"},
            )
        )

    page = application.signed_in().get(f"/staff/rooms/{room_id}").text

    assert "A lesson is not, or not wholly, recorded." in page
    assert "the disk is &lt;full&gt;" in page
