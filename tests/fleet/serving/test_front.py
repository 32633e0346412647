"""The outermost layer."""

import asyncio
import logging

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from fleet.serving import logs
from fleet.serving.front import Front, request_id


def answering(name: str, seen: list[str], status: int = 200):
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(request_id.get())
        await PlainTextResponse(name, status)(scope, receive, send)

    return application


def get(front: Front, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(front)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/", "pages"),
        ("/uploads", "uploads"),
        ("/uploads/abc/receipt", "uploads"),
        ("/uploadsabc", "pages"),
        ("/api/v1/uploads", "pages"),
    ],
)
def test_uploads_go_their_own_way(path: str, who: str) -> None:
    seen: list[str] = []
    front = Front(answering("pages", seen), answering("uploads", seen))

    assert get(front, path).text == who


def test_each_answer_and_its_log_lines_carry_the_same_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[str] = []
    front = Front(answering("pages", seen, status=503), answering("uploads", seen))
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("INFO")
    try:
        first, second = get(front, "/"), get(front, "/")
    finally:
        root.handlers[:], root.level = before

    ids = [answer.headers["x-request-id"] for answer in (first, second)]
    lines = [line for line in capsys.readouterr().err.splitlines() if "status=503" in line]
    assert ids == seen
    assert ids[0] != ids[1]
    assert [identity in line for identity, line in zip(ids, lines, strict=True)] == [True, True]


def test_a_path_forges_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    front = Front(answering("pages", [], status=503), answering("uploads", [], status=503))
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("INFO")
    try:
        get(front, "/a%0A2026-11-23%20INFO%20forged%1B[2J")
    finally:
        root.handlers[:], root.level = before
    (line,) = capsys.readouterr().err.splitlines()
    assert "/a\\n2026-11-23 INFO forged\\x1b[2J" in line
