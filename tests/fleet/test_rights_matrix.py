"""Every route × every role × {own, parent, sibling, child}, judged by the table of roles alone.

Routes are read off the application, so that a new one is covered without being listed; what a
parameter of an address stands for is made in `rights_world`.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from starlette.types import Message

from fleet import places
from fleet.auth.rules import PERMISSIONS, ROLES
from fleet.db import Database, Session
from tests.fleet import rights_world
from tests.fleet.rights_world import World
from tests.fleet.web.application import PASSWORD, Application, build, csrf_token

HOST = "lectern.test"
PUBLIC = {
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/welcome"),
    ("POST", "/welcome"),
    ("GET", "/courses/{slug}"),
    ("GET", "/lessons/{lesson_id}"),
    ("GET", "/api/v1/courses"),
    ("GET", "/api/v1/courses/{course_id}"),
    ("GET", "/api/v1/courses/{course_id}/lessons"),
    ("GET", "/api/v1/lessons/{lesson_id}"),
    ("GET", "/api/v1/lessons/{lesson_id}/media"),
    ("GET", "/api/v1/lessons/{lesson_id}/stage"),
    ("GET", "/media/{lesson_id}/{revision}/{name}"),
    ("HEAD", "/media/{lesson_id}/{revision}/{name}"),
    ("GET", "/sign-in/outside"),
    ("GET", "/sign-in/outside/back"),
}
"""What strangers may ask for."""

OTHERWISE = {
    "/health",
    "/metrics",
    "/api/v1/enrol",
    "/api/v1/renew",
    "/api/v1/orders/{order}/file",
    "/developers",
    "/api/docs",
}
"""Beginnings of addresses with a guard of their own: rooms' certificates, who may read metrics."""

RIGHT_BUT_EMPTY = {
    "/staff/wall/{room_id}/picture",
    "/api/v1/orders/{order_id}/targets/{target_id}/file",
    "/staff/webhooks",  # of which unit: an empty form does not say
}
"""Where 404 is also the answer to somebody who may: there is nothing yet."""


@dataclass
class Court:
    """The application, its world, and a browser for each role."""

    application: Application
    world: World
    headers: dict[str, list[tuple[bytes, bytes]]]

    def status(self, role: str, method: str, path: str) -> int:
        """The answer to somebody with a role."""
        return asyncio.run(_status(self.application, method, path, self.headers[role]))


@pytest.fixture(scope="module")
def court(sqlite_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("rights")
    application = build(folder, database=_copied(sqlite_template, folder))
    world = rights_world.build(application.db)
    headers: dict[str, list[tuple[bytes, bytes]]] = {"stranger": []}
    for role in ROLES:
        email = f"{role}@matrix.example"
        application.add_user(email, role, world.own.unit.path)
        client = application.client()
        client.post("/sign-in", data={"email": email, "password": PASSWORD})
        cookie = client.cookies["__Host-lectern"]
        token = csrf_token(client.get("/staff").text)
        headers[role] = [
            (b"cookie", f"__Host-lectern={cookie}".encode()),
            (b"x-csrf-token", token.encode()),
        ]
    application.db.write = _rehearsal(application.db)  # type: ignore[method-assign]
    yield Court(application, world, headers)
    application.db.close()


def _copied(template: str, folder: Path) -> str:
    target = folder / "matrix.sqlite"
    target.write_bytes(Path(template.removeprefix("sqlite:///")).read_bytes())
    return f"sqlite:///{target}"


def _rehearsal(db: Database) -> object:
    """Transactions that do everything but commit: each cell of the matrix finds the same world."""
    real = Database.write

    class _Undo(Exception):
        pass

    @contextmanager
    def write() -> Iterator[Session]:
        with contextlib.suppress(_Undo), real(db) as session:
            yield session
            session.flush()
            raise _Undo

    return write


async def _status(
    application: Application, method: str, path: str, headers: list[tuple[bytes, bytes]]
) -> int:
    """The status of an answer; a stream is left as soon as it begins."""
    began: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and not began.done():
            began.set_result(message["status"])
        if message["type"] == "http.response.body" and message.get("more_body"):
            over.set()

    path, _sep, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", HOST.encode()), *headers],
        "client": ("127.0.0.1", 1),
        "server": (HOST, 443),
        "state": {},
    }
    async with asyncio.timeout(30):
        await application.app(scope, receive, send)
    return await began


def _routes(application: Application) -> list[tuple[str, APIRoute]]:
    built_in = ("/openapi.json", "/docs", "/redoc")
    found = [
        (method, route)
        for route in places.api_routes(application.app.routes)
        for method in sorted(route.methods)
        if not route.path.startswith((*built_in, *OTHERWISE))
    ]
    assert len(found) > 40
    return sorted(found, key=lambda one: (one[1].path, one[0]))


def _filled(route: APIRoute, ids: dict[str, str]) -> str:
    def value(found: "re.Match[str]") -> str:
        name = found[1].partition(":")[0]
        if name in ids:
            return quote(ids[name])
        assert name in rights_world.NOTHING, (
            f"{route.path}: say in tests/fleet/rights_world.py what {{{name}}} is: OBJECTS, if it "
            "belongs to a place, else NOTHING"
        )
        return "1"

    return re.sub(r"{([^}]+)}", value, route.path)


def test_strangers_are_let_into_what_is_public_and_nothing_else(court: Court) -> None:
    wrong = []
    for method, route in _routes(court.application):
        ids = {**dict.fromkeys(_names(route), "1"), **court.world.own.ids}
        status = court.status("stranger", method, _filled(route, ids))
        if (method, route.path) in PUBLIC:
            fits = status in (200, 303, 404, 422)
        elif route.path.startswith(("/api/", "/media/")) or method not in ("GET", "HEAD"):
            fits = status == 401
        else:
            fits = status == 303
        if not fits:
            wrong.append((method, route.path, status))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_may_what_the_table_says_where_it_says(court: Court, role: str) -> None:
    wrong = []
    for method, route in _routes(court.application):
        permission = places.permission_of(route.dependant)
        if permission is None:
            continue
        for where, place in court.world.places.items():
            if not _placed(route) and where != "own":
                continue
            status = court.status(role, method, _filled(route, place.ids))
            if not _fits(route, status, _expected(role, permission, where)):
                wrong.append((method, route.path, where, status))
    assert not wrong, "\n".join(map(str, wrong))


def test_every_route_is_public_or_has_a_gate(court: Court) -> None:
    """Or is one of the few about one's own account."""
    bare = [
        (method, route.path)
        for method, route in _routes(court.application)
        if places.permission_of(route.dependant) is None
        and (method, route.path) not in PUBLIC
        and not route.path.startswith(("/account", "/api/v1/session", "/api/v1/account"))
    ]
    assert bare == []


def test_the_table_of_roles_is_whole() -> None:
    assert set().union(*ROLES.values()) == PERMISSIONS
    assert all(granted <= PERMISSIONS for granted in ROLES.values())


def _names(route: APIRoute) -> list[str]:
    return [one.partition(":")[0] for one in re.findall(r"{([^}]+)}", route.path)]


def _placed(route: APIRoute) -> bool:
    return any(places.PLACES.get(name) for name in _names(route))


def _expected(role: str, permission: str, where: str) -> str:
    if where in ("parent", "sibling"):
        return "refused" if permission not in ROLES[role] else "unseen"
    return "allowed" if permission in ROLES[role] else "refused"


def _fits(route: APIRoute, status: int, expected: str) -> bool:
    if expected == "unseen":
        return status == 404
    if expected == "refused":
        return status == 403
    may = 200 <= status < 400 or status in (409, 422)
    empty = route.path in RIGHT_BUT_EMPTY or bool(rights_world.NOTHING & set(_names(route)))
    return may or (status == 404 and empty)
