"""How long pages take over 100,000 rooms with 400,000 devices: the slowest twentieth of each.

Each page is asked of the whole application, in this process, signed in, without a network. Beside
it, in the same run, is what the framework alone takes: FastAPI and Jinja2 showing 50 rooms of the
same table through the same ORM. The board is kept as `fleet serve` keeps it. `LECTERN_BENCH_URL`
names an empty PostgreSQL database to measure on instead of SQLite. `quick` is a tenth of it all.
"""

import asyncio
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI
from jinja2 import Environment
from sqlalchemy import select
from starlette.responses import HTMLResponse

from benchmarks.many_rooms import seed, some_rooms
from benchmarks.result import Result
from fleet import app as composition
from fleet import migrations
from fleet.auth import service as auth
from fleet.classrooms.models import Room
from fleet.db import Bus, Database
from fleet.settings import FleetSettings

ROOMS: Final = 100_000
GOAL_MS: Final = 100.0
GOAL_TIMES: Final = 2.0
ASKED: Final = 60
WARM_UP: Final = 3
_URL: Final = "http://127.0.0.1:1"
_BARE = Environment(autoescape=True).from_string(
    "<!doctype html><title>Rooms</title><table>{% for one in rooms %}"
    "<tr><td><a href='/{{ one.id }}'>{{ one.name }}</a></td>"
    "<td>{{ one.standing }}</td><td>{{ one.presence }}</td><td>{{ one.timezone }}</td></tr>"
    "{% endfor %}</table>"
)


@dataclass(frozen=True, slots=True)
class Site:
    """The seeded application, somebody's cookie, and the framework alone over the same table."""

    app: FastAPI
    bare: FastAPI
    cookie: str
    rooms: list[str]


def run(quick: bool) -> list[Result]:
    """Milliseconds of the slowest twentieth of each page, and times the bare framework's."""
    with site(ROOMS // 10 if quick else ROOMS) as made:
        return measure(made, ASKED // 3 if quick else ASKED)


@contextmanager
def site(rooms: int) -> Iterator[Site]:
    """Seed a fleet in a directory that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        url = os.environ.get("LECTERN_BENCH_URL", "")
        settings = FleetSettings(
            data_dir=Path(directory), database_url=url, public_url=_URL, tls="off"
        )
        database = Database(settings.database, Bus())
        migrations.upgrade(database)
        seed(database, rooms)
        now = datetime.now(UTC)
        with database.write() as session:
            user = auth.add_user(session, "bench@example.org", "Bench", "secretariat", now=now)
            secret = auth.start_session(session, user, now)
        fleet = composition.assemble(settings, database)
        with database.read() as session:
            rooms_asked = some_rooms(session, ASKED)
        with _kept(fleet.board.run):
            app = composition.create_api(fleet)
            yield Site(app, _bare(database), f"lectern={secret}", rooms_asked)
        database.close()


@contextmanager
def _kept(run: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Run the board in a loop of its own, as it would be beside the pages."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_until(stop, run)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _until(stop: threading.Event, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run())
        await asyncio.to_thread(stop.wait)
        task.cancel()


def _bare(database: Database) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def fifty() -> HTMLResponse:
        with database.read() as session:
            query = select(Room).order_by(Room.name, Room.id).limit(50)
            return HTMLResponse(_BARE.render(rooms=session.scalars(query).all()))

    return app


def addresses(rooms: list[str]) -> dict[str, list[str]]:
    """Addresses of each kind of page, to be asked for in turn."""
    lists = (
        "",
        "?sort=standing",
        "?standing=dark",
        "?standing=working&role=projector",
        "?presence=lost&version=1.2.0",
        "?profile=rare-model",
        "?role=camera&profile=onvif-ptz&sort=standing",
        "?text=hall",
        "?text=0424",
        "?text=aula+0001&standing=risk",
        "?text=nothing-like-it",
    )
    words = ("aula", "hall 0123", "pc-04242", "projector", "epson", "country", "hydro 77", "zzz")
    return {
        "overview": ["/staff"],
        "list": [f"/staff/rooms{query}" for query in lists],
        "room": [f"/staff/rooms/{one}" for one in rooms],
        "search": [f"/staff/search?q={one.replace(' ', '+')}" for one in words],
    }


def measure(made: Site, asked: int) -> list[Result]:
    """Ask for every page, one after another, and the bare one in between."""
    return asyncio.run(_measure(made, asked))


async def _measure(made: Site, asked: int) -> list[Result]:
    bare: list[float] = []
    taken: dict[str, list[float]] = {}
    async with _client(made.app, made.cookie) as pages, _client(made.bare, "") as alone:
        for name, some in addresses(made.rooms).items():
            times = taken.setdefault(name, [])
            for number in range(-WARM_UP, max(asked, len(some))):
                took = await _ask(pages, some[number % len(some)])
                without = await _ask(alone, "/")
                if number >= 0:
                    times.append(took)
                    bare.append(without)
    floor = slowest(bare)
    results = []
    for name, times in taken.items():
        took = slowest(times)
        about = f"median {statistics.median(times):.1f} ms"
        results.append(Result(f"pages: {name}", took, "ms", GOAL_MS, "lower", about))
        against = f"50 rows by the framework alone: {floor:.1f} ms"
        results.append(
            Result(
                f"pages: {name}, times bare", took / floor, "times", GOAL_TIMES, "lower", against
            )
        )
    return results


def _client(app: FastAPI, cookie: str) -> httpx.AsyncClient:
    headers = {"cookie": cookie, "accept-encoding": "gzip"} if cookie else {}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=_URL, headers=headers)


async def _ask(client: httpx.AsyncClient, address: str) -> float:
    began = time.perf_counter()
    answer = await client.get(address)
    took = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code, answer.text[:300])
    return took * 1000


def slowest(times: list[float]) -> float:
    """The time that 95 of 100 do not exceed."""
    return sorted(times)[max(0, -(-95 * len(times) // 100) - 1)]
