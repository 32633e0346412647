"""What the page says of the room."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.ports.touch import AlarmView, DeviceView, LessonView
from tests.edge_agent.panel.served import Served, Visitor
from tests.fakes.touch_room import VIEW

LESSON = LessonView(
    "l-1", "Soil <science>", VIEW.at - timedelta(minutes=15), VIEW.at + timedelta(minutes=45)
)


@pytest.mark.parametrize(
    ("phase", "says", "offers"),
    [
        ("idle", "Nothing is being recorded", "/lesson/start"),
        ("preflight", "The room gets ready for the lesson", "/lesson/start"),
        ("starting", "The room starts recording…", ""),
        ("recording", "Recording", "/lesson/pause"),
        ("paused", "Paused", "/lesson/resume"),
        ("stopping", "The recording is being closed…", ""),
    ],
)
def test_each_phase(page: Served, visitor: Visitor, phase: str, says: str, offers: str) -> None:
    page.change(phase=phase, lesson=LESSON)

    text = visitor.see()

    assert f'data-phase="{phase}"' in text
    assert says in text
    verbs = {verb for verb in ("start", "pause", "resume") if f"/lesson/{verb}" in text}
    assert verbs == ({offers.rpartition("/")[2]} if offers else set())
    assert ("/lesson/stop" in text) == ("/lesson/extend" in text) == (phase in RUNNING)


RUNNING = {"recording", "paused"}


def test_what_is_on_and_what_is_next(page: Served, visitor: Visitor) -> None:
    page.change(phase="recording", lesson=LESSON, at=VIEW.at)

    text = visitor.see()

    assert "Soil &lt;science&gt;" in text
    assert ">45</p>" in text
    assert "minutes left" in text
    assert "9:45" in text, "the room's time of day, not UTC"
    assert '<progress max="240" value="60"' in text
    assert "Hydrology 4" in text


@pytest.mark.parametrize(("seconds", "last"), [(61.5, False), (59.5, True)])
def test_the_last_minute_counts_seconds(
    page: Served, visitor: Visitor, seconds: float, last: bool
) -> None:
    ends_at = VIEW.at + timedelta(seconds=seconds)
    page.change(phase="recording", at=VIEW.at, lesson=replace(LESSON, ends_at=ends_at))

    text = visitor.see()

    assert ("data-last-minute" in text) == last
    assert ("seconds left: the last minute" in text) == last


def test_no_longer_when_another_lesson_follows(page: Served, visitor: Visitor) -> None:
    page.change(phase="recording", lesson=LESSON, extend_until=LESSON.ends_at)

    text = visitor.see()

    assert "Another lesson follows at once." in text
    assert text.count(" disabled>") == 3


def test_safe_to_switch_off_and_uploads(page: Served, visitor: Visitor) -> None:
    assert "Safe to switch off" in visitor.see()
    assert "Everything is uploaded" in visitor.see()

    page.change(safe_to_switch_off=False, uploads=(3, 120_400_000), connected=False)

    text = visitor.see()
    assert "Do not switch off yet" in text
    assert "3 parts wait to be uploaded (120.4 MB)" in text
    assert "No line to the fleet" in text


def test_alarms_say_what_is_wrong_and_what_to_do(page: Served, visitor: Visitor) -> None:
    def alarm(text: str, subject: str) -> AlarmView:
        return AlarmView(f"{text}-1", subject, "critical", text, VIEW.at)

    page.change(
        alarms=(alarm("silent", "audio"), alarm("disk", "room"), alarm("x-own", "projector"))
    )

    text = visitor.see()
    assert "Nothing is heard from Lectern microphone." in text
    assert "Switch the microphone on, and check its battery and its cable." in text
    assert "The disk of the room holds" in text
    assert "Projector: x-own" in text, "a profile's own alarm without words is not hidden"


def test_an_emergency_message_fills_the_page(page: Served, visitor: Visitor) -> None:
    page.change(message="Leave the building <now>", phase="recording", lesson=LESSON)

    text = visitor.see()

    assert "Leave the building &lt;now&gt;" in text
    assert 'role="alert"' in text
    assert "/lesson/" not in text
    assert "/devices/" not in text


def test_a_device_shows_what_it_offers_and_no_more(page: Served, visitor: Visitor) -> None:
    text = visitor.see()
    assert "/devices/projector/blank" in text
    assert "/devices/wall/volume" in text
    assert text.count("/devices/front-camera/preset") == 4
    assert "load_off" not in text, "a finger does not cut the mains"
    assert "/devices/projector/power_on" not in text, "it is on"

    lost = DeviceView("wall", "panel", False, "unknown", frozenset({"power_on", "volume"}))
    page.change(devices=(lost,))
    text = visitor.see()
    assert "does not answer" in text
    assert "/devices/wall/power_on" in text, "it may be woken"
    assert "/devices/wall/volume" not in text


def test_what_a_device_does_not_tell_is_not_guessed(page: Served, visitor: Visitor) -> None:
    mute = DeviceView("p", "projector", True, "on", frozenset({"mute", "volume"}))
    page.change(devices=(mute,))

    text = visitor.see()

    assert "aria-pressed" not in text
    assert "<output>?</output>" in text
    assert text.count("/devices/p/mute") == 2


def test_an_unplanned_lesson_asks_for_the_course(visitor: Visitor) -> None:
    text = visitor.see()

    assert 'name="course" value="" checked' in text
    assert 'name="course" value="c-soil"' in text
    assert 'name="minutes" value="60" checked' in text


def test_closed_sources_are_closed(page: Served, visitor: Visitor) -> None:
    text = visitor.see()
    assert text.count("Closed for privacy") == 3
    assert "/pictures/" not in text

    page.change(sources=page.room.sources("open"))
    text = visitor.see()
    assert "live, not recorded" in text
    assert "/pictures/presenter.jpg" in text
    assert 'action="/look"' not in text


def test_health_says_nothing_of_the_room(visitor: Visitor) -> None:
    assert visitor.client.get("/health").json() == {"state": "live"}


@pytest.mark.parametrize("message", ["", "Leave the building"])
def test_who_is_looked_at_is_told_whatever_else_is_shown(
    page: Served, visitor: Visitor, message: str
) -> None:
    said = "Somebody of the IT staff is looking into this room."
    assert said not in visitor.see()

    page.change(looked_into=True, message=message, notice="Bring <no> coffee")

    text = visitor.see()
    assert said in text
    assert "Bring &lt;no&gt; coffee" in text
    assert "يُسجَّل" not in text
    assert "أحد موظفي تقنية المعلومات" in visitor.see("/?lang=ar")


def test_a_lesson_that_is_not_recorded_says_so(page: Served, visitor: Visitor) -> None:
    page.change(unrecorded=LESSON, records=False)

    text = visitor.see()

    assert "Soil &lt;science&gt;" in text
    assert "Nothing is being recorded" in text
    assert "only when somebody starts the recording" in text
    assert "/lesson/start" in text


def test_the_fleet_chooses_the_language_and_the_reader_another(
    page: Served, visitor: Visitor
) -> None:
    page.change(language="ru")

    assert '<html lang="ru"' in visitor.see()
    assert '<html lang="fr"' in visitor.see("/?lang=fr")
    page.change(language="zh")
    assert '<html lang="fr"' in visitor.see()
