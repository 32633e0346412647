"""What is shown live ends within a second of the session it is shown in."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import Request
from starlette.types import Message

from fleet.auth import service, tokens
from fleet.auth.live import LiveResponse
from fleet.people import service as people
from tests.fleet.web.application import PASSWORD, Application

EMAIL = "amina@example.org"


async def _said() -> AsyncIterator[str]:
    while True:
        yield ": here\n\n"
        await asyncio.sleep(0.05)


async def _watch(
    application: Application, header: tuple[bytes, bytes], end: Callable[[], None]
) -> list[Message]:
    """What is sent to a browser that looks while `end` happens."""
    sent: list[Message] = []
    begun, gone = asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 2:
            begun.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live",
        "query_string": b"",
        "headers": [header],
        "app": application.app,
        "state": {},
    }
    request = Request(scope, receive)
    response = LiveResponse(request, _said())
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(response(scope, receive, send))
        await begun.wait()
        await asyncio.sleep(0.2)
        assert not task.done()
        await asyncio.to_thread(end)
        async with asyncio.timeout(1):
            await task
    return sent


def _user(application: Application) -> tuple[str, str]:
    application.add_user(EMAIL)
    with application.db.write() as session:
        user = service.user_id_of(session, EMAIL)
        return user, service.start_session(session, user, application.now)


def _do(application: Application, act: str, user: str, secret: str) -> None:
    now, fleet = application.now, people.THE_FLEET
    with application.db.write() as session:
        service.add_user(session, "other@x.org", "Other", "secretariat", now=now)
        service.person(session, service.user_id_of(session, "other@x.org")).password = "x"
        if act == "sign out":
            service.end_session(session, service.session_id(secret), now)
        elif act == "another role":
            people.give(session, fleet, user, "viewer", "", now=now)
        elif act == "shut out":
            people.disable(session, fleet, user, now=now)
        else:
            service.change_password(session, user, service.hash_password(PASSWORD + "!"), now)


@pytest.mark.parametrize("act", ["sign out", "another role", "shut out", "another password"])
def test_a_stream_ends_with_its_session(application: Application, act: str) -> None:
    user, secret = _user(application)
    header = (b"cookie", f"__Host-lectern={secret}".encode())
    sent = asyncio.run(_watch(application, header, lambda: _do(application, act, user, secret)))
    assert sent[0]["status"] == 200
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.mark.parametrize("act", ["shut out", "another role"])
def test_a_stream_of_a_program_ends_with_its_owner_and_their_rights(
    application: Application, act: str
) -> None:
    user, _secret = _user(application)
    with application.db.write() as session:
        signed = service.signed(session, _secret, application.now)
        assert signed
        _row, token = tokens.issue(
            session,
            signed,
            name="x",
            permissions=["staff.see"],
            path="",
            days=1,
            now=application.now,
        )
    header = (b"authorization", f"Bearer {token}".encode())
    asyncio.run(_watch(application, header, lambda: _do(application, act, user, "")))


def test_a_session_that_ended_elsewhere_ends_the_stream_too(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.auth.live.EVERY", 0.3)
    monkeypatch.setattr("fleet.auth.live.Endings._wake", lambda *_: None)
    user, secret = _user(application)
    header = (b"cookie", f"__Host-lectern={secret}".encode())
    asyncio.run(_watch(application, header, lambda: _do(application, "sign out", user, secret)))
