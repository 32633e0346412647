"""The fleet's pages over a real database, with a clock that the test moves."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fleet import app as composition
from fleet.auth import service as auth
from fleet.db import Base, Bus, Database
from fleet.migrations import tables
from fleet.settings import FleetSettings
from fleet.web import cookies
from fleet.web import csrf_token as csrf
from tests.fleet.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PASSWORD = "seven green bicycles"


@dataclass
class Application:
    """A running application; `now` is what its clock shows."""

    db: Database
    app: FastAPI
    public_url: str
    now: datetime = field(default=NOON)

    def client(self) -> TestClient:
        """A new browser without cookies, that does not follow redirects."""
        return TestClient(self.app, base_url=self.public_url, follow_redirects=False)

    def add_user(self, email: str, role: str = "secretariat", path: str = "") -> None:
        """Somebody with the password `PASSWORD`."""
        with self.db.write() as session:
            user = auth.add_user(session, email, "Test Person", role, path, now=self.now)  # type: ignore[arg-type]
            token = auth.issue_link(session, user, now=self.now)
        with self.db.write() as session:
            auth.set_password(session, token, _digest(), self.now)

    def signed_in(self, role: str = "secretariat", path: str = "") -> TestClient:
        """A browser signed in as a new user with this role; it sends the CSRF token by itself.

        Without the form: `tests/fleet/auth/test_sign_in.py` goes through that.
        """
        email = f"{role}-{uuid.uuid4().hex}@example.org"
        client = self.client()
        with self.db.write() as session:
            user = auth.add_user(session, email, "Test Person", role, path, now=self.now)  # type: ignore[arg-type]
            secret = auth.start_session(session, user, self.now)
        name = cookies.session_cookie(self.public_url.startswith("https"))
        client.cookies.set(name, secret, domain=client.base_url.host)
        client.headers["x-csrf-token"] = csrf.token_for(secret)
        return client

    def later(self, **time: float) -> None:
        """Move the clock."""
        self.now += timedelta(**time)


@cache
def _digest() -> str:
    """Made once: argon2id takes a tenth of a second and 64 MiB, and tests have many people."""
    return auth.hash_password(PASSWORD)


def csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{128})"', page)
    assert found, page
    return found[1]


def build(
    folder: Path, public_url: str = "https://lectern.test", database: str | None = None
) -> Application:
    """The fleet's application over the database in `folder`, or over another one."""
    settings = FleetSettings(
        data_dir=folder, database_url=database or "", public_url=public_url, tls="own"
    )
    db = Database(settings.database, Bus())
    assert tables.ALL
    Base.metadata.create_all(db.engine)
    fleet = composition.assemble(settings, db)
    built = Application(db, FastAPI(), public_url)
    built.app = composition.create_api(fleet, now=lambda: built.now)
    return built


@pytest.fixture
def application(tmp_path: Path, databases: Databases) -> Iterator[Application]:
    """An application of its own for each test."""
    built = build(tmp_path, database=databases.make(tmp_path / "fleet.sqlite"))
    yield built
    built.db.close()
