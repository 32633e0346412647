"""A real fleet as a process, and rooms enrolled with it."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.link.enrol import enrol
from edge_agent.link.identity import IdentityStore
from edge_agent.link.token import TokenSigner
from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.orgs import service as orgs
from tests.servers.child import Children
from tests.servers.ports import free_port, wait_until_open


class FleetProcess:
    """`fleet api` on SQLite.

    Attributes:
        url: address without a slash at the end.
        database: another connection to its database.
    """

    def __init__(self, children: Children, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            "LECTERN_DATA_DIR": str(directory),
            "LECTERN_LISTEN_PORT": str(self.port),
            "LECTERN_LOW_DISK_BYTES": "0",
        }
        children.start([sys.executable, "-m", "fleet", "api"], name="fleet", env=environment)
        wait_until_open(self.port, 60)
        self.database = Database(f"sqlite:///{directory / 'fleet.sqlite'}")

    def bearer(self, room: str = "Aula") -> str:
        """A token of an agent that is enrolled now, in a new room."""
        with self.database.write() as session:
            unit = orgs.root(session)
            added = classrooms.add_room(session, unit_id=unit.id, name=room)
            claim = enrolment.issue_claim(session, added.id, datetime.now(UTC))
        data = self.directory.parent / f"room-{added.id}"
        asyncio.run(enrol(data, self.url, claim))
        return TokenSigner(IdentityStore(data), lambda: datetime.now(UTC)).bearer()
