"""A lesson nobody had planned, by finger on a phone, from the room's PC to the course page.

The page, agent, broker and fleet are those of production, the classroom is the simulated one. For
a part of the lesson there is no line to the fleet; in the second half the page is in Arabic.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fleet.auth import service as auth
from fleet.courses import service as courses
from simulator.classroom import Classroom
from standalone.hardware import devices
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_touch_page import key, opened, tap
from tests.devices.classroom import ClassroomThread
from tests.servers.ports import free_port
from tests.stories.school import Meeting, School

RED, AMBER = "rgb(200, 16, 46)", "rgb(255, 184, 28)"
COURSE = "Soil science"
BOARD = (-0.3, 0.1, 0.4)
"""Where the teacher's camera looks by its second preset."""

SLOW = 20_000
"""Milliseconds that a device, or a machine that does much else, may take."""


@pytest.fixture
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("not installed: chromium (`make setup-test` installs it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def hardware(room: Classroom, secrets: Path) -> list[dict[str, Any]]:
    """The classroom's devices; panel and projector are quicker than any real ones."""
    found = {each["name"]: each for each in devices(room, secrets)}
    at_once = {"power_on": {"settle": 0.1}, "source": {"settle": 0.1}}
    found["panel"]["overrides"] = {"commands": at_once, "power": {"warming": 1, "cooling": 1}}
    found["projector"]["overrides"] = {"commands": at_once}
    found["teacher-camera"]["source"] = "camera"
    return list(found.values())


@pytest.mark.story
@pytest.mark.timeout(180)
def test_an_unplanned_lesson_by_finger_with_the_line_cut(
    school: School, chromium: Browser, patterns: list[dict[str, object]], tmp_path: Path
) -> None:
    port = free_port()
    with ClassroomThread(warm_up=1.0, cool_down=1.0) as day:
        room = day.room
        room.camera.body.head.presets[2] = BOARD
        school.open(patterns, hardware(room, tmp_path / "secrets"), panel={"port": port})
        course = offered(school)
        with opened(chromium, f"http://127.0.0.1:{port}") as page:
            begins(page, school, room, course)
            devices_obey(page, school, room)
            cut(page, school)
            pauses(page, school, room)
            page.locator('.languages [lang="ar"]').tap()
            expect(page.locator("html")).to_have_attribute("dir", "rtl")
            goes_on(page, room)
            mended(page, school, room)
            stops(page, school, room)
    is_published(school, course)
    somebody_is_called(school, chromium)


def offered(school: School) -> str:
    """A course that the room's organisation has."""
    with school.database.write() as session:
        return courses.add_course(session, title=COURSE, now=datetime.now(UTC)).id


def begins(page: Page, school: School, room: Classroom, course: str) -> None:
    """The course is chosen, and the room does the rest."""
    expect(page.locator("#room")).to_have_attribute("data-phase", "idle")
    idle = "lesson-ends: the agent started: done"
    school.wait(lambda: scenes(school) == [idle], 20, "the room is idle")
    assert room.cameras_face_the_wall
    page.locator("label", has=page.locator(f'[value="{course}"]')).tap()
    page.locator("label", has=page.locator('[name="minutes"][value="45"]')).tap()
    tap(page, "/lesson/start")
    expect(page.locator("#room")).to_have_attribute("data-phase", "recording")
    expect(page.locator("h1")).to_have_text(COURSE)
    expect(page.locator(".left")).to_have_text("45")
    expect(page.locator(".now")).to_have_css("background-color", RED)
    assert takes(school) == ["recording"]

    expect(page.locator("figure.recording")).to_have_count(3)
    page.wait_for_function(
        "() => [...document.querySelectorAll('figure img')].filter(one => one.naturalWidth).length"
        " === 2",
        timeout=SLOW,
    )
    expect(page.locator(".word")).to_have_text("Sound is heard", timeout=SLOW)
    ready = "lesson-starts: touch page: done"
    school.wait(lambda: scenes(school) == [idle, ready], 40, "the room is ready for the lesson")
    assert room.cameras_face_the_room


def devices_obey(page: Page, school: School, room: Classroom) -> None:
    """Louder, another source, no picture, another view: each by one touch."""
    louder = str(room.panel.volume + 5)
    tap(page, "/devices/panel/volume", louder)
    expect(page.locator(".volume output")).to_have_text(louder, timeout=SLOW)
    assert str(room.panel.volume) == louder

    tap(page, "/devices/panel/source", "hdmi1")
    pressed(page, "/devices/panel/source", "hdmi1")
    assert room.panel.source == 1

    tap(page, "/devices/projector/blank", "true")
    pressed(page, "/devices/projector/blank")
    assert room.projector.muted == "11"

    tap(page, "/devices/teacher-camera/preset", "2")
    pressed(page, "/devices/teacher-camera/preset", "2")
    school.wait(lambda: room.camera.body.head.position == BOARD, 10, "the camera has turned")


def cut(page: Page, school: School) -> None:
    """Neither broker nor fleet can be reached any more."""
    school.broker.stop()
    school.stop("fleet")
    expect(page.locator(".top")).to_contain_text("the room works without", timeout=SLOW)


def pauses(page: Page, school: School, room: Classroom) -> None:
    """Nothing is recorded, nothing looks or listens; a call for help waits for the line."""
    tap(page, "/lesson/pause")
    expect(page.locator("#room")).to_have_attribute("data-phase", "paused")
    expect(page.locator(".now")).to_have_css("background-color", AMBER)
    expect(page.locator("figure.closed")).to_have_count(3)
    expect(page.get_by_text("Closed for privacy")).to_have_count(3)
    tap(page, "/help", "sound")
    expect(page.locator("#said")).to_contain_text("waits for the line to the fleet")
    school.wait(lambda: "scene break: done" in school.log("agent"), 20, "the room has its break")
    assert room.cameras_face_the_wall
    assert takes(school) == ["delivering"]


def goes_on(page: Page, room: Classroom) -> None:
    """Paused in one language, gone on with in the other; five minutes more."""
    expect(page.locator("#room")).to_have_attribute("data-phase", "paused")
    expect(page.locator(".phase")).to_have_text("متوقف مؤقتًا")
    tap(page, "/lesson/resume")
    expect(page.locator("#room")).to_have_attribute("data-phase", "recording")
    expect(page.locator(".phase")).to_have_text("التسجيل جارٍ")
    expect(page.locator("h1")).to_have_text(COURSE)
    tap(page, "/lesson/extend", "5")
    expect(page.locator(".left")).to_have_text("50")


def mended(page: Page, school: School, room: Classroom) -> None:
    """The line comes back by itself, and the fleet hears what it has missed."""
    school.broker.start()
    school.start_fleet()
    expect(page.locator(".top .good")).to_be_visible(timeout=SLOW)
    told = ["break: paused: done", "lesson-starts: resumed: done"]
    school.wait(lambda: scenes(school)[2:] == told, 40, "the fleet knows of the room's scenes")
    assert room.cameras_face_the_room
    expect(page.locator("#room")).to_have_attribute("data-phase", "recording")


def stops(page: Page, school: School, room: Classroom) -> None:
    """Stopping asks first. All that was recorded, and all that was told, gets through."""
    page.locator("summary").tap()
    tap(page, "/lesson/stop")
    expect(page.locator("#room")).to_have_attribute("data-phase", "idle")
    school.wait(lambda: len(scenes(school)) == 5, 20, "the room is idle again")
    assert room.cameras_face_the_wall
    expect(page.locator(".status")).to_contain_text("رُفع كل شيء", timeout=SLOW)
    school.wait(school.everything_is_acknowledged, 20, "the fleet has heard it all")


def is_published(school: School, course: str) -> None:
    """The course has one lesson more, of both takes, and it plays."""
    with school.database.read() as session:
        (lesson,) = courses.lessons_of_course(session, course)
    meeting = Meeting(lesson.id, lesson.starts_at, lesson.ends_at)
    published = school.published(meeting)
    first, second = school.takes(meeting)
    assert (first.end_reason, second.end_reason) == ("paused", "stopped")
    assert first.started_at == lesson.starts_at
    assert second.ended_at == lesson.ends_at
    assert first.ended_at < second.started_at
    for take in (first, second):
        assert {track.name for track in take.tracks if track.segments} == {
            "presenter", "presentation", "audio",
        }  # fmt: skip
        assert not any(track.gaps for track in take.tracks)
    assert school.plays(meeting, published) == pytest.approx(
        first.duration + second.duration, abs=1
    )
    assert scenes(school)[4:] == ["lesson-ends: the lesson is over: done"]


def somebody_is_called(school: School, chromium: Browser) -> None:
    """Staff see the call on the room's page until somebody answers it."""
    with school.database.write() as session:
        token = auth.first_administrator(session, now=datetime.now(UTC))
    assert token
    page = chromium.new_page(base_url=school.url, locale="en")
    page.goto(auth.link_address(school.url, token))
    page.fill("[name=password]", "seven green bicycles")
    page.get_by_role("button", name="Set the password and sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.goto(f"/staff/rooms/{school.room}")
    call = page.locator("li", has=page.get_by_role("button", name="Answered"))
    expect(call).to_have_count(1)
    expect(call).to_contain_text("Somebody in the room asks for help with the sound.")
    page.close()


def pressed(page: Page, action: str, value: str = "") -> None:
    """Wait until the device has told that it is so."""
    button = key(page, action, value)
    expect(button).to_have_attribute("aria-pressed", "true", timeout=SLOW)


def takes(school: School) -> list[str]:
    """The state of each take in the room's journal."""
    path = school.room_data / "journal.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        return [state for (state,) in journal.execute("SELECT state FROM takes ORDER BY began")]


def scenes(school: School) -> list[str]:
    """What the fleet was told of the room's scenes."""
    ran = school.events("lectern.scene.ran")
    return [f"{each['scene']}: {each['trigger']}: {each['outcome']}" for each in ran]
