"""The PIN: who has not entered it sees nothing, and guessing takes too long."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge_agent.errors import BadConfiguration
from edge_agent.panel.pin import Pin
from tests.edge_agent.panel.served import Served, Visitor, served


@pytest.fixture
def guarded(pin_file: Path) -> Iterator[Served]:
    with served(pin_file=pin_file) as page:
        yield page


def enter(visitor: Visitor, digits: str) -> httpx.Response:
    return visitor.send("/sign-in", pin=digits)


def test_nothing_is_seen_before_the_pin(guarded: Served) -> None:
    visitor = guarded.visitor()
    for path in ("/state", "/levels", "/pictures/presenter.jpg"):
        answer = visitor.client.get(path)
        assert answer.status_code == 401
        assert "Enter the PIN first." in answer.text
    assert visitor.client.get("/").headers["location"] == "/sign-in"
    assert visitor.send("/help", topic="sound").status_code == 401
    assert "Hall 1" not in visitor.see()
    assert visitor.client.get("/health").status_code == 200
    assert guarded.room.calls == []


def test_with_the_pin_the_page_is_open_until_it_is_locked(guarded: Served) -> None:
    visitor = guarded.visitor()
    assert enter(visitor, "1357").status_code == 403
    opened = enter(visitor, "2468")
    assert opened.status_code == 303
    cookie = opened.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "Hall 1" in visitor.see()
    session = dict(visitor.client.cookies)
    assert visitor.send("/sign-out").status_code == 303
    assert "Enter the PIN" in visitor.see()
    stolen = httpx.get(guarded.url, cookies=session, trust_env=False)
    assert stolen.status_code == 303, "the session is gone, not only its cookie"


def test_another_session_has_another_token(guarded: Served) -> None:
    one, other = guarded.visitor(), guarded.visitor()
    enter(one, "2468")
    enter(other, "2468")
    token = one.see().split('name="token" value="')[1].split('"')[0]
    assert other.client.post("/help", data={"token": token, "topic": "sound"}).status_code == 403


def test_a_new_pin_ends_sessions_and_streams(guarded: Served, pin_file: Path) -> None:
    visitor = guarded.visitor()
    enter(visitor, "2468")
    with visitor.client.stream("GET", "/state") as stream:
        assert stream.status_code == 200
        pin_file.write_text("97531")
        for _line in stream.iter_lines():
            pass  # ends by itself
    assert visitor.client.get("/levels").status_code == 401
    assert enter(visitor, "2468").status_code == 403
    assert enter(visitor, "97531").status_code == 303


def test_a_file_that_is_gone_lets_nobody_in(guarded: Served, pin_file: Path) -> None:
    visitor = guarded.visitor()
    enter(visitor, "2468")
    pin_file.unlink()
    time.sleep(0.6)
    assert visitor.client.get("/state").status_code == 401
    assert enter(visitor, "2468").status_code == 403
    assert enter(visitor, "").status_code == 403


def test_guessing_is_slowed_down(guarded: Served) -> None:
    visitor = guarded.visitor()
    answers = [enter(visitor, f"{n:04}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 30
    assert enter(visitor, "2468").status_code == 429, "also the right one waits"


def test_pauses_grow_and_the_network_does_not_lock_out_the_panel(pin_file: Path) -> None:
    now = 0.0
    pin = Pin(pin_file, now=lambda: now)
    pauses = []
    for _ in range(12):
        assert pin.enter("0000", "192.168.1.9") is None
        pauses.append(pin.pause("192.168.1.10"))
        now += pauses[-1]
    assert pauses == [0] * 4 + [30, 60, 120, 240, 480, 900, 900, 900]
    assert pin.pause("127.0.0.1") == 0
    session = pin.enter("2468", "127.0.0.1")
    assert pin.knows(session)
    assert not pin.knows(None)
    assert not pin.knows("")
    now += 12 * 3600
    assert not pin.knows(session)


@pytest.mark.parametrize("content", ["", "123", "12a4", "1234\n5678", "1234567890123", "١٢٣٤"])
def test_a_file_without_a_pin_is_named(pin_file: Path, content: str) -> None:
    pin_file.write_text(content)
    with pytest.raises(BadConfiguration, match=r"\[panel\] pin_file .*pin: must hold 4 to 12"):
        Pin(pin_file)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_file_that_others_may_read_is_refused(pin_file: Path) -> None:
    pin_file.chmod(0o644)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        Pin(pin_file)


def test_the_pin_is_in_no_repr(pin_file: Path) -> None:
    assert "2468" not in repr(Pin(pin_file))
