"""Two workers on PostgreSQL: one dies, the other finishes what it had begun."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from fleet.db import Base, Bus, Database
from fleet.publishing import service
from fleet.publishing.timeline import Take
from tests.fleet.publishing.folder import Folder
from tests.fleet.publishing.killing import LESSON, STEPS, lay_out, short_lesson, wait_for, worker
from tests.servers.postgresql import PostgreSql


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Take]]:
    return short_lesson(tmp_path_factory.mktemp("short"))


@pytest.mark.fault
def test_the_other_worker_takes_over(
    short: tuple[Path, list[Take]],
    tmp_path: Path,
    postgresql: PostgreSql,
    figure: Callable[[str, str], None],
) -> None:
    root, takes = short
    one, two = tmp_path / "one", tmp_path / "two"
    for directory in (one, two):
        lay_out(directory, root)
        (directory / "takes.json").write_bytes(msgspec.json.encode(takes))
    # One store and two machines, as far as paths can say so.
    (two / "files").rename(two / "unused")
    (two / "files").symlink_to(one / "files")
    database = Database(postgresql.url, Bus())
    Base.metadata.create_all(database.engine)
    (one / "hold").write_text(STEPS["package"])
    urls = (postgresql.url, postgresql.url)
    with worker(one, *urls) as first:
        with database.write() as session:
            service.request(session, LESSON, takes, datetime.now(UTC))
        wait_for((one / "held").exists, "the first worker's step")
        with worker(two, *urls):
            os.kill(first.pid, signal.SIGKILL)
            began = datetime.now(UTC)

            def done() -> bool:
                with database.read() as session:
                    found = service.status(session, LESSON)
                return found is not None and found.low == "made"

            wait_for(done, "the second worker's finish")
    figure("finished by another worker", f"{(datetime.now(UTC) - began).total_seconds():.1f} s")
    assert not (one / "published.txt").exists()
    assert (two / "published.txt").read_text() == f"{LESSON} 1\n"
    assert Folder(one / "files").path(f"lessons/{LESSON}/1/presenter.mp4").exists()
    database.close()
