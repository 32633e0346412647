"""`fleet backup` and `fleet restore`: what was there is there again, or nothing is touched."""

import io
import json
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.auth import service as auth
from fleet.auth.models import UserSession
from fleet.commands import archive, dumps
from fleet.db import Database
from fleet.errors import NotFound, Refused
from fleet.jobs import heartbeat
from fleet.settings import FleetSettings
from tests.fleet.commands.filled import KEY, check, command, files_below, fill
from tests.fleet.databases import Databases
from tests.servers.ports import free_port
from tests.servers.postgresql import PostgreSql


class Place:
    """A fleet's settings, and others on another machine."""

    def __init__(self, kind: str, tmp_path: Path, cluster: PostgreSql | None, url: str) -> None:
        self._cluster = cluster
        self._tmp_path = tmp_path
        self.here = self._settings("here", url if kind == "postgresql" else "")
        self.there = self._settings("there", self.empty("there"))

    def _settings(self, name: str, url: str) -> FleetSettings:
        data = self._tmp_path / name
        return FleetSettings(data_dir=data, database_url=url, listen_port=free_port())

    def empty(self, name: str) -> str:
        """URL of an empty database; "" is a file in the data directory."""
        if self._cluster is None:
            return ""
        return self._cluster.database(f"{name}_{self._tmp_path.name}".replace("-", "_").lower())


@pytest.fixture
def place(both_databases: Databases, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    kind = both_databases.kind
    cluster = request.getfixturevalue("cluster") if kind == "postgresql" else None
    return Place(kind, tmp_path, cluster, both_databases.make(tmp_path / "here" / "fleet.sqlite"))


@pytest.mark.story
def test_a_fleet_is_brought_back_on_another_machine(place: Place, tmp_path: Path) -> None:
    lesson = fill(place.here)
    for name in ("uploads/u1", "work/w", "broker/mosquitto.pid", "broker/mosquitto.conf"):
        path = place.here.data_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    file = tmp_path / "backup.tar"

    made = command(place.here, "backup", str(file), "--media")
    again = command(place.here, "backup", str(file))
    done = command(place.there, "restore", str(file))

    assert made.exit_code == 0, made.output
    assert "there is such a file already" in again.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))
    assert done.exit_code == 0, done.output
    for path in place.there.data_dir.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.is_dir(), path
    check(place.there, lesson)
    old, new = place.here.authority_dir, place.there.authority_dir
    assert (new / "authority.pem").read_bytes() == (old / "authority.pem").read_bytes()
    kept = files_below(place.there.data_dir)
    assert f"files/{KEY}" in kept
    assert "broker/mosquitto.conf" in kept
    assert not kept & {"uploads/u1", "work/w", "broker/mosquitto.pid"}
    database = Database(place.there.database)
    with database.read() as session:
        signed_in = session.query(UserSession).count()
    database.close()
    assert signed_in == 1, "only whoever signed in just now"


def test_without_media_the_lessons_wait_for_their_files(place: Place, tmp_path: Path) -> None:
    fill(place.here)
    file = tmp_path / "backup.tar"

    assert command(place.here, "backup", str(file)).exit_code == 0
    done = command(place.there, "restore", str(file))

    assert "Put the folder `files` back" in done.output
    assert not [name for name in files_below(place.there.data_dir) if KEY in name]


def test_what_is_there_is_not_overwritten_by_accident(place: Place, tmp_path: Path) -> None:
    lesson = fill(place.here)
    file = tmp_path / "backup.tar"
    assert command(place.here, "backup", str(file), "--media").exit_code == 0
    database = Database(place.here.database)
    with database.write() as session:
        auth.add_user(session, "later@example.org", "Later", "viewer", now=datetime.now(UTC))

    refused = command(place.here, "restore", str(file))
    with database.write() as session:
        heartbeat.enter(session, "worker", datetime.now(UTC))
    working = command(place.here, "restore", str(file), "--force")
    with database.write() as session:
        heartbeat.leave(session, "worker")
        auth.user_id_of(session, "later@example.org")
    database.close()
    forced = command(place.here, "restore", str(file), "--force")

    assert "there is a database already; with --force" in refused.output
    assert "a fleet works on this database" in working.output
    assert forced.exit_code == 0, forced.output
    check(place.here, lesson)
    database = Database(place.here.database)
    with database.read() as session, pytest.raises(NotFound):
        auth.user_id_of(session, "later@example.org")
    database.close()


def test_a_backup_of_a_busy_fleet_is_one_moment_of_it(place: Place, tmp_path: Path) -> None:
    lesson = fill(place.here)
    stop = threading.Event()
    database = Database(place.here.database)

    def work() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.write() as session:
                name = f"p{number}@example.org"
                auth.add_user(session, name, "Person", "viewer", now=datetime.now(UTC))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        made = [
            command(place.here, "backup", str(tmp_path / f"{n}.tar"), "--media") for n in range(3)
        ]
    finally:
        stop.set()
        thread.join()
    database.close()

    assert [one.exit_code for one in made] == [0, 0, 0], made[0].output
    assert command(place.there, "restore", str(tmp_path / "2.tar")).exit_code == 0
    check(place.there, lesson)


@pytest.mark.fault
@pytest.mark.parametrize("harm", ["cut", "changed", "not a backup", "newer", "escaping", "added"])
def test_a_damaged_backup_changes_nothing(harm: str, tmp_path: Path) -> None:
    here = FleetSettings(data_dir=tmp_path / "here", listen_port=free_port())
    there = FleetSettings(data_dir=tmp_path / "there", listen_port=free_port())
    fill(here)
    file = tmp_path / "backup.tar"
    assert command(here, "backup", str(file)).exit_code == 0
    _harm(file, harm)

    done = command(there, "restore", str(file))

    assert done.exit_code == 1, done.output
    assert done.output.startswith("fleet: ")
    assert "Traceback" not in done.output
    assert files_below(there.data_dir) == set()
    assert not (tmp_path / "escaped").exists()


def _harm(file: Path, harm: str) -> None:
    content = file.read_bytes()
    match harm:
        case "cut":
            file.write_bytes(content[: len(content) * 2 // 3])
        case "changed":
            middle = content.index(b"BEGIN CERTIFICATE") + 40
            file.write_bytes(content[:middle] + b"????" + content[middle + 4 :])
        case "not a backup":
            file.write_bytes(b"PK" + bytes(5000))
        case "newer":
            text = json.dumps({"format": 99, "version": "9.0", "files": {}}).encode()
            _one(file, archive.MANIFEST, text)
        case "escaping":
            _one(file, "../../escaped", b"x")
        case "added":
            with tarfile.open(file, "a:") as tar:
                entry = tarfile.TarInfo("data/authority/more.pem")
                entry.size = 1
                tar.addfile(entry, io.BytesIO(b"x"))


def _one(file: Path, name: str, content: bytes) -> None:
    with tarfile.open(file, "w:") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))


def test_another_kind_of_database_is_told_apart(tmp_path: Path, cluster: PostgreSql) -> None:
    here = FleetSettings(data_dir=tmp_path / "here", listen_port=free_port())
    there = FleetSettings(data_dir=tmp_path / "there", database_url=cluster.database("other_kind"))
    fill(here)
    file = tmp_path / "backup.tar"
    command(here, "backup", str(file))

    assert "then use `fleet db copy`" in command(there, "restore", str(file)).output


def test_what_postgresqls_programs_say_is_told(tmp_path: Path) -> None:
    nobody = f"postgresql+psycopg://me:canary@127.0.0.1:{free_port()}/x"

    with pytest.raises(Refused, match=r"pg_dump: .*onnect") as refused:
        dumps.dump(nobody, tmp_path / "x")
    assert "canary" not in str(refused.value)
    with pytest.raises(Refused, match="there is no database yet"):
        dumps.dump(f"sqlite:///{tmp_path / 'absent.sqlite'}", tmp_path / "y")
