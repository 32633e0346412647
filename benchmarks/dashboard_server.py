"""The server of `benchmarks.dashboards`: `python -m benchmarks.dashboard_server DIR PORT ROOMS`.

It says a cookie that is signed in, and then answers each word on its input with a line of JSON.
"""

import asyncio
import json
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from sqlalchemy import event, select

from benchmarks.many_rooms import seed
from fleet import app as composition
from fleet.auth import service as auth
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.settings import FleetSettings


def main() -> None:
    """Serve until the input ends."""
    directory, port, rooms = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    settings = FleetSettings(
        data_dir=directory, listen_port=port, public_url=f"http://127.0.0.1:{port}", tls="off"
    )
    fleet = composition.build(settings)
    seed(fleet.database, rooms)
    now = datetime.now(UTC)
    with fleet.database.write() as session:
        user = auth.add_user(session, "bench@example.org", "Bench", "secretariat", now=now)
        secret = auth.start_session(session, user, now)
    server = uvicorn.Server(
        uvicorn.Config(
            composition.create_api(fleet), host="127.0.0.1", port=port, log_level="warning"
        )
    )
    threading.Thread(target=_answer, args=(fleet, server, f"lectern={secret}"), daemon=True).start()
    asyncio.run(_serve(fleet, server))


async def _serve(fleet: composition.Fleet, server: uvicorn.Server) -> None:
    async with asyncio.TaskGroup() as group:
        board = group.create_task(fleet.board.run())
        await server.serve()
        board.cancel()


def _answer(fleet: composition.Fleet, server: uvicorn.Server, cookie: str) -> None:
    sent: Counter[int] = Counter()
    told = 0
    changing = threading.local()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not getattr(changing, "now", False) and not statement.startswith("BEGIN"):
            sent[fleet.board.updates] += 1

    event.listen(fleet.database.engine, "before_cursor_execute", note)
    with fleet.database.read() as session:
        room = session.scalars(select(Room.id).where(Room.standing == "working")).first()
    assert room is not None
    while not server.started:
        time.sleep(0.05)
    _say(cookie=cookie)
    presences = ("lost", "ready")
    for number, line in enumerate(sys.stdin):
        if line.strip() == "change":
            changing.now = True
            with fleet.database.write() as session:
                now_lost = session.get_one(Room, room).presence != "lost"
                classrooms.agent_is(session, room, presences[not now_lost])
            changing.now = False
            _say(at=time.time(), number=number)
        else:
            # Those of the update that is being made are told the next time.
            until = fleet.board.updates
            _say(statements=[sent[number] for number in range(told, until)])
            told = until
    server.should_exit = True


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
