"""The tus server with rooms' intake in a process of its own: `python -m … '{settings as JSON}'`."""

import json
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn

from fleet.adapters.local_files import LocalFiles
from fleet.classrooms import AgentRef
from fleet.db import Base, Database
from fleet.errors import Unauthorised
from fleet.recordings.intake import RoomIntake
from fleet.recordings.tus import Pace, TusApp
from tests.servers.child import Child, Children
from tests.servers.ports import free_port, wait_until_open

AGENTS = {"token-a": AgentRef("room-a", "a"), "token-b": AgentRef("room-b", "b")}
"""Bearer tokens of the two rooms."""


async def authenticate(bearer: str) -> AgentRef:
    """Who holds a token."""
    if bearer not in AGENTS:
        raise Unauthorised("the token is not valid")
    return AGENTS[bearer]


def make_database(url: str) -> Database:
    """The fleet's tables, new or as they are."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    return database


def make_intake(directory: Path, data: Path, *, url: str = "", **limits: Any) -> RoomIntake:
    """An intake with its files in `data`, and its database at `url` or in `directory`."""
    wanted = {
        "max_bytes": 1 << 30,
        "quota_bytes": 1 << 31,
        "reserve_bytes": 0,
        "expiry": timedelta(hours=1),
        **limits,
    }
    database = make_database(url or f"sqlite:///{directory}/fleet.sqlite")
    return RoomIntake(database, LocalFiles(data / "files"), data / "uploads", **wanted)


@dataclass
class TusServer:
    """A tus server that may be killed and started again, on one port for all of its lives."""

    children: Children
    directory: Path
    settings: Mapping[str, Any]
    port: int
    child: Child | None = None

    @classmethod
    def start(cls, children: Children, directory: Path, **settings: Any) -> "TusServer":
        """`limits` and `pace` are keywords of `RoomIntake` and `Pace`; `data` a directory."""
        given = {"data": str(directory), "limits": {}, "pace": {}, **settings}
        server = cls(children, directory, given, free_port())
        server.restart()
        return server

    def restart(self) -> None:
        """Start it, and wait until it answers."""
        settings = {"directory": str(self.directory), "port": self.port, **self.settings}
        self.child = self.children.start(
            [sys.executable, "-m", __name__, json.dumps(settings)],
            name="tus",
            cwd=Path(__file__).parents[3],
        )
        wait_until_open(self.port, 60)

    def kill(self) -> None:
        """`kill -9`."""
        assert self.child
        self.child.kill()

    @property
    def url(self) -> str:
        """Where uploads are created."""
        return f"http://127.0.0.1:{self.port}/uploads"

    @property
    def data(self) -> Path:
        """Where `files` and `uploads` lie."""
        return Path(self.settings["data"])

    def stored(self) -> dict[str, bytes]:
        """What the file store has, by name."""
        return stored(self.data)


@dataclass(frozen=True)
class Serving:
    """A server in a thread of the test: quick to start, and not to be killed."""

    url: str
    data: Path
    intake: RoomIntake

    def stored(self) -> dict[str, bytes]:
        """What the file store has, by name."""
        return stored(self.data)


@contextmanager
def serve_in_thread(directory: Path, **limits: Any) -> Iterator[Serving]:
    """Serve while the block runs."""
    intake = make_intake(directory, directory, **limits)
    server = uvicorn.Server(configuration(TusApp(intake, authenticate), port := free_port()))
    thread = threading.Thread(target=server.run, name="tus server")
    thread.start()
    wait_until_open(port)
    yield Serving(f"http://127.0.0.1:{port}/uploads", directory, intake)
    server.should_exit = True
    thread.join(20)


def stored(data: Path) -> dict[str, bytes]:
    """What the file store below `data` has, by name."""
    files = (data / "files").rglob("*")
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def configuration(app: TusApp[AgentRef], port: int) -> uvicorn.Config:
    """As the fleet serves it."""
    return uvicorn.Config(
        app, port=port, loop="uvloop", http="httptools", lifespan="off", log_config=None
    )


def main() -> None:
    """Serve until stopped."""
    settings = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.INFO)
    intake = make_intake(Path(settings["directory"]), Path(settings["data"]), **settings["limits"])
    app = TusApp(intake, authenticate, pace=Pace(**settings["pace"]))
    uvicorn.Server(configuration(app, settings["port"])).run()


if __name__ == "__main__":
    main()
