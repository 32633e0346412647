"""What the page is told without asking."""

import json
import socket
import threading
import time
from collections.abc import Callable

import pytest

from edge_agent.panel import streams
from tests.edge_agent.panel.served import Served, Visitor, served


def events(lines: list[str], name: str) -> list[str]:
    """The data of each event of a name among the lines of a stream."""
    blocks = "\n".join(lines).split("\n\n")
    return [
        "\n".join(line.removeprefix("data: ") for line in block.splitlines()[1:])
        for block in blocks
        if block.startswith(f"event: {name}\n")
    ]


def read(
    page: Served, path: str, seconds: float, act: Callable[[], None] = lambda: None
) -> list[str]:
    """The lines of a stream in so many seconds; `act` is done after the first."""
    lines: list[str] = []
    until = time.monotonic() + seconds
    with page.visitor().client.stream("GET", path) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if not lines:
                act()
            lines.append(line)
            if time.monotonic() > until and not line:
                return lines
    return lines


def test_state_is_told_at_once_when_it_changes(page: Served) -> None:
    changed: list[float] = []

    def change() -> None:
        page.change(phase="paused")
        changed.append(time.monotonic())

    told = events(read(page, "/state", 1.5, change), "room")

    assert 'data-phase="idle"' in told[0]
    assert any('data-phase="paused"' in text for text in told[1:])
    assert all(text.startswith('<div id="room"') for text in told)


def test_an_unchanged_room_only_beats(page: Served) -> None:
    lines = read(page, "/state", 2.2)

    assert len(events(lines, "room")) == 1
    assert len(events(lines, "beat")) >= 2


def test_levels_come_ten_times_a_second(page: Served, figure: Callable[[str, str], None]) -> None:
    page.change(sources=page.room.sources("open"))

    told = events(read(page, "/levels", 3.0), "levels")

    figure("levels", f"{len(told) / 3:.1f} a second")
    assert len(told) >= 30
    [[track, rms, peak]] = json.loads(told[0])
    assert track == "audio"
    assert -96 <= rms <= peak <= 0


def test_pictures(page: Served, visitor: Visitor) -> None:
    assert visitor.client.get("/pictures/presenter.jpg").status_code == 204
    page.change(sources=page.room.sources("open"))

    first = visitor.client.get("/pictures/presenter.jpg")

    assert first.headers["content-type"] == "image/jpeg"
    assert first.headers["cache-control"] == "no-store"
    assert first.content.startswith(b"\xff\xd8")
    assert visitor.client.get("/pictures/audio.jpg").status_code == 204
    assert visitor.client.get("/pictures/nobody.jpg").status_code == 204
    assert visitor.client.get("/pictures/..%2Fapp.jpg").status_code == 404


def test_a_known_picture_is_not_sent_again(
    page: Served, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.change(sources=page.room.sources("open"))
    still = page.monitor.picture("presenter")
    monkeypatch.setattr(page.monitor, "picture", lambda track: still)

    first = visitor.client.get("/pictures/presenter.jpg")
    again = visitor.client.get(
        "/pictures/presenter.jpg", headers={"if-none-match": first.headers["etag"]}
    )

    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["cache-control"] == "no-store"


def test_who_has_gone_is_not_told_any_more(page: Served) -> None:
    read(page, "/state", 0.0)
    until = time.monotonic() + 5
    while page.room.viewers and time.monotonic() < until:
        time.sleep(0.05)
    assert page.room.viewers == 0


def test_open_streams_do_not_keep_the_agent(figure: Callable[[str, str], None]) -> None:
    with served() as page:
        readers = [
            threading.Thread(target=read, args=(page, path, 60.0))
            for path in ("/state", "/levels", "/state")
        ]
        for reader in readers:
            reader.start()
        until = time.monotonic() + 5
        while page.room.viewers < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert page.room.viewers == 2
        began = time.monotonic()
    took = time.monotonic() - began
    figure("stopping with three open streams", f"{took:.2f} s")
    assert took < 1.5
    for reader in readers:
        reader.join(5)
        assert not reader.is_alive()


def test_who_sleeps_is_not_waited_for(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_SEND_SECONDS", 0.3)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", page.settings.port))
        line.sendall(b"GET /state HTTP/1.1\r\nhost: localhost\r\n\r\n")
        until = time.monotonic() + 5
        while not page.room.viewers and time.monotonic() < until:
            time.sleep(0.02)
        assert page.room.viewers == 1
        until = time.monotonic() + 30
        while page.room.viewers and time.monotonic() < until:
            page.change(message=f"{time.monotonic()} " * 40_000)
            time.sleep(0.05)
        assert page.room.viewers == 0
