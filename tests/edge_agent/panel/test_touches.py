"""What a touch does: once, with an answer, and never an error of ours."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from edge_agent.panel import touches
from edge_agent.panel.reasons import NO_ANSWER, SENTENCES, sentence
from edge_agent.ports.touch import DeviceView, Done, LessonView
from tests.edge_agent.panel.served import Served, Visitor
from tests.fakes.touch_room import VIEW

SCRIPT = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("path", "fields", "call"),
    [
        ("/lesson/start", {"course": "c-soil", "minutes": "45"}, ("start", ("c-soil", 45))),
        ("/lesson/start", {"course": "", "minutes": "90"}, ("start", (None, 90))),
        ("/devices/wall/volume", {"level": "0"}, ("volume", ("wall", {"level": 0}))),
        ("/devices/wall/source", {"source": "ops"}, ("source", ("wall", {"source": "ops"}))),
        ("/devices/projector/blank", {"on": "true"}, ("blank", ("projector", {"on": True}))),
        ("/devices/projector/power_off", {}, ("power_off", ("projector", {}))),
        ("/devices/front-camera/preset", {"number": "4"},
         ("preset", ("front-camera", {"number": 4}))),
        ("/devices/front-camera/park", {}, ("park", ("front-camera", {}))),
        ("/devices/gooseneck/microphone", {"on": "false"},
         ("microphone", ("gooseneck", {"on": False}))),
    ],
)  # fmt: skip
def test_each_form_reaches_the_room(
    page: Served, visitor: Visitor, path: str, fields: dict[str, str], call: tuple[str, object]
) -> None:
    answer = visitor.send(path, SCRIPT, **fields)

    assert answer.json() == {"ok": True, "why": ""}
    assert page.room.calls == [call]


def test_a_whole_lesson_without_a_script(page: Served, visitor: Visitor) -> None:
    assert visitor.send("/lesson/start", course="", minutes="60").headers["location"] == "/"
    assert "Recording" in visitor.see()
    visitor.send("/lesson/pause")
    assert "Paused" in visitor.see()
    visitor.send("/lesson/resume")
    visitor.send("/lesson/extend", minutes="15")
    visitor.send("/lesson/stop")
    assert "Nothing is being recorded" in visitor.see()
    said = [name for name, _ in page.room.calls]
    assert said == ["start", "pause", "resume", "extend", "stop"]


@pytest.mark.parametrize(
    ("connected", "says"),
    [(True, "the message was sent"), (False, "the message waits for the line")],
)
def test_help_is_called_and_it_is_said_how(
    page: Served, visitor: Visitor, connected: bool, says: str
) -> None:
    page.change(connected=connected)

    answer = visitor.send("/help", SCRIPT, topic="sound")

    assert answer.json()["ok"]
    assert says in answer.json()["why"]
    assert page.room.calls == [("help", "sound")]
    assert says in visitor.send("/help", topic="other").text, "without a script, too"


def test_looking_opens_the_sources(page: Served, visitor: Visitor) -> None:
    assert visitor.send("/look", SCRIPT).json()["ok"]
    assert page.monitor.looks == 1
    assert "/pictures/presenter.jpg" in visitor.see()


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/lesson/start", {"minutes": "60", "course": "c-none"}, 422),
        ("/lesson/start", {"minutes": "61"}, 422),
        ("/lesson/start", {}, 422),
        ("/lesson/extend", {"minutes": "-5"}, 422),
        ("/lesson/extend", {"minutes": "٥"}, 422),
        ("/lesson/extend", {"minutes": "9" * 400}, 422),
        ("/lesson/restart", {}, 404),
        ("/devices/nobody/mute", {"on": "true"}, 404),
        ("/devices/wall/blank", {"on": "true"}, 404),
        ("/devices/projector/load_off", {}, 404),
        ("/devices/wall/volume", {"level": "101"}, 422),
        ("/devices/wall/volume", {"level": "1e1"}, 422),
        ("/devices/wall/volume", {}, 422),
        ("/devices/wall/mute", {"on": "1"}, 422),
        ("/devices/wall/source", {"source": "vga"}, 422),
        ("/devices/front-camera/preset", {"number": "0"}, 422),
        ("/devices/front-camera/preset", {"number": "5"}, 422),
        ("/help", {"topic": "coffee"}, 422),
        ("/nowhere", {}, 404),
        ("/state", {}, 405),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    page: Served, visitor: Visitor, path: str, fields: dict[str, str], status: int
) -> None:
    answer = visitor.send(path, SCRIPT, **fields)

    assert answer.status_code == status
    assert not answer.json()["ok"]
    assert answer.json()["why"].endswith((".", "?"))
    assert page.room.calls == []
    plain = visitor.send(path, **fields)
    assert plain.status_code == status
    assert answer.json()["why"] in plain.text


def test_a_refusal_is_told_with_its_reason(page: Served, visitor: Visitor) -> None:
    page.room.refusal = "the next lesson begins then"
    page.change(phase="recording")

    answer = visitor.send("/lesson/extend", SCRIPT, minutes="5")

    assert answer.status_code == 409
    assert answer.json() == {"ok": False, "why": "Another lesson follows at once."}
    page.forget()
    plain = visitor.send("/lesson/extend", minutes="5")
    assert plain.status_code == 409
    assert ">Another lesson follows at once.</p>" in plain.text


def test_a_double_tap_does_it_once(page: Served, visitor: Visitor) -> None:
    page.change(phase="recording")
    first, second = (visitor.send("/lesson/pause", SCRIPT) for _ in range(2))

    assert first.json() == second.json() == {"ok": True, "why": ""}
    assert page.room.calls == [("pause", None)]


def test_two_fingers_at_once_do_it_once(page: Served) -> None:
    page.room.delay = 0.3
    visitors = [page.visitor() for _ in range(4)]
    with ThreadPoolExecutor() as fingers:
        answers = fingers.map(
            lambda one: one.send("/lesson/start", SCRIPT, course="", minutes="60").json(), visitors
        )
        assert all(answer["ok"] for answer in answers)
    assert page.room.calls == [("start", (None, 60))]


def test_the_same_after_something_else_is_a_new_touch(page: Served, visitor: Visitor) -> None:
    page.change(phase="recording")
    for verb in ("pause", "resume", "pause"):
        visitor.send(f"/lesson/{verb}", SCRIPT)

    assert [name for name, _ in page.room.calls] == ["pause", "resume", "pause"]


def test_the_same_touch_a_while_later_is_a_new_one(page: Served, visitor: Visitor) -> None:
    page.change(phase="recording", lesson=LessonView(None, "", VIEW.at, VIEW.at))
    for _ in range(2):
        visitor.send("/lesson/extend", SCRIPT, minutes="5")
        time.sleep(touches.BOUNCE_SECONDS)

    assert page.room.calls == [("extend", 5)] * 2


def test_another_level_is_another_touch(page: Served, visitor: Visitor) -> None:
    for level in ("45", "50", "55"):
        visitor.send("/devices/wall/volume", SCRIPT, level=level)

    assert [call[1][1] for call in page.room.calls] == [{"level": n} for n in (45, 50, 55)]


def test_a_room_that_hangs_is_said_to_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touches, "_LONGEST", 0.05)

    async def never() -> Done:
        await asyncio.Event().wait()
        return Done(True)

    assert asyncio.run(touches.Touches().do("/lesson/stop", {}, never)) == Done(False, NO_ANSWER)


def test_a_hanging_device_delays_no_other(page: Served) -> None:
    page.room.delay = 1.0
    page.change(devices=tuple(DeviceView(f"d{n}", "projector", True, "on", frozenset({"power_off"}))
                              for n in range(3)))  # fmt: skip
    visitors = [page.visitor() for _ in range(3)]
    for visitor in visitors:
        visitor.see()
    began = time.monotonic()
    with ThreadPoolExecutor() as fingers:
        list(fingers.map(lambda n: visitors[n].send(f"/devices/d{n}/power_off", SCRIPT), range(3)))
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("no take is running", "Nothing is being recorded."),
        ("it does not answer: no route to 10.0.0.9", "The device does not answer."),
        ("not within 8 s: it is warming", "The device warms up. Try again in a moment."),
        ("pigs fly", "pigs fly"),
        ("", ""),
    ],
)
def test_reasons_become_sentences(why: str, says: str) -> None:
    assert sentence(why) == says


def test_sentences_are_sentences() -> None:
    assert all(text[0].isupper() and text.endswith(".") for text in SENTENCES)
