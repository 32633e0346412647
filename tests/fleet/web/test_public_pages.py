"""What students see of a lesson, at each stage of its way."""

from datetime import timedelta

import pytest

from fleet.publishing.pages import say
from fleet.publishing.stages import stage_of
from fleet.publishing.views import MarkView
from fleet.recordings.models import Recording
from tests.fleet.web.application import NOON, Application
from tests.fleet.web.lessons import add_lesson, add_take, publish


@pytest.mark.parametrize(
    ("minutes", "takes", "publication", "playable", "stage"),
    [
        (-10, [], None, False, "coming"),
        (10, [], None, False, "on"),
        (10, ["recording"], None, False, "recording"),
        (70, ["recording"], None, False, "recording"),
        (70, [], None, False, "missed"),
        (70, ["waiting"], None, False, "processing"),
        (70, ["complete"], "due", False, "processing"),
        (70, ["complete"], "processing", False, "processing"),
        (70, ["complete"], "held", False, "held"),
        (70, ["complete"], "failed", False, "failed"),
        (70, ["complete"], "published", True, "published"),
        (70, ["complete", "complete"], "processing", True, "published"),
        (30, ["complete", "recording"], "published", True, "recording"),
    ],
)
def test_stages(
    minutes: int, takes: list[str], publication: str | None, playable: bool, stage: str
) -> None:
    found = stage_of(
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        now=NOON + timedelta(minutes=minutes),
        takes=takes,
        publication=publication,
        playable=playable,
    )
    assert found == stage


def test_a_lesson_from_the_timetable_to_the_course_page(application: Application) -> None:
    lesson = add_lesson(application)
    client = application.client()

    def seen() -> str:
        page = client.get(f"/lessons/{lesson}")
        assert page.status_code == 200
        return page.text

    application.later(minutes=-5)
    assert "still to come" in seen()
    application.later(minutes=10)
    assert "is on now" in seen()
    take = add_take(application, lesson, state="recording")
    assert "Recording now" in client.get("/courses/soil").text
    with application.db.write() as session:
        session.get_one(Recording, take).state = "waiting"
    application.later(hours=1)
    assert "is being prepared" in seen()
    publish(application, lesson, "published")
    assert f"/media/{lesson}/1/presenter.mp4" in seen()
    assert "Published" in client.get("/courses/soil").text


def test_students_see_nothing_of_what_is_held_or_failed(application: Application) -> None:
    lesson = add_lesson(application)
    publish(application, lesson, "held")
    application.later(hours=2)
    student, staff = application.client(), application.signed_in()
    assert "/media/" not in student.get(f"/lessons/{lesson}").text
    assert "Only staff can see this lesson" in staff.get(f"/lessons/{lesson}").text
    failed = add_lesson(application, starts=timedelta(days=-1))
    publish(application, failed, "failed", error="ffmpeg: canary")
    page = student.get(f"/lessons/{failed}").text
    assert "is being prepared" in page
    assert "canary" not in page
    stage = f"/api/v1/lessons/{failed}/stage"
    assert student.get(stage).json() == {"stage": "processing"}
    assert staff.get(stage).json() == {"stage": "failed"}
    assert "canary" in staff.get(f"/staff/lessons/{failed}").text


def test_unknown_courses_and_lessons_are_not_found(application: Application) -> None:
    client = application.client()
    assert client.get("/courses/none").status_code == 404
    assert client.get("/lessons/none").status_code == 404


def test_gaps_in_words() -> None:
    assert "interrupted for 2:05" in say(MarkView(1, 125, None, "power"))
    assert "paused for 10:00" in say(MarkView(1, 600, None, "paused"))
    assert say(MarkView(1, 3, "audio", "")) == "No sound for 0:03."
    assert say(MarkView(1, 3, "presentation", "")) == "No picture of the screen for 0:03."
    assert say(MarkView(1, 3, "presenter-2", "")) == "No picture of the room for 0:03."
