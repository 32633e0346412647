from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from fleet.db import Base, Bus, Database
from fleet.jobs import Jobs
from fleet.publishing import service
from fleet.publishing.making import Maker
from fleet.publishing.media.tools import Tools
from fleet.publishing.ports import Policy, Sources
from fleet.publishing.studio import Studio
from fleet.publishing.timeline import Take, TakeTrack
from fleet.publishing.workflow import Publishing
from tests.fleet.publishing.folder import Folder
from tests.fleet.publishing.lesson import Run, record

BELL = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Recorded:
    """What the folders below publishing would say."""

    takes: list[Take] = field(default_factory=list)
    policy: Policy = "auto"

    def sources(self) -> Sources:
        return Sources(lambda _s, _l: self.takes, lambda _s, _l: self.policy)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Take]]:
    """Two takes; in the first the camera is lost and comes back as another one."""
    root = tmp_path_factory.mktemp("recorded")
    one, two = root / "one", root / "two"
    camera = (
        *record(Run("presenter", 0.3, 8.0), one),
        *record(Run("presenter", 12.3, 6.0, run=2, rate=25, profile="baseline"), one),
    )
    screen = record(Run("presentation", 0.1, 18.0, cut=5.0, bframes=2), one)
    sound = record(Run("audio", 0.0, 18.2, cut=3.0), one)
    again = record(Run("presenter", 0.2, 5.0), two)
    sound_again = record(Run("audio", 0.15, 5.0, cut=3.0), two)
    start = BELL - timedelta(minutes=5)
    takes = [
        Take(
            "one",
            start,
            (
                TakeTrack("presenter", "video", camera),
                TakeTrack("presentation", "video", screen),
                TakeTrack("audio", "audio", sound),
            ),
            start + timedelta(seconds=18.2),
            "interrupted",
        ),
        Take(
            "two",
            start + timedelta(seconds=60),
            (
                TakeTrack("presenter", "video", again),
                TakeTrack("audio", "audio", sound_again),
            ),
            BELL,
            "bell",
        ),
    ]
    return root, takes


@dataclass
class House:
    """A fleet as far as publishing needs one."""

    database: Database
    files: Folder
    jobs: Jobs
    maker: Maker
    recorded: Recorded

    def request(self, lesson: str = "lesson-1") -> bool:
        def asked(session: Session) -> bool:
            return service.request(session, lesson, self.recorded.takes, datetime.now(UTC))

        with self.database.write() as session:
            return asked(session)


def build(directory: Path, recorded: tuple[Path, list[Take]]) -> House:
    """A house below `directory`, with the recorded segments in its store."""
    root, takes = recorded
    database = Database(f"sqlite:///{directory / 'fleet.sqlite'}", Bus())
    Base.metadata.create_all(database.engine)
    files = Folder(directory / "files")
    for name in ("one", "two"):
        (files.root / name).symlink_to(root / name)
    jobs = Jobs(database, f"sqlite:///{directory / 'workflows.sqlite'}", poll=0.2)
    tools = Tools(time_limit=60)
    said = Recorded(list(takes))
    maker = Maker(database, files, Studio(files, tools, directory / "work"), said.sources(), 0)
    Publishing(database, jobs, maker, tools, pauses=(0.2,), space_pause=0.3)
    return House(database, files, jobs, maker, said)


@pytest.fixture
def house(tmp_path: Path, recorded: tuple[Path, list[Take]]) -> Iterator[House]:
    house = build(tmp_path, recorded)
    yield house
    house.database.close()


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, recorded: tuple[Path, list[Take]]
) -> Iterator[House]:
    """A house where lesson-1 went through all steps but the low copies; not to be changed."""
    house = build(tmp_path_factory.mktemp("finished"), recorded)
    house.request()
    maker = house.maker
    plan = maker.gather("lesson-1", 1)
    for step in (maker.join, maker.package, maker.poster, maker.publish):
        step("lesson-1", 1, plan)
    yield house
    house.database.close()
