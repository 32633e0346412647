"""What protects the page: addresses, origins, tokens, sizes, headers."""

import socket
from pathlib import Path

import pytest

from edge_agent.panel import guard
from edge_agent.panel.headers import CONTENT_SECURITY_POLICY
from tests.edge_agent.panel.served import Served, Visitor, served

HELP = {"topic": "sound"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8090", 200),
        ("[::1]:8090", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("192.168.1.9", 421),
        ("localhost@evil.example", 421),
        ("[::1", 421),
        ("localhost:x", 421),
        ("", 421),
    ],
)
def test_only_its_own_names_are_answered(visitor: Visitor, host: str, status: int) -> None:
    for path in ("/", "/state/../", "/health", "/static/x"):
        answer = visitor.client.get(path, headers={"host": host})
        assert (answer.status_code == 421) == (status == 421), path
        assert answer.status_code < 500


def test_a_page_for_the_whole_network_answers_to_addresses_only(pin_file: Path) -> None:
    with served(host="0.0.0.0", pin_file=pin_file) as page:  # noqa: S104
        client = page.visitor().client
        assert client.get("/health", headers={"host": "192.168.1.9:8090"}).status_code == 200
        assert client.get("/health", headers={"host": "room.example"}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
    ],
)
def test_requests_of_other_sites_are_refused(
    page: Served, visitor: Visitor, headers: dict[str, str]
) -> None:
    answer = visitor.send("/help", headers, **HELP)

    assert answer.status_code == 403
    assert "another site" in answer.text
    assert page.room.calls == []


def test_our_own_requests_pass(page: Served, visitor: Visitor) -> None:
    own = {"sec-fetch-site": "same-origin", "origin": page.url, "accept": "application/json"}
    assert visitor.send("/help", own, **HELP).status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "not hexadecimal"])
def test_a_form_needs_the_token_of_our_page(page: Served, visitor: Visitor, token: str) -> None:
    answer = visitor.client.post("/help", data={"token": token, **HELP})

    assert answer.status_code == 403
    assert "too old" in answer.text
    assert page.room.calls == []


def test_large_and_strange_bodies_are_refused(page: Served, visitor: Visitor) -> None:
    client = visitor.client
    assert client.post("/help", data={"token": "x" * 5000}).status_code == 413
    assert client.post("/help", data={f"f{n}": "1" for n in range(40)}).status_code == 413
    assert client.post("/help", json={"topic": "sound"}).status_code == 415
    assert client.post("/help", files={"topic": b"sound"}).status_code == 415
    form = {"content-type": "application/x-www-form-urlencoded"}
    endless = (b"x" * 1000 for _ in range(100))
    assert client.post("/help", content=endless, headers=form).status_code == 413
    assert client.post("/help", content=b"token=\xff\xfe%ff", headers=form).status_code == 403
    assert client.put("/help", headers=form).status_code == 403
    assert client.request("OPTIONS", "/").status_code == 415
    assert page.room.calls == []


def test_a_body_that_does_not_come_is_not_waited_for(
    page: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_BODY_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", page.settings.port), 5) as line:
        line.sendall(
            b"POST /help HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n"
            b"content-type: application/x-www-form-urlencoded\r\n\r\ntoken="
        )
        assert line.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", ["/", "/nowhere", "/health", "/pictures/presenter.jpg"])
def test_every_answer_has_the_security_headers(visitor: Visitor, path: str) -> None:
    headers = visitor.client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_refusals_have_them_too(visitor: Visitor) -> None:
    answer = visitor.client.get("/", headers={"host": "evil.example"})
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_the_policy_allows_nothing_inline_and_no_frames() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY


def test_static_files_are_kept_when_they_are_current(visitor: Visitor) -> None:
    text = visitor.see()
    address = text.split('rel="stylesheet" href="')[1].split('"')[0]
    current = visitor.client.get(address)
    assert current.status_code == 200
    assert "immutable" in current.headers["cache-control"]
    old = visitor.client.get("/static/0000000000/panel.css")
    assert old.headers["cache-control"] == "no-cache"
    assert visitor.client.get("/static/x/../app.py").status_code == 404


def test_a_bug_says_nothing_of_the_inside(
    page: Served, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(topic: str) -> None:
        raise RuntimeError("canary of the inside")

    monkeypatch.setattr(page.room, "help", broken)
    answer = visitor.send("/help", topic="recording")
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert "written to the log" in answer.text
    assert "content-security-policy" in answer.headers
